/* SPDX-License-Identifier: Apache-2.0 */
/* The data key and the parties' recovery secrets (40 §7.1, 7.2). Random bytes come from the test: each call fills its
 * bytes with the next number. */
#include "coordinator/state_key.h"

#include "coordinator_test.h"
#include "crypto/random.h"
#include "crypto/shamir.h"

#define TWO_HASHES                                                                                 \
	"{\"72cd6e8422c407fb6d098690f1130b7ded7ec2f7f5e1d30bd9d521f015363793\":true,"              \
	"\"75877bb41d393b5fb8455ce60ecd8dda001d06316496b14dfa7f895656eeca4a\":true}"

mr_result __real_mr_random(void *out, size_t size, struct mr_error *err);
mr_result __wrap_mr_random(void *out, size_t size, struct mr_error *err);

static bool scripted;
static uint8_t next;

mr_result __wrap_mr_random(void *out, size_t size, struct mr_error *err)
{
	if (!scripted)
		return __real_mr_random(out, size, err);
	memset(out, next++, size);
	return MR_OK;
}

/* A manifest with `count` recovery keys, named k0, k1, …; not checked, so that all numbers are possible. */
static struct mr_manifest *parties(unsigned count, unsigned threshold)
{
	MR_AUTO(buf) struct mr_buf keys = { .max = 1 << 20 };
	struct mr_manifest *m;
	struct mr_error err;

	for (unsigned i = 0; i < count; i++)
		mr_buf_printf(&keys, "%s'k%03u':'%s'", i ? "," : "", i, rsa_pem(i % 4));
	OK(mr_manifest_decode(
		jsonf("{'RecoveryKeys':{%.*s},'Config':{'RecoveryThreshold':%u}}", (int)keys.len,
			keys.len ? (const char *)keys.data : "", threshold),
		NULL, &m, &err));
	return m;
}

/* What the party of that number decrypts. */
static struct mr_secret secret_of(const struct mr_state_key *key, unsigned number)
{
	struct mr_secret secret;
	struct mr_error err;

	assert_text(key->secrets[number].name, textf("k%03u", number));
	OK(mr_key_oaep_decrypt(rsa_key(number % 4), mr_buf_bytes(&key->secrets[number].ciphertext),
		&secret, &err));
	return secret;
}

static void assert_listed(const struct mr_state_key *key, const struct mr_secret *secret)
{
	MR_AUTO(buf) struct mr_buf hex = { .max = 64 };
	uint8_t hash[MR_SHA256_SIZE];
	struct mr_error err;

	OK(mr_sha256(mr_secret_bytes(secret), hash, &err));
	for (size_t i = 0; i < sizeof hash; i++)
		mr_buf_printf(&hex, "%02x", hash[i]);
	assert_true(contains(mr_buf_str(&key->recovery_data),
		textf("\"%.*s\":true", (int)hex.len, (const char *)hex.data)));
}

static void test_nobody_and_one(void **unused)
{
	struct mr_error err;

	(void)unused;
	for (unsigned count = 0; count < 2; count++) {
		MR_AUTO(manifest) struct mr_manifest *m = parties(count, 0);
		MR_AUTO(state_key) struct mr_state_key key = { 0 };
		MR_AUTO(state_key) struct mr_state_key other = { 0 };
		OK(mr_state_key_new(m, &key, &err));
		OK(mr_state_key_new(m, &other, &err));
		assert_text(mr_buf_str(&key.recovery_data), "null");
		assert_int_equal(key.dek.len, 32);
		assert_false(mr_bytes_eq(mr_secret_bytes(&key.dek), mr_secret_bytes(&other.dek)));
		assert_int_equal(key.count, count);
		if (count) {
			MR_AUTO(secret) struct mr_secret secret = secret_of(&key, 0);
			assert_bytes_equal(mr_secret_bytes(&secret), mr_secret_bytes(&key.dek));
		}
	}
}

/* Vector F: secrets 32 × 01 and 32 × 02, for a threshold of all, whether it is told or not. */
static void test_xor_vector(void **unused)
{
	static const unsigned thresholds[] = { 0, 2 };
	struct mr_error err;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(thresholds); i++) {
		MR_AUTO(manifest) struct mr_manifest *m = parties(2, thresholds[i]);
		MR_AUTO(state_key) struct mr_state_key key = { 0 };
		next = 0; /* the first goes to a DEK that is not used */
		scripted = true;
		OK(mr_state_key_new(m, &key, &err));
		scripted = false;
		assert_text(mr_buf_str(&key.recovery_data), TWO_HASHES);
		assert_int_equal(key.recovery_data.len, 145);
		assert_int_equal(key.dek.len, 32);
		for (unsigned j = 0; j < 32; j++)
			assert_int_equal(key.dek.ptr[j], 3);
		for (unsigned n = 0; n < 2; n++) {
			MR_AUTO(secret) struct mr_secret secret = secret_of(&key, n);
			assert_int_equal(secret.len, 32);
			assert_int_equal(secret.ptr[0], n + 1);
			assert_int_equal(secret.ptr[31], n + 1);
		}
	}
}

static void test_xor_of_many(void **unused)
{
	MR_AUTO(manifest) struct mr_manifest *m = parties(5, 0);
	MR_AUTO(state_key) struct mr_state_key key = { 0 };
	uint8_t sum[32] = { 0 };
	struct mr_error err;

	(void)unused;
	OK(mr_state_key_new(m, &key, &err));
	assert_int_equal(key.count, 5);
	for (unsigned n = 0; n < 5; n++) {
		MR_AUTO(secret) struct mr_secret secret = secret_of(&key, n);
		assert_int_equal(secret.len, 32);
		assert_listed(&key, &secret);
		for (unsigned j = 0; j < 32; j++)
			sum[j] ^= secret.ptr[j];
	}
	assert_bytes_equal(mr_secret_bytes(&key.dek), mr_bytes_of(sum, sizeof sum));
}

/* Any `threshold` of them give the DEK, one fewer does not. */
static void check_shares(unsigned parts, unsigned threshold)
{
	MR_AUTO(manifest) struct mr_manifest *m = parties(parts, threshold);
	MR_AUTO(state_key) struct mr_state_key key = { 0 };
	struct mr_error err;

	OK(mr_state_key_new(m, &key, &err));
	assert_int_equal(key.count, parts);
	for (unsigned first = 0; first + threshold <= parts; first++) {
		struct mr_secret shares[8] = { { NULL, 0 } };
		struct mr_bytes views[8];
		MR_AUTO(secret) struct mr_secret dek = { NULL, 0 };
		MR_AUTO(secret) struct mr_secret wrong = { NULL, 0 };
		for (unsigned i = 0; i < threshold; i++) {
			shares[i] = secret_of(&key, first + i);
			assert_int_equal(shares[i].len, 33);
			assert_listed(&key, &shares[i]);
			views[i] = mr_secret_bytes(&shares[i]);
		}
		OK(mr_shamir_combine(views, threshold, &dek, &err));
		assert_bytes_equal(mr_secret_bytes(&dek), mr_secret_bytes(&key.dek));
		if (threshold > 2) {
			OK(mr_shamir_combine(views, threshold - 1, &wrong, &err));
			assert_false(
				mr_bytes_eq(mr_secret_bytes(&wrong), mr_secret_bytes(&key.dek)));
		}
		for (unsigned i = 0; i < threshold; i++)
			mr_secret_done(&shares[i]);
	}
}

static void test_shamir(void **unused)
{
	(void)unused;
	check_shares(3, 2);
	check_shares(5, 3);
	check_shares(4, 3);
}

static void test_most_parties(void **unused)
{
	MR_AUTO(manifest) struct mr_manifest *m = parties(255, 0);
	MR_AUTO(state_key) struct mr_state_key key = { 0 };
	struct mr_error err;

	(void)unused;
	OK(mr_state_key_new(m, &key, &err));
	assert_int_equal(key.count, 255);
	/* {"<64>":true, … } */
	assert_int_equal(key.recovery_data.len, 1 + 255 * (64 + 2 + 5) + 254 + 1);
	/* in order */
	const char *text = (const char *)key.recovery_data.data;
	for (size_t i = 1; i < 255; i++)
		assert_true(memcmp(text + 2 + (i - 1) * 72, text + 2 + i * 72, 64) < 0);
}

static void test_impossible_numbers(void **unused)
{
	static const unsigned rows[][2] = { { 2, 1 }, { 2, 3 }, { 3, 4 }, { 256, 0 }, { 256, 2 } };
	struct mr_error err;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(manifest) struct mr_manifest *m = parties(rows[i][0], rows[i][1]);
		struct mr_state_key key;
		FAILS(mr_state_key_new(m, &key, &err), MR_CODE_INVALID,
			textf("invalid configuration to create recovery key: %u recovery keys with recovery "
			      "threshold of %u",
				rows[i][0], rows[i][1]));
	}
}

static void assert_key_refused(const char *pem, const char *start)
{
	MR_AUTO(manifest) struct mr_manifest *m = NULL;
	struct mr_state_key key;
	struct mr_error err;

	OK(mr_manifest_decode(
		jsonf("{'RecoveryKeys':{'a':'%s','b':'%s'}}", rsa_pem(0), pem), NULL, &m, &err));
	FAILS_WITH(mr_state_key_new(m, &key, &err), start);
}

static void test_keys_that_are_none(void **unused)
{
	struct mr_error err;

	(void)unused;
	assert_key_refused("", "given PEM data is not a public key");
	assert_key_refused("no PEM", "given PEM data is not a public key");
	assert_key_refused(person(0)->pem, "given PEM data is not a public key");
	assert_key_refused(
		"-----BEGIN RSA PUBLIC KEY-----\\nMAA=\\n-----END RSA PUBLIC KEY-----\\n",
		"given PEM data is not a public key");
	assert_key_refused("-----BEGIN PUBLIC KEY-----\\nMAA=\\n-----END PUBLIC KEY-----\\n", "");
	/* P-256 */
	assert_key_refused("-----BEGIN PUBLIC KEY-----\\n"
			   "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\\n"
			   "6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\\n"
			   "-----END PUBLIC KEY-----\\n",
		"unsupported type of public key");
	/* text around the block is ignored */
	MR_AUTO(manifest) struct mr_manifest *m = NULL;
	MR_AUTO(state_key) struct mr_state_key key = { 0 };
	OK(mr_manifest_decode(
		jsonf("{'RecoveryKeys':{'a':'before\\n%safter'}}", rsa_pem(0)), NULL, &m, &err));
	OK(mr_state_key_new(m, &key, &err));
}

static void test_json(void **unused)
{
	MR_AUTO(manifest) struct mr_manifest *none = parties(0, 0);
	MR_AUTO(manifest) struct mr_manifest *two = parties(2, 0);
	struct mr_state_key key = { 0 };
	MR_AUTO(buf) struct mr_buf out = { .max = 1 << 16 };
	struct mr_error err;

	(void)unused;
	OK(mr_state_key_new(none, &key, &err));
	mr_state_key_put_json(&key, &out);
	assert_text(mr_buf_str(&out), "{}");
	mr_state_key_done(&key);
	assert_null(key.dek.ptr);
	mr_state_key_done(&key);
	OK(mr_state_key_new(two, &key, &err));
	mr_buf_done(&key.secrets[1].ciphertext);
	mr_buf_init(&key.secrets[1].ciphertext, 8);
	mr_buf_put_cstr(&key.secrets[1].ciphertext, "hello");
	mr_buf_clear(&out);
	mr_state_key_put_json(&key, &out);
	assert_true(mr_str_starts(mr_buf_str(&out), MR_STR("{\"k000\":\"")));
	assert_true(mr_str_ends(mr_buf_str(&out), MR_STR("\",\"k001\":\"aGVsbG8=\"}")));
	mr_state_key_done(&key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_and_one),
		cmocka_unit_test(test_xor_vector),
		cmocka_unit_test(test_xor_of_many),
		cmocka_unit_test(test_shamir),
		cmocka_unit_test(test_most_parties),
		cmocka_unit_test(test_impossible_numbers),
		cmocka_unit_test(test_keys_that_are_none),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests_name("state_key", tests, NULL, NULL);
}
