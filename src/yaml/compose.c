/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <yaml.h>

#include "base/utf8.h"
#include "yaml/tree.h"

/*
 * The parser's events become a tree whose shared parts are shared, so that it is never larger than
 * the text, merges aside. Collections that are open stand on a stack of bounded depth; the event loop
 * ends with the first one too many, before the parser's own cost, which is quadratic in the depth of
 * brackets, can be felt.
 */

/* Looked through one by one. */
enum { ANCHORS_MAX = 1024 };

struct anchor {
	struct mr_str name;
	const struct mr_yaml_node *node;
};

/* A member of an open collection; lists become arrays when the collection ends. */
struct cell {
	struct mr_yaml_member member;
	struct cell *next;
};

/* An open collection. */
struct frame {
	struct mr_yaml_node *node;
	struct cell *first, *last;
	bool has_key; /* a mapping's key has been read, its value has not */
	bool merge;   /* that key is `<<` */
	struct mr_str key;
	size_t key_line;
};

struct composer {
	yaml_parser_t parser;
	struct mr_arena *arena;
	struct frame frames[MR_YAML_MAX_DEPTH];
	size_t depth;
	struct anchor anchors[ANCHORS_MAX];
	size_t anchor_count;
	size_t line; /* of the event at hand, from 1 */
	const struct mr_yaml_node *root;
};

static void delete_event(yaml_event_t *event)
{
	yaml_event_delete(event);
}

MR_DEFINE_AUTO(yaml_event, yaml_event_t, delete_event)

static struct mr_str text_of(const yaml_char_t *text, size_t len)
{
	return (struct mr_str){ (const char *)text, len };
}

static struct mr_str name_of(const yaml_char_t *name)
{
	return name ? text_of(name, strlen((const char *)name)) : (struct mr_str){ NULL, 0 };
}

static mr_result fail_at(struct composer *c, mr_result r, struct mr_error *err)
{
	return mr_wrap(err, r, "yaml: line %zu", c->line);
}

/* --- events --- */

static mr_result fail_parser(struct composer *c, struct mr_error *err)
{
	const char *problem = c->parser.problem ? c->parser.problem : "malformed input";

	if (c->parser.error == YAML_MEMORY_ERROR)
		return mr_fail_nomem(err);
	if (c->parser.error == YAML_READER_ERROR)
		return mr_fail(err, MR_CODE_INVALID, "yaml: %s", problem);
	return mr_fail(err, MR_CODE_INVALID, "yaml: line %zu: %s", c->parser.problem_mark.line + 1,
		problem);
}

static mr_result next_event(struct composer *c, yaml_event_t *event, struct mr_error *err)
{
	if (!yaml_parser_parse(&c->parser, event))
		return fail_parser(c, err);
	c->line = event->start_mark.line + 1;
	return MR_OK;
}

/* --- anchors --- */

static struct anchor *find_anchor(struct composer *c, struct mr_str name)
{
	for (size_t i = 0; i < c->anchor_count; i++) {
		if (mr_str_eq(c->anchors[i].name, name))
			return &c->anchors[i];
	}
	return NULL;
}

/* A name given again stands for the new node from here on. */
static mr_result add_anchor(struct composer *c, const yaml_char_t *name,
	const struct mr_yaml_node *node, struct mr_error *err)
{
	struct anchor *anchor;
	struct mr_str kept;

	if (!name)
		return MR_OK;
	anchor = find_anchor(c, name_of(name));
	if (anchor) {
		anchor->node = node;
		return MR_OK;
	}
	if (c->anchor_count == ANCHORS_MAX)
		return fail_at(
			c, mr_fail(err, MR_CODE_LIMIT, "more than %d anchors", ANCHORS_MAX), err);
	MR_TRY(mr_arena_str(c->arena, name_of(name), &kept, err));
	c->anchors[c->anchor_count++] = (struct anchor){ kept, node };
	return MR_OK;
}

/* --- members --- */

/* Adds to the open collection. Its height grows with that of the value, which an alias may bring from
 * elsewhere: the bound on it is the one that recursion over the finished tree relies on. */
static mr_result append(struct composer *c, struct mr_str name, size_t line,
	const struct mr_yaml_node *value, struct mr_error *err)
{
	struct frame *f = &c->frames[c->depth - 1];
	struct cell *cell = mr_arena_alloc(c->arena, sizeof *cell);

	if (!cell)
		return mr_arena_fail(c->arena, err);
	if (f->node->height <= value->height)
		f->node->height = value->height + 1;
	if (f->node->height > MR_YAML_MAX_DEPTH)
		return fail_at(c,
			mr_fail(err, MR_CODE_LIMIT, "nested deeper than %d", MR_YAML_MAX_DEPTH),
			err);
	cell->member = (struct mr_yaml_member){ name, value, line };
	if (f->last)
		f->last->next = cell;
	else
		f->first = cell;
	f->last = cell;
	f->node->count++;
	return MR_OK;
}

/* The source's own merges are in it already. A name that is there twice is found when the mapping
 * ends. */
static mr_result merge_mapping(
	struct composer *c, const struct mr_yaml_node *value, struct mr_error *err)
{
	size_t line = c->frames[c->depth - 1].key_line;

	if (value->kind != MR_YAML_MAPPING)
		return fail_at(c,
			mr_fail(err, MR_CODE_INVALID,
				"map merge requires map or sequence of maps as the value"),
			err);
	for (size_t i = 0; i < value->count; i++)
		MR_TRY(append(c, value->members[i].name, line, value->members[i].value, err));
	return MR_OK;
}

static mr_result merge(struct composer *c, const struct mr_yaml_node *value, struct mr_error *err)
{
	if (value->kind != MR_YAML_SEQUENCE)
		return merge_mapping(c, value, err);
	for (size_t i = 0; i < value->count; i++)
		MR_TRY(merge_mapping(c, value->members[i].value, err));
	return MR_OK;
}

/* What a key is called in JSON. */
static mr_result take_key(
	struct composer *c, const struct mr_yaml_node *node, bool is_merge, struct mr_error *err)
{
	struct frame *f = &c->frames[c->depth - 1];
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init(&text, 512);
	f->has_key = true;
	f->merge = is_merge;
	f->key_line = c->line;
	f->key = node->text;
	/* two keys of rubbish would be one in JSON */
	if (node->kind == MR_YAML_STRING && mr_utf8_valid(node->text))
		return MR_OK;
	if (node->kind == MR_YAML_NULL || node->kind >= MR_YAML_STRING)
		return fail_at(c, mr_fail(err, MR_CODE_INVALID, "invalid map key"), err);
	if (!mr_yaml_put_scalar(&text, node))
		return mr_fail(err, MR_CODE_INVALID, "json: unsupported value as a key");
	MR_TRY(mr_buf_status(&text, err));
	return mr_arena_str(c->arena, mr_buf_str(&text), &f->key, err);
}

/* A complete value, put where the open collection wants one. */
static mr_result add_value(
	struct composer *c, const struct mr_yaml_node *node, bool is_merge, struct mr_error *err)
{
	struct frame *f = c->depth ? &c->frames[c->depth - 1] : NULL;

	if (!f) {
		c->root = node;
		return MR_OK;
	}
	if (f->node->kind == MR_YAML_SEQUENCE)
		return append(c, (struct mr_str){ NULL, 0 }, c->line, node, err);
	if (!f->has_key)
		return take_key(c, node, is_merge, err);
	f->has_key = false;
	return f->merge ? merge(c, node, err) : append(c, f->key, f->key_line, node, err);
}

static mr_result add_scalar(struct composer *c, const yaml_event_t *event, struct mr_error *err)
{
	struct mr_yaml_node *node = mr_arena_alloc(c->arena, sizeof *node);
	struct mr_yaml_scalar scalar = {
		.tag = (const char *)event->data.scalar.tag,
		.plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE,
	};
	bool is_merge;
	mr_result r;

	if (!node)
		return mr_arena_fail(c->arena, err);
	MR_TRY(mr_arena_str(c->arena, text_of(event->data.scalar.value, event->data.scalar.length),
		&scalar.text, err));
	r = mr_yaml_resolve(&scalar, c->arena, node, err);
	if (mr_failed(r))
		return r.code == MR_CODE_INVALID ? fail_at(c, r, err) : r;
	MR_TRY(add_anchor(c, event->data.scalar.anchor, node, err));
	is_merge = scalar.plain && mr_str_eq(scalar.text, MR_STR("<<")) &&
		   (!scalar.tag || strcmp(scalar.tag, "tag:yaml.org,2002:merge") == 0);
	return add_value(c, node, is_merge, err);
}

/* An alias stands for a finished node: one inside its own anchor would have no end. */
static mr_result add_alias(struct composer *c, const yaml_char_t *name, struct mr_error *err)
{
	const struct anchor *anchor = find_anchor(c, name_of(name));

	if (!anchor)
		return fail_at(c,
			mr_fail(err, MR_CODE_INVALID, "unknown anchor '%.*s' referenced",
				MR_STR_ARGS(name_of(name))),
			err);
	if (anchor->node->open)
		return fail_at(c,
			mr_fail(err, MR_CODE_INVALID, "anchor '%.*s' value contains itself",
				MR_STR_ARGS(name_of(name))),
			err);
	return add_value(c, anchor->node, false, err);
}

/* --- collections --- */

static mr_result open_collection(
	struct composer *c, enum mr_yaml_kind kind, const yaml_char_t *anchor, struct mr_error *err)
{
	const struct frame *outer = c->depth ? &c->frames[c->depth - 1] : NULL;
	struct mr_yaml_node *node = mr_arena_alloc(c->arena, sizeof *node);

	if (!node)
		return mr_arena_fail(c->arena, err);
	if (outer && outer->node->kind == MR_YAML_MAPPING && !outer->has_key)
		return fail_at(c, mr_fail(err, MR_CODE_INVALID, "invalid map key"), err);
	if (c->depth == MR_YAML_MAX_DEPTH)
		return fail_at(c,
			mr_fail(err, MR_CODE_LIMIT, "nested deeper than %d", MR_YAML_MAX_DEPTH),
			err);
	node->kind = kind;
	node->height = 1;
	node->open = true;
	c->frames[c->depth++] = (struct frame){ .node = node };
	return add_anchor(c, anchor, node, err);
}

/* By line second, so that the later of two is the one complained about. */
static int by_name(const void *a, const void *b)
{
	const struct mr_yaml_member *left = a, *right = b;
	int names = mr_str_cmp(left->name, right->name);

	return names ? names : left->line < right->line ? -1 : left->line > right->line;
}

static mr_result check_duplicates(const struct mr_yaml_node *node, struct mr_error *err)
{
	for (size_t i = 1; i < node->count; i++) {
		const struct mr_yaml_member *member = &node->members[i];

		if (mr_str_eq(member[-1].name, member->name))
			return mr_fail(err, MR_CODE_INVALID,
				"yaml: line %zu: key \"%.*s\" already set in map", member->line,
				MR_STR_ARGS(member->name));
	}
	return MR_OK;
}

static mr_result close_collection(struct composer *c, struct mr_error *err)
{
	struct frame *f = &c->frames[--c->depth];
	struct mr_yaml_node *node = f->node;
	struct mr_yaml_member *members = mr_arena_array(c->arena, node->count + 1, sizeof *members);
	size_t i = 0;

	if (!members)
		return mr_arena_fail(c->arena, err);
	for (const struct cell *cell = f->first; cell; cell = cell->next)
		members[i++] = cell->member;
	node->members = members;
	node->open = false;
	if (node->kind == MR_YAML_MAPPING) {
		qsort(members, i, sizeof *members, by_name);
		MR_TRY(check_duplicates(node, err));
	}
	return add_value(c, node, false, err);
}

/* --- the document --- */

static mr_result check_version(struct composer *c, const yaml_event_t *event, struct mr_error *err)
{
	const yaml_version_directive_t *version = event->data.document_start.version_directive;

	if (!version || (version->major == 1 && version->minor == 1))
		return MR_OK;
	return fail_at(c, mr_fail(err, MR_CODE_INVALID, "found incompatible YAML document"), err);
}

static mr_result take_event(struct composer *c, const yaml_event_t *event, struct mr_error *err)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return check_version(c, event, err);
	case YAML_SCALAR_EVENT:
		return add_scalar(c, event, err);
	case YAML_ALIAS_EVENT:
		return add_alias(c, event->data.alias.anchor, err);
	case YAML_SEQUENCE_START_EVENT:
		return open_collection(c, MR_YAML_SEQUENCE, event->data.sequence_start.anchor, err);
	case YAML_MAPPING_START_EVENT:
		return open_collection(c, MR_YAML_MAPPING, event->data.mapping_start.anchor, err);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_collection(c, err);
	default:
		return MR_OK;
	}
}

/* The event behind the document is read, too: rubbish there is an error, another document is not. */
static mr_result compose(struct composer *c, struct mr_error *err)
{
	bool ended = false;

	for (;;) {
		MR_AUTO(yaml_event) yaml_event_t event = { 0 };

		MR_TRY(next_event(c, &event, err));
		if (ended || event.type == YAML_STREAM_END_EVENT)
			return MR_OK;
		MR_TRY(take_event(c, &event, err));
		ended = event.type == YAML_DOCUMENT_END_EVENT;
	}
}

mr_result mr_yaml_compose(struct mr_bytes yaml, struct mr_arena *arena,
	const struct mr_yaml_node **ret, struct mr_error *err)
{
	struct composer *c = calloc(1, sizeof *c);
	mr_result r;

	if (!c)
		return mr_fail_nomem(err);
	if (!yaml_parser_initialize(&c->parser)) {
		free(c);
		return mr_fail_nomem(err);
	}
	c->arena = arena;
	yaml_parser_set_input_string(
		&c->parser, yaml.len ? yaml.ptr : (const uint8_t *)"", yaml.len);
	r = compose(c, err);
	if (!mr_failed(r))
		*ret = c->root;
	yaml_parser_delete(&c->parser);
	free(c);
	return r;
}
