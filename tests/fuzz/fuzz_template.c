/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates: parsed, searched for references and run twice on fixed data with tight bounds. Both
 * runs have to agree, a failure leaves no output, and no secret is touched that the search did not
 * name.
 */
#include "fuzz.h"

#include "../unit/template/model.h"

enum { NAMES_MAX = 1 << 20, OUTPUT_MAX = 1 << 18 };

struct names {
	struct mr_buf list; /* each with its length before it */
};

static void put(struct mr_buf *b, struct mr_str name)
{
	mr_buf_put_u32le(b, (uint32_t)name.len);
	mr_buf_put_str(b, name);
}

static void visit(void *context, struct mr_str name)
{
	struct names *names = context;

	put(&names->list, name);
}

static bool has(const struct names *names, struct mr_str name)
{
	struct mr_cursor c = mr_cursor_of(mr_buf_bytes(&names->list));
	struct mr_bytes one;
	uint32_t size;

	while (mr_cursor_u32le(&c, &size) && mr_cursor_take(&c, size, &one))
		if (mr_str_eq(mr_bytes_str(one), name))
			return true;
	return names->list.failure != MR_CODE_OK;
}

static void touched(void *context, struct mr_str name)
{
	FUZZ_CHECK(has(context, name));
}

static enum mr_code run(const struct mr_template *t, struct model *model, struct mr_buf *out)
{
	const struct mr_template_limits limits = {
		.steps = 20000, .depth = 200, .memory = 1 << 21
	};
	const struct mr_value root = model_value(model);
	struct mr_error err = { 0 };
	mr_result r = mr_template_run(t, &root, NULL, &limits, out, &err);

	if (mr_failed(r)) {
		FUZZ_CHECK(out->len == 0);
		FUZZ_CHECK(r.code == err.code);
		FUZZ_CHECK(strncmp(err.message, "template: data", 14) == 0);
	}
	return r.code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct model model = *model_sample();
	MR_AUTO(template) struct mr_template *t = NULL;
	MR_AUTO(buf) struct mr_buf first = { 0 };
	MR_AUTO(buf) struct mr_buf second = { 0 };
	struct names names = { 0 };
	struct mr_error err = { 0 };
	struct mr_str text = { (const char *)data, size };

	if (mr_failed(mr_template_parse(text, &model_functions, &t, &err))) {
		FUZZ_CHECK(strncmp(err.message, "template: data:", 15) == 0);
		return 0;
	}
	mr_buf_init(&names.list, NAMES_MAX);
	mr_buf_init(&first, OUTPUT_MAX);
	mr_buf_init_secret(&second, OUTPUT_MAX);
	if (mr_template_references(t, MR_STR("Secrets"), visit, &names)) {
		model.secrets.touched = touched;
		model.secrets.context = &names;
	}
	enum mr_code code = run(t, &model, &first);
	FUZZ_CHECK(run(t, &model, &second) == code);
	FUZZ_CHECK(mr_str_eq(mr_buf_str(&first), mr_buf_str(&second)));
	mr_buf_done(&names.list);
	return 0;
}
