/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "template/builtins.h"
#include "template/tree.h"

/*
 * Follows what can be known without a run: a value is the root, a record on the way to the map, the
 * map itself, or anything else. Levels count the names from the root that led there; whatever would
 * need more than that is unknown.
 */
enum {
	LEVELS_MAX = 4,
	OPEN_MAX = 64, /* blocks within blocks that are looked into */
	OTHER = -1,
	UNKNOWN = -2,
};

struct callee {
	const struct mr_definition *definition;
	unsigned wanted, seen; /* sets of levels its dot can have: bit 0 is OTHER */
};

struct search {
	struct mr_str path[LEVELS_MAX];
	int map; /* level of the map */
	void (*visit)(void *context, struct mr_str name);
	void *context;
	struct callee *callees;
	size_t callee_count;
	int dot, dollar;
};

static int level_of_pipe(const struct search *s, const struct mr_pipe *pipe);

/* The chain of fields behind a value. */
static int follow(const struct search *s, int level, const struct mr_operand *o)
{
	for (uint32_t i = 0; i < o->chain_len && level >= 0; i++) {
		if (level == s->map)
			s->visit(s->context, o->chain[i]);
		level = level < s->map && mr_str_eq(o->chain[i], s->path[level]) ? level + 1
										 : OTHER;
	}
	return level;
}

static int level_of_base(const struct search *s, const struct mr_operand *o)
{
	switch (o->kind) {
	case MR_OPERAND_DOT:
	case MR_OPERAND_FIELD:
		return s->dot;
	case MR_OPERAND_VARIABLE:
		/* No other variable is ever given a value of interest. */
		return o->variable == &mr_tree_dollar ? s->dollar : OTHER;
	case MR_OPERAND_PIPE:
		return level_of_pipe(s, o->pipe);
	default:
		return OTHER;
	}
}

static int level_of(const struct search *s, const struct mr_operand *o)
{
	return follow(s, level_of_base(s, o), o);
}

/* The name in `index MAP "name"`, written there or coming through the pipe; or NULL. */
static const struct mr_str *index_name(const struct mr_operand *map, const struct mr_operand *piped)
{
	const struct mr_operand *name = map->next ? map->next : piped;
	bool text = name && name->kind == MR_OPERAND_CONSTANT &&
		    name->constant.value.kind == MR_VALUE_STRING;

	return text ? &name->constant.value.str : NULL;
}

/* Looks at each operand once, since those in parentheses may be nested. */
static int level_of_command(
	const struct search *s, const struct mr_command *c, const struct mr_operand *piped)
{
	const struct mr_operand *first = c->first, *map = NULL;
	bool is_index = first->kind == MR_OPERAND_FUNCTION &&
			first->function.builtin == mr_builtin_find(MR_STR("index"));

	for (const struct mr_operand *o = first->next; o; o = o->next) {
		int level = level_of(s, o);
		if (level == s->map && is_index && o == first->next)
			map = o;
		else if (level != OTHER)
			return UNKNOWN;
	}
	if (!map)
		return level_of(s, first);
	const struct mr_str *name = index_name(map, piped);
	if (!name)
		return UNKNOWN;
	s->visit(s->context, *name);
	return OTHER;
}

/* Whatever of interest goes through a pipe or into a variable is out of sight. */
static int level_of_pipe(const struct search *s, const struct mr_pipe *pipe)
{
	const struct mr_operand *piped = NULL;
	int level = OTHER;

	for (const struct mr_command *c = pipe->first; c; c = c->next) {
		if (level != OTHER)
			return UNKNOWN;
		level = level_of_command(s, c, piped);
		piped = c->first->next ? NULL : c->first;
	}
	for (unsigned i = 0; i < pipe->variable_count; i++)
		if (level != OTHER || pipe->variables[i] == &mr_tree_dollar)
			return UNKNOWN;
	return level;
}

/* A template is looked into once for each level its dot can have. */
static bool note_call(struct search *s, const struct mr_node *node)
{
	int level = node->pipe ? level_of_pipe(s, node->pipe) : OTHER;

	if (level == UNKNOWN)
		return false;
	for (size_t i = 0; i < s->callee_count; i++)
		if (s->callees[i].definition == node->callee)
			s->callees[i].wanted |= 1u << (level + 1);
	return true;
}

struct open {
	const struct mr_node *next;
	int dot;
};

/* One node; its branches are put on the stack. */
static bool look_at(struct search *s, const struct mr_node *node, struct open *stack, size_t *depth)
{
	bool with = node->kind == MR_NODE_WITH, range = node->kind == MR_NODE_RANGE;
	int level = OTHER;

	if (node->kind == MR_NODE_TEMPLATE)
		return note_call(s, node);
	if (node->kind == MR_NODE_TEXT || node->kind == MR_NODE_BREAK ||
		node->kind == MR_NODE_CONTINUE)
		return true;
	level = level_of_pipe(s, node->pipe);
	/* Records are true; whether a map is empty is a matter of all its entries. */
	if (level == UNKNOWN || level == s->map ||
		(level != OTHER && (range || node->kind == MR_NODE_ACTION)))
		return false;
	if (node->kind == MR_NODE_ACTION)
		return true;
	if (*depth + 2 > OPEN_MAX)
		return false;
	stack[(*depth)++] = (struct open){ node->body, with ? level : range ? OTHER : s->dot };
	stack[(*depth)++] = (struct open){ node->otherwise, s->dot };
	return true;
}

/* A template, its dot being of this level. */
static bool look_into(struct search *s, const struct mr_node *body, int dot)
{
	struct open stack[OPEN_MAX] = { { body, dot } };
	size_t depth = 1;

	s->dollar = dot;
	while (depth > 0) {
		struct open *top = &stack[depth - 1];
		const struct mr_node *node = top->next;
		if (!node) {
			depth--;
			continue;
		}
		top->next = node->next;
		s->dot = top->dot;
		if (!look_at(s, node, stack, &depth))
			return false;
	}
	return true;
}

/* Looks into the templates until none is called with a dot of a new level. */
static bool look_everywhere(struct search *s)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < s->callee_count; i++) {
			struct callee *c = &s->callees[i];
			unsigned fresh = c->wanted & ~c->seen;
			c->seen |= fresh;
			again = again || fresh;
			for (int level = OTHER; level <= s->map; level++)
				if ((fresh >> (level + 1) & 1) &&
					!look_into(s, c->definition->body, level))
					return false;
		}
	}
	return true;
}

/* Cuts `a.b` into its names. */
static bool split(struct search *s, struct mr_str root)
{
	for (size_t start = 0; s->map < LEVELS_MAX;) {
		size_t end = mr_str_find(root, '.', start);
		bool last = end == SIZE_MAX;
		s->path[s->map++] = mr_str_sub(root, start, last ? root.len : end);
		if (last)
			return true;
		start = end + 1;
	}
	return false;
}

bool mr_template_references(const struct mr_template *t, struct mr_str root,
	void (*visit)(void *context, struct mr_str name), void *context)
{
	struct search s = { .visit = visit, .context = context };
	bool known;

	if (t->plain)
		return true;
	if (!split(&s, root))
		return false;
	for (const struct mr_definition *d = t->definitions; d; d = d->next)
		s.callee_count++;
	s.callees = s.callee_count ? calloc(s.callee_count, sizeof(*s.callees)) : NULL;
	if (!s.callees)
		return false;
	struct callee *c = s.callees;
	for (const struct mr_definition *d = t->definitions; d; d = d->next, c++)
		*c = (struct callee){ .definition = d, .wanted = d == t->main ? 1u << 1 : 0 };
	known = look_everywhere(&s);
	free(s.callees);
	return known;
}
