/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gRPC server behind TLS: any bytes of a peer. The first byte tells how the connection behaves
 * (see below), the second one into what portions the bytes are cut.
 */

#include "fuzz.h"

#include "net/grpc.h"

enum {
	WITH_PREFACE = 1,    /* the client's preface and empty SETTINGS come first */
	TAKES_OUTPUT = 2,    /* the peer reads what it is sent */
	ANSWERS_BETWEEN = 4, /* kept calls are answered between portions, else at the end */
	STUCK = 8,           /* the socket takes nothing until the end */
	DRAINS = 16,         /* the server stops before the end */
	CLOSES_FIRST = 32,   /* kept calls are answered when the connection is gone */
	TIGHT = 64,          /* small limits */
	FRAMES = 128,        /* what follows are records that become frames, see put_frames */
};

#define MAX_KEPT 300
#define MAX_OUTPUT ((size_t)256 << 10)

struct mr_conn {
	size_t queued; /* bytes that the peer has not taken */
};

static struct mr_grpc_call *kept[MAX_KEPT];
static size_t kept_count;

void mr_conn_write(struct mr_conn *conn, struct mr_bytes data)
{
	conn->queued += data.len;
	/* a protocol that goes on beyond the high-water mark */
	FUZZ_CHECK(conn->queued <= MAX_OUTPUT);
}

size_t mr_conn_pending(const struct mr_conn *conn)
{
	return conn->queued;
}

void mr_conn_finish(struct mr_conn *conn)
{
	(void)conn;
}

void mr_conn_set_deadline(struct mr_conn *conn, int64_t milliseconds)
{
	(void)conn;
	FUZZ_CHECK(milliseconds >= 0);
}

void mr_conn_pause(struct mr_conn *conn, bool paused)
{
	(void)conn;
	(void)paused;
}

struct mr_bytes mr_conn_peer_certificate(const struct mr_conn *conn)
{
	(void)conn;
	return mr_bytes_of("certificate", 11);
}

const char *mr_conn_remote(const struct mr_conn *conn)
{
	(void)conn;
	return "10.0.0.7:51324";
}

struct mr_loop *mr_conn_loop(const struct mr_conn *conn)
{
	(void)conn;
	return NULL;
}

static void echo(struct mr_grpc_call *call)
{
	struct mr_buf message;

	mr_buf_init_secret(&message, MR_GRPC_MESSAGE_LIMIT);
	mr_buf_put_bytes(&message, mr_grpc_call_message(call));
	mr_grpc_reply(call, &message);
}

static void on_activate(void *context, struct mr_grpc_call *call)
{
	(void)context;
	echo(call);
}

static void on_deny(void *context, struct mr_grpc_call *call)
{
	(void)context;
	mr_grpc_fail(call, MR_GRPC_PERMISSION_DENIED, mr_bytes_str(mr_grpc_call_message(call)));
}

static void on_keep(void *context, struct mr_grpc_call *call)
{
	(void)context;
	if (kept_count < MAX_KEPT)
		kept[kept_count++] = call;
	else
		echo(call);
}

static void answer_kept(void)
{
	while (kept_count > 0)
		echo(kept[--kept_count]);
}

/* False when the protocol has given the connection up. */
static bool feed(
	void *self, struct mr_conn *conn, uint8_t control, size_t portion, struct mr_bytes data)
{
	bool alive = true;

	while (alive && data.len > 0) {
		size_t n = portion && portion < data.len ? portion : data.len;

		alive = mr_grpc_server_protocol.receive(self, mr_bytes_of(data.ptr, n));
		data = mr_bytes_of(data.ptr + n, data.len - n);
		if (control & TAKES_OUTPUT) {
			conn->queued = 0;
			mr_grpc_server_protocol.writable(self);
		}
		if (control & ANSWERS_BETWEEN)
			answer_kept();
	}
	return alive;
}

/* Frames with lengths that are right, from records of type, flags, stream, length and as many
 * bytes: mutations then reach what is behind the frame layer. */
static void put_frames(struct mr_buf *out, struct mr_bytes data)
{
	struct mr_cursor c = mr_cursor_of(data);
	uint8_t type, flags, stream, length;
	struct mr_bytes payload;

	while (mr_cursor_u8(&c, &type) && mr_cursor_u8(&c, &flags) && mr_cursor_u8(&c, &stream) &&
		mr_cursor_u8(&c, &length)) {
		if (length > mr_cursor_left(&c))
			length = (uint8_t)mr_cursor_left(&c);
		if (!mr_cursor_take(&c, length, &payload))
			return;
		mr_buf_put_u16be(out, 0);
		mr_buf_put_u8(out, length);
		mr_buf_put_u8(out, type % 12);
		mr_buf_put_u8(out, flags);
		mr_buf_put_u32be(out, stream);
		mr_buf_put_bytes(out, payload);
	}
}

static void run(
	struct mr_grpc_server_config *config, uint8_t control, size_t portion, struct mr_bytes data)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";
	struct mr_conn conn = { .queued = control & STUCK ? MR_CONN_HIGH_WATER : 0 };
	struct mr_error err;
	void *self;

	if (mr_failed(mr_grpc_server_protocol.open(config, &conn, &self, &err)))
		return;
	if (control & WITH_PREFACE)
		(void)feed(self, &conn, control, 0, mr_bytes_of(preface, sizeof preface));
	(void)feed(self, &conn, control, portion, data);
	if (control & DRAINS)
		mr_grpc_server_protocol.drain(self);
	if (!(control & CLOSES_FIRST))
		answer_kept();
	conn.queued = 0;
	mr_grpc_server_protocol.writable(self);
	mr_grpc_server_protocol.close(self);
	answer_kept();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mr_grpc_method methods[] = {
		{ "Activate", on_activate },
		{ "Deny", on_deny },
		{ "Keep", on_keep },
	};
	struct mr_grpc_server_config config = {
		.service = "rpc.Marble",
		.methods = methods,
		.method_count = MR_COUNT(methods),
	};

	MR_AUTO(buf) struct mr_buf frames = { 0 };
	struct mr_bytes input;

	if (size < 2)
		return 0;
	input = mr_bytes_of(data + 2, size - 2);
	mr_buf_init(&frames, (size_t)1 << 20);
	if (data[0] & FRAMES) {
		put_frames(&frames, input);
		input = mr_buf_bytes(&frames);
	}
	if (data[0] & TIGHT) {
		config.max_streams = 2;
		config.max_header_list = 200;
		config.max_buffered = 100;
	}
	run(&config, data[0], data[1], input);
	return 0;
}
