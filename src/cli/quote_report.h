/* SPDX-License-Identifier: Apache-2.0 */
/* What `quote verify` and `quote show` print: JSON for programs (70 §21.4), text for people. */
#ifndef MR_CLI_QUOTE_REPORT_H
#define MR_CLI_QUOTE_REPORT_H

#include "attest/verify.h"

struct mr_quote_report {
	enum mr_attest_code code;           /* MR_ATTEST_OK: verified, or parsed */
	enum mr_attest_step step;           /* that failed */
	const char *message;                /* why */
	const struct mr_evidence *evidence; /* NULL: could not be parsed */
	const struct mr_verdict *verdict;
	int64_t now;
	bool has_package; /* the evidence's identity was checked */
};

/* One JSON object and LF. */
void mr_quote_put_json(const struct mr_quote_report *report, struct mr_buf *out);
void mr_quote_put_text(const struct mr_quote_report *report, struct mr_buf *out);
/* The same for evidence that was only parsed. */
void mr_quote_put_shown_json(const struct mr_quote_report *report, struct mr_buf *out);
void mr_quote_put_shown_text(const struct mr_quote_report *report, struct mr_buf *out);

/* `"measurements"`: the object, or lines of `name: value` with `prefix` before each. */
void mr_quote_put_measurements(const struct mr_evidence *evidence, struct mr_buf *out);
void mr_quote_list_measurements(const struct mr_evidence *evidence, struct mr_buf *out);

#endif
