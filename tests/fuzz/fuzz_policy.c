/* SPDX-License-Identifier: Apache-2.0 */
/* Attestation policies: what is accepted is JSON, has sound texts, and never says to skip a check. */
#include "base/utf8.h"
#include "client/policy.h"
#include "codec/json.h"
#include "fuzz.h"

static void check_skipping(struct mr_str text, struct mr_arena *arena)
{
	const struct mr_json *root;
	struct mr_error err;

	FUZZ_CHECK(!mr_failed(mr_json_parse(text, arena, &root, &err)));
	for (const struct mr_json *at = root->first; at; at = at->next)
		FUZZ_CHECK(!mr_json_name_matches(at->name, MR_STR("InsecureSkipVerify")) ||
			   at->kind == MR_JSON_NULL || !at->boolean);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_str text = { (const char *)data, size };
	struct mr_policy policy;
	struct mr_error err;

	if (size > 1 << 16)
		return 0;
	mr_arena_init(&arena, 1 << 26);
	if (mr_failed(mr_policy_parse(text, &arena, &policy, &err)))
		return 0;
	FUZZ_CHECK(mr_utf8_valid(policy.unique_id));
	FUZZ_CHECK(mr_utf8_valid(policy.signer_id));
	check_skipping(text, &arena);
	return 0;
}
