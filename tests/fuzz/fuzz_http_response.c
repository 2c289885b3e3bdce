/* SPDX-License-Identifier: Apache-2.0 */
/* Responses as a client reads them. The first byte tells whether the request was a HEAD. */
#include "fuzz.h"

#include "net/http_parse.h"

static void read_body(const struct mr_http_head *head, struct mr_bytes data)
{
	struct mr_http_body body;
	struct mr_bytes piece = { NULL, 0 };
	enum mr_http_body_event event;
	size_t before = data.len, total = 0;

	mr_http_body_init(&body, head);
	while ((event = mr_http_body_read(&body, &data, &piece)) == MR_HTTP_BODY_CONTENT) {
		FUZZ_CHECK(piece.len > 0);
		total += piece.len;
	}
	FUZZ_CHECK(total <= before);
	if (head->framing == MR_HTTP_FRAMING_LENGTH && event == MR_HTTP_BODY_END)
		FUZZ_CHECK(total == head->content_length);
	bool whole = mr_http_body_at_close(&body);
	FUZZ_CHECK(whole == (event == MR_HTTP_BODY_END || head->framing == MR_HTTP_FRAMING_CLOSE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_http_header fields[16];
	struct mr_http_head head;
	struct mr_error err;
	size_t seen = 0, length = 0;

	if (size < 1)
		return 0;
	struct mr_bytes all = mr_bytes_of(data + 1, size - 1);
	if (mr_http_scan_head(all, &seen, &length) != MR_HTTP_SCAN_COMPLETE)
		return 0;
	struct mr_str text = { (const char *)all.ptr, length };
	if (mr_failed(mr_http_parse_response(
		    text, data[0] & 1, fields, MR_COUNT(fields), &head, &err))) {
		FUZZ_CHECK(err.message[0] != '\0');
		return 0;
	}
	FUZZ_CHECK(head.status >= 100 && head.status <= 999);
	FUZZ_CHECK(!(data[0] & 1) || head.framing == MR_HTTP_FRAMING_NONE);
	(void)mr_http_field_has(
		head.headers, head.header_count, MR_STR("Connection"), MR_STR("close"));
	read_body(&head, mr_bytes_of(all.ptr + length, all.len - length));
	return 0;
}
