/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 in both alphabets, and hex: what decodes is encoded again, and any bytes make the trip. */
#include "codec/base64.h"
#include "fuzz.h"

enum { ROOM = 1 << 20 };

static void trip_base64(struct mr_bytes bytes, enum mr_base64_alphabet alphabet)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	MR_AUTO(buf) struct mr_buf back = { 0 };
	struct mr_error err;

	mr_buf_init(&text, ROOM);
	/* no more room than is needed */
	mr_buf_init(&back, bytes.len);
	mr_base64_encode(&text, bytes, alphabet);
	FUZZ_CHECK(text.len == mr_base64_encoded_len(bytes.len));
	FUZZ_CHECK(!mr_failed(mr_base64_decode(mr_buf_str(&text), alphabet, &back, &err)));
	FUZZ_CHECK(mr_bytes_eq(mr_buf_bytes(&back), bytes));
}

static void trip_hex(struct mr_bytes bytes)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	MR_AUTO(buf) struct mr_buf back = { 0 };
	struct mr_error err;

	mr_buf_init(&text, ROOM);
	mr_buf_init(&back, bytes.len);
	mr_hex_encode(&text, bytes);
	FUZZ_CHECK(text.len == 2 * bytes.len);
	FUZZ_CHECK(!mr_failed(mr_hex_decode(mr_buf_str(&text), &back, &err)));
	FUZZ_CHECK(mr_bytes_eq(mr_buf_bytes(&back), bytes));
}

static void decode_base64(struct mr_str text, enum mr_base64_alphabet alphabet)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	mr_buf_init(&out, ROOM);
	if (mr_failed(mr_base64_decode(text, alphabet, &out, &err))) {
		FUZZ_CHECK(err.code == MR_CODE_INVALID && out.len == 0);
		return;
	}
	FUZZ_CHECK(mr_base64_encoded_len(out.len) <= text.len);
	trip_base64(mr_buf_bytes(&out), alphabet);
}

static void decode_hex(struct mr_str text)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	MR_AUTO(buf) struct mr_buf again = { 0 };
	struct mr_error err;

	mr_buf_init(&out, ROOM);
	mr_buf_init(&again, ROOM);
	if (mr_failed(mr_hex_decode(text, &out, &err))) {
		FUZZ_CHECK(err.code == MR_CODE_INVALID && out.len == 0);
		return;
	}
	mr_hex_encode(&again, mr_buf_bytes(&out));
	FUZZ_CHECK(mr_str_eq_nocase(mr_buf_str(&again), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_bytes bytes = { data, size };

	if (size > ROOM / 4)
		return 0;
	trip_base64(bytes, MR_BASE64_STANDARD);
	trip_base64(bytes, MR_BASE64_URL);
	trip_hex(bytes);
	decode_base64(mr_bytes_str(bytes), MR_BASE64_STANDARD);
	decode_base64(mr_bytes_str(bytes), MR_BASE64_URL);
	decode_hex(mr_bytes_str(bytes));
	return 0;
}
