/* SPDX-License-Identifier: Apache-2.0 */
/* DER: every element that is read is, written again, the same bytes. */
#include "crypto/der.h"
#include "fuzz.h"

enum { ROOM = 1 << 20, MAX_DEPTH = 32 };

/* What was read from `start` to `c`. */
static struct mr_bytes since(struct mr_cursor start, const struct mr_cursor *c)
{
	start.end = c->at;
	return mr_cursor_rest(&start);
}

static void values(struct mr_cursor at)
{
	MR_AUTO(buf) struct mr_buf again = { 0 };
	struct mr_bytes bytes;
	struct mr_cursor c = at;
	uint64_t number;
	int64_t time;
	bool flag;

	mr_buf_init(&again, ROOM);
	if (mr_der_u64(&c, &number)) {
		mr_der_put_u64(&again, number);
		FUZZ_CHECK(mr_bytes_eq(mr_buf_bytes(&again), since(at, &c)));
	}
	c = at;
	mr_buf_clear(&again);
	if (mr_der_unsigned(&c, &bytes)) {
		mr_der_put_unsigned(&again, bytes);
		FUZZ_CHECK(mr_bytes_eq(mr_buf_bytes(&again), since(at, &c)));
	}
	c = at;
	mr_buf_clear(&again);
	if (mr_der_bits(&c, &bytes)) {
		mr_der_put_bits(&again, bytes, 0);
		FUZZ_CHECK(mr_bytes_eq(mr_buf_bytes(&again), since(at, &c)));
	}
	c = at;
	mr_buf_clear(&again);
	if (mr_der_oid(&c, &bytes)) {
		mr_der_put_oid(&again, bytes);
		FUZZ_CHECK(mr_bytes_eq(mr_buf_bytes(&again), since(at, &c)));
	}
	c = at;
	mr_buf_clear(&again);
	if (mr_der_time(&c, &time)) {
		int64_t same = 0;

		mr_der_put_time(&again, time);
		struct mr_cursor written = mr_cursor_of(mr_buf_bytes(&again));
		FUZZ_CHECK(mr_der_time(&written, &same) && same == time);
	}
	c = at;
	if (!mr_der_default_false(&c, &flag))
		FUZZ_CHECK(c.at == at.at);
}

static void walk(struct mr_cursor c, unsigned depth)
{
	struct mr_bytes content;
	struct mr_bytes whole;
	uint8_t tag;

	for (;;) {
		MR_AUTO(buf) struct mr_buf again = { 0 };
		MR_AUTO(buf) struct mr_buf opened = { 0 };

		mr_buf_init(&again, ROOM);
		mr_buf_init(&opened, ROOM);
		values(c);
		if (!mr_der_next(&c, &tag, &content, &whole))
			return;
		mr_der_put(&again, tag, content);
		FUZZ_CHECK(mr_bytes_eq(mr_buf_bytes(&again), whole));
		size_t at = mr_der_open(&opened, tag);
		mr_buf_put_bytes(&opened, content);
		mr_der_close(&opened, at);
		FUZZ_CHECK(mr_bytes_eq(mr_buf_bytes(&opened), whole));
		if ((tag & 0x20) && depth > 0)
			walk(mr_cursor_of(content), depth - 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size <= ROOM / 2)
		walk(mr_cursor_of(mr_bytes_of(data, size)), MAX_DEPTH);
	return 0;
}
