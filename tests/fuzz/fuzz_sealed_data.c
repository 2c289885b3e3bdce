/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed data from the disk, and what any recovery data and plaintext become when they are sealed. */
#include "fuzz.h"
#include "store/seal.h"
#include "store/state.h"

enum { DEK_SIZE = 32 };

static void open_input(struct mr_bytes input, struct mr_bytes dek)
{
	MR_AUTO(secret) struct mr_secret plain = { NULL, 0 };
	struct mr_state *state = NULL;
	struct mr_bytes recovery_data = { NULL, 0 };
	struct mr_bytes box = { NULL, 0 };
	struct mr_error err;

	bool is_split = !mr_failed(mr_sealed_data_split(input, &recovery_data, &box, &err));
	FUZZ_CHECK(!is_split || recovery_data.len + box.len + 4 == input.len);
	(void)mr_sealed_data_may_open(input, dek);
	if (mr_failed(mr_sealed_data_open(input, dek, &plain, &err)))
		return;
	FUZZ_CHECK(is_split && plain.len + 28 == box.len);
	if (plain.len && plain.ptr[0] == '{')
		FUZZ_CHECK(mr_sealed_data_may_open(input, dek));
	if (!mr_failed(mr_state_parse(mr_bytes_str(mr_secret_bytes(&plain)), &state, &err)))
		mr_state_unref(state);
}

static void seal_input(struct mr_bytes input, struct mr_bytes dek)
{
	MR_AUTO(buf) struct mr_buf sealed = { .max = MR_SEALED_DATA_MAX };
	MR_AUTO(secret) struct mr_secret plain = { NULL, 0 };
	struct mr_bytes recovery_data;
	struct mr_bytes box;
	struct mr_error err;
	size_t cut = input.len ? input.ptr[0] % input.len : 0;
	struct mr_bytes first = mr_bytes_of(input.ptr, cut);
	struct mr_bytes rest = mr_bytes_of(input.len ? input.ptr + cut : NULL, input.len - cut);

	FUZZ_CHECK(!mr_failed(mr_sealed_data_make(first, rest, dek, &sealed, &err)));
	FUZZ_CHECK(!mr_failed(
		mr_sealed_data_split(mr_buf_bytes(&sealed), &recovery_data, &box, &err)));
	FUZZ_CHECK(mr_bytes_eq(recovery_data, first));
	FUZZ_CHECK(!mr_failed(mr_sealed_data_open(mr_buf_bytes(&sealed), dek, &plain, &err)));
	FUZZ_CHECK(mr_bytes_eq(mr_secret_bytes(&plain), rest));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t dek[DEK_SIZE];

	for (size_t i = 0; i < DEK_SIZE; i++)
		dek[i] = (uint8_t)i;
	/* the DEKs of the seeds */
	open_input(mr_bytes_of(data, size), mr_bytes_of(dek, DEK_SIZE));
	open_input(mr_bytes_of(data, size), mr_bytes_of(dek, DEK_SIZE / 2));
	seal_input(mr_bytes_of(data, size), mr_bytes_of(dek, DEK_SIZE));
	return 0;
}
