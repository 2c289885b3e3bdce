/* SPDX-License-Identifier: Apache-2.0 */
/* A gRPC call as a client: any bytes of a server. The first one tells into what portions they
 * are cut. */
#include <string.h>

#include "fuzz.h"

#include "net/grpc_client_internal.h"

#define MAX_RESPONSE 1000
#define BEFORE "before"

static void check(const struct mr_grpc_outcome *outcome, const struct mr_buf *message)
{
	size_t before = sizeof BEFORE - 1;

	FUZZ_CHECK(message->len >= before && memcmp(message->data, BEFORE, before) == 0);
	FUZZ_CHECK(message->len <= before + MAX_RESPONSE);
	FUZZ_CHECK(outcome->status == MR_GRPC_OK || message->len == before);
	FUZZ_CHECK(memchr(outcome->text, 0, sizeof outcome->text) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct mr_grpc_request request = {
		.address = "localhost:2001",
		.path = "/rpc.Marble/Activate",
		.message = mr_bytes_of("hello", 5),
		.max_response = MAX_RESPONSE,
	};
	MR_AUTO(buf) struct mr_buf message = { 0 };
	MR_AUTO(buf) struct mr_buf out = { 0 };
	static struct mr_grpc_exchange x;
	struct mr_grpc_outcome outcome;
	struct mr_error err;
	size_t portion = size > 0 ? data[0] : 0;

	mr_buf_init_secret(&message, MR_GRPC_MESSAGE_LIMIT);
	mr_buf_put_cstr(&message, BEFORE);
	mr_buf_init(&out, (size_t)1 << 20);
	if (mr_failed(mr_buf_status(&message, &err)) ||
		mr_failed(mr_grpc_exchange_open(&x, &request, &message, &err))) {
		mr_grpc_exchange_done(&x);
		return 0;
	}
	for (size_t at = 1; at < size && !x.done;) {
		size_t n = portion && portion < size - at ? portion : size - at;

		mr_buf_clear(&out);
		mr_grpc_exchange_send(&x, &out);
		mr_grpc_exchange_receive(&x, mr_bytes_of(data + at, n));
		at += n;
	}
	mr_grpc_exchange_fail(&x, MR_GRPC_UNAVAILABLE, "error reading from server: EOF");
	mr_grpc_exchange_finish(&x, &outcome);
	check(&outcome, &message);
	mr_grpc_exchange_done(&x);
	return 0;
}
