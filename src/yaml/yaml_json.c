/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/yaml_json.h"

#include "codec/json.h"
#include "yaml/tree.h"

#define TREE_LIMIT ((size_t)256 << 20)

static mr_result put_node(
	struct mr_buf *out, const struct mr_yaml_node *node, struct mr_error *err);

/* Recursion ends with the node's height, which is bounded; aliases end with the output's maximum. */
static mr_result put_members(
	struct mr_buf *out, const struct mr_yaml_node *node, struct mr_error *err)
{
	bool mapping = node->kind == MR_YAML_MAPPING;

	mr_buf_put_u8(out, mapping ? '{' : '[');
	for (size_t i = 0; i < node->count; i++) {
		const struct mr_yaml_member *member = &node->members[i];

		if (i > 0)
			mr_buf_put_u8(out, ',');
		if (mapping) {
			mr_json_put_str(out, member->name);
			mr_buf_put_u8(out, ':');
		}
		MR_TRY(put_node(out, member->value, err));
	}
	mr_buf_put_u8(out, mapping ? '}' : ']');
	return MR_OK;
}

static mr_result put_node(struct mr_buf *out, const struct mr_yaml_node *node, struct mr_error *err)
{
	if (out->failure != MR_CODE_OK)
		return mr_wrap(err, mr_buf_status(out, err), "yaml");
	if (node->kind >= MR_YAML_SEQUENCE)
		return put_members(out, node, err);
	if (node->kind == MR_YAML_STRING)
		mr_json_put_str(out, node->text);
	else if (!mr_yaml_put_scalar(out, node))
		return mr_fail(err, MR_CODE_INVALID, "json: unsupported value: %s",
			node->real > 0   ? "+Inf"
			: node->real < 0 ? "-Inf"
					 : "NaN");
	return MR_OK;
}

mr_result mr_yaml_to_json(struct mr_bytes yaml, struct mr_buf *out, struct mr_error *err)
{
	static const struct mr_yaml_node nothing = { .kind = MR_YAML_NULL };
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const struct mr_yaml_node *root = NULL;

	if (yaml.len > MR_YAML_MAX_INPUT)
		return mr_fail(err, MR_CODE_LIMIT, "yaml: larger than the limit of %zu bytes",
			MR_YAML_MAX_INPUT);
	mr_arena_init(&arena, TREE_LIMIT);
	MR_TRY(mr_yaml_compose(yaml, &arena, &root, err));
	MR_TRY(put_node(out, root ? root : &nothing, err));
	return mr_wrap(err, mr_buf_status(out, err), "yaml");
}
