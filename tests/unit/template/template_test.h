/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of templates share. */
#ifndef MR_TESTS_TEMPLATE_TEST_H
#define MR_TESTS_TEMPLATE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those first */
#include <cmocka.h>

#include "model.h"

#define T(literal)                                                                                 \
	{                                                                                          \
		"" literal, sizeof(literal) - 1                                                    \
	}

enum { OUTPUT_MAX = 1 << 24 };

/* A template, and its output or what its error says behind `template: data:`. */
struct row {
	struct mr_str text, want;
};

/* Parses and runs on the sample data; output is appended. */
mr_result run_sample(struct mr_str text, const struct mr_template_limits *limits,
	struct mr_buf *out, struct mr_error *err);
void expect_output(const struct row *row);
/* `parse`: already when it is parsed. */
void expect_failure(const struct row *row, enum mr_code code, bool parse);

#endif
