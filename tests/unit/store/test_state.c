/* SPDX-License-Identifier: Apache-2.0 */
#include "store/state.h"

#include <stdio.h>
#include <stdlib.h>

#include "store_test.h"

static struct mr_state *parsed(const char *json)
{
	struct mr_state *state;
	struct mr_error err;

	OK(mr_state_parse(mr_str_of(json), &state, &err));
	return state;
}

static void assert_json(const struct mr_state *state, const char *expected)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };

	mr_buf_init_secret(&out, 1 << 20);
	mr_state_write(state, &out);
	mr_buf_put_u8(&out, '\0');
	assert_int_equal(out.failure, MR_CODE_OK);
	assert_string_equal((const char *)out.data, expected);
}

static void assert_value(const struct mr_state *state, const char *key, const char *value)
{
	struct mr_bytes got = { NULL, 0 };
	bool found = mr_state_get(state, mr_str_of(key), &got);

	assert_int_equal(found, value != NULL);
	if (value)
		assert_bytes_equal(got, mr_str_bytes(mr_str_of(value)));
}

/* --- the blob --- */

static void test_what_is_read_is_written_in_order(void **unused)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "{}", "{}" },
		{ "null", "{}" },
		{ " { } \n", "{}" },
		{ "{\"a\":\"\"}", "{\"a\":\"\"}" },
		{ "{\"a\":null}", "{\"a\":null}" },
		{ "{\"state\":\"Mg==\"}", "{\"state\":\"Mg==\"}" },
		{ "{\"b\":\"Yg==\" , \"a\" :\t\"YQ==\"}", "{\"a\":\"YQ==\",\"b\":\"Yg==\"}" },
		/* bytewise: upper case first, the shorter of two first, 0x7E before 0xC3 */
		{ "{\"ab\":\"\",\"a\":\"\",\"B\":\"\",\"\xC3\xA9\":\"\",\"~\":\"\",\"\":\"\"}",
			"{\"\":\"\",\"B\":\"\",\"a\":\"\",\"ab\":\"\",\"~\":\"\","
			"\"\xC3\xA9\":\"\"}" },
		/* the last of equal keys counts; keys differ by case */
		{ "{\"a\":\"YQ==\",\"A\":\"QQ==\",\"a\":\"Yg==\"}",
			"{\"A\":\"QQ==\",\"a\":\"Yg==\"}" },
		{ "{\"a\":\"YQ==\",\"a\":null}", "{\"a\":null}" },
		{ "{\"\\u0061\":\"YQ==\",\"a\":\"Yg==\"}", "{\"a\":\"Yg==\"}" },
		/* escapes are decoded, and written as the reference does */
		{ "{\"user:\\u003c\\\"\\\\\\n\\u00e9\":\"\"}",
			"{\"user:\\u003c\\\"\\\\\\n\xC3\xA9\":\"\"}" },
		{ "{\"a\\ud800b\":\"\"}", "{\"a\xEF\xBF\xBD"
					  "b\":\"\"}" },
		/* line breaks inside base64, also escaped; bytes as numbers; trailing bits */
		{ "{\"a\":\"Y\\r\\nQ=\\n=\"}", "{\"a\":\"YQ==\"}" },
		{ "{\"a\":\"\\u0059Q==\"}", "{\"a\":\"YQ==\"}" },
		{ "{\"a\":[97,98]}", "{\"a\":\"YWI=\"}" },
		{ "{\"a\":\"YR==\"}", "{\"a\":\"YQ==\"}" },
		/* what this program does not know stays */
		{ "{\"unknown:\":\"//79\",\"secret2:x\":\"AAEC\"}",
			"{\"secret2:x\":\"AAEC\",\"unknown:\":\"//79\"}" },
	};

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(state) struct mr_state *state = parsed(cases[i].in);
		assert_json(state, cases[i].out);
		MR_AUTO(state) struct mr_state *again = parsed(cases[i].out);
		assert_json(again, cases[i].out);
	}
}

static void test_what_is_no_state_is_refused(void **unused)
{
	static const struct {
		const char *in, *text;
	} cases[] = {
		{ "", "unexpected end of JSON input" },
		{ "{\"state\":\"Mw==", "unexpected end of JSON input" },
		{ "{} {}", "invalid character '{' after top-level value" },
		{ "[]", "json: cannot unmarshal array into Go value of type map[string][]uint8" },
		{ "7", "json: cannot unmarshal number into Go value of type map[string][]uint8" },
		{ "\"x\"",
			"json: cannot unmarshal string into Go value of type map[string][]uint8" },
		{ "{\"state\":3}", NULL },
		{ "{\"state\":true}", NULL },
		{ "{\"state\":{}}", NULL },
		{ "{\"state\":[256]}", NULL },
		{ "{\"state\":[1.0]}", NULL },
		{ "{\"state\":\"*\"}", "illegal base64 data at input byte 0" },
		{ "{\"state\":\"Mw\"}", "illegal base64 data at input byte 0" },
		{ "{\"state\":\"Mw==Mw==\"}", NULL },
		{ "{\"state\":\"Mw== \"}", NULL },
		{ "{\"state\":\"_-==\"}", NULL },
	};

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		struct mr_state *state = NULL;
		struct mr_error err;
		mr_result r = mr_state_parse(mr_str_of(cases[i].in), &state, &err);
		assert_null(state);
		assert_int_equal(r.code, MR_CODE_INVALID);
		if (cases[i].text)
			assert_string_equal(err.message, cases[i].text);
	}
}

static void test_a_blob_over_the_limit_is_refused(void **unused)
{
	struct mr_state *state = NULL;
	struct mr_error err;

	(void)unused;
	/* refused by its length, before it is looked at */
	struct mr_str huge = { "{}", MR_STATE_MAX_SIZE + 1 };
	FAILS(mr_state_parse(huge, &state, &err), MR_CODE_LIMIT,
		"state larger than the limit of 268435456 bytes");
	assert_null(state);
}

static void test_writing_stops_at_the_buffers_maximum(void **unused)
{
	MR_AUTO(state) struct mr_state *state = parsed("{\"a\":\"YQ==\"}");
	MR_AUTO(buf) struct mr_buf out = { .max = 5 };
	struct mr_error err;

	(void)unused;
	mr_state_write(state, &out);
	assert_int_equal(mr_buf_status(&out, &err).code, MR_CODE_LIMIT);
}

/* --- reading --- */

static void test_values_and_ranges(void **unused)
{
	MR_AUTO(state)
	struct mr_state *state = parsed(
		"{\"secret:b\":\"Yg==\",\"secret:\":\"\",\"secret:a\":\"YQ==\",\"secret\":\"Yw==\","
		"\"secret2:x\":\"eA==\",\"state\":\"Mw==\",\"\":\"ZQ==\"}");
	size_t first = 99;

	(void)unused;
	assert_int_equal(mr_state_count(state), 7);
	assert_value(state, "secret:b", "b");
	assert_value(state, "secret:", "");
	assert_value(state, "", "e");
	assert_value(state, "secret:c", NULL);
	assert_value(state, "zzz", NULL);
	assert_int_equal(mr_state_range(state, MR_STR("secret:"), &first), 3);
	assert_true(mr_str_eq(mr_state_at(state, first).key, MR_STR("secret:")));
	assert_true(mr_str_eq(mr_state_at(state, first + 2).key, MR_STR("secret:b")));
	assert_bytes_equal(mr_state_at(state, first + 2).value, mr_str_bytes(MR_STR("b")));
	assert_int_equal(mr_state_range(state, MR_STR("secret"), &first), 5);
	assert_int_equal(mr_state_range(state, MR_STR(""), &first), 7);
	assert_int_equal(first, 0);
	assert_int_equal(mr_state_range(state, MR_STR("state:"), &first), 0);
	assert_int_equal(first, 7);
	assert_int_equal(mr_state_range(state, MR_STR("rest"), &first), 0);
	assert_int_equal(first, 1);
}

static void test_what_keys_take(void **unused)
{
	MR_AUTO(state)
	struct mr_state *state = parsed(
		"{\"a:\":\"\",\"a:b\":\"Yg==\",\"a;\":\"YQ==\",\"b\":null}");
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	struct mr_error err;

	(void)unused;
	OK(mr_tx_new(state, &tx, &err));
	struct mr_tx_use use = mr_tx_use(tx, MR_STR("a:"));
	assert_int_equal(use.count, 2);
	assert_int_equal(use.size, strlen("\"a:\":\"\",\"a:b\":\"Yg==\","));
	assert_int_equal(mr_tx_use(tx, MR_STR("c")).count, 0);
	assert_int_equal(mr_tx_use(tx, MR_STR("c")).size, 0);
	for (unsigned i = 0; i < 200; i++) {
		char key[16];
		(void)snprintf(key, sizeof key, "a:%u", i);
		OK(mr_tx_put(tx, mr_str_of(key), mr_bytes_of("x", 1), &err));
	}
	assert_int_equal(mr_tx_use(tx, MR_STR("a:")).count, 202);
	use = mr_tx_use(tx, MR_STR(""));
	assert_int_equal(use.count, 204);
	assert_int_equal(
		use.size, mr_tx_use(tx, MR_STR("a")).size + mr_tx_use(tx, MR_STR("b")).size);
}

static void test_an_empty_state(void **unused)
{
	MR_AUTO(state) struct mr_state *state = NULL;
	struct mr_error err;
	size_t first = 99;

	(void)unused;
	OK(mr_state_new(&state, &err));
	assert_int_equal(mr_state_count(state), 0);
	assert_value(state, "", NULL);
	assert_int_equal(mr_state_range(state, MR_STR(""), &first), 0);
	assert_int_equal(first, 0);
	assert_json(state, "{}");
	mr_state_unref(NULL);
}

/* --- transactions --- */

static void put(struct mr_tx *tx, const char *key, const char *value)
{
	struct mr_error err;

	OK(mr_tx_put(tx, mr_str_of(key), mr_str_bytes(mr_str_of(value)), &err));
}

static void test_a_transaction_sees_its_changes_and_the_base_does_not(void **unused)
{
	MR_AUTO(state) struct mr_state *base = parsed("{\"a\":\"MQ==\",\"b\":\"Mg==\"}");
	MR_AUTO(state) struct mr_state *next = NULL;
	MR_AUTO(state) struct mr_state *later = NULL;
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	struct mr_bytes value;
	struct mr_error err;

	(void)unused;
	OK(mr_tx_new(base, &tx, &err));
	assert_false(mr_tx_changed(tx));
	put(tx, "c", "3");
	put(tx, "a", "one");
	assert_true(mr_tx_changed(tx));
	OK(mr_tx_delete(tx, MR_STR("b"), &err));
	OK(mr_tx_need(tx, MR_STR("a"), &value, &err));
	assert_bytes_equal(value, mr_str_bytes(MR_STR("one")));
	assert_false(mr_tx_get(tx, MR_STR("b"), &value));
	FAILS(mr_tx_need(tx, MR_STR("b"), &value, &err), MR_CODE_NOT_FOUND,
		"requested value not set");
	OK(mr_tx_build(tx, &next, &err));
	put(tx, "d", "4");
	OK(mr_tx_build(tx, &later, &err));

	assert_json(base, "{\"a\":\"MQ==\",\"b\":\"Mg==\"}");
	assert_json(next, "{\"a\":\"b25l\",\"c\":\"Mw==\"}");
	assert_json(later, "{\"a\":\"b25l\",\"c\":\"Mw==\",\"d\":\"NA==\"}");
	mr_tx_free(NULL);
}

static void test_what_changes_nothing_is_no_change(void **unused)
{
	MR_AUTO(state) struct mr_state *base = parsed("{\"a\":\"MQ==\",\"n\":null}");
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	struct mr_error err;

	(void)unused;
	OK(mr_tx_new(base, &tx, &err));
	put(tx, "a", "1");
	put(tx, "n", "");
	OK(mr_tx_delete(tx, MR_STR("absent"), &err));
	OK(mr_tx_delete_prefix(tx, MR_STR("absent"), &err));
	assert_false(mr_tx_changed(tx));
	OK(mr_tx_delete_prefix(tx, MR_STR("n"), &err));
	assert_true(mr_tx_changed(tx));
}

static void test_values_are_shared_between_states(void **unused)
{
	MR_AUTO(state) struct mr_state *base = parsed("{\"a\":\"MQ==\",\"b\":\"Mg==\"}");
	MR_AUTO(state) struct mr_state *next = NULL;
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	struct mr_bytes before;
	struct mr_bytes after;
	struct mr_error err;

	(void)unused;
	OK(mr_tx_new(base, &tx, &err));
	put(tx, "b", "changed");
	OK(mr_tx_build(tx, &next, &err));
	assert_true(mr_state_get(base, MR_STR("a"), &before));
	assert_true(mr_state_get(next, MR_STR("a"), &after));
	assert_ptr_equal(before.ptr, after.ptr);
	/* the next one outlives its base */
	mr_state_unref(base);
	base = NULL;
	assert_value(next, "a", "1");
	struct mr_state *held = mr_state_ref(next);
	mr_state_unref(next);
	assert_value(held, "b", "changed");
}

static void test_changes_are_replayed_on_another_base(void **unused)
{
	MR_AUTO(state)
	struct mr_state *base = parsed("{\"a\":\"MQ==\",\"b\":\"Mg==\",\"c\":\"Mw==\",\"n\":null}");
	MR_AUTO(state)
	struct mr_state *other = parsed("{\"b\":\"Mg==\",\"d\":\"NA==\",\"z\":\"\"}");
	MR_AUTO(state) struct mr_state *next = NULL;
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	MR_AUTO(tx) struct mr_tx *target = NULL;
	struct mr_bytes ours = { NULL, 0 };
	struct mr_bytes theirs = { NULL, 0 };
	struct mr_error err;

	(void)unused;
	OK(mr_tx_new(base, &tx, &err));
	OK(mr_tx_new(other, &target, &err));
	OK(mr_tx_replay(tx, target, &err));
	assert_false(mr_tx_changed(target));

	put(tx, "a", "one");
	put(tx, "d", "4");
	put(tx, "y", "new");
	OK(mr_tx_delete(tx, MR_STR("b"), &err));
	OK(mr_tx_delete(tx, MR_STR("c"), &err));
	OK(mr_tx_replay(tx, target, &err));
	assert_true(mr_tx_changed(target));
	OK(mr_tx_build(target, &next, &err));
	assert_json(next, "{\"a\":\"b25l\",\"d\":\"NA==\",\"y\":\"bmV3\",\"z\":\"\"}");
	assert_true(mr_tx_get(tx, MR_STR("y"), &ours) && mr_state_get(next, MR_STR("y"), &theirs));
	assert_ptr_equal(ours.ptr, theirs.ptr);
}

static void test_bad_puts_are_refused_and_change_nothing(void **unused)
{
	MR_AUTO(state) struct mr_state *base = parsed("{}");
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	struct mr_error err;

	(void)unused;
	OK(mr_tx_new(base, &tx, &err));
	FAILS(mr_tx_put(tx, MR_STR("a\xFF"), mr_bytes_of("x", 1), &err), MR_CODE_INVALID,
		"key of the state is not valid UTF-8");
	FAILS(mr_tx_put(tx, MR_STR("a"), mr_bytes_of("x", MR_STATE_MAX_SIZE), &err), MR_CODE_LIMIT,
		"value larger than the limit of a state");
	assert_false(mr_tx_changed(tx));
}

static void test_a_state_cannot_outgrow_its_blob(void **unused)
{
	enum { PART = 90 << 20 }; /* 120 MiB in base64 */
	MR_AUTO(state) struct mr_state *base = parsed("{\"x\":\"\"}");
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	struct mr_error err;
	uint8_t *zeros = calloc(1, PART);

	(void)unused;
	assert_non_null(zeros);
	OK(mr_tx_new(base, &tx, &err));
	OK(mr_tx_put(tx, MR_STR("a"), mr_bytes_of(zeros, PART), &err));
	OK(mr_tx_put(tx, MR_STR("b"), mr_bytes_of(zeros, PART), &err));
	FAILS(mr_tx_put(tx, MR_STR("c"), mr_bytes_of(zeros, PART), &err), MR_CODE_LIMIT,
		"state larger than the limit of 268435456 bytes");
	FAILS(mr_tx_put(tx, MR_STR("x"), mr_bytes_of(zeros, PART), &err), MR_CODE_LIMIT,
		"state larger than the limit of 268435456 bytes");
	OK(mr_tx_delete(tx, MR_STR("a"), &err));
	OK(mr_tx_put(tx, MR_STR("c"), mr_bytes_of(zeros, PART), &err));
	free(zeros);
}

/* --- against a simple model --- */

enum { MODEL_KEYS = 3000, MODEL_STEPS = 40000 };

/* values of the keys `k:<n mod 7>:<n>`; 0: absent */
static unsigned model[MODEL_KEYS];

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static struct mr_str key_of(char buf[32], unsigned n)
{
	return (struct mr_str){ buf, (size_t)snprintf(buf, 32, "k:%u:%u", n % 7, n) };
}

static void compare_with_model(const struct mr_state *state)
{
	size_t present = 0;
	size_t of_three = 0;
	size_t first;

	for (unsigned n = 0; n < MODEL_KEYS; n++) {
		char buf[32];
		struct mr_bytes value;
		assert_int_equal(mr_state_get(state, key_of(buf, n), &value), model[n] != 0);
		if (!model[n])
			continue;
		present++;
		of_three += n % 7 == 3;
		assert_int_equal(value.len, sizeof model[n]);
		assert_memory_equal(value.ptr, &model[n], sizeof model[n]);
	}
	assert_int_equal(mr_state_count(state), present);
	assert_int_equal(mr_state_range(state, MR_STR("k:3:"), &first), of_three);
	for (size_t i = 1; i < present; i++)
		assert_true(
			mr_str_cmp(mr_state_at(state, i - 1).key, mr_state_at(state, i).key) < 0);
}

static void random_step(struct mr_tx *tx, unsigned *seed)
{
	unsigned kind = next_random(seed) % 1000;
	unsigned n = next_random(seed) % MODEL_KEYS;
	char buf[32];
	struct mr_error err;

	if (kind == 0) {
		int len = snprintf(buf, sizeof buf, "k:%u:", n % 7);
		OK(mr_tx_delete_prefix(tx, (struct mr_str){ buf, (size_t)len }, &err));
		for (unsigned i = n % 7; i < MODEL_KEYS; i += 7)
			model[i] = 0;
	} else if (kind < 300) {
		OK(mr_tx_delete(tx, key_of(buf, n), &err));
		model[n] = 0;
	} else {
		model[n] = next_random(seed) + 1;
		OK(mr_tx_put(tx, key_of(buf, n), mr_bytes_of(&model[n], sizeof model[n]), &err));
	}
}

/* The same changes again, on the same base. */
static void compare_replayed(struct mr_state *base, const struct mr_tx *tx)
{
	MR_AUTO(state) struct mr_state *state = NULL;
	MR_AUTO(tx) struct mr_tx *again = NULL;
	struct mr_error err;

	OK(mr_tx_new(base, &again, &err));
	OK(mr_tx_replay(tx, again, &err));
	OK(mr_tx_build(again, &state, &err));
	compare_with_model(state);
}

static void test_random_changes_agree_with_a_model(void **unused)
{
	MR_AUTO(state) struct mr_state *state = parsed("{}");
	unsigned seed = 1;
	struct mr_error err;

	(void)unused;
	for (unsigned step = 0; step < MODEL_STEPS;) {
		MR_AUTO(tx) struct mr_tx *tx = NULL;
		MR_AUTO(buf) struct mr_buf before = { .max = 1 << 24 };
		MR_AUTO(buf) struct mr_buf after = { .max = 1 << 24 };
		struct mr_state *next;

		mr_state_write(state, &before);
		OK(mr_tx_new(state, &tx, &err));
		for (unsigned i = next_random(&seed) % 2000; i > 0; i--, step++)
			random_step(tx, &seed);
		OK(mr_tx_build(tx, &next, &err));
		compare_with_model(next);
		compare_replayed(state, tx);
		mr_state_write(state, &after);
		assert_bytes_equal(mr_buf_bytes(&after), mr_buf_bytes(&before));
		mr_state_unref(state);
		state = next;
	}
	MR_AUTO(buf) struct mr_buf blob = { .max = 1 << 24 };
	mr_state_write(state, &blob);
	mr_state_unref(state);
	OK(mr_state_parse(mr_buf_str(&blob), &state, &err));
	compare_with_model(state);
}

static void test_many_keys_in_any_order(void **unused)
{
	enum { KEYS = 20000 };
	MR_AUTO(state) struct mr_state *state = parsed("{}");

	(void)unused;
	for (unsigned stride = 1; stride < KEYS;
		stride += 7776) { /* 1, 7777, 15553: odd, no factor 5 */
		MR_AUTO(tx) struct mr_tx *tx = NULL;
		MR_AUTO(state) struct mr_state *next = NULL;
		struct mr_error err;
		char buf[32];
		OK(mr_tx_new(state, &tx, &err));
		for (unsigned i = 0; i < KEYS; i++) {
			unsigned n = (unsigned)((uint64_t)i * stride % KEYS);
			OK(mr_tx_put(tx, key_of(buf, n), mr_bytes_of(&n, sizeof n), &err));
		}
		OK(mr_tx_build(tx, &next, &err));
		assert_int_equal(mr_state_count(next), KEYS);
		for (unsigned n = 0; n < KEYS; n++) {
			struct mr_bytes value;
			assert_true(mr_state_get(next, key_of(buf, n), &value));
			assert_memory_equal(value.ptr, &n, sizeof n);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_read_is_written_in_order),
		cmocka_unit_test(test_what_is_no_state_is_refused),
		cmocka_unit_test(test_a_blob_over_the_limit_is_refused),
		cmocka_unit_test(test_writing_stops_at_the_buffers_maximum),
		cmocka_unit_test(test_values_and_ranges),
		cmocka_unit_test(test_what_keys_take),
		cmocka_unit_test(test_an_empty_state),
		cmocka_unit_test(test_a_transaction_sees_its_changes_and_the_base_does_not),
		cmocka_unit_test(test_what_changes_nothing_is_no_change),
		cmocka_unit_test(test_values_are_shared_between_states),
		cmocka_unit_test(test_changes_are_replayed_on_another_base),
		cmocka_unit_test(test_bad_puts_are_refused_and_change_nothing),
		cmocka_unit_test(test_a_state_cannot_outgrow_its_blob),
		cmocka_unit_test(test_random_changes_agree_with_a_model),
		cmocka_unit_test(test_many_keys_in_any_order),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
