/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation lists, and ECDSA as bare numbers. */
#include "crypto/crl.h"
#include "crypto/der.h"
#include "crypto/signature.h"
#include "crypto/signature_raw.h"
#include "crypto_test.h"

enum { MAX = 1 << 16 };

#define TIMES "170d3236303130313030303030305a170d3236303230313030303030305a"

/* What is signed, in hex; NULL stands for the usual. */
struct parts {
	const char *version, *times, *revoked, *extensions, *behind;
};

static struct mr_bytes make(struct mr_buf *b, const struct parts *p)
{
	struct mr_key *key = key_of(MR_KEY_EC_P256);
	struct mr_error err;

	mr_buf_clear(b);
	size_t all = mr_der_open(b, MR_DER_SEQUENCE);
	size_t tbs = mr_der_open(b, MR_DER_SEQUENCE);
	mr_buf_put_bytes(b, hex(p->version ? p->version : "020101"));
	mr_signature_put_algorithm(b, key, MR_HASH_SHA256);
	mr_buf_put_bytes(b, hex("3000"));
	mr_buf_put_bytes(b, hex(p->times ? p->times : TIMES));
	mr_buf_put_bytes(b, hex(p->revoked ? p->revoked : ""));
	mr_buf_put_bytes(b, hex(p->extensions ? p->extensions : ""));
	mr_der_close(b, tbs);
	MR_AUTO(buf) struct mr_buf signature = { 0 };
	mr_buf_init(&signature, MAX);
	struct mr_bytes whole = mr_bytes_of(b->data + tbs, b->len - tbs);
	OK(mr_key_sign(key, MR_HASH_SHA256, whole, &signature, &err));
	mr_signature_put_algorithm(b, key, MR_HASH_SHA256);
	mr_der_put_bits(b, mr_buf_bytes(&signature), 0);
	mr_buf_put_bytes(b, hex(p->behind ? p->behind : ""));
	mr_der_close(b, all);
	return mr_buf_bytes(b);
}

static const struct {
	struct parts parts;
	bool good;
} table[] = {
	{ { 0 }, true },
	{ { .version = "" }, true },
	{ { .version = "020100" }, false },
	{ { .revoked = "30153013020204d2170d3236303130313030303030305a" }, true },
	{ { .revoked = "301530130202" }, false },
	{ { .times = "170d3236303130313030303030305a" }, false },
	{ { .times = "170d3236303133313030303030305a170d3236303133323030303030305a" }, false },
	/* a CRL number, then one that is critical */
	{ { .extensions = "a00e300c300a0603551d140403020105" }, true },
	{ { .extensions = "a011300f300d0603551d140101ff0403020105" }, false },
	{ { .behind = "0500" }, false },
};

static void test_table(void **state)
{
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	for (size_t i = 0; i < MR_COUNT(table); i++) {
		MR_AUTO(crl) struct mr_crl crl = { .this_update = 0 };
		mr_result r = mr_crl_parse(make(&b, &table[i].parts), &crl, &err);

		if (mr_failed(r) == table[i].good)
			fail_msg("row %zu: %s", i, table[i].good ? err.message : "accepted");
		if (!table[i].good)
			continue;
		OK(mr_crl_check_signature(&crl, key_of(MR_KEY_EC_P256), &err));
		assert_int_equal(crl.next_update - crl.this_update, 31 * 86400);
	}
}

static void test_serials(void **state)
{
	static const uint8_t listed[] = { 0x04, 0xd2 }, other[] = { 0x04, 0xd3 };
	const struct parts parts = { .revoked = "30153013020204d2170d3236303130313030303030305a" };
	MR_AUTO(buf) struct mr_buf b = { 0 };
	MR_AUTO(crl) struct mr_crl crl = { .this_update = 0 };
	struct mr_cert c = { .serial = { listed, sizeof listed } };
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	OK(mr_crl_parse(make(&b, &parts), &crl, &err));
	assert_true(mr_crl_lists(&crl, &c));
	c.serial = mr_bytes_of(other, sizeof other);
	assert_false(mr_crl_lists(&crl, &c));
}

static void test_bare_numbers(void **state)
{
	struct mr_key *key = key_of(MR_KEY_EC_P256);
	struct mr_bytes data = hex("00112233");
	struct mr_bytes bits = mr_key_public_bits(key);
	MR_AUTO(buf) struct mr_buf der = { 0 };
	MR_AUTO(key) struct mr_key *again = NULL;
	uint8_t wrong[64];
	struct mr_cursor seq = { NULL, 0, 0 };
	struct mr_bytes r = { NULL, 0 };
	struct mr_bytes s = { NULL, 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&der, MAX);
	OK(mr_key_sign(key, MR_HASH_SHA256, data, &der, &err));
	struct mr_cursor all = mr_cursor_of(mr_buf_bytes(&der));
	assert_true(mr_der_enter(&all, MR_DER_SEQUENCE, &seq) && mr_der_unsigned(&seq, &r) &&
		    mr_der_unsigned(&seq, &s));
	OK(mr_key_from_point(
		MR_KEY_EC_P256, mr_bytes_of(bits.ptr + 1, bits.len - 1), &again, &err));
	OK(mr_key_verify_raw(again, MR_HASH_SHA256, data, r, s, &err));
	assert_true(mr_failed(mr_key_verify_raw(again, MR_HASH_SHA256, data, s, r, &err)));
	memset(wrong, 0, sizeof wrong);
	struct mr_bytes zero = mr_bytes_of(wrong, 32);
	assert_true(mr_failed(mr_key_verify_raw(again, MR_HASH_SHA256, data, zero, s, &err)));
	assert_true(mr_failed(mr_key_verify_raw(again, MR_HASH_SHA256, data, r, zero, &err)));
	memcpy(wrong, bits.ptr + 1, sizeof wrong);
	wrong[63] ^= 1;
	struct mr_key *none = NULL;
	assert_true(mr_failed(
		mr_key_from_point(MR_KEY_EC_P256, mr_bytes_of(wrong, sizeof wrong), &none, &err)));
	assert_true(
		mr_failed(mr_key_from_point(MR_KEY_EC_P256, mr_bytes_of(wrong, 63), &none, &err)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_serials),
		cmocka_unit_test(test_bare_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
