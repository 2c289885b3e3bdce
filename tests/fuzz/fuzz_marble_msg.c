/* SPDX-License-Identifier: Apache-2.0 */
/* Both messages of the Marble API: what decodes is encoded to a form that decodes to the same. */
#include "base/utf8.h"
#include "codec/marble_msg.h"
#include "fuzz.h"

enum { ROOM = 1 << 22 };

static void check_request(struct mr_bytes body)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_activation_request first, second;
	struct mr_error err;

	mr_buf_init(&out, ROOM);
	if (mr_failed(mr_activation_request_decode(body, &first, &err)))
		return;
	FUZZ_CHECK(mr_utf8_valid(first.marble_type) && mr_utf8_valid(first.uuid));
	mr_activation_request_encode(&out, &first);
	FUZZ_CHECK(out.len <= body.len);
	FUZZ_CHECK(!mr_failed(mr_activation_request_decode(mr_buf_bytes(&out), &second, &err)));
	FUZZ_CHECK(mr_bytes_eq(first.quote, second.quote));
	FUZZ_CHECK(mr_bytes_eq(first.csr, second.csr));
	FUZZ_CHECK(mr_str_eq(first.marble_type, second.marble_type));
	FUZZ_CHECK(mr_str_eq(first.uuid, second.uuid));
}

static void check_params(const struct mr_param *first, const struct mr_param *second, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		FUZZ_CHECK(mr_utf8_valid(first[i].name));
		FUZZ_CHECK(mr_str_eq(first[i].name, second[i].name));
		FUZZ_CHECK(mr_bytes_eq(first[i].value, second[i].value));
		FUZZ_CHECK(i == 0 || mr_str_cmp(first[i - 1].name, first[i].name) < 0);
	}
}

static void check_response(struct mr_bytes body)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_parameters first, second;
	struct mr_error err;
	bool present;

	mr_buf_init(&out, ROOM);
	mr_arena_init(&arena, ROOM);
	if (mr_failed(mr_activation_response_decode(body, &arena, &first, &present, &err)))
		return;
	FUZZ_CHECK(present || first.files_count + first.env_count + first.argv_count == 0);
	mr_activation_response_encode(&out, &first);
	FUZZ_CHECK(!mr_failed(mr_activation_response_decode(
		mr_buf_bytes(&out), &arena, &second, &present, &err)));
	FUZZ_CHECK(present);
	FUZZ_CHECK(first.files_count == second.files_count);
	FUZZ_CHECK(first.env_count == second.env_count);
	FUZZ_CHECK(first.argv_count == second.argv_count);
	check_params(first.files, second.files, first.files_count);
	check_params(first.env, second.env, first.env_count);
	for (size_t i = 0; i < first.argv_count; i++)
		FUZZ_CHECK(mr_str_eq(first.argv[i], second.argv[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* small enough that the second arena use cannot run out of room */
	if (size > 8192)
		return 0;
	check_request(mr_bytes_of(data, size));
	check_response(mr_bytes_of(data, size));
	return 0;
}
