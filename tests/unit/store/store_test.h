/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of this room share: checks, scratch directories, states, sealed pairs. */
#ifndef MR_TEST_STORE_TEST_H
#define MR_TEST_STORE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/file_store.h"

/* Fails the test with the message of the error. */
#define OK(call)                                                                                   \
	do {                                                                                       \
		mr_result ok_result_ = (call);                                                     \
		if (mr_failed(ok_result_))                                                         \
			fail_msg("%s: %s", #call, err.message);                                    \
	} while (0)

/* The call has to fail with this code and exactly this message. */
#define FAILS(call, expected_code, text)                                                           \
	do {                                                                                       \
		mr_result fails_result_ = (call);                                                  \
		assert_int_equal(fails_result_.code, expected_code);                               \
		assert_string_equal(err.message, text);                                            \
	} while (0)

void assert_bytes_equal(struct mr_bytes got, struct mr_bytes expected);
/* Bytes of hex text, blanks skipped, appended to a buffer with a maximum. */
void put_hex(struct mr_buf *out, const char *text);

/* A directory of its own, in memory or below TMPDIR. */
struct scratch {
	char path[256];
	char seal[280]; /* path/seal, not made */
};
void scratch_new(struct scratch *s);
/* Removes it with all that is in it, two levels deep. */
void scratch_done(struct scratch *s);
MR_DEFINE_AUTO(scratch, struct scratch, scratch_done)

/* Files of a directory, which is made when it is not there. NULL bytes: an empty file. */
void put_file(const char *dir, const char *name, struct mr_bytes content);
bool get_file(const char *dir, const char *name, struct mr_buf *out);
bool has_file(const char *dir, const char *name);
void remove_file(const char *dir, const char *name);
/* All files with their contents but the lock, as one text, to compare a directory with itself. */
void snapshot(const char *dir, struct mr_buf *out);

/* A scratch directory with the sealed files of `dir` in its `seal`, to load from while a store has
 * `dir` open. */
void copy_sealed(const char *dir, struct scratch *copy);

/* A small state that carries a number. */
struct mr_state *numbered_state(unsigned number);
/* Its number; fails the test if there is none. */
unsigned number_of(const struct mr_state *state);

/* Contents of both files for a numbered state. */
struct pair {
	struct mr_buf data, key;
	uint8_t hash[MR_SHA256_SIZE]; /* of the data */
};
enum { DEK_SIZE = 32 };
/* The DEK consists of the byte `dek`. */
void pair_make(struct pair *p, unsigned number, uint8_t dek, enum mr_key_form form);
void pair_done(struct pair *p);
MR_DEFINE_AUTO(pair, struct pair, pair_done)

/* A DEK that consists of one byte. */
struct mr_bytes dek_of(uint8_t byte);
/* What set-manifest would give: product key, recovery data `null`. */
struct mr_protection protection_of(uint8_t dek);

/* Folder of the stored states or NULL; says so on the test's output when they are not at hand. */
const char *vector_folder(void);

#endif
