/* SPDX-License-Identifier: Apache-2.0 */
/* Files of secrets: what JSON and PEM become is a map in JSON, and reads as itself. */
#include "cli/secret_file.h"
#include "codec/json.h"
#include "fuzz.h"

#define OUT_MAX ((size_t)1 << 22)

static void check(const struct mr_buf *out)
{
	MR_AUTO(buf) struct mr_buf again = { 0 };
	struct mr_error err;

	FUZZ_CHECK(mr_json_valid(mr_buf_str(out)));
	mr_buf_init_secret(&again, OUT_MAX);
	FUZZ_CHECK(!mr_failed(mr_secret_file_from_json(mr_buf_str(out), &again, &err)));
	FUZZ_CHECK(mr_bytes_eq(mr_buf_bytes(out), mr_buf_bytes(&again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_str text = { (const char *)data, size };
	MR_AUTO(buf) struct mr_buf json = { 0 };
	MR_AUTO(buf) struct mr_buf pem = { 0 };
	struct mr_error err;

	if (size > 1 << 16)
		return 0;
	mr_buf_init_secret(&json, OUT_MAX);
	mr_buf_init_secret(&pem, OUT_MAX);
	if (!mr_failed(mr_secret_file_from_json(text, &json, &err)))
		check(&json);
	if (!mr_failed(mr_secret_file_from_pem(text, MR_STR("name"), &pem, &err)))
		check(&pem);
	return 0;
}
