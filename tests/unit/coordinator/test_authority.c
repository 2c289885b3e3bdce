/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate authority and the leaves that it issues (30 §3). */
#include "coordinator_test.h"
#include "crypto/cert_write.h"
#include "crypto/random.h"

#define INTERMEDIATE "MarbleRun Coordinator - Intermediate CA"

enum { DNS = 2, IP = 7 };

static const uint8_t ip4[] = { 127, 0, 0, 1 },
		     ip6[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 },
		     other_ip[] = { 10, 0, 0, 7 };

static struct mr_authority *made(const char *names)
{
	struct mr_authority *a;
	struct mr_error err;

	OK(mr_authority_new(mr_str_of(names), NOW, &a, &err));
	return a;
}

static void assert_common_name(struct mr_bytes name, const char *want)
{
	MR_AUTO(buf) struct mr_buf whole = { .max = 1024 };

	mr_name_put_common_name(&whole, mr_str_of(want));
	assert_bytes_equal(name, mr_buf_bytes(&whole));
}

static void assert_extension(
	const struct mr_cert *c, struct mr_bytes oid, const char *content_hex, bool critical)
{
	MR_AUTO(buf) struct mr_buf want = { .max = 1024 };
	struct mr_bytes value;
	bool is_critical;

	put_hex(&want, content_hex);
	assert_true(mr_cert_extension(c, oid, &value, &is_critical));
	assert_bytes_equal(value, mr_buf_bytes(&want));
	assert_int_equal(is_critical, critical);
}

/* Its alternative names are exactly these. */
static void assert_names(const struct mr_cert *c, const struct mr_alt_name *want, size_t count)
{
	struct mr_alt_name got[16];
	struct mr_bytes value;
	size_t found;
	bool critical;
	struct mr_error err;

	assert_true(mr_cert_extension(c, MR_OID_SUBJECT_ALT_NAME, &value, &critical));
	assert_false(critical);
	OK(mr_alt_names_parse(value, got, MR_COUNT(got), &found, &err));
	assert_int_equal(found, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(got[i].tag, want[i].tag);
		assert_bytes_equal(got[i].value, want[i].value);
	}
}

/* What all three CA certificates have (30 §3.3). */
static void assert_ca(const struct mr_cert *c, const struct mr_key *issuer, const char *common_name,
	const char *issuer_name, int64_t now)
{
	struct mr_error err;

	assert_int_equal(c->version, 3);
	assert_common_name(c->subject, common_name);
	assert_common_name(c->issuer, issuer_name);
	OK(mr_cert_check_signature(c, issuer, &err));
	assert_extension(c, MR_OID_KEY_USAGE, "03020284", true);
	assert_extension(
		c, MR_OID_EXT_KEY_USAGE, "301406082b0601050507030106082b06010505070302", false);
	assert_extension(c, MR_OID_BASIC_CONSTRAINTS, "30030101ff", true);
	assert_true(c->not_before <= now && c->not_before >= now - 600);
	assert_int_equal(c->not_after, now + MR_NO_EXPIRY_SECONDS);
}

static bool has_authority_key_id(const struct mr_cert *c, struct mr_bytes id)
{
	struct mr_bytes value;

	/* SEQUENCE { [0] keyIdentifier } and nothing else */
	return mr_cert_extension(c, MR_OID_AUTHORITY_KEY_ID, &value, NULL) &&
	       value.len == 4 + id.len && memcmp(value.ptr, "\x30\x16\x80\x14", 4) == 0 &&
	       memcmp(value.ptr + 4, id.ptr, id.len) == 0;
}

static void assert_hierarchy(const struct mr_authority *a, int64_t now)
{
	struct mr_bytes root_id, intermediate_id, marble_id, ignored;
	uint8_t want[20];
	struct mr_error err;

	assert_ca(&a->root, a->root_key, "MarbleRun Coordinator", "MarbleRun Coordinator", NOW);
	assert_ca(&a->intermediate, a->root_key, INTERMEDIATE, "MarbleRun Coordinator", now);
	assert_ca(&a->marble_root, a->intermediate_key, INTERMEDIATE, INTERMEDIATE, now);
	assert_int_equal(mr_key_type_of(a->root_key), MR_KEY_EC_P384);
	assert_int_equal(mr_key_type_of(a->intermediate_key), MR_KEY_EC_P384);
	assert_false(mr_key_same_public(a->root_key, a->intermediate_key));
	assert_bytes_equal(a->intermediate.spki, a->marble_root.spki);
	assert_true(mr_cert_key_id(&a->root, &root_id));
	assert_true(mr_cert_key_id(&a->intermediate, &intermediate_id));
	assert_true(mr_cert_key_id(&a->marble_root, &marble_id));
	assert_bytes_equal(intermediate_id, marble_id);
	OK(mr_key_identifier(a->root_key, want, &err));
	assert_bytes_equal(root_id, mr_bytes_of(want, sizeof want));
	assert_true(has_authority_key_id(&a->intermediate, root_id));
	assert_false(mr_cert_extension(&a->root, MR_OID_AUTHORITY_KEY_ID, &ignored, NULL));
	assert_false(mr_cert_extension(&a->marble_root, MR_OID_AUTHORITY_KEY_ID, &ignored, NULL));
	assert_true(a->root_identity && a->marble_identity);
	assert_true(
		mr_str_starts(mr_buf_str(&a->root_pem), MR_STR("-----BEGIN CERTIFICATE-----\n")));
}

static void test_new(void **unused)
{
	MR_AUTO(authority) struct mr_authority *a = made("10.0.0.7,b,::1,a,127.0.0.1");
	const struct mr_alt_name names[] = { { DNS, mr_str_bytes(MR_STR("b")) },
		{ DNS, mr_str_bytes(MR_STR("a")) }, { IP, mr_bytes_of(ip4, sizeof ip4) },
		{ IP, mr_bytes_of(ip6, sizeof ip6) },
		{ IP, mr_bytes_of(other_ip, sizeof other_ip) } };

	(void)unused;
	assert_hierarchy(a, NOW);
	assert_names(&a->root, names, MR_COUNT(names));
	assert_names(&a->intermediate, names, MR_COUNT(names));
	assert_names(&a->marble_root, names, MR_COUNT(names));
}

static void test_names_that_are_none(void **unused)
{
	MR_AUTO(authority) struct mr_authority *a = NULL;
	struct mr_error err;

	(void)unused;
	assert_true(mr_failed(mr_authority_new(MR_STR("\xc3\xa4"), NOW, &a, &err)));
	assert_null(a);
}

/* Blanks and empty elements of a list do not count (40 §2.2 BEYOND); a single name stays as it is written. */
static void test_untidy_names(void **unused)
{
	MR_AUTO(authority) struct mr_authority *a = made(" a ,,10.0.0.7\t, ,b c,");
	MR_AUTO(authority) struct mr_authority *none = made(" ,");
	MR_AUTO(authority) struct mr_authority *one = made(" a ");
	const struct mr_alt_name names[] = { { DNS, mr_str_bytes(MR_STR("a")) },
		{ DNS, mr_str_bytes(MR_STR("b c")) }, { IP, mr_bytes_of(ip4, sizeof ip4) },
		{ IP, mr_bytes_of(ip6, sizeof ip6) },
		{ IP, mr_bytes_of(other_ip, sizeof other_ip) } };
	const struct mr_alt_name single[] = { { DNS, mr_str_bytes(MR_STR(" a ")) }, names[2],
		names[3] };

	(void)unused;
	assert_names(&a->root, names, MR_COUNT(names));
	assert_names(&none->root, names + 2, 2);
	assert_names(&one->root, single, MR_COUNT(single));
}

/* BEYOND of 30 §3.2: the addresses of the root stay. */
static void test_renew(void **unused)
{
	MR_AUTO(authority) struct mr_authority *a = made("a,10.0.0.7");
	MR_AUTO(authority) struct mr_authority *next = NULL;
	MR_AUTO(authority) struct mr_authority *third = NULL;
	const struct mr_alt_name names[] = { { DNS, mr_str_bytes(MR_STR("a")) },
		{ IP, mr_bytes_of(ip4, sizeof ip4) }, { IP, mr_bytes_of(ip6, sizeof ip6) },
		{ IP, mr_bytes_of(other_ip, sizeof other_ip) } };
	struct mr_error err;

	(void)unused;
	OK(mr_authority_renew(a, NOW + 100000, &next, &err));
	assert_hierarchy(next, NOW + 100000);
	assert_bytes_equal(next->root.der, a->root.der);
	assert_true(mr_key_same_public(next->root_key, a->root_key));
	assert_false(mr_key_same_public(next->intermediate_key, a->intermediate_key));
	assert_names(&next->intermediate, names, MR_COUNT(names));
	OK(mr_authority_renew(next, NOW, &third, &err));
	assert_names(&third->marble_root, names, MR_COUNT(names));
}

/* As many names as are possible, with the two addresses on top: an update must still work. */
static void test_most_names(void **unused)
{
	MR_AUTO(buf) struct mr_buf text = { .max = 1 << 16 };
	MR_AUTO(authority) struct mr_authority *next = NULL;
	struct mr_alt_name got[MR_CERT_MAX_NAMES + 2];
	struct mr_authority *none;
	struct mr_bytes value;
	size_t count;
	struct mr_error err;

	(void)unused;
	for (unsigned i = 0; i < MR_CERT_MAX_NAMES; i++)
		mr_buf_printf(&text, "%sn%u", i ? "," : "", i);
	MR_AUTO(authority) struct mr_authority *a = NULL;
	OK(mr_authority_new(mr_buf_str(&text), NOW, &a, &err));
	OK(mr_authority_renew(a, NOW, &next, &err));
	assert_true(mr_cert_extension(&next->intermediate, MR_OID_SUBJECT_ALT_NAME, &value, NULL));
	OK(mr_alt_names_parse(value, got, MR_COUNT(got), &count, &err));
	assert_int_equal(count, MR_COUNT(got));
	mr_buf_put_cstr(&text, ",one-more");
	assert_true(mr_failed(mr_authority_new(mr_buf_str(&text), NOW, &none, &err)));
}

static struct mr_state *stored(const struct mr_authority *a)
{
	MR_AUTO(state) struct mr_state *empty = NULL;
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	struct mr_state *state;
	struct mr_error err;

	OK(mr_state_new(&empty, &err));
	OK(mr_tx_new(empty, &tx, &err));
	OK(mr_authority_store(a, tx, &err));
	OK(mr_tx_build(tx, &state, &err));
	return state;
}

static void test_store_and_load(void **unused)
{
	MR_AUTO(authority) struct mr_authority *a = made("a");
	MR_AUTO(state) struct mr_state *state = stored(a);
	MR_AUTO(authority) struct mr_authority *again = NULL;
	struct mr_error err;

	(void)unused;
	assert_int_equal(mr_state_count(state), 5);
	OK(mr_authority_load(state, &again, &err));
	assert_hierarchy(again, NOW);
	assert_bytes_equal(again->root.der, a->root.der);
	assert_bytes_equal(again->intermediate.der, a->intermediate.der);
	assert_bytes_equal(again->marble_root.der, a->marble_root.der);
	assert_bytes_equal(mr_buf_bytes(&again->leaf_head), mr_buf_bytes(&a->leaf_head));
}

static void copy_key(
	struct mr_tx *tx, const struct mr_state *from, const char *from_key, const char *to_key)
{
	struct mr_error err;

	OK(mr_tx_put(tx, mr_str_of(to_key), state_value(from, from_key), &err));
}

/* Every key is missing once, and once is what belongs elsewhere. */
static void test_load_refuses(void **unused)
{
	static const struct {
		const char *key, *garbage, *foreign;
	} rows[] = {
		{ "certificate:coordinatorRootCert",
			"x509: ", "root certificate does not fit its private key" },
		{ "certificate:coordinatorIntermediateCert",
			"x509: ", "intermediate certificate does not fit its private key" },
		{ "certificate:marbleRootCert",
			"x509: ", "marble root certificate does not fit its private key" },
		{ "privateKey:coordinatorRootKey", "",
			"root certificate does not fit its private key" },
		{ "privateKey:coordinatorIntermediateKey", "",
			"intermediate certificate does not fit its private key" },
	};
	MR_AUTO(authority) struct mr_authority *a = made("a");
	MR_AUTO(authority) struct mr_authority *b = made("a");
	MR_AUTO(state) struct mr_state *state = stored(a);
	MR_AUTO(state) struct mr_state *foreign = stored(b);
	struct mr_authority *none;
	struct mr_error err;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(state) struct mr_state *without = state_with(state, rows[i].key, NULL);
		MR_AUTO(state) struct mr_state *broken = state_with(state, rows[i].key, "garbage");
		MR_AUTO(state) struct mr_state *mixed = NULL;
		MR_AUTO(tx) struct mr_tx *tx = NULL;
		FAILS(mr_authority_load(without, &none, &err), MR_CODE_NOT_FOUND,
			textf("%s: requested value not set", rows[i].key));
		FAILS_WITH(mr_authority_load(broken, &none, &err),
			textf("%s: %s", rows[i].key, rows[i].garbage));
		OK(mr_tx_new(state, &tx, &err));
		copy_key(tx, foreign, rows[i].key, rows[i].key);
		OK(mr_tx_build(tx, &mixed, &err));
		FAILS(mr_authority_load(mixed, &none, &err), MR_CODE_INVALID, rows[i].foreign);
	}
}

/* A Marble root that names no key cannot be the issuer of leaves that name it. */
static void test_marble_root_without_key_id(void **unused)
{
	MR_AUTO(authority) struct mr_authority *a = made("a");
	MR_AUTO(state) struct mr_state *state = stored(a);
	MR_AUTO(state) struct mr_state *bare = NULL;
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	MR_AUTO(buf) struct mr_buf der = { .max = 4096 };
	const struct mr_cert_profile profile = {
		.issuer = a->marble_root.subject,
		.subject = a->marble_root.subject,
		.not_before = NOW,
		.not_after = NOW + 1,
		.spki = a->marble_root.spki,
	};
	struct mr_authority *none;
	struct mr_error err;

	(void)unused;
	OK(mr_cert_issue(&profile, a->intermediate_key, &der, &err));
	OK(mr_tx_new(state, &tx, &err));
	OK(mr_tx_put(tx, MR_STR("certificate:marbleRootCert"), mr_buf_bytes(&der), &err));
	OK(mr_tx_build(tx, &bare, &err));
	FAILS(mr_authority_load(bare, &none, &err), MR_CODE_INVALID,
		"marble root certificate has no subject key identifier");
}

/* A state begun before 1.9 has P-256 keys (30 §3.7). */
static void test_older_keys(void **unused)
{
	MR_AUTO(authority) struct mr_authority *a = made("a");
	MR_AUTO(state) struct mr_state *state = stored(a);
	MR_AUTO(authority) struct mr_authority *again = NULL;
	MR_AUTO(buf) struct mr_buf der = { .max = 4096 };
	MR_AUTO(buf) struct mr_buf extensions = { .max = 4096 };
	MR_AUTO(secret) struct mr_secret key = { NULL, 0 };
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	MR_AUTO(state) struct mr_state *old = NULL;
	MR_AUTO(buf) struct mr_buf leaf = { .max = 4096 };
	MR_AUTO(cert) struct mr_cert cert = { 0 };
	struct mr_csr csr;
	struct mr_error err;

	(void)unused;
	mr_ext_put_subject_key_id(&extensions, mr_bytes_of("0123456789abcdefghij", 20));
	const struct mr_cert_profile profile = {
		.issuer = a->marble_root.subject,
		.subject = a->marble_root.subject,
		.not_before = NOW,
		.not_after = NOW + 1,
		.spki = mr_key_spki(person(0)->key),
		.extensions = mr_buf_bytes(&extensions),
	};
	OK(mr_cert_issue(&profile, person(0)->key, &der, &err));
	OK(mr_key_to_sec1(person(0)->key, &key, &err));
	OK(mr_tx_new(state, &tx, &err));
	OK(mr_tx_put(tx, MR_STR("certificate:marbleRootCert"), mr_buf_bytes(&der), &err));
	OK(mr_tx_put(
		tx, MR_STR("certificate:coordinatorIntermediateCert"), mr_buf_bytes(&der), &err));
	OK(mr_tx_put(
		tx, MR_STR("privateKey:coordinatorIntermediateKey"), mr_secret_bytes(&key), &err));
	OK(mr_tx_build(tx, &old, &err));
	OK(mr_authority_load(old, &again, &err));
	OK(mr_csr_parse(person(1)->csr, &csr, &err));
	OK(mr_authority_issue_leaf(
		again, &csr, MR_STR("u"), MR_STR("t"), person(1)->key, NOW, &leaf, &err));
	OK(mr_cert_parse(mr_buf_bytes(&leaf), &cert, &err));
	/* ecdsa-with-SHA256 */
	assert_memory_equal(cert.signature_algorithm.ptr,
		"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02", 12);
	OK(mr_cert_check_signature(&cert, person(0)->key, &err));
}

/* --- leaves --- */

static struct mr_buf csr_of(struct mr_bytes subject, const struct mr_alt_name *names, size_t count)
{
	struct mr_buf der;
	struct mr_error err;

	mr_buf_init(&der, 1 << 20);
	OK(mr_csr_write_with_subject(subject, names, count, person(1)->key, &der, &err));
	return der;
}

static mr_result issue(const struct mr_authority *a, const struct mr_buf *request,
	struct mr_cert *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf der = { .max = 1 << 20 };
	struct mr_csr csr;

	MR_TRY(mr_csr_parse(mr_buf_bytes(request), &csr, err));
	MR_TRY(mr_authority_issue_leaf(a, &csr, MR_STR("11111111-2222-4333-8444-555555555555"),
		MR_STR("web\xff:"), person(2)->key, NOW, &der, err));
	return mr_cert_parse(mr_buf_bytes(&der), ret, err);
}

static void test_leaf(void **unused)
{
	MR_AUTO(authority) struct mr_authority *a = made("a");
	const struct mr_alt_name names[] = { { IP, mr_bytes_of(other_ip, sizeof other_ip) },
		{ 6, mr_str_bytes(MR_STR("urn:x")) }, { DNS, mr_str_bytes(MR_STR("b")) },
		{ 1, mr_str_bytes(MR_STR("a@b")) }, { DNS, mr_str_bytes(MR_STR("a")) } };
	const struct mr_alt_name want[] = { names[2], names[4], names[0] };
	MR_AUTO(buf) struct mr_buf request = csr_of(mr_bytes_of("\x30", 2), names, MR_COUNT(names));
	MR_AUTO(cert) struct mr_cert leaf = { 0 };
	struct mr_bytes marble_id, type, ignored;
	bool critical;
	struct mr_error err;

	(void)unused;
	OK(issue(a, &request, &leaf, &err));
	assert_common_name(leaf.subject, "11111111-2222-4333-8444-555555555555");
	assert_bytes_equal(leaf.issuer, a->marble_root.subject);
	assert_bytes_equal(leaf.spki, mr_key_spki(person(2)->key));
	OK(mr_cert_check_signature(&leaf, a->intermediate_key, &err));
	assert_extension(&leaf, MR_OID_KEY_USAGE, "03020388", true);
	assert_extension(
		&leaf, MR_OID_EXT_KEY_USAGE, "301406082b0601050507030106082b06010505070302", false);
	assert_extension(&leaf, MR_OID_BASIC_CONSTRAINTS, "3000", true);
	assert_false(mr_cert_extension(&leaf, MR_OID_SUBJECT_KEY_ID, &ignored, NULL));
	assert_true(mr_cert_key_id(&a->marble_root, &marble_id));
	assert_true(has_authority_key_id(&leaf, marble_id));
	assert_names(&leaf, want, MR_COUNT(want));
	/* the raw bytes of the type, whatever they are */
	assert_true(mr_cert_extension(&leaf, MR_OID_MARBLE_TYPE, &type, &critical));
	assert_bytes_equal(type, mr_bytes_of("web\xff:", 5));
	assert_false(critical);
	assert_true(leaf.not_before <= NOW && leaf.not_before >= NOW - 600);
	assert_int_equal(leaf.not_after, NOW + MR_NO_EXPIRY_SECONDS);
}

static void test_leaf_without_names(void **unused)
{
	MR_AUTO(authority) struct mr_authority *a = made("a");
	const struct mr_alt_name mail[] = { { 1, mr_str_bytes(MR_STR("a@b")) } };
	struct mr_bytes ignored;
	struct mr_error err;

	(void)unused;
	for (size_t count = 0; count < 2; count++) {
		MR_AUTO(buf) struct mr_buf request = csr_of(mr_bytes_of("\x30", 2), mail, count);
		MR_AUTO(cert) struct mr_cert leaf = { 0 };
		OK(issue(a, &request, &leaf, &err));
		assert_false(mr_cert_extension(&leaf, MR_OID_SUBJECT_ALT_NAME, &ignored, NULL));
	}
}

static void put_attribute(struct mr_buf *rdns, const char *oid_hex, const char *value)
{
	MR_AUTO(buf) struct mr_buf oid = { .max = 16 };
	size_t len = strlen(value);

	put_hex(&oid, oid_hex);
	mr_buf_put_u8(rdns, 0x31);
	mr_buf_put_u8(rdns, (uint8_t)(oid.len + len + 6));
	mr_buf_put_u8(rdns, 0x30);
	mr_buf_put_u8(rdns, (uint8_t)(oid.len + len + 4));
	mr_buf_put_u8(rdns, 0x06);
	mr_buf_put_u8(rdns, (uint8_t)oid.len);
	mr_buf_put_bytes(rdns, mr_buf_bytes(&oid));
	mr_buf_put_u8(rdns, 0x0c);
	mr_buf_put_u8(rdns, (uint8_t)len);
	mr_buf_put_cstr(rdns, value);
}

/* CN is replaced, O goes, the rest comes in the order of 30 §3.4. */
static void test_leaf_subject(void **unused)
{
	static const struct {
		const char *oid, *value;
	} given[] = { { "550405", "S" }, { "550403", "somebody" }, { "55040a", "Org" },
		{ "55040b", "Unit" }, { "550406", "DE" } },
	  want[] = { { "550406", "DE" }, { "55040b", "Unit" },
		  { "550403", "11111111-2222-4333-8444-555555555555" }, { "550405", "S" } };
	MR_AUTO(authority) struct mr_authority *a = made("a");
	MR_AUTO(buf) struct mr_buf rdns = { .max = 1024 };
	MR_AUTO(buf) struct mr_buf subject = { .max = 1024 };
	MR_AUTO(buf) struct mr_buf oid = { .max = 64 };
	MR_AUTO(cert) struct mr_cert leaf = { 0 };
	struct mr_name_attribute attribute;
	struct mr_error err;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(given); i++)
		put_attribute(&rdns, given[i].oid, given[i].value);
	mr_buf_put_u8(&subject, 0x30);
	mr_buf_put_u8(&subject, (uint8_t)rdns.len);
	mr_buf_put_bytes(&subject, mr_buf_bytes(&rdns));
	MR_AUTO(buf) struct mr_buf request = csr_of(mr_buf_bytes(&subject), NULL, 0);
	OK(issue(a, &request, &leaf, &err));
	struct mr_name_reader reader = mr_name_read(leaf.subject);
	for (size_t i = 0; i < MR_COUNT(want); i++) {
		assert_true(mr_name_next(&reader, &attribute));
		mr_buf_clear(&oid);
		put_hex(&oid, want[i].oid);
		assert_bytes_equal(attribute.oid, mr_buf_bytes(&oid));
		assert_text(mr_bytes_str(attribute.value), want[i].value);
	}
	assert_false(mr_name_next(&reader, &attribute));
}

static void test_leaf_refuses_malformed_names(void **unused)
{
	MR_AUTO(authority) struct mr_authority *a = made("a");
	MR_AUTO(buf) struct mr_buf der = { .max = 1 << 20 };
	const struct mr_csr csr = {
		.subject = mr_bytes_of("\x30", 2),
		.alt_names = mr_bytes_of("\x30\x05\x82\x01", 4),
	};
	struct mr_error err;

	(void)unused;
	FAILS_WITH(mr_authority_issue_leaf(
			   a, &csr, MR_STR("u"), MR_STR("t"), person(2)->key, NOW, &der, &err),
		"parsing CSR: x509: ");
	assert_int_equal(der.len, 0);
	/* more than a leaf may have */
	mr_buf_done(&der);
	mr_buf_init(&der, 100);
	MR_AUTO(buf) struct mr_buf request = csr_of(mr_bytes_of("\x30", 2), NULL, 0);
	struct mr_csr good;
	OK(mr_csr_parse(mr_buf_bytes(&request), &good, &err));
	assert_true(mr_failed(mr_authority_issue_leaf(
		a, &good, MR_STR("u"), MR_STR("t"), person(2)->key, NOW, &der, &err)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_names_that_are_none),
		cmocka_unit_test(test_untidy_names),
		cmocka_unit_test(test_renew),
		cmocka_unit_test(test_most_names),
		cmocka_unit_test(test_store_and_load),
		cmocka_unit_test(test_load_refuses),
		cmocka_unit_test(test_marble_root_without_key_id),
		cmocka_unit_test(test_older_keys),
		cmocka_unit_test(test_leaf),
		cmocka_unit_test(test_leaf_without_names),
		cmocka_unit_test(test_leaf_subject),
		cmocka_unit_test(test_leaf_refuses_malformed_names),
	};

	return cmocka_run_group_tests_name("authority", tests, NULL, NULL);
}
