/* SPDX-License-Identifier: Apache-2.0 */
/* What a Coordinator must be, for the public interface. */
#include <stdlib.h>

#include "client/lib.h"

enum { ARENA_MAX = 16 << 20, TEXT_MAX = 256, NONCE_MAX = 64 << 10 };

static marblerun_policy *make(mr_result (*read)(const char *from, struct mr_arena *arena,
				      struct mr_policy *ret, struct mr_error *err),
	const char *from, marblerun_error *error)
{
	marblerun_policy *p = calloc(1, sizeof *p);
	struct mr_error err;
	mr_result r;

	if (!p) {
		r = mr_fail_nomem(&err);
	} else {
		mr_arena_init(&p->arena, ARENA_MAX);
		r = read(from, &p->arena, &p->policy, &err);
	}
	if (mr_lib_result(error, r, &err) == 0)
		return p;
	marblerun_policy_free(p);
	return NULL;
}

static mr_result read_text(
	const char *json, struct mr_arena *arena, struct mr_policy *ret, struct mr_error *err)
{
	return mr_policy_parse(mr_str_of(json), arena, ret, err);
}

marblerun_policy *marblerun_policy_from_json(const char *json, marblerun_error *error)
{
	return make(read_text, json, error);
}

marblerun_policy *marblerun_policy_from_file(const char *path, marblerun_error *error)
{
	return make(mr_policy_read, path, error);
}

void marblerun_policy_free(marblerun_policy *policy)
{
	if (!policy)
		return;
	mr_arena_done(&policy->arena);
	free(policy);
}

static mr_result add(marblerun_policy *p, const char **list, size_t *count, const char *text,
	struct mr_error *err)
{
	struct mr_str kept;

	if (*count == MR_LIB_LIST_MAX || strlen(text) > TEXT_MAX)
		return mr_fail(err, MR_CODE_LIMIT,
			"more than %d entries, or one of more than %d bytes", MR_LIB_LIST_MAX,
			TEXT_MAX);
	MR_TRY(mr_arena_str(&p->arena, mr_str_of(text), &kept, err));
	list[(*count)++] = kept.ptr;
	return MR_OK;
}

int marblerun_policy_accept_tcb_status(
	marblerun_policy *policy, const char *status, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(
		error, add(policy, policy->statuses, &policy->status_count, status, &err), &err);
}

int marblerun_policy_accept_advisory(
	marblerun_policy *policy, const char *advisory, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(error,
		add(policy, policy->advisories, &policy->advisory_count, advisory, &err), &err);
}

int marblerun_policy_set_nonce(
	marblerun_policy *policy, const void *nonce, size_t size, marblerun_error *error)
{
	struct mr_error err;
	mr_result r = size > NONCE_MAX ? mr_fail(&err, MR_CODE_LIMIT,
						 "a nonce of more than %d bytes", NONCE_MAX)
				       : mr_arena_bytes(&policy->arena, mr_bytes_of(nonce, size),
						 &policy->nonce, &err);

	return mr_lib_result(error, r, &err);
}

void marblerun_policy_skip_verification(marblerun_policy *policy)
{
	policy->skip = true;
}

void marblerun_policy_set_log(
	marblerun_policy *policy, void (*line)(void *context, const char *text), void *context)
{
	policy->line = line;
	policy->context = context;
}
