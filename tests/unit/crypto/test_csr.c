/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/cert_write.h"
#include "crypto/der.h"
#include "crypto/signature.h"
#include "crypto_test.h"

enum { MAX = 1 << 21 };

static const struct mr_alt_name names[] = {
	{ 2, { (const uint8_t *)"localhost", 9 } },
	{ 7, { (const uint8_t *)"\x7F\0\0\1", 4 } },
	{ 7, { (const uint8_t *)"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16 } },
};

/* What is signed, in hex; NULL stands for the usual. The key and the signature are Ed25519's. */
struct parts {
	const char *version, *subject, *spki, *attributes, *behind_info, *algorithm, *behind;
};

static struct mr_bytes make(struct mr_buf *b, const struct parts *p)
{
	struct mr_key *key = key_of(MR_KEY_ED25519);
	struct mr_error err;

	mr_buf_clear(b);
	size_t all = mr_der_open(b, MR_DER_SEQUENCE);
	size_t info = mr_der_open(b, MR_DER_SEQUENCE);
	mr_buf_put_bytes(b, hex(p->version ? p->version : "020100"));
	mr_buf_put_bytes(b, hex(p->subject ? p->subject : "3000"));
	mr_buf_put_bytes(b, p->spki ? hex(p->spki) : mr_key_spki(key));
	mr_buf_put_bytes(b, hex(p->attributes ? p->attributes : "a000"));
	mr_buf_put_bytes(b, hex(p->behind_info ? p->behind_info : ""));
	mr_der_close(b, info);
	size_t info_len = b->len - info;
	if (p->algorithm)
		mr_buf_put_bytes(b, hex(p->algorithm));
	else
		mr_signature_put_algorithm(b, key, MR_HASH_SHA512);
	size_t bits = mr_der_open(b, MR_DER_BIT_STRING);
	mr_buf_put_u8(b, 0);
	OK(mr_key_sign(key, MR_HASH_SHA512, mr_bytes_of(b->data + info, info_len), b, &err));
	mr_der_close(b, bits);
	mr_buf_put_bytes(b, hex(p->behind ? p->behind : ""));
	mr_der_close(b, all);
	return mr_buf_bytes(b);
}

static void test_round_trips(void **state)
{
	struct mr_error err;

	(void)state;
	for (enum mr_key_type type = MR_KEY_EC_P224; type <= MR_KEY_RSA; type++) {
		MR_AUTO(buf) struct mr_buf der = { 0 };
		struct mr_alt_name got[4];
		struct mr_csr csr;
		size_t count;

		mr_buf_init(&der, MAX);
		OK(mr_csr_write(names, MR_COUNT(names), key_of(type), &der, &err));
		OK(mr_csr_parse(mr_buf_bytes(&der), &csr, &err));
		assert_bytes_equal(csr.subject, hex("3000"));
		OK(mr_alt_names_parse(csr.alt_names, got, MR_COUNT(got), &count, &err));
		assert_int_equal(count, MR_COUNT(names));
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(got[i].tag, names[i].tag);
			assert_bytes_equal(got[i].value, names[i].value);
		}
	}
}

static void test_as_others_see_it(void **state)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	struct mr_bytes subject = hex("300c 310a 3008 0603550403 130141");
	struct mr_error err;

	(void)state;
	mr_buf_init(&der, MAX);
	OK(mr_csr_write_with_subject(
		subject, names, MR_COUNT(names), key_of(MR_KEY_EC_P384), &der, &err));
	const uint8_t *from = der.data;
	X509_REQ *theirs = d2i_X509_REQ(NULL, &from, (long)der.len);
	assert_non_null(theirs);
	assert_ptr_equal(from, der.data + der.len);
	assert_int_equal(X509_REQ_get_version(theirs), 0);
	assert_int_equal(X509_NAME_entry_count(X509_REQ_get_subject_name(theirs)), 1);
	EVP_PKEY *key = X509_REQ_get_pubkey(theirs);
	assert_int_equal(X509_REQ_verify(theirs, key), 1);
	assert_int_equal(X509_REQ_get_signature_nid(theirs), NID_ecdsa_with_SHA384);
	STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(theirs);
	assert_int_equal(sk_X509_EXTENSION_num(extensions), 1);
	X509_EXTENSION *san = sk_X509_EXTENSION_value(extensions, 0);
	assert_int_equal(OBJ_obj2nid(X509_EXTENSION_get_object(san)), NID_subject_alt_name);
	assert_false(X509_EXTENSION_get_critical(san) > 0);
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	EVP_PKEY_free(key);
	X509_REQ_free(theirs);
}

static void test_without_names(void **state)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	struct mr_csr csr;
	struct mr_error err;

	(void)state;
	mr_buf_init(&der, MAX);
	OK(mr_csr_write(NULL, 0, key_of(MR_KEY_EC_P384), &der, &err));
	OK(mr_csr_parse(mr_buf_bytes(&der), &csr, &err));
	assert_int_equal(csr.alt_names.len, 0);
}

#define REQUEST "06092a864886f70d01090e"
#define SAN "300f 0603551d11 0408 3006 8204 612e6263"
#define OTHER "300c 06032a0304 3105 0403 010203"

static void test_accepted(void **state)
{
	static const struct {
		struct parts parts;
		const char *alt_names;
	} rows[] = {
		{ { .attributes = "" }, "" },
		{ { .subject = "300c 310a 3008 0603550403 130141" }, "" },
		{ { .attributes = "a022 3020" REQUEST "3113 3011" SAN }, "3006 8204 612e6263" },
		{ { .attributes = "a030 " OTHER "3020" REQUEST "3113 3011" SAN },
			"3006 8204 612e6263" },
		{ { .attributes = "a00e" OTHER }, "" },
		{ { .attributes = "a011 300f" REQUEST "3102 3000" }, "" },
		/* the first one counts */
		{ { .attributes = "a033 300f" REQUEST "3102 3000 3020" REQUEST "3113 3011" SAN },
			"" },
	};
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		struct mr_csr csr;

		OK(mr_csr_parse(make(&b, &rows[i].parts), &csr, &err));
		assert_bytes_equal(csr.alt_names, hex(rows[i].alt_names));
		assert_bytes_equal(
			csr.subject, hex(rows[i].parts.subject ? rows[i].parts.subject : "3000"));
	}
}

static void test_refused(void **state)
{
	static const char request[] = "parsing CSR: malformed certificate request";
	static const char attributes[] = "parsing CSR: malformed attributes";
	static const char extensions[] = "parsing CSR: malformed extension request";
	static const char alt_names[] = "parsing CSR: invalid subject alternative names";
	static const struct {
		struct parts parts;
		const char *message;
	} rows[] = {
		{ { .version = "020101" }, "parsing CSR: malformed version" },
		{ { .version = "" }, "parsing CSR: malformed version" },
		{ { .subject = "3100" }, "parsing CSR: malformed subject" },
		{ { .subject = "3002 3100" }, "parsing CSR: malformed subject" },
		{ { .spki = "0500" }, "parsing CSR: malformed public key" },
		{ { .spki = "3000" }, "parsing CSR: x509: failed to parse public key" },
		{ { .spki = "3010 300b 06072a8648ce380401 0500 030100" },
			"parsing CSR: x509: unknown public key algorithm" },
		{ { .attributes = "3000" }, attributes },
		{ { .behind_info = "0500" }, attributes },
		{ { .attributes = "a002 3000" }, attributes },
		{ { .attributes = "a00d 300b" REQUEST }, attributes },
		{ { .attributes = "a00f 300d" REQUEST "3100" }, attributes },
		{ { .attributes = "a013 3011" REQUEST "3104 3000 0500" }, attributes },
		{ { .attributes = "a013 3011" REQUEST "3102 3000 0500" }, attributes },
		{ { .attributes = "a013 3011" REQUEST "3104 3002 3000" }, extensions },
		{ { .attributes = "a033 3031" REQUEST "3124 3022" SAN SAN }, extensions },
		{ { .attributes = "a01e 301c" REQUEST "310f 300d 300b 0603551d11 0404 3002 8700" },
			alt_names },
		{ { .attributes = "a01a 3018" REQUEST "310b 3009 3007 0603551d11 0400" },
			alt_names },
		{ { .algorithm = "0500" }, request },
		{ { .behind = "0500" }, request },
		{ { .algorithm = "300a 06082a8648ce3d040302" }, "signature over CSR is invalid" },
		{ { .algorithm = "3005 06032b6571" }, "signature over CSR is invalid" },
	};
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_csr csr;
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		struct mr_bytes der = make(&b, &rows[i].parts);
		mr_result r = mr_csr_parse(der, &csr, &err);

		assert_true(mr_failed(r));
		assert_string_equal(err.message, rows[i].message);
		assert_true(error_queue_is_empty());
	}
}

static void test_whole(void **state)
{
	static const uint8_t large[(1 << 20) + 1];
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_csr csr;
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	struct mr_bytes der = make(&b, &(struct parts){ .version = NULL });
	for (size_t len = 0; len < der.len; len++)
		FAILS(mr_csr_parse(mr_bytes_of(der.ptr, len), &csr, &err), MR_CODE_INVALID,
			"parsing CSR: not a DER sequence");
	mr_buf_put_u8(&b, 0);
	FAILS(mr_csr_parse(mr_buf_bytes(&b), &csr, &err), MR_CODE_INVALID,
		"parsing CSR: trailing data");
	FAILS(mr_csr_parse(mr_bytes_of(large, sizeof large), &csr, &err), MR_CODE_LIMIT,
		"parsing CSR: larger than 1048576 bytes");
	FAILS(mr_csr_parse(hex("3000"), &csr, &err), MR_CODE_INVALID,
		"parsing CSR: malformed certificate request");
}

static void test_any_change_is_noticed(void **state)
{
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_csr csr;
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	OK(mr_csr_write(names, 1, key_of(MR_KEY_EC_P256), &b, &err));
	for (size_t i = 0; i < b.len; i++) {
		b.data[i] ^= 1;
		assert_true(mr_failed(mr_csr_parse(mr_buf_bytes(&b), &csr, &err)));
		assert_true(error_queue_is_empty());
		b.data[i] ^= 1;
	}
	OK(mr_csr_parse(mr_buf_bytes(&b), &csr, &err));
}

/* The signature shows only that somebody has the key: old hashes will do. */
static void test_sha1(void **state)
{
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_key *key = key_of(MR_KEY_EC_P256);
	struct mr_csr csr;
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	size_t all = mr_der_open(&b, MR_DER_SEQUENCE);
	size_t info = mr_der_open(&b, MR_DER_SEQUENCE);
	mr_buf_put_bytes(&b, hex("020100 3000"));
	mr_buf_put_bytes(&b, mr_key_spki(key));
	mr_buf_put_bytes(&b, hex("a000"));
	mr_der_close(&b, info);
	size_t info_len = b.len - info;
	mr_signature_put_algorithm(&b, key, MR_HASH_SHA1);
	size_t bits = mr_der_open(&b, MR_DER_BIT_STRING);
	mr_buf_put_u8(&b, 0);
	OK(mr_key_sign(key, MR_HASH_SHA1, mr_bytes_of(b.data + info, info_len), &b, &err));
	mr_der_close(&b, bits);
	mr_der_close(&b, all);
	OK(mr_csr_parse(mr_buf_bytes(&b), &csr, &err));
}

static void test_failures_leave_nothing(void **state)
{
	MR_AUTO(key) struct mr_key *public_key = NULL;
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	mr_buf_put_cstr(&b, "before");
	OK(mr_key_from_spki(mr_key_spki(key_of(MR_KEY_EC_P256)), &public_key, &err));
	FAILS(mr_csr_write(names, 1, public_key, &b, &err), MR_CODE_INVALID, "not a private key");
	assert_int_equal(b.len, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_as_others_see_it),
		cmocka_unit_test(test_without_names),
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_any_change_is_noticed),
		cmocka_unit_test(test_sha1),
		cmocka_unit_test(test_failures_leave_nothing),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free_keys();
	return failed;
}
