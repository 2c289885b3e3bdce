/* SPDX-License-Identifier: Apache-2.0 */
#include "template_test.h"

mr_result run_sample(struct mr_str text, const struct mr_template_limits *limits,
	struct mr_buf *out, struct mr_error *err)
{
	const struct mr_value root = model_value(model_sample());
	MR_AUTO(template) struct mr_template *t = NULL;

	MR_TRY(mr_template_parse(text, &model_functions, &t, err));
	return mr_template_run(t, &root, NULL, limits, out, err);
}

void expect_output(const struct row *row)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	mr_buf_init(&out, OUTPUT_MAX);
	mr_buf_put_cstr(&out, "before ");
	if (mr_failed(run_sample(row->text, NULL, &out, &err)))
		fail_msg("%.*s: %s", MR_STR_ARGS(row->text), err.message);
	struct mr_str got = mr_str_sub(mr_buf_str(&out), 7, out.len);
	if (!mr_str_eq(got, row->want))
		fail_msg("%.*s\n got: %.*s\nwant: %.*s", MR_STR_ARGS(row->text), MR_STR_ARGS(got),
			MR_STR_ARGS(row->want));
}

void expect_failure(const struct row *row, enum mr_code code, bool parse)
{
	const struct mr_str front = MR_STR("template: data:");
	MR_AUTO(template) struct mr_template *t = NULL;
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;
	mr_result r = mr_template_parse(row->text, &model_functions, &t, &err);

	if (mr_failed(r) != parse)
		fail_msg("%.*s: %s", MR_STR_ARGS(row->text), parse ? "parsed" : err.message);
	mr_buf_init(&out, OUTPUT_MAX);
	mr_buf_put_cstr(&out, "before");
	if (!parse) {
		const struct mr_value root = model_value(model_sample());
		r = mr_template_run(t, &root, NULL, NULL, &out, &err);
	}
	struct mr_str got = mr_str_of(err.message);
	if (!mr_failed(r) || r.code != code || err.code != code || !mr_str_starts(got, front) ||
		!mr_str_eq(mr_str_sub(got, front.len, got.len), row->want))
		fail_msg("%.*s\n got: %s\nwant: %.*s", MR_STR_ARGS(row->text),
			mr_failed(r) ? err.message : "no error", MR_STR_ARGS(row->want));
	assert_int_equal(out.len, 6);
}
