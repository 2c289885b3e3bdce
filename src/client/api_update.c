/* SPDX-License-Identifier: Apache-2.0 */
#include "client/api_update.h"

#include <stdio.h>

#include "client/api_read.h"

enum { NAME_SIZE = 24 };

/* More users than any manifest has. */
#define USERS_MAX 100000

static mr_result read_update(const struct mr_json *object, struct mr_arena *arena,
	struct mr_api_update *ret, struct mr_error *err)
{
	MR_TRY(mr_api_read_i64(object, MR_STR("missingAcknowledgments"), &ret->missing, err));
	MR_TRY(mr_api_read_strs(
		object, MR_STR("missingUsers"), arena, &ret->users, &ret->user_count, err));
	return mr_api_read_recovery(
		object, MR_STR("recoverySecrets"), arena, &ret->secrets, &ret->secret_count, err);
}

/* Both routes take the manifest and differ in what they answer. */
static mr_result post_manifest(struct mr_api *api, const char *v2_path, struct mr_bytes manifest,
	struct mr_arena *arena, struct mr_str *ret, bool *ret_is_v1, struct mr_error *err)
{
	struct mr_api_request v2 = { .method = "POST", .path = v2_path };
	const struct mr_api_request v1 = {
		.method = "POST", .path = v2_path + strlen("/api/v2"), .body = manifest
	};
	MR_AUTO(buf) struct mr_buf body = { 0 };

	mr_buf_init(&body, MR_API_BODY_MAX);
	MR_TRY(mr_api_put_manifest(&body, manifest, err));
	v2.body = mr_buf_bytes(&body);
	return mr_api_call_text(api, &v2, &v1, arena, ret, ret_is_v1, err);
}

/* --- apply --- */

/* Coordinators that knew of no acknowledgments answer without data, or not in JSON at all. */
static mr_result apply(struct mr_api *api, struct mr_bytes manifest, struct mr_arena *arena,
	struct mr_api_update *ret, struct mr_error *err)
{
	const struct mr_json *object;
	bool is_v1 = false;
	struct mr_str text;

	MR_TRY(post_manifest(api, "/api/v2/update", manifest, arena, &text, &is_v1, err));
	if (is_v1 || text.len == 0)
		return MR_OK;
	MR_TRY(mr_api_parse(text, arena, &object, err));
	return read_update(object, arena, ret, err);
}

mr_result mr_api_apply_update(struct mr_api *api, struct mr_bytes manifest, struct mr_arena *arena,
	struct mr_api_update *ret, struct mr_error *err)
{
	struct mr_api_update update = { .missing = 0 };

	MR_TRY(mr_wrap(err, apply(api, manifest, arena, &update, err), "applying manifest update"));
	*ret = update;
	return MR_OK;
}

/* --- acknowledge --- */

static struct mr_str first_word(struct mr_str sentence)
{
	size_t end = mr_str_find(sentence, ' ', 0);

	return mr_str_sub(sentence, 0, end == SIZE_MAX ? sentence.len : end);
}

/* Decimal digits up to USERS_MAX; false for anything else. */
static bool parse_count(struct mr_str digits, int64_t *ret)
{
	int64_t value = 0;

	if (digits.len == 0)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return false;
		value = 10 * value + (digits.ptr[i] - '0');
		if (value > USERS_MAX)
			return false;
	}
	*ret = value;
	return true;
}

/* API v1 does not tell who is missing. */
static mr_result name_users(
	struct mr_api_update *update, struct mr_arena *arena, struct mr_error *err)
{
	size_t count = (size_t)update->missing;
	struct mr_str *users = mr_arena_array(arena, count + 1, sizeof *users);

	if (!users)
		return mr_arena_fail(arena, err);
	for (size_t i = 0; i < count; i++) {
		char name[NAME_SIZE];

		(void)snprintf(name, sizeof name, "User%zu", i);
		MR_TRY(mr_arena_str(arena, mr_str_of(name), &users[i], err));
	}
	update->users = users;
	update->user_count = count;
	return MR_OK;
}

/* `All users have …`, `1 user still needs …`, `2 users still need …` */
static mr_result read_sentence(struct mr_str sentence, struct mr_arena *arena,
	struct mr_api_update *ret, struct mr_error *err)
{
	struct mr_str word = first_word(sentence);

	if (mr_str_eq(word, MR_STR("All")))
		return MR_OK;
	if (!parse_count(word, &ret->missing))
		return mr_fail(err, MR_CODE_INVALID,
			"unmarshalling Coordinator response: no number of users in \"%.*s\"",
			MR_STR_ARGS(sentence));
	return name_users(ret, arena, err);
}

static mr_result acknowledge(struct mr_api *api, struct mr_bytes manifest, struct mr_arena *arena,
	struct mr_api_update *ret, struct mr_error *err)
{
	const struct mr_json *object;
	bool is_v1 = false;
	struct mr_str text;

	MR_TRY(post_manifest(api, "/api/v2/update-manifest", manifest, arena, &text, &is_v1, err));
	if (is_v1)
		return read_sentence(text, arena, ret, err);
	MR_TRY(mr_api_parse(text, arena, &object, err));
	return read_update(object, arena, ret, err);
}

mr_result mr_api_acknowledge_update(struct mr_api *api, struct mr_bytes manifest,
	struct mr_arena *arena, struct mr_api_update *ret, struct mr_error *err)
{
	struct mr_api_update update = { .missing = 0 };

	MR_TRY(mr_wrap(err, acknowledge(api, manifest, arena, &update, err),
		"sending manifest update acknowledgement"));
	*ret = update;
	return MR_OK;
}

/* --- cancel, get --- */

mr_result mr_api_cancel_update(struct mr_api *api, struct mr_error *err)
{
	const struct mr_api_request v2 = { .method = "POST", .path = "/api/v2/update-cancel" };
	const struct mr_api_request v1 = { .method = "POST", .path = "/update-cancel" };
	MR_AUTO(buf) struct mr_buf data = { 0 };

	mr_buf_init(&data, MR_API_DATA_MAX);
	return mr_wrap(err, mr_api_call(api, &v2, &v1, &data, NULL, err),
		"sending manifest update cancel");
}

static mr_result read_pending(const struct mr_json *object, struct mr_arena *arena,
	struct mr_api_pending *ret, struct mr_error *err)
{
	MR_TRY(mr_api_read_bytes(object, MR_STR("manifest"), arena, &ret->manifest, err));
	return mr_api_read_strs(
		object, MR_STR("missingUsers"), arena, &ret->users, &ret->user_count, err);
}

/* The prefix is for the request alone. */
mr_result mr_api_get_pending(struct mr_api *api, struct mr_arena *arena, struct mr_api_pending *ret,
	struct mr_error *err)
{
	const struct mr_api_request v2 = { .method = "GET", .path = "/api/v2/update-manifest" };
	const struct mr_api_request v1 = { .method = "GET", .path = "/update-manifest" };
	struct mr_api_pending pending = { .user_count = 0 };
	const struct mr_json *object;
	struct mr_str text;

	MR_TRY(mr_wrap(err, mr_api_call_text(api, &v2, &v1, arena, &text, NULL, err),
		"retrieving pending manifest update"));
	MR_TRY(mr_api_parse(text, arena, &object, err));
	MR_TRY(read_pending(object, arena, &pending, err));
	*ret = pending;
	return MR_OK;
}
