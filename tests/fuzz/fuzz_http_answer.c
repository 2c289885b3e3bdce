/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers to the HTTP client: however the bytes of a server are cut, the outcome is the same. The
 * first byte tells how, and whether the request was a HEAD.
 */

#include "fuzz.h"

#include "net/http_client_internal.h"

#define MAX_BODY 1000

struct outcome {
	struct mr_http_answer answer;
	enum mr_code code;
	bool complete, reusable;
};

static void read_all(struct outcome *o, struct mr_bytes data, size_t portion, bool head)
{
	struct mr_http_reading r;
	struct mr_error err;
	mr_result result = MR_OK;

	mr_http_reading_init(&r, &o->answer, head, MAX_BODY);
	while (data.len > 0 && !r.complete && !mr_failed(result)) {
		size_t n = portion && portion < data.len ? portion : data.len;

		result = mr_http_reading_take(&r, mr_bytes_of(data.ptr, n), &err);
		data = mr_bytes_of(data.ptr + n, data.len - n);
	}
	if (!mr_failed(result) && !r.complete)
		result = mr_http_reading_close(&r, &err);
	o->code = result.code;
	o->complete = r.complete;
	/* bytes behind the end that have not been looked at */
	o->reusable = r.reusable && data.len == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole = { 0 }, cut = { 0 };
	struct mr_str value;

	if (size < 1)
		return 0;
	read_all(&whole, mr_bytes_of(data + 1, size - 1), 0, data[0] & 1);
	read_all(&cut, mr_bytes_of(data + 1, size - 1), 1u + (data[0] >> 1), data[0] & 1);
	FUZZ_CHECK(whole.code == cut.code && whole.complete == cut.complete);
	FUZZ_CHECK(whole.reusable == cut.reusable);
	if (whole.code == MR_CODE_OK) {
		FUZZ_CHECK(whole.answer.status == cut.answer.status && whole.answer.status >= 200);
		FUZZ_CHECK(mr_bytes_eq(
			mr_buf_bytes(&whole.answer.body), mr_buf_bytes(&cut.answer.body)));
		FUZZ_CHECK(mr_bytes_eq(
			mr_buf_bytes(&whole.answer.head), mr_buf_bytes(&cut.answer.head)));
		FUZZ_CHECK(whole.answer.body.len <= MAX_BODY);
		(void)mr_http_answer_field(&whole.answer, MR_STR("content-type"), &value);
	}
	mr_http_answer_done(&whole.answer);
	mr_http_answer_done(&cut.answer);
	return 0;
}
