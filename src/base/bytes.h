/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes: borrowed views, a bounded read cursor and a growing buffer with a mandatory maximum.
 *
 * Views own nothing and are passed by value. Text views are not NUL-terminated and may contain NUL bytes (JSON
 * strings do). The one bounds check of all readers is in mr_cursor_take, the one of all writers in mr_buf_reserve.
 */
#ifndef MR_BASE_BYTES_H
#define MR_BASE_BYTES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"

/* Borrowed text (not terminated). */
struct mr_str {
	const char *ptr;
	size_t len;
};

/* Borrowed bytes. */
struct mr_bytes {
	const uint8_t *ptr;
	size_t len;
};

/* A string literal as view. */
#define MR_STR(literal) ((struct mr_str){ "" literal, sizeof(literal) - 1 })
/* The same where a constant is needed, in tables. */
#define MR_STR_INIT(literal)                                                                       \
	{                                                                                          \
		"" literal, sizeof(literal) - 1                                                    \
	}
/* Arguments for "%.*s"; text up to the bound of an error message. */
#define MR_STR_ARGS(s)                                                                             \
	((int)((s).len < MR_ERROR_MAX ? (s).len : MR_ERROR_MAX)), ((s).len ? (s).ptr : "")

static inline struct mr_str mr_str_of(const char *terminated)
{
	return (struct mr_str){ terminated, terminated ? strlen(terminated) : 0 };
}
static inline struct mr_bytes mr_bytes_of(const void *ptr, size_t len)
{
	return (struct mr_bytes){ (const uint8_t *)ptr, len };
}
static inline struct mr_bytes mr_str_bytes(struct mr_str s)
{
	return (struct mr_bytes){ (const uint8_t *)s.ptr, s.len };
}
static inline struct mr_str mr_bytes_str(struct mr_bytes b)
{
	return (struct mr_str){ (const char *)b.ptr, b.len };
}
static inline struct mr_str mr_str_sub(struct mr_str s, size_t from, size_t to)
{
	return (struct mr_str){ from ? s.ptr + from : s.ptr, to - from };
}

bool mr_str_eq(struct mr_str a, struct mr_str b);
/* Equal but for ASCII case. */
bool mr_str_eq_nocase(struct mr_str a, struct mr_str b);
/* Byte order, shorter first when one is the other's prefix: <0, 0, >0 (the order of Go's map keys, 10 §6.3). */
int mr_str_cmp(struct mr_str a, struct mr_str b);
bool mr_str_starts(struct mr_str s, struct mr_str prefix);
bool mr_str_ends(struct mr_str s, struct mr_str suffix);
/* Index of the first byte `c` at or after `from`, or SIZE_MAX. */
size_t mr_str_find(struct mr_str s, char c, size_t from);
bool mr_bytes_eq(struct mr_bytes a, struct mr_bytes b);
/* Are all bytes 0? None is, too. */
bool mr_bytes_is_zero(struct mr_bytes b);

/* Overflow-checked sizes: false, and *ret untouched, when the result does not fit. */
MR_MUST_USE bool mr_size_add(size_t a, size_t b, size_t *ret);
MR_MUST_USE bool mr_size_mul(size_t a, size_t b, size_t *ret);

/* --- cursor: readers consume from the front; a reader that fails moves nothing --- */

/* What is left is base[at] to base[end - 1]. Places count from one base however deep a reader goes, so that proofs
 * (docs/assurance.md) need not relate pointers to lengths. */
struct mr_cursor {
	const uint8_t *base;
	size_t at, end; /* at <= end */
};

static inline struct mr_cursor mr_cursor_of(struct mr_bytes b)
{
	return (struct mr_cursor){ b.ptr, 0, b.len };
}
static inline size_t mr_cursor_left(const struct mr_cursor *c)
{
	return c->end - c->at;
}
/* What is left, without moving. */
struct mr_bytes mr_cursor_rest(const struct mr_cursor *c);
/* The next `count` bytes as a cursor of their own. */
MR_MUST_USE bool mr_cursor_enter(struct mr_cursor *c, size_t count, struct mr_cursor *ret);
MR_MUST_USE bool mr_cursor_take(struct mr_cursor *c, size_t count, struct mr_bytes *ret);
MR_MUST_USE bool mr_cursor_skip(struct mr_cursor *c, size_t count);
MR_MUST_USE bool mr_cursor_u8(struct mr_cursor *c, uint8_t *ret);
MR_MUST_USE bool mr_cursor_u16le(struct mr_cursor *c, uint16_t *ret);
MR_MUST_USE bool mr_cursor_u32le(struct mr_cursor *c, uint32_t *ret);
MR_MUST_USE bool mr_cursor_u64le(struct mr_cursor *c, uint64_t *ret);
MR_MUST_USE bool mr_cursor_u16be(struct mr_cursor *c, uint16_t *ret);
MR_MUST_USE bool mr_cursor_u32be(struct mr_cursor *c, uint32_t *ret);

/* --- buffer: grows to a stated maximum; failure is sticky and asked for once, at the end --- */

/*
 * Writers return nothing: after the first failure (memory, or the maximum reached) they do nothing, and
 * mr_buf_status tells. A buffer made with mr_buf_init_secret wipes what it releases, old copies included.
 */
struct mr_buf {
	uint8_t *data;
	size_t len;
	size_t capacity;
	size_t max;
	bool secret;
	enum mr_code failure;
};

void mr_buf_init(struct mr_buf *b, size_t max);
void mr_buf_init_secret(struct mr_buf *b, size_t max);
/* Releases (and wipes, if secret); the buffer is empty and usable afterwards. Accepts a zeroed object. */
void mr_buf_done(struct mr_buf *b);
/* Empties it, keeping the memory (wiped, if secret) and clearing a failure. */
void mr_buf_clear(struct mr_buf *b);
/* Room for `count` more bytes: the place to write them, or NULL after a failure. Follow with mr_buf_commit. */
uint8_t *mr_buf_reserve(struct mr_buf *b, size_t count);
/* Takes over `count` bytes written behind the end. `count` must not be more than what was reserved. */
void mr_buf_commit(struct mr_buf *b, size_t count);
void mr_buf_put(struct mr_buf *b, const void *data, size_t count);
void mr_buf_put_str(struct mr_buf *b, struct mr_str s);
void mr_buf_put_bytes(struct mr_buf *b, struct mr_bytes bytes);
void mr_buf_put_cstr(struct mr_buf *b, const char *terminated);
void mr_buf_put_u8(struct mr_buf *b, uint8_t v);
void mr_buf_put_u16le(struct mr_buf *b, uint16_t v);
void mr_buf_put_u32le(struct mr_buf *b, uint32_t v);
void mr_buf_put_u64le(struct mr_buf *b, uint64_t v);
void mr_buf_put_u16be(struct mr_buf *b, uint16_t v);
void mr_buf_put_u32be(struct mr_buf *b, uint32_t v);
/* Decimal digits. */
void mr_buf_put_uint(struct mr_buf *b, uint64_t v);
MR_PRINTF(2, 3) void mr_buf_printf(struct mr_buf *b, const char *format, ...);
/* Drops `count` bytes from the front (at most what is there). */
void mr_buf_consume(struct mr_buf *b, size_t count);
/* Cuts to `len`, which must not be more than the current length; wipes the rest if secret. */
void mr_buf_truncate(struct mr_buf *b, size_t len);
/* Records a failure of a caller's own, so that one check at the end is enough. */
void mr_buf_set_failure(struct mr_buf *b, enum mr_code code);
/* MR_OK, or the first failure: MR_CODE_NOMEM, or MR_CODE_LIMIT with a text that names the maximum. */
MR_MUST_USE mr_result mr_buf_status(const struct mr_buf *b, struct mr_error *err);
/* Hands the memory over (free it, or wipe and free it); the buffer is empty afterwards. NULL when empty. */
uint8_t *mr_buf_steal(struct mr_buf *b, size_t *ret_len);

static inline struct mr_bytes mr_buf_bytes(const struct mr_buf *b)
{
	return (struct mr_bytes){ b->data, b->len };
}
static inline struct mr_str mr_buf_str(const struct mr_buf *b)
{
	return (struct mr_str){ (const char *)b->data, b->len };
}

MR_DEFINE_AUTO(buf, struct mr_buf, mr_buf_done)

#endif
