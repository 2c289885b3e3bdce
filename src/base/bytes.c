/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/wipe.h"

bool mr_str_eq(struct mr_str a, struct mr_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static unsigned char ascii_lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool mr_str_eq_nocase(struct mr_str a, struct mr_str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (ascii_lower(a.ptr[i]) != ascii_lower(b.ptr[i]))
			return false;
	return true;
}

int mr_str_cmp(struct mr_str a, struct mr_str b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common ? memcmp(a.ptr, b.ptr, common) : 0;

	if (order != 0)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

bool mr_str_starts(struct mr_str s, struct mr_str prefix)
{
	return s.len >= prefix.len && mr_str_eq(mr_str_sub(s, 0, prefix.len), prefix);
}

bool mr_str_ends(struct mr_str s, struct mr_str suffix)
{
	return s.len >= suffix.len && mr_str_eq(mr_str_sub(s, s.len - suffix.len, s.len), suffix);
}

size_t mr_str_find(struct mr_str s, char c, size_t from)
{
	if (from >= s.len)
		return SIZE_MAX;
	const char *hit = memchr(s.ptr + from, c, s.len - from);
	return hit ? (size_t)(hit - s.ptr) : SIZE_MAX;
}

bool mr_bytes_eq(struct mr_bytes a, struct mr_bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool mr_bytes_is_zero(struct mr_bytes b)
{
	uint8_t any = 0;

	for (size_t i = 0; i < b.len; i++)
		any |= b.ptr[i];
	return any == 0;
}

bool mr_size_add(size_t a, size_t b, size_t *ret)
{
	size_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*ret = sum;
	return true;
}

bool mr_size_mul(size_t a, size_t b, size_t *ret)
{
	size_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*ret = product;
	return true;
}

/* The base of nothing may be NULL, to which not even 0 is added. */
static const uint8_t *place_of(const struct mr_cursor *c)
{
	return c->at ? c->base + c->at : c->base;
}

struct mr_bytes mr_cursor_rest(const struct mr_cursor *c)
{
	return (struct mr_bytes){ place_of(c), mr_cursor_left(c) };
}

/* Where `count` bytes from here end. Measured from the end and from the place: the first bounds the place by itself, the
 * second the sum, which is what an analyzer needs that does not relate the two. */
static bool step(const struct mr_cursor *c, size_t count, size_t *ret_to)
{
	if (count > c->end || c->at > c->end - count)
		return false;
	size_t to = c->at + count;
	if (to > c->end)
		return false;
	*ret_to = to;
	return true;
}

bool mr_cursor_enter(struct mr_cursor *c, size_t count, struct mr_cursor *ret)
{
	size_t to;

	if (!step(c, count, &to))
		return false;
	*ret = (struct mr_cursor){ c->base, c->at, to };
	c->at = to;
	return true;
}

bool mr_cursor_take(struct mr_cursor *c, size_t count, struct mr_bytes *ret)
{
	size_t to;

	if (!step(c, count, &to))
		return false;
	*ret = (struct mr_bytes){ place_of(c), count };
	c->at = to;
	return true;
}

bool mr_cursor_skip(struct mr_cursor *c, size_t count)
{
	struct mr_bytes skipped;

	return mr_cursor_take(c, count, &skipped);
}

bool mr_cursor_u8(struct mr_cursor *c, uint8_t *ret)
{
	if (c->at >= c->end)
		return false;
	*ret = c->base[c->at++];
	return true;
}

bool mr_cursor_u16le(struct mr_cursor *c, uint16_t *ret)
{
	if (c->end < 2 || c->at > c->end - 2)
		return false;
	const uint8_t *p = c->base + c->at;
	*ret = (uint16_t)(p[0] | p[1] << 8);
	c->at += 2;
	return true;
}

bool mr_cursor_u32le(struct mr_cursor *c, uint32_t *ret)
{
	if (c->end < 4 || c->at > c->end - 4)
		return false;
	const uint8_t *p = c->base + c->at;
	*ret = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	c->at += 4;
	return true;
}

bool mr_cursor_u64le(struct mr_cursor *c, uint64_t *ret)
{
	struct mr_cursor copy = *c;
	uint32_t low, high;

	if (!mr_cursor_u32le(&copy, &low) || !mr_cursor_u32le(&copy, &high))
		return false;
	*ret = (uint64_t)high << 32 | low;
	*c = copy;
	return true;
}

bool mr_cursor_u16be(struct mr_cursor *c, uint16_t *ret)
{
	struct mr_bytes b;

	if (!mr_cursor_take(c, 2, &b))
		return false;
	*ret = (uint16_t)(b.ptr[0] << 8 | b.ptr[1]);
	return true;
}

bool mr_cursor_u32be(struct mr_cursor *c, uint32_t *ret)
{
	struct mr_bytes b;

	if (!mr_cursor_take(c, 4, &b))
		return false;
	*ret = (uint32_t)b.ptr[0] << 24 | (uint32_t)b.ptr[1] << 16 | (uint32_t)b.ptr[2] << 8 |
	       (uint32_t)b.ptr[3];
	return true;
}
