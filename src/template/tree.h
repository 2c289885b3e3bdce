/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parsed template: lists of nodes, pipelines of commands of operands, all in the template's
 * arena and never changed after the parse. A part that an error can name begins with its place.
 */
#ifndef MR_TEMPLATE_TREE_H
#define MR_TEMPLATE_TREE_H

#include "template/template.h"

/* Bounds of a parse. */
#define MR_TREE_MAX_TEXT ((size_t)16 << 20)
#define MR_TREE_MAX_MEMORY ((size_t)64 << 20)
#define MR_TREE_MAX_BLOCKS 1000    /* if, with, range, define and block open at once */
#define MR_TREE_MAX_VARIABLES 1000 /* in scope at once */
#define MR_TREE_MAX_DEFINITIONS 1000

enum mr_place_kind { MR_PLACE_NODE, MR_PLACE_PIPE, MR_PLACE_COMMAND, MR_PLACE_OPERAND };

/* First member of what it is the place of. */
struct mr_place {
	enum mr_place_kind kind;
	uint32_t pos; /* byte offset in the text */
};

struct mr_run;

/* What a built-in function gets. */
struct mr_args {
	const struct mr_value *list;
	size_t count;
	int variant; /* which of the functions that share the code */
};

/* A built-in function. */
struct mr_tree_function {
	struct mr_str name;
	size_t min_args, max_args;
	mr_result (*call)(struct mr_run *run, const struct mr_args *args, struct mr_value *ret,
		struct mr_error *err); /* NULL: `and`, `or`, which do not evaluate all */
	int variant;
	bool wants_format; /* the first argument has to be a string */
};

enum mr_operand_kind {
	MR_OPERAND_DOT,
	MR_OPERAND_NIL,
	MR_OPERAND_CONSTANT, /* bool, number, string */
	MR_OPERAND_FIELD,    /* chain from the dot */
	MR_OPERAND_VARIABLE,
	MR_OPERAND_FUNCTION,
	MR_OPERAND_PIPE,  /* in parentheses */
	MR_OPERAND_CHAIN, /* fields of what a function gives */
};

/* One word of a command, or a parenthesis. */
struct mr_operand {
	struct mr_place place;
	enum mr_operand_kind kind;
	uint32_t chain_len;
	struct mr_str *chain; /* names of fields behind it */
	struct mr_operand *next;
	union {
		struct {
			struct mr_value value;
			struct mr_str source; /* as written */
		} constant;
		const struct mr_str *variable; /* its name with $; the pointer identifies it */
		struct {
			const struct mr_tree_function *builtin; /* or NULL, then: */
			const struct mr_template_function *own;
		} function;
		const struct mr_pipe *pipe;
		const struct mr_operand *base;
	};
};

/* Operands between blanks. */
struct mr_command {
	struct mr_place place;
	uint32_t count;
	struct mr_operand *first;
	struct mr_command *next;
};

/* `$x := a | b | c`: commands, and the variables that get their result. */
struct mr_pipe {
	struct mr_place place;
	uint8_t variable_count;
	bool assign; /* `=`, not `:=` */
	const struct mr_str *variables[2];
	struct mr_command *first;
};

enum mr_node_kind {
	MR_NODE_TEXT,
	MR_NODE_ACTION,
	MR_NODE_IF,
	MR_NODE_WITH,
	MR_NODE_RANGE,
	MR_NODE_TEMPLATE, /* of `template` and `block` */
	MR_NODE_BREAK,
	MR_NODE_CONTINUE,
};

struct mr_definition;

/* Text, or an action. */
struct mr_node {
	struct mr_place place;
	enum mr_node_kind kind;
	struct mr_node *next;
	union {
		struct mr_str text;
		struct {
			struct mr_pipe *pipe; /* NULL for a `template` without argument */
			union {
				struct {
					struct mr_node *body, *otherwise;
				};
				struct {
					struct mr_str name;
					const struct mr_definition *callee; /* NULL: not defined */
					struct mr_node *next_template;
				};
			};
		};
	};
};

/* What `define` or `block` gives a name, and the text itself under the name "data". */
struct mr_definition {
	struct mr_str name;
	struct mr_node *body;
	struct mr_definition *next;
};

struct mr_template {
	struct mr_arena arena;
	struct mr_str text;
	bool plain;
	const struct mr_definition *main;
	struct mr_definition *definitions; /* with the main one */
};

/* The name of the variable that each template has. */
extern const struct mr_str mr_tree_dollar;

/* The name of the function that an operand is. */
struct mr_str mr_tree_function_name(const struct mr_operand *o);

/* Appends what stands at a place the way error messages show it: one blank between words, constants
 * as written; cut with `...` at the maximum of the buffer, which is initialised here. */
void mr_tree_describe(const struct mr_place *place, struct mr_buf *out);

#endif
