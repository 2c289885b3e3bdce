/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/macros.h"
#include "codec/pem.h"

#define BEGIN "-----BEGIN A-----"
#define END "-----END A-----"

static void check_encoded(const char *label, size_t size, const char *want)
{
	uint8_t data[100];
	MR_AUTO(buf) struct mr_buf out = { 0 };

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)i;
	mr_buf_init(&out, 1000);
	mr_pem_encode(&out, label, mr_bytes_of(data, size));
	assert_int_equal(out.len, strlen(want));
	assert_memory_equal(out.data, want, out.len);
}

static void test_encode(void **state)
{
	(void)state;
	check_encoded("A", 0, BEGIN "\n" END "\n");
	check_encoded(
		"PUBLIC KEY", 2, "-----BEGIN PUBLIC KEY-----\nAAE=\n-----END PUBLIC KEY-----\n");
	check_encoded("A", 48,
		BEGIN "\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\n" END
		      "\n");
	check_encoded("A", 49,
		BEGIN "\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\n"
		      "MA==\n" END "\n");
}

/* With the label "A" and the bytes 00 01; `rest` NULL: no block. */
static const struct {
	const char *text, *rest;
} rows[] = {
	{ BEGIN "\nAAE=\n" END "\n", "" },
	{ BEGIN "\nAAE=\n" END, "" },
	{ BEGIN "\r\nAAE=\r\n" END "\r\nx", "x" },
	{ BEGIN " \t\nAAE=\n" END " \t\nrest", "rest" },
	{ "x\n" BEGIN "\nAAE=\n" END "\n\n\nz", "\n\nz" },
	{ BEGIN "\nA A E =\n" END "\n", "" },
	{ BEGIN "\n\tAA\r\n\r\nE=\n\n" END "\n", "" },
	{ END "\n" BEGIN "\nAAE=\n" END "\n", "" },
	/* headers are skipped */
	{ BEGIN "\nK: v\n\nAAE=\n" END "\n", "" },
	{ BEGIN "\nK: v\nL:\n :\nAAE=\n" END "\n", "" },
	{ BEGIN "\nProc-Type: 4,ENCRYPTED\nDEK-Info: x\n\nAAE=\n" END "\n", "" },
	/* a broken block, then a good one */
	{ BEGIN "\nA*\n" END "\n" BEGIN "\nAAE=\n" END "\n", "" },
	{ BEGIN "\nAAI=\n-----END B-----\n" BEGIN "\nAAE=\n" END "\n", "" },
	{ BEGIN "\nAAI=\n" BEGIN "\nAAE=\n" END "\n", "" },
	{ BEGIN "\nK: v\n" END "\n" BEGIN "\nAAE=\n" END "\n", "" },
	{ "-----BEGIN B-----\n" BEGIN "\nAAE=\n" END "\n-----END B-----\n", "-----END B-----\n" },
	{ "-----BEGIN A\nx\n-----END A\n" BEGIN "\nAAE=\n" END "\n", "" },
	/* none */
	{ "", NULL },
	{ "AAE=", NULL },
	{ BEGIN, NULL },
	{ BEGIN "\nAAE=\n", NULL },
	{ "x" BEGIN "\nAAE=\n" END "\n", NULL },
	{ " " BEGIN "\nAAE=\n" END "\n", NULL },
	{ BEGIN "x\nAAE=\n" END "\n", NULL },
	{ BEGIN "\nAAE=\n" END "x\n", NULL },
	{ BEGIN "\nAAE=" END "\n", NULL },
	{ BEGIN "\nAAE=\n " END "\n", NULL },
	{ BEGIN "\nAAE=\n" END "\r", NULL },
	{ BEGIN "\rAAE=\r" END "\r", NULL },
	{ BEGIN "\nAAE\n" END "\n", NULL },
	{ BEGIN "\nAAE=AAE=\n" END "\n", NULL },
	{ BEGIN "\nAAE=\n=abc\n" END "\n", NULL },
	{ BEGIN "\nK: v\n" END "\n", NULL },
	{ BEGIN "\nAAE=\n-----END AB-----\n", NULL },
	{ BEGIN "\nAAE=\n-----END A----\n" END "\n", NULL },
	{ "-----BEGIN A----\nAAE=\n-----END A----\n", NULL },
	{ "-----BEGIN\nA-----\nAAE=\n" END "\n", NULL },
	{ "-----BEGIN A: b-----\n-----END A: b-----\n", NULL },
};

static void test_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf der = { 0 };
		struct mr_str label, rest;
		struct mr_error err;

		mr_buf_init(&der, 100);
		mr_buf_put_u8(&der, 0xAB);
		mr_result r = mr_pem_decode(mr_str_of(rows[i].text), &label, &der, &rest, &err);
		if (mr_failed(r) == (rows[i].rest != NULL))
			fail_msg("%s", rows[i].text);
		if (mr_failed(r)) {
			assert_int_equal(r.code, MR_CODE_NOT_FOUND);
			assert_int_equal(der.len, 1);
			continue;
		}
		assert_true(mr_str_eq(label, MR_STR("A")));
		assert_true(mr_str_eq(rest, mr_str_of(rows[i].rest)));
		assert_int_equal(der.len, 3);
		assert_memory_equal(der.data, "\xAB\0\1", 3);
	}
}

static void test_decode_labels_and_empty_bodies(void **state)
{
	static const struct {
		const char *text, *label;
	} labels[] = {
		{ "-----BEGIN -----\n-----END -----\n", "" },
		{ "-----BEGIN  A -----\n-----END  A -----\n", " A " },
		{ "-----BEGIN A------\n-----END A------\n", "A-" },
		{ "-----BEGIN RSA PRIVATE KEY-----\n\n\n-----END RSA PRIVATE KEY-----\n",
			"RSA PRIVATE KEY" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(labels); i++) {
		MR_AUTO(buf) struct mr_buf der = { 0 };
		struct mr_str label, rest;
		struct mr_error err;

		mr_buf_init(&der, 10);
		assert_int_equal(
			mr_pem_decode(mr_str_of(labels[i].text), &label, &der, &rest, &err).code,
			MR_CODE_OK);
		assert_true(mr_str_eq(label, mr_str_of(labels[i].label)));
		assert_int_equal(rest.len, 0);
		assert_int_equal(der.len, 0);
	}
}

static void test_walk_over_blocks(void **state)
{
	struct mr_str text = MR_STR("one\n-----BEGIN A-----\nAAE=\n-----END A-----\ntwo\n"
				    "-----BEGIN B-----\nAAI=\n-----END B-----\nthree\n");
	MR_AUTO(buf) struct mr_buf der = { 0 };
	struct mr_str label;
	struct mr_error err;

	(void)state;
	mr_buf_init(&der, 10);
	assert_int_equal(mr_pem_decode(text, &label, &der, &text, &err).code, MR_CODE_OK);
	assert_int_equal(mr_pem_decode(text, &label, &der, &text, &err).code, MR_CODE_OK);
	assert_true(mr_str_eq(label, MR_STR("B")));
	assert_true(mr_str_eq(text, MR_STR("three\n")));
	assert_int_equal(der.len, 4);
	assert_memory_equal(der.data, "\0\1\0\2", 4);
	assert_int_equal(mr_pem_decode(text, &label, &der, &text, &err).code, MR_CODE_NOT_FOUND);
	assert_string_equal(err.message, "no PEM block found");
}

static void test_decode_keeps_to_the_maximum(void **state)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	struct mr_str label, rest;
	struct mr_error err;

	(void)state;
	mr_buf_init(&der, 2);
	assert_int_equal(
		mr_pem_decode(MR_STR(BEGIN "\nAAAA\n" END "\n"), &label, &der, &rest, &err).code,
		MR_CODE_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_labels_and_empty_bodies),
		cmocka_unit_test(test_walk_over_blocks),
		cmocka_unit_test(test_decode_keeps_to_the_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
