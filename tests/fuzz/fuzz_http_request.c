/* SPDX-License-Identifier: Apache-2.0 */
/* Request heads, targets, queries and bodies: nothing points outside the input, and pieces do
 * not matter. */
#include "fuzz.h"

#include "net/http_parse.h"

static void check_inside(struct mr_str part, struct mr_bytes all)
{
	const uint8_t *at = (const uint8_t *)part.ptr;

	FUZZ_CHECK(at >= all.ptr && part.len <= all.len && at + part.len <= all.ptr + all.len);
}

static void check_target(const struct mr_http_head *head)
{
	MR_AUTO(buf) struct mr_buf path = { .max = MR_HTTP_HEAD_MAX };
	MR_AUTO(buf) struct mr_buf value = { .max = MR_HTTP_HEAD_MAX };
	struct mr_str query, name, raw;
	bool bad = false;
	size_t at = 0;

	if (!mr_http_split_target(head->method, head->target, &path, &query))
		return;
	FUZZ_CHECK(path.failure == MR_CODE_OK && path.len > 0 && path.len <= head->target.len);
	while (mr_http_query_next(query, &at, &name, &raw)) {
		FUZZ_CHECK(name.len + raw.len <= query.len);
		mr_buf_clear(&value);
		if (mr_http_form_decode(raw, &value))
			FUZZ_CHECK(value.len <= raw.len);
	}
	mr_buf_clear(&value);
	(void)mr_http_query_get(query, MR_STR("nonce"), &value, &bad);
}

/* Reads a body in pieces of `step` bytes; appends the content, returns the last event and where
 * it ended. */
static enum mr_http_body_event read_body(const struct mr_http_head *head, struct mr_bytes data,
	size_t step, struct mr_buf *out, size_t *ret_used)
{
	struct mr_http_body body;
	struct mr_bytes rest = { NULL, 0 }, piece = { NULL, 0 };
	enum mr_http_body_event event = MR_HTTP_BODY_MORE;
	size_t at = 0;

	mr_http_body_init(&body, head);
	do {
		size_t count = data.len - at < step ? data.len - at : step;
		rest = mr_bytes_of(data.ptr + at, count);
		while ((event = mr_http_body_read(&body, &rest, &piece)) == MR_HTTP_BODY_CONTENT)
			mr_buf_put_bytes(out, piece);
		at += count - rest.len;
	} while (event == MR_HTTP_BODY_MORE && at < data.len);
	*ret_used = at;
	FUZZ_CHECK((event == MR_HTTP_BODY_BROKEN) == (mr_http_body_error(&body).len > 0));
	FUZZ_CHECK(mr_http_body_at_close(&body) == (event == MR_HTTP_BODY_END));
	return event;
}

static void check_body(const struct mr_http_head *head, struct mr_bytes data)
{
	MR_AUTO(buf)
	struct mr_buf whole = { .max = data.len + 1 }, pieces = { .max = data.len + 1 };
	size_t used = 0, used_in_pieces = 0;
	enum mr_http_body_event event = read_body(head, data, SIZE_MAX, &whole, &used);

	FUZZ_CHECK(event == read_body(head, data, 3, &pieces, &used_in_pieces));
	FUZZ_CHECK(
		used == used_in_pieces && mr_bytes_eq(mr_buf_bytes(&whole), mr_buf_bytes(&pieces)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_http_header fields[MR_HTTP_FIELDS_MAX];
	struct mr_http_head head;
	struct mr_bytes all = mr_bytes_of(data, size);
	size_t seen = 0, length = 0, seen_in_pieces = 0, length_in_pieces = 0;
	enum mr_http_scan scan = mr_http_scan_head(all, &seen, &length),
			  in_pieces = MR_HTTP_SCAN_PARTIAL;

	for (size_t have = 0; have <= size && in_pieces == MR_HTTP_SCAN_PARTIAL; have++)
		in_pieces = mr_http_scan_head(
			mr_bytes_of(data, have), &seen_in_pieces, &length_in_pieces);
	FUZZ_CHECK(scan == in_pieces && length == length_in_pieces && length <= size);
	if (scan != MR_HTTP_SCAN_COMPLETE)
		return 0;
	int status = mr_http_parse_request(
		(struct mr_str){ (const char *)data, length }, fields, MR_HTTP_FIELDS_MAX, &head);
	FUZZ_CHECK(status == 0 || (status >= 400 && mr_http_reason(status)[0] != '\0'));
	if (status)
		return 0;
	check_inside(head.method, all);
	check_inside(head.target, all);
	for (size_t i = 0; i < head.header_count; i++) {
		check_inside(head.headers[i].name, all);
		check_inside(head.headers[i].value, all);
	}
	check_target(&head);
	check_body(&head, mr_bytes_of(data + length, size - length));
	return 0;
}
