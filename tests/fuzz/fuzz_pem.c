/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over all blocks; each, written again, reads the same; any bytes make the trip. */
#include "codec/pem.h"
#include "fuzz.h"

enum { ROOM = 1 << 20 };

static void trip(struct mr_str label, struct mr_bytes der)
{
	MR_AUTO(buf) struct mr_buf name = { 0 };
	MR_AUTO(buf) struct mr_buf text = { 0 };
	MR_AUTO(buf) struct mr_buf back = { 0 };
	struct mr_str got, rest;
	struct mr_error err;

	mr_buf_init(&name, ROOM);
	mr_buf_put_str(&name, label);
	mr_buf_put_u8(&name, 0);
	mr_buf_init(&text, ROOM);
	mr_pem_encode(&text, (const char *)name.data, der);
	mr_buf_init(&back, der.len);
	FUZZ_CHECK(!mr_failed(mr_pem_decode(mr_buf_str(&text), &got, &back, &rest, &err)));
	FUZZ_CHECK(mr_str_eq(got, label));
	FUZZ_CHECK(mr_bytes_eq(mr_buf_bytes(&back), der));
	FUZZ_CHECK(rest.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_str text = { (const char *)data, size };
	struct mr_error err;

	if (size > ROOM / 4)
		return 0;
	trip(MR_STR("PUBLIC KEY"), mr_bytes_of(data, size));
	for (;;) {
		MR_AUTO(buf) struct mr_buf der = { 0 };
		struct mr_str label, rest;

		mr_buf_init(&der, ROOM);
		if (mr_failed(mr_pem_decode(text, &label, &der, &rest, &err))) {
			FUZZ_CHECK(err.code == MR_CODE_NOT_FOUND && der.len == 0);
			return 0;
		}
		FUZZ_CHECK(rest.len < text.len);
		FUZZ_CHECK(rest.ptr + rest.len == text.ptr + text.len);
		FUZZ_CHECK(label.ptr > text.ptr && label.ptr + label.len < rest.ptr);
		/* a label with a NUL is none of ours, one with a colon may read like a header */
		if (mr_str_find(label, '\0', 0) == SIZE_MAX &&
			mr_str_find(label, ':', 0) == SIZE_MAX)
			trip(label, mr_buf_bytes(&der));
		text = rest;
	}
}
