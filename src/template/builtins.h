/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in functions of templates (10 §6.4): the table, and the functions that it takes from
 * other files. */
#ifndef MR_TEMPLATE_BUILTINS_H
#define MR_TEMPLATE_BUILTINS_H

#include "template/run.h"

/* Variants of functions that share their code. */
enum {
	MR_BUILTIN_AND,
	MR_BUILTIN_OR,
	MR_BUILTIN_EQ,
	MR_BUILTIN_NE,
	MR_BUILTIN_LT,
	MR_BUILTIN_LE,
	MR_BUILTIN_GT,
	MR_BUILTIN_GE,
	MR_BUILTIN_PRINT,
	MR_BUILTIN_PRINTLN,
	MR_BUILTIN_HTML,
	MR_BUILTIN_JS,
	MR_BUILTIN_URLQUERY,
};

/* The built-in function of that name, or NULL. */
const struct mr_tree_function *mr_builtin_find(struct mr_str name);

/* Bytes of a text, or entries. Errors: `len of type <t>`. */
MR_MUST_USE mr_result mr_builtin_len(
	struct mr_run *run, const struct mr_args *args, struct mr_value *ret, struct mr_error *err);
/* Byte of text or bytes, entry of a map, as often as there are keys. */
MR_MUST_USE mr_result mr_builtin_index(
	struct mr_run *run, const struct mr_args *args, struct mr_value *ret, struct mr_error *err);
/* Part of text or bytes. As in Go, bytes can be had back from behind the end of a shorter slice. */
MR_MUST_USE mr_result mr_builtin_slice(
	struct mr_run *run, const struct mr_args *args, struct mr_value *ret, struct mr_error *err);

#endif
