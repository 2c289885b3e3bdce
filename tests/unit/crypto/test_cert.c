/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates, parsed: what is accepted, what is not, and whose signature it is. */
#include "cert_fixture.h"
#include "codec/pem.h"
#include "crypto/cert.h"
#include "crypto/der.h"
#include "crypto_test.h"

enum { MAX = 1 << 21 };

/* The fields of a certificate in hex; NULL stands for that of `good`. */
struct parts {
	const char *version, *serial, *algorithm, *issuer, *validity, *subject, *spki, *tail;
	const char *outer_algorithm, *signature, *behind;
};

#define ALGORITHM "300a 06082a8648ce3d040302"
#define NAME "300c 310a 3008 0603550403 0c0141"
#define VALIDITY "301e 170d 3234303130323033303430355a 170d 3235303130323033303430355a"
#define SPKI "3005 3000 030100"
#define EXTENSION "3007 0603551d63 0400"
#define EXTENSIONS "a30b 3009" EXTENSION

static const struct parts good = { "a003020102", "020105", ALGORITHM, NAME, VALIDITY, NAME, SPKI,
	EXTENSIONS, ALGORITHM, "0303 00 0102", "" };

static void put(struct mr_buf *b, const char *part, const char *otherwise)
{
	mr_buf_put_bytes(b, hex(part ? part : otherwise));
}

static struct mr_bytes make(struct mr_buf *b, const struct parts *p)
{
	mr_buf_clear(b);
	size_t all = mr_der_open(b, MR_DER_SEQUENCE);
	size_t tbs = mr_der_open(b, MR_DER_SEQUENCE);
	put(b, p->version, good.version);
	put(b, p->serial, good.serial);
	put(b, p->algorithm, good.algorithm);
	put(b, p->issuer, good.issuer);
	put(b, p->validity, good.validity);
	put(b, p->subject, good.subject);
	put(b, p->spki, good.spki);
	put(b, p->tail, good.tail);
	mr_der_close(b, tbs);
	put(b, p->outer_algorithm, good.outer_algorithm);
	put(b, p->signature, good.signature);
	put(b, p->behind, good.behind);
	mr_der_close(b, all);
	return mr_buf_bytes(b);
}

static void test_fields(void **state)
{
	MR_AUTO(buf) struct mr_buf b = { 0 };
	MR_AUTO(cert) struct mr_cert c = { .version = 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	OK(mr_cert_parse(make(&b, &good), &c, &err));
	assert_bytes_equal(c.der, mr_buf_bytes(&b));
	assert_ptr_not_equal(c.der.ptr, b.data);
	mr_buf_done(&b); /* it has a copy */
	assert_int_equal(c.version, 3);
	assert_bytes_equal(c.serial, hex("05"));
	assert_bytes_equal(c.signature_algorithm, hex(ALGORITHM));
	assert_bytes_equal(c.issuer, hex(NAME));
	assert_bytes_equal(c.subject, hex(NAME));
	assert_bytes_equal(c.spki, hex(SPKI));
	assert_bytes_equal(c.extensions, hex(EXTENSION));
	assert_bytes_equal(c.signature, hex("0102"));
	assert_int_equal(c.not_before, 1704164645);
	assert_int_equal(c.not_after, 1735787045);
	assert_int_equal(c.tbs.ptr[0], MR_DER_SEQUENCE);
	mr_cert_done(&c);
	assert_null(c.der.ptr);
}

static void test_accepted(void **state)
{
	static const struct parts rows[] = {
		{ .version = "", .tail = "" },
		{ .version = "a003020100", .tail = "" },
		{ .version = "a003020101", .tail = "810100 820100" },
		{ .version = "a003020102", .tail = "810100 820100" EXTENSIONS },
		{ .tail = "" },
		{ .tail = "a302 3000" },
		{ .serial = "020100" },
		{ .serial = "0211 00ffffffffffffffffffffffffffffffff" },
		{ .issuer = "3000", .subject = "3000" },
		{ .tail = "a30e 300c 300a 0603551d63 0101ff 0400" },
		{ .tail = "a30e 300c 300a 0603551d63 010100 0400" },
		{ .validity = "3022 180f 30303031303130313030303030305a"
			      "180f 39393939313233313233353935395a" },
	};
	static const int versions[] = { 1, 1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3 };
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(cert) struct mr_cert c = { .version = 0 };

		OK(mr_cert_parse(make(&b, &rows[i]), &c, &err));
		assert_int_equal(c.version, versions[i]);
	}
}

static void test_refused(void **state)
{
	static const struct {
		struct parts parts;
		const char *message;
	} rows[] = {
		{ { .version = "a003020103" }, "x509: malformed version" },
		{ { .version = "a000" }, "x509: malformed version" },
		{ { .version = "a005 020102 0500" }, "x509: malformed version" },
		{ { .serial = "0200" }, "x509: malformed serial number" },
		{ { .serial = "0201ff" }, "x509: malformed serial number" },
		{ { .serial = "02020001" }, "x509: malformed serial number" },
		{ { .serial = "040101" }, "x509: malformed serial number" },
		{ { .algorithm = "0500" }, "x509: malformed signature algorithm identifier" },
		{ { .issuer = "3100" }, "x509: malformed issuer" },
		{ { .issuer = "3002 3100" }, "x509: malformed issuer" },
		{ { .issuer = "3006 3104 3002 0500" }, "x509: malformed issuer" },
		{ { .issuer = "3009 3107 3005 0603550403" }, "x509: malformed issuer" },
		{ { .issuer = "300d 310b 3009 0603550403 0500 00" }, "x509: malformed issuer" },
		{ { .issuer = "3002 0500" }, "x509: malformed issuer" },
		{ { .validity = "3000" }, "x509: malformed validity" },
		{ { .validity = "300f 170d 3234303130323033303430355a" },
			"x509: malformed validity" },
		{ { .validity = "3020 170d 3234303130323033303430355a"
				"170d 3235303130323033303430355a 0500" },
			"x509: malformed validity" },
		{ { .subject = "3002 3100" }, "x509: malformed subject" },
		{ { .spki = "0500" }, "x509: malformed spki" },
		{ { .spki = "" }, "x509: malformed spki" },
		{ { .tail = "0500" }, "x509: malformed extensions" },
		{ { .tail = "a300" }, "x509: malformed extensions" },
		{ { .tail = "a304 3000 0500" }, "x509: malformed extensions" },
		{ { .tail = EXTENSIONS "0500" }, "x509: malformed extensions" },
		{ { .version = "", .tail = EXTENSIONS }, "x509: malformed extensions" },
		{ { .version = "a003020101", .tail = EXTENSIONS }, "x509: malformed extensions" },
		{ { .version = "", .tail = "810100" }, "x509: malformed extensions" },
		{ { .tail = "820100 810100" }, "x509: malformed extensions" },
		{ { .tail = "a304 3002 3000" }, "x509: malformed extensions" },
		{ { .tail = "a314 3012" EXTENSION EXTENSION }, "x509: malformed extensions" },
		{ { .tail = "a30e 300c 300a 0603551d63 010101 0400" },
			"x509: malformed extensions" },
		{ { .tail = "a30d 300b 3009 0603551d63 0400 0500" }, "x509: malformed extensions" },
		{ { .tail = "a30b 3009 3007 0603551d63 0500" }, "x509: malformed extensions" },
		{ { .outer_algorithm = "300a 06082a8648ce3d040303" },
			"x509: inner and outer signature algorithm identifiers don't match" },
		{ { .outer_algorithm = "" }, "x509: malformed certificate" },
		{ { .signature = "0302 01 02" }, "x509: malformed certificate" },
		{ { .signature = "" }, "x509: malformed certificate" },
		{ { .behind = "0500" }, "x509: malformed certificate" },
	};
	MR_AUTO(buf) struct mr_buf b = { 0 };
	MR_AUTO(cert) struct mr_cert c = { .version = 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		FAILS(mr_cert_parse(make(&b, &rows[i].parts), &c, &err), MR_CODE_INVALID,
			rows[i].message);
	assert_null(c.der.ptr);
}

static void test_whole(void **state)
{
	MR_AUTO(buf) struct mr_buf b = { 0 };
	MR_AUTO(cert) struct mr_cert c = { .version = 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	struct mr_bytes der = make(&b, &good);
	for (size_t len = 0; len < der.len; len++)
		FAILS(mr_cert_parse(mr_bytes_of(der.ptr, len), &c, &err), MR_CODE_INVALID,
			"x509: malformed certificate");
	mr_buf_put_u8(&b, 0);
	FAILS(mr_cert_parse(mr_buf_bytes(&b), &c, &err), MR_CODE_INVALID, "x509: trailing data");
	FAILS(mr_cert_parse(hex("30 07 3000 3000 030100"), &c, &err), MR_CODE_INVALID,
		"x509: malformed serial number");
	while (b.len <= MR_CERT_MAX_SIZE)
		mr_buf_put_u8(&b, 0);
	FAILS(mr_cert_parse(mr_buf_bytes(&b), &c, &err), MR_CODE_LIMIT,
		"x509: certificate larger than 1048576 bytes");
}

static void test_number_of_extensions(void **state)
{
	struct mr_error err;

	(void)state;
	for (unsigned count = 128; count <= 129; count++) {
		MR_AUTO(buf) struct mr_buf b = { 0 };
		MR_AUTO(buf) struct mr_buf digits = { 0 };
		MR_AUTO(buf) struct mr_buf tail = { 0 };
		MR_AUTO(cert) struct mr_cert c = { .version = 0 };

		mr_buf_init(&b, MAX);
		mr_buf_init(&digits, MAX);
		mr_buf_init(&tail, MAX);
		for (unsigned i = 0; i < count; i++)
			mr_buf_printf(
				&digits, "3009 060555 1d83%02x%02x 0400", 0x80 | i >> 7, i & 0x7F);
		mr_buf_put_u8(&digits, 0);
		size_t outer = mr_der_open(&tail, MR_DER_CONTEXT_CONSTRUCTED | 3);
		size_t inner = mr_der_open(&tail, MR_DER_SEQUENCE);
		mr_buf_put_bytes(&tail, hex((const char *)digits.data));
		mr_der_close(&tail, inner);
		mr_der_close(&tail, outer);
		mr_buf_clear(&digits);
		for (size_t i = 0; i < tail.len; i++)
			mr_buf_printf(&digits, "%02x", tail.data[i]);
		mr_buf_put_u8(&digits, 0);
		const struct parts parts = { .tail = (const char *)digits.data };
		mr_result r = mr_cert_parse(make(&b, &parts), &c, &err);
		assert_int_equal(r.code, count <= 128 ? MR_CODE_OK : MR_CODE_INVALID);
	}
}

static void load(const char *pem, struct mr_cert *ret)
{
	struct mr_error err;

	OK(mr_cert_from_pem(mr_str_of(pem), ret, NULL, &err));
}

static void test_foreign_signatures(void **state)
{
	static const char *const self_signed[] = { CERT_FIXTURE_ROOT, CERT_FIXTURE_PSS,
		CERT_FIXTURE_RSA, CERT_FIXTURE_ED25519 };
	MR_AUTO(cert) struct mr_cert leaf = { .version = 0 };
	struct mr_error err;

	(void)state;
	load(CERT_FIXTURE_LEAF, &leaf);
	for (size_t i = 0; i < MR_COUNT(self_signed); i++) {
		MR_AUTO(cert) struct mr_cert c = { .version = 0 };
		MR_AUTO(key) struct mr_key *key = NULL;

		load(self_signed[i], &c);
		OK(mr_cert_key(&c, &key, &err));
		OK(mr_cert_check_signature(&c, key, &err));
		/* the last byte of the issuer's time of validity */
		writable(c.tbs)[c.tbs.len - 1] ^= 1;
		FAILS(mr_cert_check_signature(&c, key, &err), MR_CODE_CRYPTO,
			"x509: signature is invalid");
		if (i == 0)
			OK(mr_cert_check_signature(&leaf, key, &err));
		else
			FAILS(mr_cert_check_signature(&leaf, key, &err), MR_CODE_CRYPTO,
				"x509: signature algorithm does not fit the public key");
	}
}

static void test_old_signatures(void **state)
{
	MR_AUTO(cert) struct mr_cert c = { .version = 0 };
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_error err;

	(void)state;
	load(CERT_FIXTURE_V1_SHA1, &c);
	assert_int_equal(c.version, 1);
	assert_int_equal(c.extensions.len, 0);
	OK(mr_cert_key(&c, &key, &err));
	FAILS(mr_cert_check_signature(&c, key, &err), MR_CODE_CRYPTO,
		"x509: insecure signature algorithm SHA-1");
}

static void test_pem(void **state)
{
	MR_AUTO(buf) struct mr_buf pem = { 0 };
	MR_AUTO(cert) struct mr_cert first = { .version = 0 };
	MR_AUTO(cert) struct mr_cert second = { .version = 0 };
	MR_AUTO(cert) struct mr_cert none = { .version = 0 };
	struct mr_str rest;
	struct mr_error err;

	(void)state;
	mr_buf_init(&pem, MAX);
	mr_pem_encode(&pem, "PRIVATE KEY", text_bytes("skipped"));
	mr_buf_put_cstr(&pem, CERT_FIXTURE_LEAF CERT_FIXTURE_ROOT "behind");
	OK(mr_cert_from_pem(mr_buf_str(&pem), &first, &rest, &err));
	OK(mr_cert_from_pem(rest, &second, &rest, &err));
	assert_bytes_equal(first.issuer, second.subject);
	assert_int_equal(mr_cert_from_pem(rest, &none, &rest, &err).code, MR_CODE_NOT_FOUND);
	mr_buf_clear(&pem);
	mr_pem_encode(&pem, "CERTIFICATE", text_bytes("nonsense"));
	FAILS(mr_cert_from_pem(mr_buf_str(&pem), &none, &rest, &err), MR_CODE_INVALID,
		"x509: malformed certificate");
	assert_null(none.der.ptr);
}

static void test_bad_keys(void **state)
{
	MR_AUTO(buf) struct mr_buf b = { 0 };
	MR_AUTO(cert) struct mr_cert c = { .version = 0 };
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	OK(mr_cert_parse(make(&b, &good), &c, &err));
	FAILS(mr_cert_key(&c, &key, &err), MR_CODE_INVALID, "x509: failed to parse public key");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_number_of_extensions),
		cmocka_unit_test(test_foreign_signatures),
		cmocka_unit_test(test_old_signatures),
		cmocka_unit_test(test_pem),
		cmocka_unit_test(test_bad_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
