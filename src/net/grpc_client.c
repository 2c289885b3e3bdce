/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc_client.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/wipe.h"
#include "net/grpc_client_internal.h"
#include "net/tls_client.h"

#define READ_SIZE ((size_t)16 << 10)
#define OUTPUT_MAX ((size_t)64 << 10)

static enum mr_code code_of(unsigned status)
{
	switch (status) {
	case MR_GRPC_INVALID_ARGUMENT:
	case MR_GRPC_OUT_OF_RANGE:
		return MR_CODE_INVALID;
	case MR_GRPC_DEADLINE_EXCEEDED:
		return MR_CODE_DEADLINE;
	case MR_GRPC_NOT_FOUND:
		return MR_CODE_NOT_FOUND;
	case MR_GRPC_PERMISSION_DENIED:
		return MR_CODE_DENIED;
	case MR_GRPC_RESOURCE_EXHAUSTED:
		return MR_CODE_LIMIT;
	case MR_GRPC_FAILED_PRECONDITION:
		return MR_CODE_STATE;
	case MR_GRPC_ALREADY_EXISTS:
	case MR_GRPC_ABORTED:
		return MR_CODE_CONFLICT;
	case MR_GRPC_UNIMPLEMENTED:
		return MR_CODE_UNSUPPORTED;
	case MR_GRPC_UNAVAILABLE:
		return MR_CODE_UNAVAILABLE;
	case MR_GRPC_UNAUTHENTICATED:
		return MR_CODE_UNAUTHENTICATED;
	default:
		return MR_CODE_INTERNAL;
	}
}

/* --- connecting --- */

/* The outcome of a connection that did not come about, as gRPC libraries word it (30 §4.5). */
static void fail_connect(struct mr_grpc_outcome *out, const struct mr_error *cause)
{
	const char *what = cause->code == MR_CODE_CRYPTO ? "authentication handshake failed"
							 : "Error while dialing";

	out->status = MR_GRPC_UNAVAILABLE;
	if (cause->code == MR_CODE_DEADLINE) {
		out->status = MR_GRPC_DEADLINE_EXCEEDED;
		(void)snprintf(out->text, sizeof out->text, "context deadline exceeded");
	} else {
		(void)snprintf(out->text, sizeof out->text,
			"connection error: desc = \"transport: %s: %.1900s\"", what,
			cause->message);
	}
}

static mr_result connect_to(
	const struct mr_grpc_request *request, struct mr_tls_client **ret, struct mr_error *err)
{
	static const char *const h2[] = { "h2" };
	struct mr_tls_client_config config = request->tls;
	char host[256], port[8];

	MR_TRY(mr_split_host_port(request->address, "443", host, port, err));
	config.host = host;
	config.alpn = h2;
	config.alpn_count = 1;
	config.alpn_required = true;
	return mr_tls_client_connect(host, port, &config, request->deadline_ms, ret, err);
}

/* --- the call --- */

static void fail_transport(
	struct mr_grpc_exchange *x, const char *what, const struct mr_error *cause)
{
	if (cause->code == MR_CODE_DEADLINE)
		mr_grpc_exchange_fail(x, MR_GRPC_DEADLINE_EXCEEDED, "context deadline exceeded");
	else
		mr_grpc_exchange_fail(x, MR_GRPC_UNAVAILABLE, "%s: %.1900s", what, cause->message);
}

/* Sends what is to be sent; false when that failed, though an answer may have come before. */
static void send_all(struct mr_grpc_exchange *x, struct mr_tls_client *tls, int64_t deadline_ms)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	mr_buf_init(&out, OUTPUT_MAX);
	do {
		mr_buf_clear(&out);
		mr_grpc_exchange_send(x, &out);
		if (mr_failed(mr_buf_status(&out, &err)) ||
			mr_failed(
				mr_tls_client_write(tls, mr_buf_bytes(&out), deadline_ms, &err))) {
			fail_transport(x, "error writing to server", &err);
			return;
		}
	} while (out.len > 0 && !x->done);
}

static void run(
	struct mr_grpc_exchange *x, struct mr_tls_client *tls, uint8_t *buffer, int64_t deadline_ms)
{
	struct mr_error err;

	while (!x->done) {
		size_t n = 0;

		send_all(x, tls, deadline_ms);
		if (x->done)
			break;
		if (mr_failed(mr_tls_client_read(tls, buffer, READ_SIZE, deadline_ms, &n, &err)))
			fail_transport(x, "error reading from server", &err);
		else if (n == 0)
			mr_grpc_exchange_fail(
				x, MR_GRPC_UNAVAILABLE, "error reading from server: EOF");
		else
			mr_grpc_exchange_receive(x, mr_bytes_of(buffer, n));
	}
}

static mr_result call(const struct mr_grpc_request *request, struct mr_tls_client *tls,
	struct mr_buf *message, struct mr_grpc_outcome *out, struct mr_error *err)
{
	struct mr_grpc_exchange *x = calloc(1, sizeof *x);
	uint8_t *buffer = malloc(READ_SIZE);
	mr_result r;

	r = x && buffer ? mr_grpc_exchange_open(x, request, message, err) : mr_fail_nomem(err);
	if (!mr_failed(r)) {
		run(x, tls, buffer, request->deadline_ms);
		mr_grpc_exchange_finish(x, out);
	}
	if (x)
		mr_grpc_exchange_done(x);
	if (buffer)
		mr_wipe(buffer, READ_SIZE);
	free(buffer);
	free(x);
	return r;
}

mr_result mr_grpc_client_call(const struct mr_grpc_request *request, struct mr_buf *ret_message,
	struct mr_grpc_outcome *ret_outcome, struct mr_error *err)
{
	MR_AUTO(tls_client) struct mr_tls_client *tls = NULL;
	struct mr_grpc_outcome *out = ret_outcome;

	if (mr_failed(connect_to(request, &tls, err))) {
		fail_connect(out, err);
	} else if (mr_failed(call(request, tls, ret_message, out, err))) {
		out->status = MR_GRPC_INTERNAL;
		(void)snprintf(out->text, sizeof out->text, "%s", err->message);
	}
	if (out->status == MR_GRPC_OK)
		return MR_OK;
	return mr_fail(err, code_of(out->status), "rpc error: code = %s desc = %s",
		mr_grpc_status_name(out->status), out->text);
}
