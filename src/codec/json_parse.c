/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"
#include "codec/json_scan.h"

/* One open array or object. Frames are kept and used again, so there are as many as the text is
 * deep. */
struct frame {
	struct mr_json *container;
	struct mr_json *last; /* child */
	struct frame *outer;
	struct frame *inner;
};

struct builder {
	struct mr_json_scanner scanner;
	struct mr_arena *arena;
	struct frame base; /* for the root, no container */
	struct frame *open;
	struct mr_str name; /* of the next member */
	struct mr_json *root;
};

/* Appends at the end of the open container; the frame remembers the last child, so that a long list
 * costs linear time. */
static mr_result add_node(struct builder *b, const struct mr_json_token *token,
	struct mr_json **ret, struct mr_error *err)
{
	struct frame *f = b->open;
	struct mr_json *node = mr_arena_alloc(b->arena, sizeof *node);

	if (!node)
		return mr_arena_fail(b->arena, err);
	node->kind = token->value_kind;
	node->source = token->text;
	node->name = b->name;
	b->name = (struct mr_str){ NULL, 0 };
	if (f->last)
		f->last->next = node;
	else if (f->container)
		f->container->first = node;
	else
		b->root = node;
	if (f->container)
		f->container->count++;
	f->last = node;
	*ret = node;
	return MR_OK;
}

static mr_result add_scalar(
	struct builder *b, const struct mr_json_token *token, struct mr_error *err)
{
	struct mr_json *node;

	MR_TRY(add_node(b, token, &node, err));
	switch (node->kind) {
	case MR_JSON_BOOL:
		node->boolean = token->text.ptr[0] == 't';
		return MR_OK;
	case MR_JSON_NUMBER:
		node->text = token->text;
		return MR_OK;
	case MR_JSON_STRING:
		return mr_json_unquote(mr_str_sub(token->text, 1, token->text.len - 1),
			token->plain, b->arena, &node->text, err);
	default:
		return MR_OK;
	}
}

static mr_result open_container(
	struct builder *b, const struct mr_json_token *token, struct mr_error *err)
{
	struct mr_json *node;

	MR_TRY(add_node(b, token, &node, err));
	struct frame *inner = b->open->inner;
	if (!inner) {
		inner = mr_arena_alloc(b->arena, sizeof *inner);
		if (!inner)
			return mr_arena_fail(b->arena, err);
		inner->outer = b->open;
		b->open->inner = inner;
	}
	inner->container = node;
	inner->last = NULL;
	b->open = inner;
	return MR_OK;
}

/* Only now it is known how long the value is. */
static void close_container(struct builder *b, const struct mr_json_token *token)
{
	struct mr_str *source = &b->open->container->source;

	source->len = (size_t)(token->text.ptr + 1 - source->ptr);
	b->open = b->open->outer;
}

static mr_result build(struct builder *b, struct mr_error *err)
{
	struct mr_json_token token;

	for (;;) {
		MR_TRY(mr_json_scan(&b->scanner, &token, err));
		switch (token.kind) {
		case MR_JSON_TOKEN_VALUE:
			MR_TRY(add_scalar(b, &token, err));
			break;
		case MR_JSON_TOKEN_BEGIN:
			MR_TRY(open_container(b, &token, err));
			break;
		case MR_JSON_TOKEN_END:
			close_container(b, &token);
			break;
		case MR_JSON_TOKEN_NAME:
			MR_TRY(mr_json_unquote(token.text, token.plain, b->arena, &b->name, err));
			break;
		case MR_JSON_TOKEN_DONE:
		default:
			return MR_OK;
		}
	}
}

static mr_result parse(struct mr_str text, bool first_only, struct mr_arena *arena,
	const struct mr_json **ret, struct mr_error *err)
{
	struct builder b = { .arena = arena };

	b.open = &b.base;
	mr_json_scanner_init(&b.scanner, text, first_only);
	MR_TRY(build(&b, err));
	*ret = b.root;
	return MR_OK;
}

mr_result mr_json_parse(struct mr_str text, struct mr_arena *arena, const struct mr_json **ret,
	struct mr_error *err)
{
	return parse(text, false, arena, ret, err);
}

mr_result mr_json_parse_first(struct mr_str text, struct mr_arena *arena,
	const struct mr_json **ret, struct mr_error *err)
{
	return parse(text, true, arena, ret, err);
}

bool mr_json_valid(struct mr_str text)
{
	struct mr_json_scanner scanner;
	struct mr_json_token token = { .kind = MR_JSON_TOKEN_VALUE };
	struct mr_error err;

	mr_json_scanner_init(&scanner, text, false);
	while (token.kind != MR_JSON_TOKEN_DONE)
		if (mr_failed(mr_json_scan(&scanner, &token, &err)))
			return false;
	return true;
}
