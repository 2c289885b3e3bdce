/* SPDX-License-Identifier: Apache-2.0 */
#include "template/run.h"

mr_result mr_run_charge(struct mr_run *run, size_t steps, struct mr_error *err)
{
	if (run->steps < steps)
		return mr_fail(err, MR_CODE_LIMIT, "more steps than a template may take");
	run->steps -= steps;
	return MR_OK;
}

mr_result mr_run_grow(
	struct mr_run *run, void **array, size_t *room, size_t size, struct mr_error *err)
{
	void *more = mr_arena_array(&run->arena, *room * 2, size);

	if (!more)
		return mr_arena_fail(&run->arena, err);
	memcpy(more, *array, *room * size);
	*array = more;
	*room *= 2;
	return MR_OK;
}

mr_result mr_run_declare(struct mr_run *run, const struct mr_str *name,
	const struct mr_value *value, struct mr_error *err)
{
	struct mr_run_variable fresh = { name, *value };

	if (run->variable_count == run->variable_room) {
		void *array = run->variables;
		MR_TRY(mr_run_grow(run, &array, &run->variable_room, sizeof(fresh), err));
		run->variables = array;
	}
	run->variables[run->variable_count++] = fresh;
	return MR_OK;
}

mr_result mr_run_find(
	struct mr_run *run, const struct mr_str *name, struct mr_value **ret, struct mr_error *err)
{
	for (size_t i = run->variable_count; i > run->first_variable; i--)
		if (run->variables[i - 1].name == name) {
			*ret = &run->variables[i - 1].value;
			return mr_run_charge(run, (run->variable_count - i) / 16, err);
		}
	return mr_fail(err, MR_CODE_INVALID, "undefined variable: %.*s", MR_STR_ARGS(*name));
}

mr_result mr_run_push(struct mr_run *run, const struct mr_value *value, struct mr_error *err)
{
	struct mr_value copy = *value;

	if (run->argument_count == run->argument_room) {
		void *array = run->arguments;
		MR_TRY(mr_run_grow(run, &array, &run->argument_room, sizeof(copy), err));
		run->arguments = array;
	}
	run->arguments[run->argument_count++] = copy;
	return MR_OK;
}

mr_result mr_run_take_scratch(struct mr_run *run, struct mr_value *ret, struct mr_error *err)
{
	struct mr_str text = mr_buf_str(&run->scratch);

	MR_TRY(mr_buf_status(&run->scratch, err));
	*ret = (struct mr_value){ .kind = MR_VALUE_STRING };
	MR_TRY(mr_arena_str(&run->arena, text, &ret->str, err));
	mr_buf_clear(&run->scratch);
	return MR_OK;
}
