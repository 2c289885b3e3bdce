/* SPDX-License-Identifier: Apache-2.0 */
/* The blob of a state: what is read is written so that it reads the same, and can be changed. */
#include "fuzz.h"
#include "store/state.h"

static void write_state(const struct mr_state *state, struct mr_buf *out)
{
	mr_buf_init(out, MR_STATE_MAX_SIZE);
	mr_state_write(state, out);
	FUZZ_CHECK(out->failure == MR_CODE_OK);
}

static void check_entries(const struct mr_state *state)
{
	size_t count = mr_state_count(state);
	size_t first = count;

	FUZZ_CHECK(mr_state_range(state, MR_STR(""), &first) == count && first == 0);
	for (size_t i = 0; i < count; i++) {
		struct mr_state_entry entry = mr_state_at(state, i);
		struct mr_bytes value;
		FUZZ_CHECK(i == 0 || mr_str_cmp(mr_state_at(state, i - 1).key, entry.key) < 0);
		FUZZ_CHECK(mr_state_get(state, entry.key, &value) && value.ptr == entry.value.ptr);
		FUZZ_CHECK(mr_state_range(state, entry.key, &first) >= 1 && first == i);
	}
}

/* Everything out one by one, and back in another order: the same state. */
static void take_out_and_put_back(struct mr_state *state, const struct mr_buf *expected)
{
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	MR_AUTO(state) struct mr_state *empty = NULL;
	MR_AUTO(state) struct mr_state *again = NULL;
	MR_AUTO(buf) struct mr_buf text;
	struct mr_error err;
	size_t count = mr_state_count(state);

	FUZZ_CHECK(!mr_failed(mr_tx_new(state, &tx, &err)));
	for (size_t i = 0; i < count; i++)
		FUZZ_CHECK(!mr_failed(mr_tx_delete(tx, mr_state_at(state, i).key, &err)));
	FUZZ_CHECK(!mr_failed(mr_tx_build(tx, &empty, &err)) && mr_state_count(empty) == 0);
	for (size_t i = count; i-- > 0;)
		FUZZ_CHECK(!mr_failed(mr_tx_put(
			tx, mr_state_at(state, i).key, mr_state_at(state, i).value, &err)));
	FUZZ_CHECK(!mr_failed(mr_tx_build(tx, &again, &err)));
	write_state(again, &text);
	/* null has become an empty value */
	FUZZ_CHECK(mr_state_count(again) == count && text.len <= expected->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MR_AUTO(state) struct mr_state *state = NULL;
	MR_AUTO(state) struct mr_state *again = NULL;
	MR_AUTO(buf) struct mr_buf text = { .max = 0 };
	MR_AUTO(buf) struct mr_buf text_again = { .max = 0 };
	struct mr_error err;

	if (mr_failed(mr_state_parse(mr_bytes_str(mr_bytes_of(data, size)), &state, &err)))
		return 0;
	check_entries(state);
	write_state(state, &text);
	FUZZ_CHECK(!mr_failed(mr_state_parse(mr_buf_str(&text), &again, &err)));
	write_state(again, &text_again);
	FUZZ_CHECK(mr_bytes_eq(mr_buf_bytes(&text), mr_buf_bytes(&text_again)));
	take_out_and_put_back(state, &text);
	return 0;
}
