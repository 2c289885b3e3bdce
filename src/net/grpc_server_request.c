/* SPDX-License-Identifier: Apache-2.0 */
/* Requests: the checks of 30 §1.4, in the order in which their input arrives. */
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "net/grpc_server_internal.h"

/* Receive windows grow with the message announced, to this. */
#define MAX_WINDOW ((size_t)1 << 20)
/* Deadlines further away need no timer: connections do not live that long. */
#define FAR_MS ((int64_t)24 * 3600 * 1000)
#define QUOTED_MAX 256 /* bytes of a peer's text in a message of ours */

/*
 * Request bytes that all connections hold. Any stranger may connect and send the beginning of large
 * messages, so there is a bound for all of them together, too; the last part of it is for small
 * ones.
 */
#define MAX_BUFFERED_BY_ALL ((size_t)256 << 20)
#define KEPT_FOR_SMALL ((size_t)128 << 20)
#define SMALL ((size_t)64 << 10)
static atomic_size_t buffered_by_all;

static struct mr_str text_of(nghttp2_rcbuf *buf)
{
	nghttp2_vec v = { NULL, 0 };

	if (buf)
		v = nghttp2_rcbuf_get_buf(buf);
	return (struct mr_str){ (const char *)v.base, v.len };
}

bool mr_grpc_call_header(struct mr_grpc_call *call, nghttp2_rcbuf *name, nghttp2_rcbuf *value)
{
	static const struct mr_str names[MR_GRPC_FIELD_COUNT] = {
		[MR_GRPC_FIELD_METHOD] = { ":method", 7 },
		[MR_GRPC_FIELD_PATH] = { ":path", 5 },
		[MR_GRPC_FIELD_CONTENT_TYPE] = { "content-type", 12 },
		[MR_GRPC_FIELD_ENCODING] = { "grpc-encoding", 13 },
		[MR_GRPC_FIELD_TIMEOUT] = { "grpc-timeout", 12 },
	};
	struct mr_str n = text_of(name);

	call->header_list += n.len + text_of(value).len + MR_GRPC_FIELD_OVERHEAD;
	/* Refused when complete; but a peer that goes on and on is not waited for. */
	if (call->header_list > call->connection->max_header_list)
		return call->header_list <= 4 * call->connection->max_header_list;
	if (call->prefix_len > 0 || call->answered)
		return true; /* trailers */
	for (size_t i = 0; i < MR_GRPC_FIELD_COUNT; i++) {
		if (!mr_str_eq(n, names[i]))
			continue;
		if (call->fields[i])
			nghttp2_rcbuf_decref(call->fields[i]);
		nghttp2_rcbuf_incref(value);
		call->fields[i] = value;
	}
	return true;
}

static void drop_fields(struct mr_grpc_call *call)
{
	for (size_t i = 0; i < MR_GRPC_FIELD_COUNT; i++) {
		if (call->fields[i])
			nghttp2_rcbuf_decref(call->fields[i]);
		call->fields[i] = NULL;
	}
}

void mr_grpc_call_drop_request(struct mr_grpc_call *call)
{
	drop_fields(call);
	if (call->connection)
		call->connection->buffered -= call->message.len;
	atomic_fetch_sub_explicit(&buffered_by_all, call->message.len, memory_order_relaxed);
	mr_buf_done(&call->message);
}

/* Refuses with a value of the peer's, quoted and bounded, between two texts. */
static void refuse_value(struct mr_grpc_call *call, int http_status, enum mr_grpc_status status,
	const char *before, struct mr_str value, const char *after)
{
	MR_AUTO(buf) struct mr_buf quoted = { 0 };

	mr_buf_init(&quoted, 8 * (size_t)QUOTED_MAX);
	mr_utf8_put_quoted(
		&quoted, mr_str_sub(value, 0, value.len < QUOTED_MAX ? value.len : QUOTED_MAX));
	mr_grpc_call_refuse(call, http_status, status, "%s%.*s%s", before,
		MR_STR_ARGS(mr_buf_str(&quoted)), after);
}

/* Milliseconds, rounded down, so that what is less than one is over at once; false if malformed. */
static bool parse_timeout(struct mr_str text, int64_t *ret_ms)
{
	static const char units[] = "HMSmun";
	static const int64_t times[] = { 3600000, 60000, 1000, 1, 1, 1 },
			     parts[] = { 1, 1, 1, 1, 1000, 1000000 };
	const char *unit;
	int64_t value = 0;

	if (text.len < 2 || text.len > 9)
		return false;
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		value = value * 10 + (text.ptr[i] - '0');
	}
	unit = memchr(units, text.ptr[text.len - 1], sizeof units - 1);
	if (!unit)
		return false;
	*ret_ms = value * times[unit - units] / parts[unit - units];
	return true;
}

static bool find_method(struct mr_grpc_call *call, struct mr_str path)
{
	const struct mr_grpc_server_config *config = call->config;
	size_t slash = path.len;
	struct mr_str service, method;

	while (slash > 0 && path.ptr[slash - 1] != '/')
		slash--;
	if (slash < 2 || path.ptr[0] != '/') {
		refuse_value(call, 200, MR_GRPC_UNIMPLEMENTED, "malformed method name: ", path, "");
		return false;
	}
	service = mr_str_sub(path, 1, slash - 1);
	method = mr_str_sub(path, slash, path.len);
	if (!mr_str_eq(service, mr_str_of(config->service))) {
		mr_grpc_call_refuse(call, 200, MR_GRPC_UNIMPLEMENTED, "unknown service %.*s",
			MR_STR_ARGS(service));
		return false;
	}
	for (size_t i = 0; i < config->method_count; i++) {
		if (mr_str_eq(method, mr_str_of(config->methods[i].name))) {
			call->method = &config->methods[i];
			return true;
		}
	}
	mr_grpc_call_refuse(call, 200, MR_GRPC_UNIMPLEMENTED, "unknown method %.*s for service %s",
		MR_STR_ARGS(method), config->service);
	return false;
}

static bool check_http(struct mr_grpc_call *call)
{
	struct mr_str method = text_of(call->fields[MR_GRPC_FIELD_METHOD]);
	struct mr_str type = text_of(call->fields[MR_GRPC_FIELD_CONTENT_TYPE]);

	if (call->header_list > call->connection->max_header_list)
		mr_grpc_call_refuse(call, 431, MR_GRPC_RESOURCE_EXHAUSTED,
			"header list larger than max (%zu vs. %zu)", call->header_list,
			call->connection->max_header_list);
	else if (!mr_str_eq(method, MR_STR("POST")))
		refuse_value(call, 405, MR_GRPC_INTERNAL, "Received a HEADERS frame with :method ",
			method, " which should be POST");
	else if (!mr_grpc_is_content_type(type))
		refuse_value(call, 415, MR_GRPC_INVALID_ARGUMENT,
			"invalid gRPC request content-type ", type, "");
	return !call->answered;
}

static bool check_timeout(struct mr_grpc_call *call)
{
	struct mr_str timeout = text_of(call->fields[MR_GRPC_FIELD_TIMEOUT]);
	int64_t left;

	if (!call->fields[MR_GRPC_FIELD_TIMEOUT])
		return true;
	if (!parse_timeout(timeout, &left)) {
		refuse_value(call, 400, MR_GRPC_INTERNAL, "malformed grpc-timeout: ", timeout, "");
		return false;
	}
	if (left < FAR_MS)
		call->deadline_ms = mr_clock_monotonic_ms() + left;
	return true;
}

/* Is there time left? Otherwise the call is answered. */
static bool check_deadline(struct mr_grpc_call *call)
{
	if (call->deadline_ms == INT64_MAX || mr_clock_monotonic_ms() < call->deadline_ms)
		return true;
	mr_grpc_call_refuse(call, 200, MR_GRPC_DEADLINE_EXCEEDED, "context deadline exceeded");
	return false;
}

void mr_grpc_call_begin(struct mr_grpc_call *call)
{
	struct mr_str encoding = text_of(call->fields[MR_GRPC_FIELD_ENCODING]);

	if (!check_http(call) || !check_timeout(call) ||
		!find_method(call, text_of(call->fields[MR_GRPC_FIELD_PATH])))
		return;
	if (encoding.len > 0 && !mr_str_eq(encoding, MR_STR("identity"))) {
		refuse_value(call, 200, MR_GRPC_UNIMPLEMENTED,
			"grpc: Decompressor is not installed for grpc-encoding ", encoding, "");
		return;
	}
	drop_fields(call);
	call->header_list = 0;
	if (check_deadline(call))
		mr_grpc_call_arm(call);
}

/* --- the body --- */

/* Lets a large message come in without a round trip every 64 KiB. */
static void grow_window(struct mr_grpc_call *call)
{
	struct mr_grpc_connection *c = call->connection;
	size_t wanted = call->message_len + MR_GRPC_PREFIX_SIZE;
	int32_t size = (int32_t)(wanted < MAX_WINDOW ? wanted : MAX_WINDOW);

	if (size <= NGHTTP2_INITIAL_WINDOW_SIZE)
		return;
	(void)nghttp2_session_set_local_window_size(
		c->session, NGHTTP2_FLAG_NONE, call->stream, size);
	if (size > c->window &&
		nghttp2_session_set_local_window_size(c->session, NGHTTP2_FLAG_NONE, 0, size) == 0)
		c->window = size;
}

/* The size is decided first: of a message too large nothing is waited for. */
static void check_prefix(struct mr_grpc_call *call)
{
	struct mr_cursor cursor = mr_cursor_of(mr_bytes_of(call->prefix, sizeof call->prefix));
	uint8_t flag = 0;
	uint32_t size = 0;

	if (!mr_cursor_u8(&cursor, &flag) || !mr_cursor_u32be(&cursor, &size))
		return;
	call->message_len = size;
	if (size > MR_GRPC_MESSAGE_LIMIT)
		mr_grpc_call_refuse(call, 200, MR_GRPC_RESOURCE_EXHAUSTED,
			"grpc: received message larger than max (%lu vs. %zu)", (unsigned long)size,
			MR_GRPC_MESSAGE_LIMIT);
	else if (flag == 1)
		mr_grpc_call_refuse(call, 200, MR_GRPC_INTERNAL,
			"grpc: compressed flag set with identity or empty encoding");
	else if (flag > 1)
		mr_grpc_call_refuse(call, 200, MR_GRPC_INTERNAL,
			"grpc: received unexpected payload format %u", flag);
	else
		grow_window(call);
}

/* Is there room for more bytes of this request? */
static bool has_room(const struct mr_grpc_call *call, size_t count)
{
	const struct mr_grpc_connection *c = call->connection;
	size_t all = MAX_BUFFERED_BY_ALL - (call->message_len <= SMALL ? 0 : KEPT_FOR_SMALL);
	size_t now = atomic_load_explicit(&buffered_by_all, memory_order_relaxed);

	return count <= c->max_buffered - c->buffered && now <= all && count <= all - now;
}

static bool keep_data(struct mr_grpc_call *call, struct mr_bytes data)
{
	size_t before = call->message.len;

	if (!has_room(call, data.len)) {
		mr_grpc_call_refuse(call, 200, MR_GRPC_RESOURCE_EXHAUSTED,
			"grpc: too many request bytes are waiting");
		return false;
	}
	mr_buf_put_bytes(&call->message, data);
	call->connection->buffered += call->message.len - before;
	atomic_fetch_add_explicit(
		&buffered_by_all, call->message.len - before, memory_order_relaxed);
	if (call->message.failure != MR_CODE_OK) {
		mr_grpc_call_refuse(call, 200, MR_GRPC_RESOURCE_EXHAUSTED, "grpc: out of memory");
		return false;
	}
	return true;
}

void mr_grpc_call_data(struct mr_grpc_call *call, struct mr_bytes data)
{
	while (data.len > 0 && !call->answered) {
		size_t room = call->prefix_len < MR_GRPC_PREFIX_SIZE
				      ? MR_GRPC_PREFIX_SIZE - call->prefix_len
				      : call->message_len - call->message.len;
		struct mr_bytes part = { data.ptr, data.len < room ? data.len : room };

		data = mr_bytes_of(data.ptr + part.len, data.len - part.len);
		if (room == 0) {
			mr_grpc_call_refuse(call, 200, MR_GRPC_INTERNAL,
				"grpc: more than one message in a unary request");
		} else if (call->prefix_len == MR_GRPC_PREFIX_SIZE) {
			if (!keep_data(call, part))
				return;
		} else {
			memcpy(call->prefix + call->prefix_len, part.ptr, part.len);
			call->prefix_len += part.len;
			if (call->prefix_len == MR_GRPC_PREFIX_SIZE)
				check_prefix(call);
		}
	}
}

/* What the handler may look at on any thread, whatever becomes of the connection. */
static bool keep_peer(struct mr_grpc_call *call)
{
	struct mr_conn *conn = call->connection->conn;
	struct mr_bytes certificate = mr_conn_peer_certificate(conn);

	mr_buf_init(&call->peer, certificate.len);
	mr_buf_put_bytes(&call->peer, certificate);
	(void)snprintf(call->remote, sizeof call->remote, "%s", mr_conn_remote(conn));
	return call->peer.failure == MR_CODE_OK;
}

static void dispatch(struct mr_grpc_call *call)
{
	struct mr_grpc_connection *c = call->connection;

	/* Calls reset by the peer still work in their handlers: they count until they are done. */
	if (c->running >= c->max_streams) {
		mr_grpc_call_refuse(call, 200, MR_GRPC_RESOURCE_EXHAUSTED,
			"grpc: too many calls on this connection");
		return;
	}
	if (!keep_peer(call)) {
		mr_grpc_call_refuse(call, 200, MR_GRPC_RESOURCE_EXHAUSTED, "grpc: out of memory");
		return;
	}
	mr_grpc_call_set_waiting(call, false);
	call->running = true;
	c->running++;
	call->method->handle(c->config->context, call);
}

void mr_grpc_call_end(struct mr_grpc_call *call)
{
	if (call->answered)
		return;
	if (call->prefix_len < MR_GRPC_PREFIX_SIZE)
		mr_grpc_call_refuse(call, 200, MR_GRPC_UNKNOWN, "EOF");
	else if (call->message.len < call->message_len)
		mr_grpc_call_refuse(call, 200, MR_GRPC_UNKNOWN, "unexpected EOF");
	else if (check_deadline(call))
		dispatch(call);
}
