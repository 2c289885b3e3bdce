/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "net/http_server_internal.h"

/* Bytes that may wait while a request is worked on, before reading stops. */
#define WAITING_MAX ((size_t)16 << 10)
#define IN_MAX (MR_HTTP_HEAD_MAX + ((size_t)64 << 10))
/* What is skipped of a body that nobody wanted (20 §2.2). */
#define REST_MAX ((size_t)256 << 10)
#define PIECE ((size_t)16 << 10)

static int64_t header_ms(const struct mr_http_conn *h)
{
	return h->config->header_ms ? h->config->header_ms : 10000;
}

static int64_t body_ms(const struct mr_http_conn *h)
{
	return h->config->body_ms ? h->config->body_ms : 60000;
}

static void end(struct mr_http_conn *h)
{
	h->state = MR_HTTP_AT_END;
	mr_conn_finish(h->conn);
}

/* An answer to what is no request, or one too large: the connection ends with it. */
static void refuse(struct mr_http_conn *h, int status, struct mr_str text)
{
	const char *reason = mr_http_reason(status);

	h->close_after = true;
	mr_http_put_head(h, status, "text/plain; charset=utf-8", text.len > 0,
		text.len > 0 ? text.len : 4 + strlen(reason), false);
	if (text.len == 0) {
		char digits[] = { (char)('0' + status / 100), (char)('0' + status / 10 % 10),
			(char)('0' + status % 10), ' ' };
		mr_conn_write(h->conn, mr_bytes_of(digits, sizeof(digits)));
		text = mr_str_of(reason);
	}
	mr_conn_write(h->conn, mr_str_bytes(text));
	mr_http_exchange_free(h->exchange);
	h->exchange = NULL;
	end(h);
}

/* The request is complete, as far as anybody wants it. */
static void hand_over(struct mr_http_conn *h)
{
	h->state = MR_HTTP_AT_HANDLER;
	mr_conn_set_deadline(h->conn, INT64_MAX);
	h->config->handle(h->config->context, h->exchange);
}

/* Gets ready for the body behind a head, or hands over what has none. */
static void begin_body(struct mr_http_conn *h, const struct mr_http_head *head)
{
	const struct mr_http_server_config *config = h->config;
	size_t max = config->max_body ? config->max_body : (size_t)16 << 20;
	bool wanted = !config->wants_body ||
		      config->wants_body(config->context, &h->exchange->request);

	mr_http_body_init(&h->body, head);
	if (head->framing == MR_HTTP_FRAMING_NONE) {
		hand_over(h);
		return;
	}
	if (!wanted) {
		/* who waits for 100 and does not get it may send the body or not: no next
		 * request can be told from it */
		if (head->expect_continue || head->content_length > REST_MAX)
			h->close_after = true;
		hand_over(h);
		return;
	}
	if (head->content_length > max) {
		refuse(h, 413, config->too_large_body);
		return;
	}
	if (head->expect_continue)
		mr_conn_write(h->conn, mr_str_bytes(MR_STR("HTTP/1.1 100 Continue\r\n\r\n")));
	h->state = MR_HTTP_AT_BODY;
	mr_conn_set_deadline(h->conn, body_ms(h));
}

static void begin_request(struct mr_http_conn *h, struct mr_str text)
{
	struct mr_http_header fields[MR_HTTP_FIELDS_MAX];
	struct mr_http_head head;
	int status = mr_http_parse_request(text, fields, MR_COUNT(fields), &head);

	if (!status)
		h->exchange = mr_http_exchange_new(h, &head, text, &status);
	if (!h->exchange) {
		refuse(h, status, MR_STR(""));
		return;
	}
	h->head_begun = false;
	h->skipped = 0;
	h->close_after |= !head.keep_alive;
	begin_body(h, &head);
}

/* The steps return whether to go on with what is left of the data. */

static bool head_step(struct mr_http_conn *h, struct mr_bytes *data)
{
	size_t length = 0;

	if (mr_conn_pending(h->conn) >= MR_CONN_HIGH_WATER)
		return false;
	switch (mr_http_scan_head(*data, &h->seen, &length)) {
	case MR_HTTP_SCAN_PARTIAL:
		if (h->no_more || (data->len == 0 && h->close_after))
			end(h);
		else if (data->len > 0 && !h->head_begun)
			mr_conn_set_deadline(h->conn, header_ms(h));
		h->head_begun = data->len > 0;
		return false;
	case MR_HTTP_SCAN_BROKEN:
		refuse(h, 400, MR_STR(""));
		return false;
	case MR_HTTP_SCAN_TOO_LONG:
		refuse(h, 431, MR_STR(""));
		return false;
	case MR_HTTP_SCAN_COMPLETE:
		break;
	}
	struct mr_str text = { (const char *)data->ptr, length };
	*data = mr_bytes_of(data->ptr + length, data->len - length);
	h->seen = 0;
	begin_request(h, text);
	return true;
}

static bool body_step(struct mr_http_conn *h, struct mr_bytes *data)
{
	struct mr_bytes piece;
	int status = 0;

	switch (mr_http_body_read(&h->body, data, &piece)) {
	case MR_HTTP_BODY_MORE:
		if (h->no_more)
			end(h);
		return false;
	case MR_HTTP_BODY_CONTENT:
		status = mr_http_exchange_add(h->exchange, piece);
		if (status)
			refuse(h, status, status == 413 ? h->config->too_large_body : MR_STR(""));
		return true;
	case MR_HTTP_BODY_BROKEN:
		h->exchange->request.body_error = mr_http_body_error(&h->body);
		h->close_after = true;
		break;
	case MR_HTTP_BODY_END:
		break;
	}
	hand_over(h);
	return true;
}

static void begin_head(struct mr_http_conn *h)
{
	h->state = MR_HTTP_AT_HEAD;
	h->seen = 0;
	h->head_begun = false;
	mr_conn_set_deadline(h->conn, 0);
}

static bool rest_step(struct mr_http_conn *h, struct mr_bytes *data)
{
	struct mr_bytes piece;

	switch (mr_http_body_read(&h->body, data, &piece)) {
	case MR_HTTP_BODY_CONTENT:
		h->skipped += piece.len;
		if (h->skipped <= REST_MAX)
			return true;
		break;
	case MR_HTTP_BODY_END:
		begin_head(h);
		return true;
	case MR_HTTP_BODY_MORE:
		if (!h->no_more)
			return false;
		break;
	case MR_HTTP_BODY_BROKEN:
		break;
	}
	end(h);
	return false;
}

static bool step(struct mr_http_conn *h, struct mr_bytes *data)
{
	switch (h->state) {
	case MR_HTTP_AT_HEAD:
		return head_step(h, data);
	case MR_HTTP_AT_BODY:
		return body_step(h, data);
	case MR_HTTP_AT_REST:
		return rest_step(h, data);
	default:
		return false;
	}
}

/* Uses what can be used of `data`, keeps the rest. */
static void process(struct mr_http_conn *h, struct mr_bytes data)
{
	bool kept = data.ptr == h->in.data;

	h->in_process = true;
	while (step(h, &data))
		;
	h->in_process = false;
	if (h->state == MR_HTTP_AT_END)
		data.len = 0;
	if (data.len == 0)
		mr_buf_done(&h->in);
	else if (kept)
		mr_buf_consume(&h->in, h->in.len - data.len);
	else
		mr_buf_put_bytes(&h->in, data);
	if (!mr_http_charge(h, &h->charged, h->in.capacity))
		mr_buf_set_failure(&h->in, MR_CODE_LIMIT);
	bool waits = h->state == MR_HTTP_AT_HANDLER || h->state == MR_HTTP_AT_ANSWER ||
		     mr_conn_pending(h->conn) >= MR_CONN_HIGH_WATER;
	mr_conn_pause(h->conn, waits && h->in.len >= WAITING_MAX);
}

/* Queues the body as far as there is room; false when some is left. */
static bool put_body(struct mr_http_conn *h)
{
	struct mr_bytes body = mr_buf_bytes(&h->exchange->response.body);

	while (h->answered < body.len && mr_conn_pending(h->conn) < MR_CONN_HIGH_WATER) {
		size_t left = body.len - h->answered;
		size_t count = left < PIECE ? left : PIECE;
		mr_conn_write(h->conn, mr_bytes_of(body.ptr + h->answered, count));
		h->answered += count;
	}
	return h->answered == body.len;
}

/* Goes on behind a request whose answer is queued. */
static void end_request(struct mr_http_conn *h)
{
	mr_http_exchange_free(h->exchange);
	h->exchange = NULL;
	if (h->close_after) {
		end(h);
		return;
	}
	h->state = MR_HTTP_AT_REST;
	mr_conn_set_deadline(h->conn, body_ms(h));
	if (!h->in_process)
		process(h, mr_buf_bytes(&h->in));
}

void mr_http_answer(struct mr_http_conn *h)
{
	struct mr_http_exchange *e = h->exchange;
	struct mr_http_response *response = &e->response;

	mr_buf_done(&e->body);
	/* an answer that does not fit into the queue is held as long as the peer takes */
	size_t held = response->body.len > MR_CONN_HIGH_WATER ? response->body.len : 0;
	if (!mr_http_charge(h, &e->charged, e->size + held)) {
		mr_buf_done(&response->body);
		*response = (struct mr_http_response){ .status = 503 };
	}
	mr_http_put_head(h, response->status, response->content_type, response->nosniff,
		response->body.len, e->is_old);
	h->answered = e->is_head ? response->body.len : 0;
	h->state = MR_HTTP_AT_ANSWER;
	mr_conn_set_deadline(h->conn, body_ms(h));
	if (put_body(h))
		end_request(h);
}

/* --- the protocol --- */

static mr_result http_open(
	void *context, struct mr_conn *conn, void **ret_self, struct mr_error *err)
{
	struct mr_http_conn *h = calloc(1, sizeof(*h));
	struct mr_bytes peer = mr_conn_peer_certificate(conn);

	if (!h)
		return mr_fail_nomem(err);
	h->refs = 1;
	h->conn = conn;
	h->config = context;
	mr_buf_init_secret(&h->in, IN_MAX);
	strncpy(h->remote, mr_conn_remote(conn), sizeof(h->remote) - 1);
	if (peer.len > 0) {
		h->peer = malloc(peer.len);
		if (!h->peer) {
			mr_http_conn_unref(h);
			return mr_fail_nomem(err);
		}
		memcpy(h->peer, peer.ptr, peer.len);
		h->peer_len = peer.len;
	}
	*ret_self = h;
	return MR_OK;
}

static bool http_receive(void *self, struct mr_bytes data)
{
	struct mr_http_conn *h = self;

	if (h->in.len > 0) {
		mr_buf_put_bytes(&h->in, data);
		if (h->in.failure != MR_CODE_OK)
			return false;
		data = mr_buf_bytes(&h->in);
	}
	process(h, data);
	return h->in.failure == MR_CODE_OK;
}

static bool http_end_of_input(void *self)
{
	struct mr_http_conn *h = self;

	h->no_more = true;
	if (h->state != MR_HTTP_AT_HANDLER && h->state != MR_HTTP_AT_ANSWER)
		process(h, mr_buf_bytes(&h->in));
	return true;
}

static void http_writable(void *self)
{
	struct mr_http_conn *h = self;

	if (h->state == MR_HTTP_AT_ANSWER) {
		mr_conn_set_deadline(h->conn, body_ms(h));
		if (put_body(h))
			end_request(h);
	} else if (h->state != MR_HTTP_AT_HANDLER && h->state != MR_HTTP_AT_END) {
		process(h, mr_buf_bytes(&h->in));
	}
}

static void http_drain(void *self)
{
	struct mr_http_conn *h = self;

	h->close_after = true;
	if ((h->state == MR_HTTP_AT_HEAD && h->in.len == 0) || h->state == MR_HTTP_AT_REST)
		end(h);
}

static void http_close(void *self)
{
	struct mr_http_conn *h = self;

	h->conn = NULL;
	/* whoever works on the answer has the exchange */
	if (h->state != MR_HTTP_AT_HANDLER)
		mr_http_exchange_free(h->exchange);
	h->exchange = NULL;
	mr_http_conn_unref(h);
}

const struct mr_protocol mr_http_server_protocol = {
	.open = http_open,
	.receive = http_receive,
	.end_of_input = http_end_of_input,
	.writable = http_writable,
	.drain = http_drain,
	.close = http_close,
};
