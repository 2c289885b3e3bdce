/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/wipe.h"

enum { FIRST_CAPACITY = 64 };

void mr_buf_init(struct mr_buf *b, size_t max)
{
	*b = (struct mr_buf){ .max = max };
}

void mr_buf_init_secret(struct mr_buf *b, size_t max)
{
	*b = (struct mr_buf){ .max = max, .secret = true };
}

static void release(struct mr_buf *b)
{
	if (b->secret && b->data)
		mr_wipe(b->data, b->capacity);
	free(b->data);
}

void mr_buf_done(struct mr_buf *b)
{
	release(b);
	*b = (struct mr_buf){ .max = b->max, .secret = b->secret };
}

void mr_buf_clear(struct mr_buf *b)
{
	if (b->secret && b->data)
		mr_wipe(b->data, b->len);
	b->len = 0;
	b->failure = MR_CODE_OK;
}

void mr_buf_set_failure(struct mr_buf *b, enum mr_code code)
{
	if (b->failure == MR_CODE_OK)
		b->failure = code;
}

/* realloc would leave a copy of a secret behind, so a secret buffer moves by hand. */
static bool grow(struct mr_buf *b, size_t capacity)
{
	uint8_t *data;

	if (!b->secret) {
		data = realloc(b->data, capacity);
		if (!data)
			return false;
	} else {
		data = malloc(capacity);
		if (!data)
			return false;
		if (b->data)
			memcpy(data, b->data, b->len);
		release(b);
	}
	b->data = data;
	b->capacity = capacity;
	return true;
}

/* `slack` is room behind the `count` bytes that does not count against the maximum. */
static uint8_t *reserve(struct mr_buf *b, size_t count, size_t slack)
{
	size_t need, room;

	if (b->failure != MR_CODE_OK)
		return NULL;
	if (!mr_size_add(b->len, count, &need) || need > b->max ||
		!mr_size_add(need, slack, &room)) {
		b->failure = MR_CODE_LIMIT;
		return NULL;
	}
	if (room > b->capacity || !b->data) {
		size_t capacity = b->capacity ? b->capacity : FIRST_CAPACITY;
		while (capacity < need)
			capacity = capacity > b->max / 2 ? b->max : capacity * 2;
		if (capacity < room)
			capacity = room;
		if (!grow(b, capacity)) {
			b->failure = MR_CODE_NOMEM;
			return NULL;
		}
	}
	return b->data + b->len;
}

uint8_t *mr_buf_reserve(struct mr_buf *b, size_t count)
{
	return reserve(b, count, 0);
}

void mr_buf_commit(struct mr_buf *b, size_t count)
{
	b->len += count;
}

void mr_buf_put(struct mr_buf *b, const void *data, size_t count)
{
	uint8_t *to = mr_buf_reserve(b, count);

	if (!to || count == 0)
		return;
	memcpy(to, data, count);
	b->len += count;
}

void mr_buf_put_str(struct mr_buf *b, struct mr_str s)
{
	mr_buf_put(b, s.ptr, s.len);
}

void mr_buf_put_bytes(struct mr_buf *b, struct mr_bytes bytes)
{
	mr_buf_put(b, bytes.ptr, bytes.len);
}

void mr_buf_put_cstr(struct mr_buf *b, const char *terminated)
{
	mr_buf_put(b, terminated, strlen(terminated));
}

void mr_buf_put_u8(struct mr_buf *b, uint8_t v)
{
	mr_buf_put(b, &v, 1);
}

void mr_buf_put_u16le(struct mr_buf *b, uint16_t v)
{
	uint8_t out[2] = { (uint8_t)v, (uint8_t)(v >> 8) };

	mr_buf_put(b, out, sizeof out);
}

void mr_buf_put_u32le(struct mr_buf *b, uint32_t v)
{
	uint8_t out[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) };

	mr_buf_put(b, out, sizeof out);
}

void mr_buf_put_u64le(struct mr_buf *b, uint64_t v)
{
	mr_buf_put_u32le(b, (uint32_t)v);
	mr_buf_put_u32le(b, (uint32_t)(v >> 32));
}

void mr_buf_put_u16be(struct mr_buf *b, uint16_t v)
{
	uint8_t out[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	mr_buf_put(b, out, sizeof out);
}

void mr_buf_put_u32be(struct mr_buf *b, uint32_t v)
{
	uint8_t out[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	mr_buf_put(b, out, sizeof out);
}

void mr_buf_put_uint(struct mr_buf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	mr_buf_put(b, digits + at, sizeof digits - at);
}

void mr_buf_printf(struct mr_buf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0) {
		mr_buf_set_failure(b, MR_CODE_INTERNAL);
		return;
	}
	/* The terminating NUL needs room too; it is not kept. */
	char *to = (char *)reserve(b, (size_t)n, 1);
	if (!to)
		return;
	va_start(args, format);
	(void)vsnprintf(to, (size_t)n + 1, format, args);
	va_end(args);
	b->len += (size_t)n;
}

void mr_buf_consume(struct mr_buf *b, size_t count)
{
	if (count > b->len)
		count = b->len;
	if (count == 0)
		return;
	memmove(b->data, b->data + count, b->len - count);
	mr_buf_truncate(b, b->len - count);
}

void mr_buf_truncate(struct mr_buf *b, size_t len)
{
	if (b->secret && b->data && len < b->len)
		mr_wipe(b->data + len, b->len - len);
	b->len = len;
}

mr_result mr_buf_status(const struct mr_buf *b, struct mr_error *err)
{
	switch (b->failure) {
	case MR_CODE_OK:
		return MR_OK;
	case MR_CODE_NOMEM:
		return mr_fail_nomem(err);
	case MR_CODE_LIMIT:
		return mr_fail(err, MR_CODE_LIMIT, "larger than the limit of %zu bytes", b->max);
	default:
		return mr_fail(err, b->failure, "writing failed: %s", mr_code_name(b->failure));
	}
}

uint8_t *mr_buf_steal(struct mr_buf *b, size_t *ret_len)
{
	uint8_t *data = b->data;

	*ret_len = b->len;
	b->data = NULL;
	b->len = b->capacity = 0;
	return data;
}
