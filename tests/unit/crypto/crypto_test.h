/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of this room share: checks of results, bytes from hex, the fixtures. */
#ifndef MR_TEST_CRYPTO_TEST_H
#define MR_TEST_CRYPTO_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "crypto/key.h"

/* Fails the test with the message of the error. */
#define OK(call)                                                                                   \
	do {                                                                                       \
		mr_result ok_result_ = (call);                                                     \
		if (mr_failed(ok_result_))                                                         \
			fail_msg("%s: %s", #call, err.message);                                    \
	} while (0)

/* The call has to fail with this code and this message, and leave the library's queue empty. */
#define FAILS(call, expected_code, text)                                                           \
	do {                                                                                       \
		mr_result fails_result_ = (call);                                                  \
		assert_int_equal(fails_result_.code, expected_code);                               \
		assert_string_equal(err.message, text);                                            \
		assert_true(error_queue_is_empty());                                               \
	} while (0)

/* The same, with a message of which only the beginning is ours. */
#define FAILS_WITH_REASON(call, expected_code, start)                                              \
	do {                                                                                       \
		mr_result fails_result_ = (call);                                                  \
		assert_int_equal(fails_result_.code, expected_code);                               \
		assert_true(mr_str_starts(mr_str_of(err.message), mr_str_of(start)));              \
		assert_true(error_queue_is_empty());                                               \
	} while (0)

bool error_queue_is_empty(void);

/* Bytes of hex text, blanks skipped; valid for the rest of the test program. */
struct mr_bytes hex(const char *text);
/* Text of a literal or other terminated string, as bytes. */
struct mr_bytes text_bytes(const char *text);
/* The same bytes, to be changed; they must not be constants. */
uint8_t *writable(struct mr_bytes bytes);
void assert_bytes_equal(struct mr_bytes got, struct mr_bytes expected);

/* One key a type, made once. */
struct mr_key *key_of(enum mr_key_type type);
void free_keys(void);

#endif
