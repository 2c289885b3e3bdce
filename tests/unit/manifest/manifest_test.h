/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of this room share: checks of results, JSON that is easy to read in C, keys and certificates. */
#ifndef MR_TEST_MANIFEST_TEST_H
#define MR_TEST_MANIFEST_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/cert.h"
#include "manifest/cert_template.h"
#include "manifest/manifest.h"

/* Fails the test with the message of the error. */
#define OK(call)                                                                                   \
	do {                                                                                       \
		mr_result ok_result_ = (call);                                                     \
		if (mr_failed(ok_result_))                                                         \
			fail_msg("%s: %s", #call, err.message);                                    \
	} while (0)

/* The call has to fail with this message. */
#define FAILS(call, text)                                                                          \
	do {                                                                                       \
		mr_result fails_result_ = (call);                                                  \
		assert_true(mr_failed(fails_result_));                                             \
		assert_string_equal(err.message, text);                                            \
	} while (0)

#define FAILS_WITH(call, expected_code)                                                            \
	do {                                                                                       \
		mr_result fails_result_ = (call);                                                  \
		assert_int_equal(fails_result_.code, expected_code);                               \
	} while (0)

/* The text with ' for " in it; valid for the rest of the program. */
struct mr_bytes json(const char *text);
/* The same, formatted. */
MR_PRINTF(1, 2) struct mr_bytes jsonf(const char *format, ...);
/* Text, valid for the rest of the program. */
MR_PRINTF(1, 2) const char *textf(const char *format, ...);

/* Decodes (and frees when the program ends). Fails the test if that fails. */
const struct mr_manifest *decoded(struct mr_bytes raw);
/* An arena for the rest of the program. */
struct mr_arena *test_arena(void);

/* The string has this text. */
#define assert_str(str, text) assert_str_(str, text, __FILE__, __LINE__)
void assert_str_(struct mr_str got, const char *want, const char *file, int line);
/* The buffer has this JSON, ' standing for ". */
void assert_json(const struct mr_buf *got, const char *want);

/* A P-384 issuer such as the intermediate. */
const struct mr_cert_issuer *test_issuer(void);
/* Some certificate, a new one for each number: DER, and PEM text whose line ends are written \n for JSON. */
struct mr_bytes certificate_der(unsigned number);
const char *certificate_json(unsigned number);
/* Such text of a certificate that has expired. */
const char *expired_certificate_json(void);

#endif
