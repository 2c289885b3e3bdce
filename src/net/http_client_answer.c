/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_client_internal.h"

#define MAX_INTERIM 8

void mr_http_reading_init(
	struct mr_http_reading *r, struct mr_http_answer *answer, bool no_body, size_t max_body)
{
	memset(r, 0, sizeof *r);
	r->answer = answer;
	r->no_body = no_body;
	r->max_body = max_body;
	mr_buf_init_secret(&answer->head, MR_HTTP_HEAD_MAX + 1);
	mr_buf_init_secret(&answer->body, max_body);
}

static mr_result take_body(struct mr_http_reading *r, struct mr_bytes data, struct mr_error *err)
{
	struct mr_bytes piece;

	for (;;) {
		switch (mr_http_body_read(&r->body, &data, &piece)) {
		case MR_HTTP_BODY_CONTENT:
			if (piece.len > r->max_body - r->answer->body.len)
				return mr_fail(err, MR_CODE_LIMIT,
					"response body larger than %zu bytes", r->max_body);
			mr_buf_put_bytes(&r->answer->body, piece);
			break;
		case MR_HTTP_BODY_MORE:
			return mr_buf_status(&r->answer->body, err);
		case MR_HTTP_BODY_END:
			r->complete = true;
			/* what comes unasked is never taken for the next answer */
			r->reusable = r->keep_alive && data.len == 0;
			return mr_buf_status(&r->answer->body, err);
		default:
			return mr_fail(err, MR_CODE_INVALID, "malformed HTTP response: %.*s",
				MR_STR_ARGS(mr_http_body_error(&r->body)));
		}
	}
}

/* `length` bytes of the buffer are a head; what follows it is body, or another head. */
static mr_result take_head(struct mr_http_reading *r, size_t length, struct mr_error *err)
{
	struct mr_http_header fields[MR_HTTP_FIELDS_MAX];
	struct mr_buf *buffer = &r->answer->head;
	struct mr_http_head head;

	MR_TRY(mr_http_parse_response(mr_str_sub(mr_buf_str(buffer), 0, length), r->no_body, fields,
		MR_COUNT(fields), &head, err));
	r->seen = 0;
	if (head.status >= 100 && head.status < 200) {
		if (head.status == 101 || ++r->interim > MAX_INTERIM)
			return mr_fail(
				err, MR_CODE_INVALID, "unexpected HTTP response %d", head.status);
		mr_buf_consume(buffer, length);
		return MR_OK;
	}
	r->answer->status = head.status;
	r->keep_alive = head.keep_alive;
	r->in_body = true;
	mr_http_body_init(&r->body, &head);
	return MR_OK;
}

static mr_result scan(struct mr_http_reading *r, struct mr_error *err)
{
	struct mr_buf *buffer = &r->answer->head;
	size_t length = 0;

	while (!r->in_body) {
		MR_AUTO(buf) struct mr_buf rest = { 0 };

		switch (mr_http_scan_head(mr_buf_bytes(buffer), &r->seen, &length)) {
		case MR_HTTP_SCAN_COMPLETE:
			break;
		case MR_HTTP_SCAN_PARTIAL:
			return MR_OK;
		default:
			return mr_fail(err, MR_CODE_INVALID, "malformed HTTP response head");
		}
		MR_TRY(take_head(r, length, err));
		if (!r->in_body)
			continue;
		mr_buf_init_secret(&rest, buffer->max);
		mr_buf_put(&rest, buffer->data + length, buffer->len - length);
		MR_TRY(mr_buf_status(&rest, err));
		mr_buf_truncate(buffer, length);
		return take_body(r, mr_buf_bytes(&rest), err);
	}
	return MR_OK;
}

mr_result mr_http_reading_take(
	struct mr_http_reading *r, struct mr_bytes data, struct mr_error *err)
{
	r->started = r->started || data.len > 0;
	while (!r->in_body && data.len > 0) {
		/* what does not fit behind a head that may still be growing waits */
		size_t room = r->answer->head.max - r->answer->head.len;
		struct mr_bytes part = { data.ptr, data.len < room ? data.len : room };

		if (room == 0)
			return mr_fail(
				err, MR_CODE_LIMIT, "malformed HTTP response: head too long");
		mr_buf_put_bytes(&r->answer->head, part);
		MR_TRY(mr_buf_status(&r->answer->head, err));
		data = mr_bytes_of(data.ptr + part.len, data.len - part.len);
		MR_TRY(scan(r, err));
	}
	if (r->complete) {
		r->reusable = r->reusable && data.len == 0;
		return MR_OK;
	}
	return r->in_body ? take_body(r, data, err) : MR_OK;
}

mr_result mr_http_reading_close(struct mr_http_reading *r, struct mr_error *err)
{
	if (!r->started)
		return mr_fail(err, MR_CODE_UNAVAILABLE, "EOF");
	if (!r->in_body || !mr_http_body_at_close(&r->body))
		return mr_fail(err, MR_CODE_UNAVAILABLE, "unexpected EOF");
	r->complete = true;
	r->reusable = false;
	return MR_OK;
}
