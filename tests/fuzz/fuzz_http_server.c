/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP server's protocol on a connection made of memory. The first two bytes choose how the
 * handler behaves and how the input is cut; the rest is what the peer sends. What comes out must be
 * whole responses.
 */
#include "fuzz.h"

#include "../unit/net/fake_conn.h"
#include "net/http.h"
#include "net/http_parse.h"

enum { HOLD = 1, REFUSE_BODIES = 2, LARGE_ANSWERS = 4, DRAIN = 8, GO_EARLY = 16, BLOCKED = 32 };

static struct {
	struct mr_http_exchange *held;
	size_t handled, answered;
	unsigned how;
} peer;

static void answer(struct mr_http_exchange *e)
{
	struct mr_http_response r = { .status = 200, .content_type = "text/plain" };

	mr_buf_init(&r.body, 1 << 20);
	mr_buf_put_str(&r.body, mr_http_request_of(e)->path);
	uint8_t *more = peer.how & LARGE_ANSWERS ? mr_buf_reserve(&r.body, 100000) : NULL;
	if (more) {
		memset(more, 'x', 100000);
		mr_buf_commit(&r.body, 100000);
	}
	peer.answered++;
	mr_http_respond(e, &r);
}

static void handle(void *context, struct mr_http_exchange *e)
{
	const struct mr_http_request *q = mr_http_request_of(e);
	size_t at = 0;
	struct mr_str name, value;

	(void)context;
	FUZZ_CHECK(
		peer.held == NULL && q->method.len > 0 && q->path.len > 0 && q->body.len <= 1000);
	FUZZ_CHECK(q->body.len == 0 || !(peer.how & REFUSE_BODIES));
	while (mr_http_query_next(q->query, &at, &name, &value))
		;
	peer.handled++;
	if (peer.how & HOLD)
		peer.held = e;
	else
		answer(e);
}

static bool wants_body(void *context, const struct mr_http_request *request)
{
	(void)context;
	(void)request;
	return !(peer.how & REFUSE_BODIES);
}

static void let_go(void)
{
	struct mr_http_exchange *e = peer.held;

	peer.held = NULL;
	if (e)
		answer(e);
}

/* All that was sent is a sequence of whole responses, but for the last one when the connection
 * was cut. */
static void check_output(const struct mr_buf *out, bool cut)
{
	struct mr_http_header fields[16];
	struct mr_http_head head;
	struct mr_error err;
	size_t at = 0;

	while (at < out->len) {
		struct mr_bytes rest = mr_bytes_of(out->data + at, out->len - at);
		size_t seen = 0, length = 0;
		if (mr_http_scan_head(rest, &seen, &length) != MR_HTTP_SCAN_COMPLETE) {
			FUZZ_CHECK(cut);
			return;
		}
		struct mr_str text = { (const char *)rest.ptr, length };
		FUZZ_CHECK(!mr_failed(mr_http_parse_response(
			text, false, fields, MR_COUNT(fields), &head, &err)));
		FUZZ_CHECK(head.framing == MR_HTTP_FRAMING_LENGTH || head.status == 100);
		at += length;
		rest = mr_bytes_of(out->data + at, out->len - at);
		/* the answer to a HEAD has a length and no body */
		bool next = mr_str_starts(mr_bytes_str(rest), MR_STR("HTTP/1.1 "));
		if (!next && rest.len > 0) {
			FUZZ_CHECK(cut || rest.len >= head.content_length);
			at += rest.len < head.content_length ? rest.len
							     : (size_t)head.content_length;
		}
	}
}

/* False when the server gave up in the middle. */
static bool feed(struct mr_conn *conn, void *self, struct mr_bytes data, size_t step)
{
	bool alive = true;

	for (size_t at = 0; at < data.len && alive && !conn->finished; at += step) {
		size_t count = data.len - at < step ? data.len - at : step;
		size_t before = peer.handled;
		alive = mr_http_server_protocol.receive(self, mr_bytes_of(data.ptr + at, count));
		if ((peer.how & BLOCKED) && peer.handled > before) {
			conn->blocked = MR_CONN_HIGH_WATER;
			mr_http_server_protocol.writable(self);
			conn->blocked = 0;
			mr_http_server_protocol.writable(self);
		}
		if (conn->paused || count % 2)
			let_go();
	}
	if (!alive)
		conn->finished = true;
	return alive;
}

static void take(struct mr_conn *conn, struct mr_buf *said)
{
	mr_buf_put_bytes(said, mr_buf_bytes(&conn->out));
	mr_buf_truncate(&conn->out, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mr_http_server_config config = { .handle = handle,
		.wants_body = wants_body,
		.max_body = 1000,
		.too_large_body = { "too large", 9 } };
	struct mr_http_server_config own = config;
	MR_AUTO(buf) struct mr_buf said = { .max = (size_t)64 << 20 };
	struct mr_conn conn;
	struct mr_error err;
	void *self = NULL;

	if (size < 2)
		return 0;
	peer.held = NULL;
	peer.handled = peer.answered = 0;
	peer.how = data[0];
	fake_conn_init(&conn);
	if (mr_failed(mr_http_server_protocol.open(&own, &conn, &self, &err))) {
		FUZZ_CHECK(err.code == MR_CODE_NOMEM);
		return 0;
	}
	bool cut = !feed(&conn, self, mr_bytes_of(data + 2, size - 2), (size_t)data[1] + 1) ||
		   (peer.how & GO_EARLY);
	if (peer.how & DRAIN)
		mr_http_server_protocol.drain(self);
	if (!(peer.how & GO_EARLY)) {
		if (!conn.finished)
			(void)mr_http_server_protocol.end_of_input(self);
		while (peer.held)
			let_go();
		/* everything is taken, so everything is said */
		for (size_t i = 0; !conn.finished; i++) {
			FUZZ_CHECK(i < 1000);
			take(&conn, &said);
			mr_http_server_protocol.writable(self);
			let_go();
		}
	}
	take(&conn, &said);
	/* without memory something may be missing in the middle */
	if (conn.out.failure == MR_CODE_OK && said.failure == MR_CODE_OK)
		check_output(&said, cut);
	mr_http_server_protocol.close(self);
	let_go();
	FUZZ_CHECK(peer.handled == peer.answered);
	fake_conn_done(&conn);
	return 0;
}
