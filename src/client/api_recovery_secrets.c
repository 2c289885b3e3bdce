/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "client/api_read.h"

struct entry {
	struct mr_recovery_secret secret;
	size_t index; /* in the answer */
};

static int by_name(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int names = mr_str_cmp(left->secret.name, right->secret.name);

	return names ? names : left->index < right->index ? -1 : 1;
}

static mr_result decode_entries(const struct mr_json *object, struct mr_arena *arena,
	struct entry *entries, struct mr_error *err)
{
	size_t count = 0;

	for (const struct mr_json *at = object->first; at; at = at->next) {
		struct entry *entry = &entries[count];

		entry->index = count++;
		entry->secret.name = at->name;
		MR_TRY(mr_json_get_bytes(
			at, arena, &entry->secret.data, &entry->secret.present, err));
	}
	qsort(entries, count, sizeof *entries, by_name);
	return MR_OK;
}

static mr_result decode_secrets(const struct mr_json *object, struct mr_arena *arena,
	const struct mr_recovery_secret **ret, size_t *ret_count, struct mr_error *err)
{
	struct mr_recovery_secret *secrets;
	struct entry *entries;
	size_t count = 0;

	MR_TRY(mr_json_want(object, MR_JSON_OBJECT, "map[string][]uint8", err));
	*ret = NULL;
	*ret_count = 0;
	if (!object || object->count == 0)
		return MR_OK;
	entries = mr_arena_array(arena, object->count, sizeof *entries);
	secrets = mr_arena_array(arena, object->count, sizeof *secrets);
	if (!entries || !secrets)
		return mr_arena_fail(arena, err);
	MR_TRY(decode_entries(object, arena, entries, err));
	for (size_t i = 0; i < object->count; i++) {
		bool last = i + 1 == object->count ||
			    !mr_str_eq(entries[i].secret.name, entries[i + 1].secret.name);

		if (last)
			secrets[count++] = entries[i].secret;
	}
	*ret = secrets;
	*ret_count = count;
	return MR_OK;
}

mr_result mr_api_read_recovery(const struct mr_json *object, struct mr_str field,
	struct mr_arena *arena, const struct mr_recovery_secret **ret, size_t *ret_count,
	struct mr_error *err)
{
	return mr_api_wrap_field(
		err, decode_secrets(mr_json_field(object, field), arena, ret, ret_count, err));
}
