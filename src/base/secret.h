/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secret bytes with one owner, wiped by their destructor. They do not turn into text by themselves and no log
 * function takes them; ask for mr_secret_bytes where they are used.
 */
#ifndef MR_BASE_SECRET_H
#define MR_BASE_SECRET_H

#include "base/bytes.h"

struct mr_secret {
	uint8_t *ptr;
	size_t len;
};

/* Largest secret: the whole state in clear, when it is unsealed. */
#define MR_SECRET_MAX ((size_t)320 << 20)

/* Allocates `len` zero bytes (`len` may be 0). *ret is written on success only. Errors: MR_CODE_NOMEM, MR_CODE_LIMIT. */
MR_MUST_USE mr_result mr_secret_new(size_t len, struct mr_secret *ret, struct mr_error *err);
/* A copy of `from`. */
MR_MUST_USE mr_result mr_secret_copy(
	struct mr_bytes from, struct mr_secret *ret, struct mr_error *err);
/* Takes a secret buffer's content (the buffer is empty afterwards), as long as its status is good. */
MR_MUST_USE mr_result mr_secret_take_buf(
	struct mr_buf *take, struct mr_secret *ret, struct mr_error *err);
/* Moves ownership out, leaving *from empty. */
struct mr_secret mr_secret_move(struct mr_secret *from);
/* Wipes and frees; leaves it empty. */
void mr_secret_done(struct mr_secret *s);

static inline struct mr_bytes mr_secret_bytes(const struct mr_secret *s)
{
	return (struct mr_bytes){ s->ptr, s->len };
}

MR_DEFINE_AUTO(secret, struct mr_secret, mr_secret_done)

#endif
