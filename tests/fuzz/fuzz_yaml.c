/* SPDX-License-Identifier: Apache-2.0 */
/* YAML to JSON: what comes out is valid, its keys sorted and unique, nested no deeper than allowed, and
 * a second run gives the same. */
#include "codec/json.h"
#include "fuzz.h"
#include "yaml/yaml_json.h"

/* Recursion ends with the depth, which is checked. */
static void check_tree(const struct mr_json *value, int depth)
{
	const struct mr_json *before = NULL;

	FUZZ_CHECK(depth <= MR_YAML_MAX_DEPTH);
	for (const struct mr_json *at = value->first; at; before = at, at = at->next) {
		if (before && value->kind == MR_JSON_OBJECT)
			FUZZ_CHECK(mr_str_cmp(before->name, at->name) < 0);
		check_tree(at, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(buf) struct mr_buf first = { 0 };
	MR_AUTO(buf) struct mr_buf second = { 0 };
	const struct mr_json *root;
	struct mr_error err;

	if (size > 1 << 16)
		return 0;
	mr_arena_init(&arena, (size_t)1 << 30);
	mr_buf_init(&first, 1 << 20);
	mr_buf_init(&second, 1 << 20);
	mr_result r = mr_yaml_to_json(mr_bytes_of(data, size), &first, &err);
	FUZZ_CHECK(mr_yaml_to_json(mr_bytes_of(data, size), &second, &err).code == r.code);
	if (mr_failed(r))
		return 0;
	FUZZ_CHECK(mr_str_eq(mr_buf_str(&first), mr_buf_str(&second)));
	FUZZ_CHECK(!mr_failed(mr_json_parse(mr_buf_str(&first), &arena, &root, &err)));
	check_tree(root, 0);
	return 0;
}
