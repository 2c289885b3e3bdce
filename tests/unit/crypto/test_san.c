/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert_write.h"
#include "crypto_test.h"

static void test_ip_literals(void **state)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ "127.0.0.1", "7f000001" },
		{ "255.255.255.255", "ffffffff" },
		{ "::1", "00000000000000000000000000000001" },
		{ "2001:db8::7", "20010db8000000000000000000000007" },
		{ "2001:DB8::7", "20010db8000000000000000000000007" },
		{ "::ffff:10.0.0.1", "0a000001" },
		{ "::ffff:0a00:0001", "0a000001" },
		{ "::10.0.0.1", "0000000000000000000000000a000001" },
		{ "1:2:3:4:5:6:7:8", "00010002000300040005000600070008" },
		{ "", "" },
		{ "010.1.1.1", "" },
		{ "1.2.3", "" },
		{ "1.2.3.4.5", "" },
		{ "1.2.3.256", "" },
		{ "1.2.3.4 ", "" },
		{ " 1.2.3.4", "" },
		{ "0x7f.0.0.1", "" },
		{ "127.1", "" },
		{ "fe80::1%eth0", "" },
		{ "[::1]", "" },
		{ "1:2:3:4:5:6:7", "" },
		{ "1::2::3", "" },
		{ "12345::", "" },
		{ "localhost", "" },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", "" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		uint8_t out[16];
		size_t size = mr_ip_parse(mr_str_of(rows[i].text), out);

		assert_bytes_equal(mr_bytes_of(out, size), hex(rows[i].expected));
	}
	uint8_t out[16];
	assert_int_equal(mr_ip_parse((struct mr_str){ "127.0.0.1\0x", 11 }, out), 0);
}

/* 30 §3.1 */
static void test_lists(void **state)
{
	static const struct {
		const char *text;
		const char *expected[5]; /* "D:" and a name, or "I:" and hex */
	} rows[] = {
		{ "localhost", { "D:localhost" } },
		{ "b.example,10.9.8.7,a.example,fe80::1",
			{ "D:b.example", "I:0a090807", "D:a.example",
				"I:fe800000000000000000000000000001" } },
		{ "010.1.1.1,1.2.3,*.wild.example",
			{ "D:010.1.1.1", "D:1.2.3", "D:*.wild.example" } },
		{ " spaced.example", { "D: spaced.example" } },
		{ "a,,b,", { "D:a", "D:", "D:b", "D:" } },
		{ "", { "D:" } },
	};
	static struct mr_san_list list;
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		size_t count = 0;

		OK(mr_san_list_parse(mr_str_of(rows[i].text), &list, &err));
		for (; rows[i].expected[count]; count++) {
			const char *expected = rows[i].expected[count];
			bool ip = expected[0] == 'I';

			assert_int_equal(list.names[count].tag, ip ? 7 : 2);
			assert_bytes_equal(list.names[count].value,
				ip ? hex(expected + 2) : text_bytes(expected + 2));
		}
		assert_int_equal(list.count, count);
	}
}

static void test_list_refusals(void **state)
{
	static struct mr_san_list list;
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_error err;

	(void)state;
	FAILS(mr_san_list_parse(MR_STR("a,\xC3\xA9"), &list, &err), MR_CODE_INVALID,
		"x509: \"\xC3\xA9\" cannot be encoded as an IA5String");
	mr_buf_init(&b, 1 << 12);
	for (unsigned i = 0; i < MR_CERT_MAX_NAMES - 1; i++)
		mr_buf_put_u8(&b, ',');
	OK(mr_san_list_parse(mr_buf_str(&b), &list, &err));
	assert_int_equal(list.count, MR_CERT_MAX_NAMES);
	mr_buf_put_u8(&b, ',');
	FAILS(mr_san_list_parse(mr_buf_str(&b), &list, &err), MR_CODE_LIMIT,
		"more than 1024 names");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ip_literals),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_list_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
