/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of one run, and what the parts of the executor ask of each other: exec.c walks the
 * nodes, eval.c gives pipelines their values, the built-in functions compute. Nothing here outlives
 * the run; its memory is wiped.
 */
#ifndef MR_TEMPLATE_RUN_H
#define MR_TEMPLATE_RUN_H

#include "template/tree.h"

/* A variable in scope. */
struct mr_run_variable {
	const struct mr_str *name;
	struct mr_value value;
};

struct mr_run {
	const struct mr_template *t;
	const struct mr_definition *definition; /* that is being executed */
	const struct mr_place *at;              /* what an error would be about */
	void *context;                          /* of the caller's functions */
	struct mr_arena arena;
	struct mr_buf scratch; /* where functions build their text */
	size_t steps;          /* left */

	struct mr_run_variable *variables;
	size_t variable_count, variable_room;
	size_t first_variable; /* of the definition */

	struct mr_value *arguments; /* a stack: those of calls within calls */
	size_t argument_count, argument_room;
};

/* --- the run --- */

/* Pays for `steps` of work; MR_CODE_LIMIT when all are used up. */
MR_MUST_USE mr_result mr_run_charge(struct mr_run *run, size_t steps, struct mr_error *err);
/* Doubles an array of the run that is full. */
MR_MUST_USE mr_result mr_run_grow(
	struct mr_run *run, void **array, size_t *room, size_t size, struct mr_error *err);
/* Brings a variable into scope; an older one of that name is hidden. */
MR_MUST_USE mr_result mr_run_declare(struct mr_run *run, const struct mr_str *name,
	const struct mr_value *value, struct mr_error *err);
/* The value of the innermost variable of that name, to read or to set. Errors: `undefined variable:
 * $x`. */
MR_MUST_USE mr_result mr_run_find(
	struct mr_run *run, const struct mr_str *name, struct mr_value **ret, struct mr_error *err);
/* Puts an argument on the stack. */
MR_MUST_USE mr_result mr_run_push(
	struct mr_run *run, const struct mr_value *value, struct mr_error *err);
/* The value of a pipeline; declares or sets its variables. */
MR_MUST_USE mr_result mr_run_pipe(struct mr_run *run, const struct mr_value *dot,
	const struct mr_pipe *pipe, struct mr_value *ret, struct mr_error *err);
/* The scratch buffer's text as a value, the buffer being empty afterwards. */
MR_MUST_USE mr_result mr_run_take_scratch(
	struct mr_run *run, struct mr_value *ret, struct mr_error *err);

#endif
