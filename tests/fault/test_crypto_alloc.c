/* SPDX-License-Identifier: Apache-2.0 */
/* The crypto room when memory runs out or the crypto library fails: an error, and nothing lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/aead.h"
#include "crypto/cert_write.h"
#include "crypto/key_pool.h"
#include "crypto/shamir.h"
#include "fault.h"

enum { MAX = 1 << 16, TYPES = MR_KEY_RSA + 1, RSA_BITS = 1024, SHARES = 3 };

static const char *const type_names[TYPES] = { "P-224", "P-256", "P-384", "P-521", "Ed25519",
	"RSA" };

/* Made before anything fails. */
static struct mr_key *keys[TYPES];
static struct mr_secret pkcs8[TYPES];

static struct mr_bytes data(void)
{
	return mr_str_bytes(MR_STR("some data"));
}

static void must(mr_result r, const struct mr_error *err)
{
	if (mr_failed(r))
		fail_msg("%s", err->message);
}

static int prepare(void **state)
{
	uint8_t digest[MR_SHA256_SIZE];
	struct mr_error err;

	(void)state;
	mr_fault_set(0);
	/* What the library keeps from its first use on. */
	must(mr_sha256(data(), digest, &err), &err);
	for (unsigned i = 0; i < TYPES; i++) {
		must(mr_key_generate((enum mr_key_type)i, RSA_BITS, &keys[i], &err), &err);
		must(mr_key_to_pkcs8(keys[i], &pkcs8[i], &err), &err);
	}
	return 0;
}

static int finish(void **state)
{
	(void)state;
	mr_fault_set(0);
	for (unsigned i = 0; i < TYPES; i++) {
		mr_key_unref(keys[i]);
		mr_secret_done(&pkcs8[i]);
	}
	return 0;
}

static mr_result generate(void *context, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	unsigned *type = context;
	mr_result r = mr_key_generate((enum mr_key_type) * type, RSA_BITS, &key, err);

	assert_int_equal(mr_failed(r), key == NULL);
	return r;
}

static mr_result read_and_write(void *context, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(key) struct mr_key *public_key = NULL;
	MR_AUTO(secret) struct mr_secret der = { NULL, 0 };
	unsigned *type = context;

	MR_TRY(mr_key_from_pkcs8(mr_secret_bytes(&pkcs8[*type]), &key, err));
	MR_TRY(mr_key_from_spki(mr_key_spki(key), &public_key, err));
	MR_TRY(mr_key_to_pkcs8(key, &der, err));
	assert_true(mr_bytes_eq(mr_secret_bytes(&der), mr_secret_bytes(&pkcs8[*type])));
	return MR_OK;
}

static mr_result sign_and_verify(void *context, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf signature = { 0 };
	unsigned *type = context;

	mr_buf_init(&signature, MAX);
	MR_TRY(mr_key_sign(keys[*type], MR_HASH_SHA384, data(), &signature, err));
	return mr_key_verify(keys[*type], MR_HASH_SHA384, data(), mr_buf_bytes(&signature), err);
}

static void test_keys(void **state)
{
	static mr_result (*const runs[])(
		void *, struct mr_error *) = { generate, read_and_write, sign_and_verify };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(runs); i++)
		for (unsigned type = 0; type < TYPES; type++)
			assert_true(mr_fault_each(type_names[type], runs[i], &type, false) > 0);
}

static mr_result sec1(void *context, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(secret) struct mr_secret der = { NULL, 0 };

	(void)context;
	MR_TRY(mr_key_to_sec1(keys[MR_KEY_EC_P384], &der, err));
	return mr_key_from_sec1(mr_secret_bytes(&der), &key, err);
}

/* Of a size that the libraries leave to us. */
static mr_result odd_rsa(void *context, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *key = NULL;

	(void)context;
	return mr_key_generate(MR_KEY_RSA, RSA_BITS + 8, &key, err);
}

static mr_result oaep(void *context, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf ciphertext = { 0 };
	MR_AUTO(secret) struct mr_secret plaintext = { NULL, 0 };

	(void)context;
	mr_buf_init(&ciphertext, MAX);
	MR_TRY(mr_key_oaep_encrypt(keys[MR_KEY_RSA], data(), &ciphertext, err));
	return mr_key_oaep_decrypt(keys[MR_KEY_RSA], mr_buf_bytes(&ciphertext), &plaintext, err);
}

static mr_result box(void *context, struct mr_error *err)
{
	static const uint8_t key[32] = { 1 };
	MR_AUTO(buf) struct mr_buf sealed = { 0 };
	MR_AUTO(secret) struct mr_secret opened = { NULL, 0 };

	(void)context;
	mr_buf_init(&sealed, MAX);
	MR_TRY(mr_box_seal(mr_bytes_of(key, sizeof key), data(), data(), &sealed, err));
	mr_result r = mr_box_open(
		mr_bytes_of(key, sizeof key), data(), mr_buf_bytes(&sealed), &opened, err);
	assert_int_equal(mr_failed(r), opened.ptr == NULL);
	return r;
}

static mr_result derive(void *context, struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret out = { NULL, 0 };
	uint8_t digest[MR_DIGEST_MAX];

	(void)context;
	MR_TRY(mr_sha256(data(), digest, err));
	MR_TRY(mr_digest(MR_HASH_SHA512, data(), digest, err));
	return mr_hkdf_sha256(data(), data(), data(), 100, &out, err);
}

static mr_result share(void *context, struct mr_error *err)
{
	struct mr_secret shares[SHARES] = { { NULL, 0 } };
	struct mr_bytes views[SHARES];
	MR_AUTO(secret) struct mr_secret secret = { NULL, 0 };

	(void)context;
	mr_result r = mr_shamir_split(data(), SHARES, 2, shares, err);
	for (size_t i = 0; i < SHARES; i++) {
		assert_int_equal(mr_failed(r), shares[i].ptr == NULL);
		views[i] = mr_secret_bytes(&shares[i]);
	}
	if (!mr_failed(r))
		r = mr_shamir_combine(views, SHARES, &secret, err);
	for (size_t i = 0; i < SHARES; i++)
		mr_secret_done(&shares[i]);
	return r;
}

static mr_result pool(void *context, struct mr_error *err)
{
	struct mr_key_pool *pool = NULL;
	MR_AUTO(key) struct mr_key *stocked = NULL;
	MR_AUTO(key) struct mr_key *fresh = NULL;
	bool full = false;

	(void)context;
	MR_TRY(mr_key_pool_new(2, &pool, err));
	mr_result r = mr_key_pool_fill_one(pool, &full, err);
	assert_int_equal(mr_key_pool_count(pool), mr_failed(r) ? 0 : 1);
	if (!mr_failed(r))
		r = mr_key_pool_take(pool, &stocked, err);
	if (!mr_failed(r))
		r = mr_key_pool_take(pool, &fresh, err);
	mr_key_pool_free(pool);
	return r;
}

static void test_secrets(void **state)
{
	(void)state;
	assert_true(mr_fault_each("SEC 1", sec1, NULL, false) > 0);
	assert_true(mr_fault_each("odd RSA", odd_rsa, NULL, false) > 0);
	assert_true(mr_fault_each("RSA-OAEP", oaep, NULL, false) > 0);
	assert_true(mr_fault_each("GCM-box", box, NULL, false) > 0);
	assert_true(mr_fault_each("HKDF", derive, NULL, false) > 0);
	assert_true(mr_fault_each("shares", share, NULL, false) > 0);
	assert_true(mr_fault_each("key pool", pool, NULL, false) > 0);
}

static const struct mr_alt_name names[] = { { 2, { (const uint8_t *)"localhost", 9 } } };

static mr_result certificate(void *context, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf name = { 0 };
	MR_AUTO(buf) struct mr_buf extensions = { 0 };
	MR_AUTO(buf) struct mr_buf der = { 0 };
	MR_AUTO(cert) struct mr_cert parsed = { .version = 0 };
	MR_AUTO(key) struct mr_key *key = NULL;
	uint8_t id[20];

	(void)context;
	mr_buf_init(&name, MAX);
	mr_buf_init(&extensions, MAX);
	mr_buf_init(&der, MAX);
	MR_TRY(mr_key_identifier(keys[MR_KEY_EC_P384], id, err));
	mr_name_put_common_name(&name, MR_STR("name"));
	mr_ext_put_subject_key_id(&extensions, mr_bytes_of(id, sizeof id));
	mr_ext_put_alt_names(&extensions, names, MR_COUNT(names), false);
	MR_TRY(mr_buf_status(&name, err));
	MR_TRY(mr_buf_status(&extensions, err));
	struct mr_cert_profile profile = { .issuer = mr_buf_bytes(&name),
		.subject = mr_buf_bytes(&name),
		.not_before = 0,
		.not_after = 1,
		.spki = mr_key_spki(keys[MR_KEY_EC_P384]),
		.extensions = mr_buf_bytes(&extensions) };
	mr_result r = mr_cert_issue(&profile, keys[MR_KEY_EC_P384], &der, err);
	assert_int_equal(mr_failed(r), der.len == 0);
	MR_TRY(r);
	MR_TRY(mr_cert_parse(mr_buf_bytes(&der), &parsed, err));
	MR_TRY(mr_cert_key(&parsed, &key, err));
	return mr_cert_check_signature(&parsed, key, err);
}

static mr_result request(void *context, struct mr_error *err)
{
	static const uint8_t subject[] = { 0x30, 0x0C, 0x31, 0x0A, 0x30, 0x08, 0x06, 0x03, 0x55,
		0x04, 0x0B, 0x0C, 0x01, 'U' };
	MR_AUTO(buf) struct mr_buf der = { 0 };
	MR_AUTO(buf) struct mr_buf leaf = { 0 };
	struct mr_csr csr;

	(void)context;
	mr_buf_init(&der, MAX);
	mr_buf_init(&leaf, MAX);
	mr_result r = mr_csr_write_with_subject(mr_bytes_of(subject, sizeof subject), names,
		MR_COUNT(names), keys[MR_KEY_EC_P256], &der, err);
	assert_int_equal(mr_failed(r), der.len == 0);
	MR_TRY(r);
	MR_TRY(mr_csr_parse(mr_buf_bytes(&der), &csr, err));
	r = mr_csr_subject_for_leaf(csr.subject, MR_STR("uuid"), &leaf, err);
	assert_int_equal(mr_failed(r), leaf.len == 0);
	return r;
}

static void test_certificates(void **state)
{
	(void)state;
	assert_true(mr_fault_each("certificate", certificate, NULL, false) > 0);
	assert_true(mr_fault_each("request", request, NULL, false) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_certificates),
	};

	return cmocka_run_group_tests(tests, prepare, finish);
}
