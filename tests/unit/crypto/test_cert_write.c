/* SPDX-License-Identifier: Apache-2.0 */
/* What we issue, read by the crypto library's own X.509 code. */
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "crypto/cert_write.h"
#include "crypto/der.h"
#include "crypto_test.h"

enum { MAX = 1 << 16, NOT_BEFORE = 1767225600 };

static const struct mr_alt_name names[] = {
	{ 2, { (const uint8_t *)"localhost", 9 } },
	{ 2, { (const uint8_t *)"a.example", 9 } },
	{ 7, { (const uint8_t *)"\x7F\0\0\1", 4 } },
	{ 7, { (const uint8_t *)"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16 } },
};

struct issued {
	struct mr_buf name, extensions, der;
	struct mr_cert ours;
	X509 *theirs;
};

static void parse(struct issued *c)
{
	const uint8_t *from = c->der.data;
	struct mr_error err;

	OK(mr_cert_parse(mr_buf_bytes(&c->der), &c->ours, &err));
	c->theirs = d2i_X509(NULL, &from, (long)c->der.len);
	assert_non_null(c->theirs);
	assert_ptr_equal(from, c->der.data + c->der.len);
	/* DER has one form: theirs, written again, is ours. */
	uint8_t *again = NULL;
	int len = i2d_X509(c->theirs, &again);
	assert_true(len > 0);
	assert_bytes_equal(mr_bytes_of(again, (size_t)len), mr_buf_bytes(&c->der));
	OPENSSL_free(again);
}

static void done(struct issued *c)
{
	X509_free(c->theirs);
	mr_cert_done(&c->ours);
	mr_buf_done(&c->name);
	mr_buf_done(&c->extensions);
	mr_buf_done(&c->der);
}

/* As the Coordinator's CAs (ca) and leaves (30 §3.3, §3.4). `issuer` is NULL for self-signed. */
static void issue(struct issued *c, const char *common_name, bool ca, struct mr_key *key,
	const struct issued *issuer, struct mr_key *issuer_key)
{
	const struct mr_bytes purposes[] = { MR_OID_SERVER_AUTH, MR_OID_CLIENT_AUTH };
	uint8_t own_id[20];
	uint8_t issuer_id[20];
	struct mr_error err;

	*c = (struct issued){ .theirs = NULL };
	mr_buf_init(&c->name, MAX);
	mr_buf_init(&c->extensions, MAX);
	mr_buf_init(&c->der, MAX);
	OK(mr_key_identifier(key, own_id, &err));
	OK(mr_key_identifier(issuer_key, issuer_id, &err));
	mr_name_put_common_name(&c->name, mr_str_of(common_name));
	mr_ext_put_key_usage(&c->extensions, ca ? 1 | 32 : 1 | 16);
	mr_ext_put_ext_key_usage(&c->extensions, purposes, MR_COUNT(purposes));
	mr_ext_put_basic_constraints(&c->extensions, ca, -1);
	if (ca)
		mr_ext_put_subject_key_id(&c->extensions, mr_bytes_of(own_id, 20));
	if (issuer)
		mr_ext_put_authority_key_id(&c->extensions, mr_bytes_of(issuer_id, 20));
	mr_ext_put_alt_names(&c->extensions, names, MR_COUNT(names), false);
	if (!ca)
		mr_ext_put(&c->extensions, MR_OID_MARBLE_TYPE, false, text_bytes("frontend"));
	struct mr_cert_profile profile = {
		.issuer = mr_buf_bytes(issuer ? &issuer->name : &c->name),
		.subject = mr_buf_bytes(&c->name),
		.not_before = NOT_BEFORE,
		.not_after = NOT_BEFORE + MR_NO_EXPIRY_SECONDS,
		.spki = mr_key_spki(key),
		.extensions = mr_buf_bytes(&c->extensions),
	};
	OK(mr_cert_issue(&profile, issuer_key, &c->der, &err));
	parse(c);
	OK(mr_cert_check_signature(&c->ours, issuer_key, &err));
}

static void check_time(const ASN1_TIME *time, int64_t expected)
{
	int days = 0;
	int seconds = 0;
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);

	assert_int_equal(ASN1_TIME_diff(&days, &seconds, epoch, time), 1);
	assert_true((int64_t)days * 86400 + seconds == expected);
	ASN1_TIME_free(epoch);
}

static void check_extension(
	const X509 *x, int at, const char *oid, bool critical, const char *value)
{
	X509_EXTENSION *e = X509_get_ext(x, at);
	char text[64];

	assert_non_null(e);
	assert_true(OBJ_obj2txt(text, sizeof text, X509_EXTENSION_get_object(e), 1) > 0);
	assert_string_equal(text, oid);
	assert_int_equal(X509_EXTENSION_get_critical(e) > 0, critical);
	const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(e);
	if (value)
		assert_bytes_equal(
			mr_bytes_of(ASN1_STRING_get0_data(data), (size_t)ASN1_STRING_length(data)),
			hex(value));
}

#define SAN_VALUE                                                                                  \
	"302e 8209 6c6f63616c686f7374 8209 612e6578616d706c65 8704 7f000001"                       \
	"8710 00000000000000000000000000000001"

static void test_ca_as_others_see_it(void **state)
{
	struct mr_key *key = key_of(MR_KEY_EC_P384);
	struct issued c;
	char name[64];

	(void)state;
	issue(&c, "MarbleRun Coordinator", true, key, NULL, key);
	assert_int_equal(X509_get_version(c.theirs), 2);
	assert_int_equal(X509_NAME_get_text_by_NID(X509_get_subject_name(c.theirs), NID_commonName,
				 name, sizeof name),
		21);
	assert_string_equal(name, "MarbleRun Coordinator");
	assert_int_equal(X509_get_signature_nid(c.theirs), NID_ecdsa_with_SHA384);
	check_time(X509_get0_notBefore(c.theirs), NOT_BEFORE);
	check_time(X509_get0_notAfter(c.theirs), NOT_BEFORE + MR_NO_EXPIRY_SECONDS);
	assert_int_equal(X509_get_ext_count(c.theirs), 5);
	check_extension(c.theirs, 0, "2.5.29.15", true, "03020284");
	check_extension(
		c.theirs, 1, "2.5.29.37", false, "3014 06082b06010505070301 06082b06010505070302");
	check_extension(c.theirs, 2, "2.5.29.19", true, "30030101ff");
	check_extension(c.theirs, 3, "2.5.29.14", false, NULL);
	check_extension(c.theirs, 4, "2.5.29.17", false, SAN_VALUE);
	assert_true(X509_check_ca(c.theirs) == 1);
	assert_int_equal(X509_verify(c.theirs, X509_get0_pubkey(c.theirs)), 1);
	assert_true(mr_cert_is_ca(&c.ours));
	done(&c);
}

static void test_leaf_as_others_see_it(void **state)
{
	struct mr_key *ca_key = key_of(MR_KEY_EC_P384);
	struct issued ca;
	struct issued c;

	(void)state;
	issue(&ca, "MarbleRun Coordinator - Intermediate CA", true, ca_key, NULL, ca_key);
	issue(&c, "11111111-2222-4333-8444-555555555555", false, key_of(MR_KEY_EC_P256), &ca,
		ca_key);
	assert_int_equal(X509_get_ext_count(c.theirs), 6);
	check_extension(c.theirs, 0, "2.5.29.15", true, "03020388");
	check_extension(c.theirs, 2, "2.5.29.19", true, "3000");
	check_extension(c.theirs, 3, "2.5.29.35", false, NULL);
	check_extension(c.theirs, 4, "2.5.29.17", false, SAN_VALUE);
	check_extension(c.theirs, 5, "1.3.9903.2.1", false, "66726f6e74656e64");
	AUTHORITY_KEYID *aki = X509_get_ext_d2i(c.theirs, NID_authority_key_identifier, NULL, NULL);
	assert_non_null(aki);
	struct mr_bytes ca_id;
	assert_true(mr_cert_key_id(&ca.ours, &ca_id));
	assert_bytes_equal(mr_bytes_of(ASN1_STRING_get0_data(aki->keyid),
				   (size_t)ASN1_STRING_length(aki->keyid)),
		ca_id);
	assert_null(aki->issuer);
	assert_null(aki->serial);
	AUTHORITY_KEYID_free(aki);
	assert_int_equal(X509_check_issued(ca.theirs, c.theirs), X509_V_OK);
	assert_int_equal(X509_check_host(c.theirs, "a.example", 0, 0, NULL), 1);
	assert_int_equal(X509_check_ip_asc(c.theirs, "127.0.0.1", 0), 1);
	assert_int_equal(X509_check_ip_asc(c.theirs, "::1", 0), 1);
	assert_int_equal(X509_check_host(c.theirs, "b.example", 0, 0, NULL), 0);
	done(&c);
	done(&ca);
}

/* The chains that peers build (30 §3.8), by the strict rules where the library has them. */
static void check_chain(X509 *anchor, X509 *intermediate, X509 *leaf)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *untrusted = sk_X509_new_null();

	assert_true(store && ctx && untrusted);
	assert_int_equal(X509_STORE_add_cert(store, anchor), 1);
	assert_true(sk_X509_push(untrusted, intermediate) > 0);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, leaf, untrusted), 1);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT);
	X509_STORE_CTX_set_time(ctx, 0, NOT_BEFORE + 60);
	if (X509_verify_cert(ctx) != 1)
		fail_msg("%s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	sk_X509_free(untrusted);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
}

static void test_chains(void **state)
{
	struct mr_key *root_key = key_of(MR_KEY_EC_P521);
	struct mr_key *key = key_of(MR_KEY_EC_P384);
	struct issued root;
	struct issued intermediate;
	struct issued marble_root;
	struct issued leaf;

	(void)state;
	issue(&root, "MarbleRun Coordinator", true, root_key, NULL, root_key);
	issue(&intermediate, "MarbleRun Coordinator - Intermediate CA", true, key, &root, root_key);
	issue(&marble_root, "MarbleRun Coordinator - Intermediate CA", true, key, NULL, key);
	issue(&leaf, "11111111-2222-4333-8444-555555555555", false, key_of(MR_KEY_EC_P256),
		&marble_root, key);
	check_chain(root.theirs, intermediate.theirs, leaf.theirs);
	check_chain(marble_root.theirs, intermediate.theirs, leaf.theirs);
	done(&leaf);
	done(&marble_root);
	done(&intermediate);
	done(&root);
}

static void test_issuers(void **state)
{
	static const struct {
		enum mr_key_type type;
		int nid;
	} rows[] = {
		{ MR_KEY_EC_P224, NID_ecdsa_with_SHA256 },
		{ MR_KEY_EC_P256, NID_ecdsa_with_SHA256 },
		{ MR_KEY_EC_P384, NID_ecdsa_with_SHA384 },
		{ MR_KEY_EC_P521, NID_ecdsa_with_SHA512 },
		{ MR_KEY_ED25519, NID_ED25519 },
		{ MR_KEY_RSA, NID_sha256WithRSAEncryption },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		struct mr_key *key = key_of(rows[i].type);
		struct issued c;

		issue(&c, "issuer", true, key, NULL, key);
		assert_int_equal(X509_get_signature_nid(c.theirs), rows[i].nid);
		assert_int_equal(X509_verify(c.theirs, X509_get0_pubkey(c.theirs)), 1);
		done(&c);
	}
}

static void test_hashes(void **state)
{
	static const int nids[] = { NID_ecdsa_with_SHA1, NID_ecdsa_with_SHA256,
		NID_ecdsa_with_SHA384, NID_ecdsa_with_SHA512 };
	struct mr_key *key = key_of(MR_KEY_EC_P384);
	struct mr_cert_profile profile = { .issuer = hex("3000"),
		.subject = hex("3000"),
		.not_before = 0,
		.not_after = 1,
		.spki = mr_key_spki(key) };
	struct mr_error err;

	(void)state;
	for (unsigned i = 0; i < MR_COUNT(nids); i++) {
		struct issued c = { .theirs = NULL };

		mr_buf_init(&c.der, MAX);
		OK(mr_cert_issue_with_hash(&profile, key, (enum mr_hash)i, &c.der, &err));
		parse(&c);
		assert_int_equal(X509_get_signature_nid(c.theirs), nids[i]);
		assert_int_equal(X509_get_ext_count(c.theirs), 0);
		assert_int_equal(X509_verify(c.theirs, X509_get0_pubkey(c.theirs)), 1);
		done(&c);
	}
}

static void test_serials(void **state)
{
	struct mr_key *key = key_of(MR_KEY_ED25519);
	struct issued a;
	struct issued b;

	(void)state;
	issue(&a, "a", true, key, NULL, key);
	issue(&b, "a", true, key, NULL, key);
	assert_false(mr_bytes_eq(a.ours.serial, b.ours.serial));
	assert_true(a.ours.serial.len > 8 && a.ours.serial.len <= 17);
	done(&a);
	done(&b);
}

static void test_extension_forms(void **state)
{
	static const struct {
		unsigned bits;
		const char *value;
	} usages[] = {
		{ 1, "03020780" },
		{ 2, "03020640" },
		{ 4, "03020520" },
		{ 128, "03020001" },
		{ 256, "0303070080" },
		{ 0x1FF, "030307ff80" },
		{ 1 | 32, "03020284" },
	};
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_bytes prefix = hex("300e 0603551d0f 0101ff 0404");

	(void)state;
	mr_buf_init(&b, MAX);
	for (size_t i = 0; i < MR_COUNT(usages); i++) {
		struct mr_bytes value = hex(usages[i].value);

		mr_buf_clear(&b);
		mr_ext_put_key_usage(&b, usages[i].bits);
		assert_int_equal(b.len, prefix.len + value.len);
		assert_bytes_equal(mr_bytes_of(b.data + prefix.len, value.len), value);
	}
	mr_buf_clear(&b);
	mr_ext_put_key_usage(&b, 0);
	mr_ext_put_key_usage(&b, 512);
	mr_ext_put_ext_key_usage(&b, NULL, 0);
	mr_ext_put_alt_names(&b, NULL, 0, true);
	assert_int_equal(b.len, 0);
	mr_ext_put_basic_constraints(&b, true, 0);
	mr_ext_put_basic_constraints(&b, true, 300);
	mr_ext_put_basic_constraints(&b, false, 5);
	assert_bytes_equal(mr_buf_bytes(&b), hex("3012 0603551d13 0101ff 0408 30060101ff020100"
						 "3013 0603551d13 0101ff 0409 30070101ff0202012c"
						 "300c 0603551d13 0101ff 0402 3000"));
}

static void test_alt_name_tags(void **state)
{
	const struct mr_alt_name all[] = { { 1, text_bytes("m") }, { 2, text_bytes("d") },
		{ 4, hex("3000") }, { 6, text_bytes("u") }, { 7, hex("0a000001") },
		{ 8, hex("2a") }, { 0, hex("0500") } };
	MR_AUTO(buf) struct mr_buf b = { 0 };

	(void)state;
	mr_buf_init(&b, MAX);
	mr_ext_put_alt_names(&b, all, MR_COUNT(all), true);
	assert_bytes_equal(mr_buf_bytes(&b),
		hex("3026 0603551d11 0101ff 041c 301a 81016d 820164 a4023000 860175"
		    "87040a000001 88012a a0020500"));
}

static void test_failures_leave_nothing(void **state)
{
	MR_AUTO(buf) struct mr_buf b = { 0 };
	MR_AUTO(key) struct mr_key *public_key = NULL;
	struct mr_key *key = key_of(MR_KEY_EC_P384);
	struct mr_cert_profile profile = { .issuer = hex("3000"),
		.subject = hex("3000"),
		.not_before = 0,
		.not_after = 1,
		.spki = mr_key_spki(key) };
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	mr_buf_put_cstr(&b, "before");
	OK(mr_key_from_spki(mr_key_spki(key), &public_key, &err));
	FAILS(mr_cert_issue(&profile, public_key, &b, &err), MR_CODE_INVALID, "not a private key");
	assert_int_equal(b.len, 6);
	profile.not_after = INT64_MAX;
	FAILS(mr_cert_issue(&profile, key, &b, &err), MR_CODE_INVALID, "writing failed: invalid");
	for (size_t max = 0; max < 600; max++) {
		MR_AUTO(buf) struct mr_buf small = { 0 };

		profile.not_after = 1;
		mr_buf_init(&small, max);
		assert_int_equal(mr_cert_issue(&profile, key, &small, &err).code, MR_CODE_LIMIT);
		assert_int_equal(small.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ca_as_others_see_it),
		cmocka_unit_test(test_leaf_as_others_see_it),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_issuers),
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_serials),
		cmocka_unit_test(test_extension_forms),
		cmocka_unit_test(test_alt_name_tags),
		cmocka_unit_test(test_failures_leave_nothing),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free_keys();
	return failed;
}
