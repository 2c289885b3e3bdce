/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/der.h"
#include "crypto_test.h"

enum { MAX = 1 << 17 };

static void test_elements(void **state)
{
	static const struct {
		const char *hex;
		bool good;
	} rows[] = {
		{ "", false },
		{ "04", false },
		{ "0400", true },
		{ "040141", true },
		{ "0402 41", false },
		{ "04 80 0000", false },  /* indefinite */
		{ "04 81 01 41", false }, /* not the shortest length */
		{ "04 81 7f 41", false },
		{ "04 82 0080 00", false },
		{ "04 84 00000001 41", false },
		{ "04 85 0000000001 41", false },
		{ "04 84 ffffffff 41", false }, /* far beyond the end */
		{ "04 82", false },
		{ "00 00", false },    /* end of contents */
		{ "1f 01 00", false }, /* high tag number */
		{ "bf 81 01 00", false },
		{ "a0 03 020101", true },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		struct mr_bytes der = hex(rows[i].hex);
		struct mr_cursor c = mr_cursor_of(der);
		struct mr_bytes content;
		struct mr_bytes whole;
		uint8_t tag;

		bool good = mr_der_next(&c, &tag, &content, &whole);
		assert_int_equal(good, rows[i].good);
		if (good) {
			assert_bytes_equal(whole, der);
			assert_int_equal(tag, der.ptr[0]);
			assert_int_equal(mr_cursor_left(&c), 0);
		} else {
			assert_ptr_equal(mr_cursor_rest(&c).ptr, der.ptr);
		}
	}
}

static void test_long_elements(void **state)
{
	static const size_t sizes[] = { 0, 1, 127, 128, 255, 256, 65535, 65536, 70000 };
	MR_AUTO(buf) struct mr_buf content = { 0 };
	MR_AUTO(buf) struct mr_buf put = { 0 };
	MR_AUTO(buf) struct mr_buf opened = { 0 };

	(void)state;
	mr_buf_init(&content, MAX);
	mr_buf_init(&put, MAX);
	mr_buf_init(&opened, MAX);
	for (size_t i = 0; i < MR_COUNT(sizes); i++) {
		struct mr_cursor inner;

		while (content.len < sizes[i])
			mr_buf_put_u8(&content, (uint8_t)content.len);
		mr_buf_clear(&put);
		mr_buf_clear(&opened);
		mr_der_put(&put, MR_DER_SEQUENCE, mr_buf_bytes(&content));
		size_t at = mr_der_open(&opened, MR_DER_SEQUENCE);
		mr_buf_put_bytes(&opened, mr_buf_bytes(&content));
		mr_der_close(&opened, at);
		assert_bytes_equal(mr_buf_bytes(&opened), mr_buf_bytes(&put));
		struct mr_cursor c = mr_cursor_of(mr_buf_bytes(&put));
		assert_true(mr_der_enter(&c, MR_DER_SEQUENCE, &inner));
		assert_int_equal(mr_cursor_left(&inner), sizes[i]);
		assert_int_equal(mr_cursor_left(&c), 0);
	}
}

static void test_expect(void **state)
{
	struct mr_bytes der = hex("020101 0500");
	struct mr_cursor c = mr_cursor_of(der);
	struct mr_cursor inner;
	struct mr_bytes content;

	(void)state;
	assert_true(mr_der_peek(&c, MR_DER_INTEGER));
	assert_false(mr_der_peek(&c, MR_DER_NULL));
	assert_false(mr_der_expect(&c, MR_DER_NULL, &content));
	assert_false(mr_der_enter(&c, MR_DER_SEQUENCE, &inner));
	assert_ptr_equal(mr_cursor_rest(&c).ptr, der.ptr);
	assert_true(mr_der_expect(&c, MR_DER_INTEGER, &content));
	assert_true(mr_der_expect(&c, MR_DER_NULL, &content));
	assert_int_equal(content.len, 0);
	assert_false(mr_der_peek(&c, MR_DER_NULL));
}

static void test_integers(void **state)
{
	static const struct {
		const char *hex;
		bool good;
		uint64_t value;
	} rows[] = {
		{ "020100", true, 0 },
		{ "02017f", true, 127 },
		{ "02020080", true, 128 },
		{ "020201ff", true, 511 },
		{ "0208 7fffffffffffffff", true, INT64_MAX },
		{ "0209 00ffffffffffffffff", true, UINT64_MAX },
		{ "0209 01ffffffffffffffff", false, 0 }, /* does not fit */
		{ "0200", false, 0 },
		{ "0201ff", false, 0 },   /* negative */
		{ "02020000", false, 0 }, /* not the shortest */
		{ "0202007f", false, 0 },
		{ "030100", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf b = { 0 };
		struct mr_bytes der = hex(rows[i].hex);
		struct mr_cursor c = mr_cursor_of(der);
		uint64_t value = 42;

		assert_int_equal(mr_der_u64(&c, &value), rows[i].good);
		if (!rows[i].good) {
			assert_int_equal(value, 42);
			assert_ptr_equal(mr_cursor_rest(&c).ptr, der.ptr);
			continue;
		}
		assert_true(value == rows[i].value);
		mr_buf_init(&b, MAX);
		mr_der_put_u64(&b, value);
		assert_bytes_equal(mr_buf_bytes(&b), der);
	}
}

static void test_unsigned(void **state)
{
	static const struct {
		const char *number, *der;
	} rows[] = {
		{ "", "020100" },
		{ "00", "020100" },
		{ "0000", "020100" },
		{ "7f", "02017f" },
		{ "80", "02020080" },
		{ "000080", "02020080" },
		{ "ffeeddccbbaa99887766554433221100", "0211 00ffeeddccbbaa99887766554433221100" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf b = { 0 };
		struct mr_bytes digits;

		mr_buf_init(&b, MAX);
		mr_der_put_unsigned(&b, hex(rows[i].number));
		assert_bytes_equal(mr_buf_bytes(&b), hex(rows[i].der));
		struct mr_cursor c = mr_cursor_of(mr_buf_bytes(&b));
		assert_true(mr_der_unsigned(&c, &digits));
		assert_true(digits.len > 0 && (digits.ptr[0] != 0 || digits.len == 1));
	}
}

static void test_default_false(void **state)
{
	static const struct {
		const char *hex;
		bool good, value;
		size_t left;
	} rows[] = {
		{ "", true, false, 0 },
		{ "0400", true, false, 2 },
		{ "010100", true, false, 0 },
		{ "0101ff", true, true, 0 },
		{ "010101", false, false, 3 },
		{ "0100", false, false, 2 },
		{ "0102ffff", false, false, 4 },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		struct mr_cursor c = mr_cursor_of(hex(rows[i].hex));
		bool value = !rows[i].value;

		assert_int_equal(mr_der_default_false(&c, &value), rows[i].good);
		if (rows[i].good)
			assert_int_equal(value, rows[i].value);
		assert_int_equal(mr_cursor_left(&c), rows[i].left);
	}
}

static void test_oids(void **state)
{
	static const struct {
		const char *hex;
		bool good;
	} rows[] = {
		{ "0603550403", true },
		{ "06052bcd2f0201", true },
		{ "0600", false },
		{ "0601cd", false },     /* ends in the middle */
		{ "0603558003", false }, /* padded */
		{ "0603808003", false },
		{ "0503550403", false },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		struct mr_bytes der = hex(rows[i].hex);
		struct mr_cursor c = mr_cursor_of(der);
		struct mr_bytes oid;

		assert_int_equal(mr_der_oid(&c, &oid), rows[i].good);
		assert_int_equal(mr_cursor_left(&c), rows[i].good ? 0 : der.len);
	}
}

static void test_bits(void **state)
{
	struct mr_cursor good = mr_cursor_of(hex("0303 00 0102"));
	struct mr_cursor unused = mr_cursor_of(hex("0302 07 80"));
	struct mr_cursor empty = mr_cursor_of(hex("0300"));
	struct mr_bytes bits;
	MR_AUTO(buf) struct mr_buf b = { 0 };

	(void)state;
	assert_true(mr_der_bits(&good, &bits));
	assert_bytes_equal(bits, hex("0102"));
	assert_false(mr_der_bits(&unused, &bits));
	assert_false(mr_der_bits(&empty, &bits));
	mr_buf_init(&b, MAX);
	mr_der_put_bits(&b, hex("84"), 2);
	mr_der_put_bool(&b, true);
	mr_der_put_bool(&b, false);
	mr_der_put_oid(&b, hex("550403"));
	assert_bytes_equal(mr_buf_bytes(&b), hex("03020284 0101ff 010100 0603550403"));
}

static void put_time_text(struct mr_buf *b, uint8_t tag, const char *text)
{
	mr_buf_clear(b);
	mr_der_put(b, tag, text_bytes(text));
}

static void test_times(void **state)
{
	static const struct {
		uint8_t tag;
		const char *text;
		bool good, ours;
		int64_t value;
	} rows[] = {
		{ 0x17, "700101000000Z", true, true, 0 },
		{ 0x17, "491231235959Z", true, true, 2524607999 },
		{ 0x18, "20500101000000Z", true, true, 2524608000 },
		{ 0x17, "500101000000Z", true, true, -631152000 },
		{ 0x18, "19491231235959Z", true, true, -631152001 },
		{ 0x18, "00010101000000Z", true, true, -62135596800 },
		{ 0x18, "99991231235959Z", true, true, 253402300799 },
		{ 0x18, "23160224220036Z", true, true, 10923372036 },
		{ 0x17, "240229120000Z", true, true, 1709208000 },
		{ 0x18, "20240229120000Z", true, false, 1709208000 },
		{ 0x17, "230229120000Z", false, false, 0 }, /* no leap year */
		{ 0x18, "19000229120000Z", false, false, 0 },
		{ 0x18, "20000229120000Z", true, false, 951825600 },
		{ 0x17, "240431120000Z", false, false, 0 },
		{ 0x17, "240400120000Z", false, false, 0 },
		{ 0x17, "240030120000Z", false, false, 0 },
		{ 0x17, "241301120000Z", false, false, 0 },
		{ 0x17, "240101240000Z", false, false, 0 },
		{ 0x17, "240101236000Z", false, false, 0 },
		{ 0x17, "240101235960Z", false, false, 0 },
		{ 0x17, "2401012359Z", false, false, 0 }, /* without seconds */
		{ 0x17, "240101235959", false, false, 0 },
		{ 0x17, "240101235959+0000", false, false, 0 },
		{ 0x17, "240101235959ZZ", false, false, 0 },
		{ 0x17, "24010123595aZ", false, false, 0 },
		{ 0x17, "", false, false, 0 },
		{ 0x18, "20240101235959.5Z", false, false, 0 },
		{ 0x18, "00000101000000Z", false, false, 0 },
		{ 0x18, "240101235959Z", false, false, 0 },
		{ 0x16, "240101235959Z", false, false, 0 },
	};
	MR_AUTO(buf) struct mr_buf b = { 0 };
	MR_AUTO(buf) struct mr_buf again = { 0 };

	(void)state;
	mr_buf_init(&b, MAX);
	mr_buf_init(&again, MAX);
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		int64_t value = 42;

		put_time_text(&b, rows[i].tag, rows[i].text);
		struct mr_cursor c = mr_cursor_of(mr_buf_bytes(&b));
		assert_int_equal(mr_der_time(&c, &value), rows[i].good);
		assert_true(value == (rows[i].good ? rows[i].value : 42));
		if (!rows[i].ours)
			continue;
		mr_buf_clear(&again);
		mr_der_put_time(&again, value);
		assert_bytes_equal(mr_buf_bytes(&again), mr_buf_bytes(&b));
	}
}

static void test_times_out_of_range(void **state)
{
	static const int64_t rows[] = { -62135596801, 253402300800, INT64_MIN, INT64_MAX };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf b = { 0 };
		struct mr_error err;

		mr_buf_init(&b, MAX);
		mr_der_put_time(&b, rows[i]);
		assert_int_equal(mr_buf_status(&b, &err).code, MR_CODE_INVALID);
	}
}

static void test_directory_strings(void **state)
{
	static const struct {
		const char *text, *der;
	} rows[] = {
		{ "", "1300" },
		{ "Az09 '()+,-./:=?", "1310 417a3039202728292b2c2d2e2f3a3d3f" },
		{ "a*b", "0c03612a62" },
		{ "a&b", "0c03612662" },
		{ "a@b", "0c03614062" },
		{ "a_b", "0c03615f62" },
		{ "\xC3\xA9", "0c02c3a9" },
	};
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		mr_buf_clear(&b);
		mr_der_put_directory_string(&b, mr_str_of(rows[i].text));
		assert_bytes_equal(mr_buf_bytes(&b), hex(rows[i].der));
	}
	mr_der_put_directory_string(&b, MR_STR("\xC3"));
	assert_int_equal(mr_buf_status(&b, &err).code, MR_CODE_INVALID);
}

/* A buffer that is full stays so, and closing is harmless then. */
static void test_full_buffers(void **state)
{
	(void)state;
	for (size_t max = 0; max < 300; max++) {
		MR_AUTO(buf) struct mr_buf b = { 0 };
		struct mr_error err;
		uint8_t content[200] = { 0 };

		mr_buf_init(&b, max);
		size_t outer = mr_der_open(&b, MR_DER_SEQUENCE);
		size_t inner = mr_der_open(&b, MR_DER_SET);
		mr_buf_put(&b, content, sizeof content);
		mr_der_close(&b, inner);
		mr_der_put_u64(&b, 1);
		mr_der_close(&b, outer);
		assert_int_equal(
			mr_buf_status(&b, &err).code, max < 209 ? MR_CODE_LIMIT : MR_CODE_OK);
		if (max >= 209)
			assert_int_equal(b.len, 209);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_long_elements),
		cmocka_unit_test(test_expect),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_unsigned),
		cmocka_unit_test(test_default_false),
		cmocka_unit_test(test_oids),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_times_out_of_range),
		cmocka_unit_test(test_directory_strings),
		cmocka_unit_test(test_full_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
