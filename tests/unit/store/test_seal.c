/* SPDX-License-Identifier: Apache-2.0 */
#include "store/seal.h"

#include "codec/base64.h"
#include "crypto/aead.h"
#include "crypto/random.h"
#include "store_test.h"

/* Vectors of 40 §15. The program is linked with --wrap=mr_random, so that nonces and key IDs are
 * those of the vectors: each request takes the next of `random_bytes`, repeated, in a nonce counted
 * up. When they are used up random bytes are random. */

static uint8_t random_bytes[8];
static size_t random_at;
static bool random_fails;

mr_result __wrap_mr_random(void *out, size_t size, struct mr_error *err);
mr_result __real_mr_random(void *out, size_t size, struct mr_error *err);

mr_result __wrap_mr_random(void *out, size_t size, struct mr_error *err)
{
	if (random_fails)
		return mr_fail(err, MR_CODE_CRYPTO, "no random bytes today");
	if (random_at >= MR_COUNT(random_bytes) || !random_bytes[random_at])
		return __real_mr_random(out, size, err);
	uint8_t first = random_bytes[random_at++];
	for (size_t i = 0; i < size; i++)
		((uint8_t *)out)[i] = size == MR_BOX_NONCE_SIZE ? (uint8_t)(first + i) : first;
	return MR_OK;
}

static void set_random(uint8_t a, uint8_t b, uint8_t c)
{
	memset(random_bytes, 0, sizeof random_bytes);
	random_bytes[0] = a;
	random_bytes[1] = b;
	random_bytes[2] = c;
	random_at = 0;
}

static int clear_random(void **unused)
{
	(void)unused;
	set_random(0, 0, 0);
	random_fails = false;
	return 0;
}

static const char DEK[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
static const char DEK16[] = "000102030405060708090a0b0c0d0e0f";
static const char PLAIN[] = "{\"state\":\"Mg==\"}";
static const char A[] =
	"04000000 6e756c6c a0a1a2a3a4a5a6a7a8a9aaab 9d3a0f5924bf679d5847cab43a47e2a3"
	"262e4e4e6f44ec2c7f943b08d0d546d8";
static const char A16[] = "00000000 a0a1a2a3a4a5a6a7a8a9aaab d1a44bcf1ffd5628b05af8677b2f921d"
			  "f2d97ac478f99d780ae274cb7e0fae9b";
static const char H[] = "b150e4ef442d9759fe4c27439e4cdc7a333191c654f066aa71354ee1d9caa391";
static const char C_HASH[] = "839972c1496b95d37dd6035dae9942301aaab8e728c06499c35bc0acb691126b";
static const char C_BOX[] = "b0b1b2b3b4b5b6b7b8b9babb"
			    "056014379e44e7e1356c3f98502a137178e22057e350ca1731bfc566f926cdc1"
			    "6198d9ec8a16d4a97897502a1f5328fd";
static const char E[] = "48534d5f5345414c4544 d0d1d2d3d4d5d6d7d8d9dadb"
			"7fa1bb5350c681c4563e21fea59d483510356157bed4f614cd0b48ef92f7ce00"
			"787353409c1db9db415ba76a1c04f305";
static const char D[] = "c0c1c2c3c4c5c6c7c8c9cacb"
			"6a923bf2876a4dec722c54b025d0cd03915d90c308b2407a61561abae9acb72b"
			"3340dffb39a6f510696fbba20626ae83";

/* Every buffer of a test, made of hex text. */
static void hex(struct mr_buf *out, const char *text)
{
	mr_buf_init(out, 1 << 20);
	put_hex(out, text);
}

static void assert_hex(struct mr_bytes got, const char *text)
{
	MR_AUTO(buf) struct mr_buf expected = { 0 };

	hex(&expected, text);
	assert_bytes_equal(got, mr_buf_bytes(&expected));
}

/* --- sealed data --- */

static void check_data_vector(const char *vector, const char *dek_text, const char *recovery)
{
	MR_AUTO(buf) struct mr_buf dek = { 0 };
	MR_AUTO(buf) struct mr_buf sealed = { 0 };
	MR_AUTO(buf) struct mr_buf made = { .max = 1 << 20 };
	MR_AUTO(secret) struct mr_secret plain = { NULL, 0 };
	struct mr_bytes recovery_data;
	struct mr_bytes box;
	struct mr_error err;

	hex(&dek, dek_text);
	hex(&sealed, vector);
	OK(mr_sealed_data_open(mr_buf_bytes(&sealed), mr_buf_bytes(&dek), &plain, &err));
	assert_bytes_equal(mr_secret_bytes(&plain), mr_str_bytes(mr_str_of(PLAIN)));
	OK(mr_sealed_data_split(mr_buf_bytes(&sealed), &recovery_data, &box, &err));
	assert_bytes_equal(recovery_data, mr_str_bytes(mr_str_of(recovery)));

	set_random(0xA0, 0, 0);
	OK(mr_sealed_data_make(
		recovery_data, mr_secret_bytes(&plain), mr_buf_bytes(&dek), &made, &err));
	assert_bytes_equal(mr_buf_bytes(&made), mr_buf_bytes(&sealed));
}

static void test_vectors_of_sealed_data(void **unused)
{
	uint8_t hash[MR_SHA256_SIZE];
	MR_AUTO(buf) struct mr_buf sealed = { 0 };
	struct mr_error err;

	(void)unused;
	check_data_vector(A, DEK, "null");
	check_data_vector(A16, DEK16, "");
	hex(&sealed, A);
	OK(mr_sha256(mr_buf_bytes(&sealed), hash, &err));
	assert_hex(mr_bytes_of(hash, sizeof hash), H);
}

static void test_every_sealing_has_its_own_nonce(void **unused)
{
	MR_AUTO(buf) struct mr_buf a = { .max = 1 << 20 };
	MR_AUTO(buf) struct mr_buf b = { .max = 1 << 20 };
	struct mr_bytes plain = mr_str_bytes(mr_str_of(PLAIN));
	struct mr_error err;

	(void)unused;
	OK(mr_sealed_data_make((struct mr_bytes){ NULL, 0 }, plain, dek_of(1), &a, &err));
	OK(mr_sealed_data_make((struct mr_bytes){ NULL, 0 }, plain, dek_of(1), &b, &err));
	assert_int_equal(a.len, b.len);
	assert_memory_not_equal(a.data + 4, b.data + 4, MR_BOX_NONCE_SIZE);
}

static void test_bad_sealed_data(void **unused)
{
	static const struct {
		const char *hex, *text;
	} cases[] = {
		{ "", "sealed state is missing data" },
		{ "00", "sealed state is missing data" },
		{ "00000000", "sealed state is missing data" },
		{ "04000000 6e756c",
			"sealed state is corrupted, embedded length does not fit the data" },
		/* 4 + L wraps in 32 bits */
		{ "fcffffff 00",
			"sealed state is corrupted, embedded length does not fit the data" },
		{ "ffffffff 00000000",
			"sealed state is corrupted, embedded length does not fit the data" },
		{ "04000000 6e756c6c", "decrypting sealed data: ciphertext is too short" },
		{ "00000000 000000000000000000000000",
			"decrypting sealed data: ciphertext is too short" },
		{ "00000000 00000000000000000000000000",
			"decrypting sealed data: cipher: message authentication failed" },
	};

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(buf) struct mr_buf sealed = { 0 };
		struct mr_secret plain = { NULL, 0 };
		struct mr_error err;
		hex(&sealed, cases[i].hex);
		mr_result r = mr_sealed_data_open(mr_buf_bytes(&sealed), dek_of(1), &plain, &err);
		assert_true(r.code == MR_CODE_CRYPTO || r.code == MR_CODE_INVALID);
		assert_string_equal(err.message, cases[i].text);
		assert_null(plain.ptr);
	}
}

static void test_keys_that_are_none(void **unused)
{
	static const struct mr_bytes none;
	MR_AUTO(buf) struct mr_buf sealed = { 0 };
	MR_AUTO(buf) struct mr_buf out = { .max = 1 << 20 };
	struct mr_secret plain = { NULL, 0 };
	struct mr_error err;

	(void)unused;
	hex(&sealed, A);
	FAILS(mr_sealed_data_open(mr_buf_bytes(&sealed), none, &plain, &err), MR_CODE_CRYPTO,
		"decrypting sealed data: encryption key not set");
	FAILS(mr_sealed_data_make(none, none, none, &out, &err), MR_CODE_CRYPTO,
		"encrypting data: encryption key not set");
	FAILS(mr_sealed_data_make(none, none, mr_bytes_of("12345", 5), &out, &err), MR_CODE_CRYPTO,
		"encrypting data: crypto/aes: invalid key size 5");
	out.max = 20;
	assert_int_equal(
		mr_sealed_data_make(none, dek_of(3), dek_of(1), &out, &err).code, MR_CODE_LIMIT);
	/* recovery data alone over the buffer's maximum */
	mr_buf_clear(&out);
	out.max = 2;
	assert_int_equal(
		mr_sealed_data_make(none, none, dek_of(1), &out, &err).code, MR_CODE_LIMIT);
	mr_buf_clear(&out);
	struct mr_bytes huge = mr_bytes_of(A, (size_t)UINT32_MAX + 1);
	FAILS(mr_sealed_data_make(huge, none, dek_of(1), &out, &err), MR_CODE_LIMIT,
		"encrypting data: recovery data too large");
}

/* --- sealed key --- */

static void make_key_c(struct mr_buf *out, uint8_t hash[MR_SHA256_SIZE])
{
	MR_AUTO(buf) struct mr_buf dek = { 0 };
	MR_AUTO(buf) struct mr_buf h = { 0 };
	struct mr_error err;

	hex(&dek, DEK);
	hex(&h, H);
	memcpy(hash, h.data, MR_SHA256_SIZE);
	mr_buf_init(out, 1 << 20);
	set_random(0x11, 0x22, 0xB0);
	OK(mr_sealed_key_make(
		mr_buf_bytes(&dek), hash, MR_KEY_FORM_SIMULATION, MR_SEAL_PRODUCT_KEY, out, &err));
}

static void test_vector_of_the_simulated_key(void **unused)
{
	MR_AUTO(buf) struct mr_buf sealed = { 0 };
	MR_AUTO(opened_key) struct mr_opened_key key = { 0 };
	uint8_t hash[MR_SHA256_SIZE];
	uint8_t digest[MR_SHA256_SIZE];
	struct mr_error err;

	(void)unused;
	make_key_c(&sealed, hash);
	assert_int_equal(sealed.len, 1088);
	assert_hex(mr_bytes_of(sealed.data, 80),
		"00040000 0400 0200 0000 0000 00000000000000000000000000000000 0b000000000000ff "
		"0000000000000000 "
		"1111111111111111111111111111111111111111111111111111111111111111 000000f0");
	assert_hex(mr_bytes_of(sealed.data + 1028, 60), C_BOX);
	OK(mr_sha256(mr_buf_bytes(&sealed), digest, &err));
	assert_hex(mr_bytes_of(digest, sizeof digest), C_HASH);

	OK(mr_sealed_key_open(mr_buf_bytes(&sealed), hash, &key, &err));
	assert_hex(mr_secret_bytes(&key.dek), DEK);
	assert_int_equal(key.form, MR_KEY_FORM_SIMULATION);
	assert_true(key.bound);
	assert_false(key.outdated);
}

static void test_the_policy_follows_the_mode(void **unused)
{
	static const struct {
		enum mr_seal_mode mode;
		uint8_t policy;
	} cases[] = { { MR_SEAL_PRODUCT_KEY, 2 }, { MR_SEAL_UNIQUE_KEY, 1 },
		{ MR_SEAL_DISABLED, 1 } };

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(buf) struct mr_buf out = { .max = 1 << 20 };
		uint8_t hash[MR_SHA256_SIZE] = { 7 };
		struct mr_error err;
		OK(mr_sealed_key_make(
			dek_of(5), hash, MR_KEY_FORM_SIMULATION, cases[i].mode, &out, &err));
		assert_int_equal(out.data[6], cases[i].policy);
		assert_int_equal(out.data[518], cases[i].policy);
		assert_memory_not_equal(out.data + 44, out.data + 556, 32);
	}
}

/* A key in an SGX form: `requests` key requests of zeros, then the box. */
static void sgx_key(struct mr_buf *out, uint32_t size, struct mr_bytes dek, struct mr_bytes aad)
{
	static const uint8_t zeros[4096];
	struct mr_error err;

	mr_buf_init(out, 1 << 20);
	mr_buf_put_u32le(out, size);
	mr_buf_put(out, zeros, size);
	OK(mr_box_seal(mr_bytes_of(zeros, size == 512 ? 16 : 32), aad, dek, out, &err));
}

static void test_forms_that_open(void **unused)
{
	static const struct mr_bytes no_aad;
	static const struct {
		uint32_t size;
		size_t dek_size;
		bool with_hash;
		size_t sealed_size;
	} cases[] = {
		{ 1024, 32, true, 1088 },
		{ 1024, 16, true, 1072 },
		{ 512, 32, true, 576 },
		{ 512, 16, true, 560 },
		{ 512, 32, false, 576 },
		{ 512, 16, false, 560 },
	};
	uint8_t hash[MR_SHA256_SIZE] = { 1, 2, 3 };

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(buf) struct mr_buf sealed = { 0 };
		MR_AUTO(opened_key) struct mr_opened_key key = { 0 };
		struct mr_bytes dek = mr_bytes_of(dek_of(9).ptr, cases[i].dek_size);
		struct mr_error err;
		sgx_key(&sealed, cases[i].size, dek,
			cases[i].with_hash ? mr_bytes_of(hash, sizeof hash) : no_aad);
		assert_int_equal(sealed.len, cases[i].sealed_size);
		OK(mr_sealed_key_open(mr_buf_bytes(&sealed), hash, &key, &err));
		assert_bytes_equal(mr_secret_bytes(&key.dek), dek);
		assert_int_equal(key.form, MR_KEY_FORM_SIMULATION);
		assert_int_equal(key.bound, cases[i].with_hash);
		assert_int_equal(key.outdated, !cases[i].with_hash);
	}
	for (size_t size = 16; size <= 32; size += 16) {
		MR_AUTO(opened_key) struct mr_opened_key key = { 0 };
		MR_AUTO(buf) struct mr_buf out = { .max = 64 };
		struct mr_bytes dek = mr_bytes_of(dek_of(9).ptr, size);
		struct mr_error err;
		OK(mr_sealed_key_make(dek, hash, MR_KEY_FORM_RAW, MR_SEAL_PRODUCT_KEY, &out, &err));
		assert_bytes_equal(mr_buf_bytes(&out), dek);
		OK(mr_sealed_key_open(dek, hash, &key, &err));
		assert_bytes_equal(mr_secret_bytes(&key.dek), dek);
		assert_int_equal(key.form, MR_KEY_FORM_RAW);
		assert_false(key.bound || key.outdated);
	}
}

static void assert_closed(
	struct mr_bytes sealed, const uint8_t hash[MR_SHA256_SIZE], const char *text)
{
	struct mr_opened_key key = { .form = MR_KEY_FORM_RAW };
	struct mr_error err;

	FAILS(mr_sealed_key_open(sealed, hash, &key, &err), MR_CODE_CRYPTO, text);
	assert_null(key.dek.ptr);
}

static void test_forms_that_do_not_open(void **unused)
{
	static const struct mr_bytes no_aad;
	static const char failed[] = "cipher: message authentication failed";
	static const char no_length[] = "ciphertext contains invalid key info length";
	static const struct {
		const char *hex, *text;
	} cases[] = {
		{ "", no_length },
		{ "00", no_length },
		{ "00040000", no_length },
		{ "00000000 00", no_length },
		{ "ffffffff 00", no_length },
		{ "01000000 00", no_length }, /* the box would be empty */
		{ "01000000 0000", "sealed key of unknown form" },
		{ D, no_length },
		{ E, "decrypting HSM wrapped key: no HSM is available here" },
		{ "48534d5f5345414c4544", "decrypting HSM wrapped key: no HSM is available here" },
	};
	const uint8_t hash[MR_SHA256_SIZE] = { 1 };
	const uint8_t other[MR_SHA256_SIZE] = { 2 };

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(buf) struct mr_buf sealed = { 0 };
		hex(&sealed, cases[i].hex);
		assert_closed(mr_buf_bytes(&sealed), hash, cases[i].text);
	}
	/* bound to other data; SGX-256, never written unbound beside a state; a key of 24 bytes */
	MR_AUTO(buf) struct mr_buf bound = { 0 };
	sgx_key(&bound, 1024, dek_of(1), mr_bytes_of(hash, sizeof hash));
	assert_closed(mr_buf_bytes(&bound), other, failed);
	MR_AUTO(buf) struct mr_buf bound_128;
	sgx_key(&bound_128, 512, dek_of(1), mr_bytes_of(hash, sizeof hash));
	assert_closed(mr_buf_bytes(&bound_128), other, failed);
	MR_AUTO(buf) struct mr_buf unbound = { 0 };
	sgx_key(&unbound, 1024, dek_of(1), no_aad);
	assert_closed(mr_buf_bytes(&unbound), hash, failed);
	MR_AUTO(buf) struct mr_buf strange = { 0 };
	sgx_key(&strange, 1024, mr_bytes_of(dek_of(1).ptr, 24), mr_bytes_of(hash, sizeof hash));
	assert_closed(mr_buf_bytes(&strange), hash, "sealed key holds a key of 24 bytes");
}

static void test_every_flipped_bit_of_a_simulated_key(void **unused)
{
	MR_AUTO(buf) struct mr_buf sealed = { 0 };
	uint8_t hash[MR_SHA256_SIZE];

	(void)unused;
	make_key_c(&sealed, hash);
	for (size_t i = 0; i < sealed.len * 8; i++) {
		MR_AUTO(opened_key) struct mr_opened_key key = { .form = MR_KEY_FORM_RAW };
		struct mr_error err;
		sealed.data[i / 8] ^= (uint8_t)(1u << i % 8);
		mr_result r = mr_sealed_key_open(mr_buf_bytes(&sealed), hash, &key, &err);
		/* the key requests are data of the hardware: they do not count here */
		bool counts = i / 8 < 4 || i / 8 >= 1028;
		assert_int_equal(r.code, counts ? MR_CODE_CRYPTO : MR_CODE_OK);
		sealed.data[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}

static void test_making_a_key_can_fail(void **unused)
{
	const uint8_t hash[MR_SHA256_SIZE] = { 1 };
	MR_AUTO(buf) struct mr_buf out = { .max = 2000 };
	struct mr_error err;

	(void)unused;
	FAILS(mr_sealed_key_make(mr_bytes_of("123", 3), hash, MR_KEY_FORM_RAW, MR_SEAL_PRODUCT_KEY,
		      &out, &err),
		MR_CODE_CRYPTO, "crypto/aes: invalid key size 3");
	for (out.max = 0; out.max < 1088; out.max += 68) {
		mr_buf_done(&out);
		assert_int_equal(mr_sealed_key_make(dek_of(1), hash, MR_KEY_FORM_SIMULATION,
					 MR_SEAL_PRODUCT_KEY, &out, &err)
					 .code,
			MR_CODE_LIMIT);
	}
	mr_buf_done(&out);
	random_fails = true;
	FAILS(mr_sealed_key_make(
		      dek_of(1), hash, MR_KEY_FORM_SIMULATION, MR_SEAL_PRODUCT_KEY, &out, &err),
		MR_CODE_CRYPTO, "no random bytes today");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_vectors_of_sealed_data, clear_random),
		cmocka_unit_test_setup(test_every_sealing_has_its_own_nonce, clear_random),
		cmocka_unit_test_setup(test_bad_sealed_data, clear_random),
		cmocka_unit_test_setup(test_keys_that_are_none, clear_random),
		cmocka_unit_test_setup(test_vector_of_the_simulated_key, clear_random),
		cmocka_unit_test_setup(test_the_policy_follows_the_mode, clear_random),
		cmocka_unit_test_setup(test_forms_that_open, clear_random),
		cmocka_unit_test_setup(test_forms_that_do_not_open, clear_random),
		cmocka_unit_test_setup(test_every_flipped_bit_of_a_simulated_key, clear_random),
		cmocka_unit_test_setup(test_making_a_key_can_fail, clear_random),
	};

	return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
