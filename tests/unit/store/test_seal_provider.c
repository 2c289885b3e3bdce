/* SPDX-License-Identifier: Apache-2.0 */
/* Seal keys of providers: the form of sealed_key, each provider, a store that uses one. */
#include "store/seal_provider.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "store_test.h"

enum {
	DEK = 0x44,
	GUEST_SVN = 7,
	RESPONSE_SIZE = 4000,
	CONTENT_AT = 0x20,
	IDS_AT = CONTENT_AT + 16
};

static const uint8_t hash[MR_SHA256_SIZE] = { 1, 2, 3 };
static const uint8_t other_hash[MR_SHA256_SIZE] = { 1, 2, 4 };

/* --- a firmware that derives keys --- */

struct guest_request {
	uint8_t version, padding[7];
	uint64_t request, response, firmware_error;
};

static struct {
	bool has_ids;
	int failing_errno;
	uint32_t status;
	unsigned reports, keys, interrupts;
} firmware;

/* The key is the request, each byte changed: another request gives another key. */
static int fake_control(int fd, unsigned long number, void *argument)
{
	struct guest_request *g = argument;
	uint8_t *response = (uint8_t *)(uintptr_t)g->response;
	const uint8_t *request = (const uint8_t *)(uintptr_t)g->request;

	assert_true(fd >= 0);
	assert_int_equal(g->version, 1);
	if (firmware.interrupts > 0) {
		firmware.interrupts--;
		errno = EINTR;
		return -1;
	}
	if (firmware.failing_errno) {
		errno = firmware.failing_errno;
		g->firmware_error = 0x17;
		return -1;
	}
	response[0] = (uint8_t)firmware.status;
	if (number == 0xC0205300UL) {
		firmware.reports++;
		response[CONTENT_AT + 4] = GUEST_SVN;
		response[IDS_AT + 3] = firmware.has_ids;
		return 0;
	}
	assert_true(number == 0xC0205301UL);
	firmware.keys++;
	for (size_t i = 0; i < 32; i++)
		response[CONTENT_AT + i] = request[i] ^ 0x5A;
	return 0;
}

static struct mr_seal_provider snp(void)
{
	struct mr_seal_provider p = mr_seal_snp;

	p.path = "/dev/null";
	p.control = fake_control;
	return p;
}

static int fresh_firmware(void **unused)
{
	(void)unused;
	memset(&firmware, 0, sizeof firmware);
	firmware.has_ids = true;
	return 0;
}

/* --- files with keys --- */

static void put_key(const char *dir, const char *name, size_t size, uint8_t byte)
{
	uint8_t key[64];

	assert_true(size <= sizeof key);
	memset(key, byte, sizeof key);
	put_file(dir, name, mr_bytes_of(key, size));
}

static struct mr_seal_provider gramine(const struct scratch *s)
{
	struct mr_seal_provider p = mr_seal_gramine;

	put_key(s->path, "_sgx_mrsigner", 16, 0x31);
	put_key(s->path, "_sgx_mrenclave", 16, 0x32);
	p.path = s->path;
	return p;
}

static struct mr_seal_provider file(const struct scratch *s, char spec[static 300])
{
	struct mr_seal_provider p;
	struct mr_error err;

	put_key(s->path, "key", 32, 0x33);
	(void)snprintf(spec, 300, "file:%s/key", s->path);
	OK(mr_seal_provider_of(spec, &p, &err));
	return p;
}

/* --- the form --- */

static void check_form(const struct mr_seal_provider *p, enum mr_seal_mode mode)
{
	MR_AUTO(buf) struct mr_buf blob = { .max = 4096 };
	MR_AUTO(buf) struct mr_buf again = { .max = 4096 };
	MR_AUTO(opened_key) struct mr_opened_key key = { .form = MR_KEY_FORM_RAW };
	struct mr_error err;

	OK(mr_provided_key_make(p, dek_of(DEK), hash, mode, &blob, &err));
	assert_int_equal(mr_provided_key_source(mr_buf_bytes(&blob)), p->source);
	OK(mr_provided_key_open(p, mr_buf_bytes(&blob), hash, &key, &err));
	assert_bytes_equal(mr_secret_bytes(&key.dek), dek_of(DEK));
	assert_int_equal(key.form, MR_KEY_FORM_PROVIDED);
	assert_true(key.bound && !key.outdated);
	/* a new salt each time */
	OK(mr_provided_key_make(p, dek_of(DEK), hash, mode, &again, &err));
	assert_memory_not_equal(blob.data + 16, again.data + 16, 32);

	struct mr_opened_key other = { .form = MR_KEY_FORM_RAW };
	FAILS(mr_provided_key_open(p, mr_buf_bytes(&blob), other_hash, &other, &err),
		MR_CODE_CRYPTO, "cipher: message authentication failed");
	for (size_t i = 0; i < blob.len; i++) {
		blob.data[i] ^= 1;
		assert_int_equal(
			mr_provided_key_open(p, mr_buf_bytes(&blob), hash, &other, &err).code,
			MR_CODE_CRYPTO);
		blob.data[i] ^= 1;
	}
	/* the other policy, which a provider may have the same key for */
	blob.data[12] ^= 3;
	assert_int_equal(mr_provided_key_open(p, mr_buf_bytes(&blob), hash, &other, &err).code,
		MR_CODE_CRYPTO);
	blob.data[12] ^= 3;
	for (size_t len = 0; len < blob.len; len++)
		assert_int_equal(
			mr_provided_key_open(p, mr_bytes_of(blob.data, len), hash, &other, &err)
				.code,
			MR_CODE_CRYPTO);
}

static void test_every_provider_in_both_modes(void **unused)
{
	MR_AUTO(scratch) struct scratch s;
	char spec[300];

	(void)unused;
	scratch_new(&s);
	const struct mr_seal_provider providers[] = { gramine(&s), snp(), file(&s, spec) };
	for (size_t i = 0; i < MR_COUNT(providers); i++) {
		check_form(&providers[i], MR_SEAL_PRODUCT_KEY);
		check_form(&providers[i], MR_SEAL_UNIQUE_KEY);
	}
}

/* What is weaker, or somebody else's, does not open. */
static void test_other_forms_are_refused(void **unused)
{
	static const enum mr_key_form weaker[] = { MR_KEY_FORM_RAW, MR_KEY_FORM_SIMULATION };
	MR_AUTO(scratch) struct scratch s;
	struct mr_opened_key key;
	struct mr_error err;

	(void)unused;
	scratch_new(&s);
	const struct mr_seal_provider p = gramine(&s), q = snp();
	for (size_t i = 0; i < MR_COUNT(weaker); i++) {
		MR_AUTO(pair) struct pair pair;
		pair_make(&pair, 1, DEK, weaker[i]);
		assert_int_equal(
			mr_provided_key_source(mr_buf_bytes(&pair.key)), MR_SEAL_SOURCE_NONE);
		FAILS(mr_provided_key_open(&p, mr_buf_bytes(&pair.key), pair.hash, &key, &err),
			MR_CODE_CRYPTO,
			"the sealed key is not one that the seal key of gramine protects");
	}
	MR_AUTO(buf) struct mr_buf blob = { .max = 4096 };
	OK(mr_provided_key_make(&p, dek_of(DEK), hash, MR_SEAL_UNIQUE_KEY, &blob, &err));
	FAILS(mr_provided_key_open(&q, mr_buf_bytes(&blob), hash, &key, &err), MR_CODE_CRYPTO,
		"the sealed key is not one that the seal key of sev-snp protects");
	FAILS(mr_sealed_key_open(mr_buf_bytes(&blob), hash, &key, &err), MR_CODE_CRYPTO,
		"the sealed key is under a seal key, and no source of seal keys is set");
	FAILS(mr_sealed_key_make(
		      dek_of(DEK), hash, MR_KEY_FORM_PROVIDED, MR_SEAL_UNIQUE_KEY, &blob, &err),
		MR_CODE_INTERNAL, "no source of seal keys for this form");
	FAILS(mr_provided_key_make(
		      &p, mr_bytes_of(hash, 31), hash, MR_SEAL_UNIQUE_KEY, &blob, &err),
		MR_CODE_CRYPTO, "crypto/aes: invalid key size 31");
}

static void test_names(void **unused)
{
	static const char *const bad[] = { "", "file:", "sgx", "Gramine", "file" };
	struct mr_seal_provider p;
	struct mr_error err;

	(void)unused;
	OK(mr_seal_provider_of("none", &p, &err));
	assert_int_equal(p.source, MR_SEAL_SOURCE_NONE);
	OK(mr_seal_provider_of("gramine", &p, &err));
	assert_string_equal(p.path, "/dev/attestation/keys");
	OK(mr_seal_provider_of("sev-snp", &p, &err));
	assert_string_equal(p.path, "/dev/sev-guest");
	OK(mr_seal_provider_of("file:/a b", &p, &err));
	assert_string_equal(p.path, "/a b");
	for (size_t i = 0; i < MR_COUNT(bad); i++)
		assert_int_equal(mr_seal_provider_of(bad[i], &p, &err).code, MR_CODE_INVALID);
	assert_string_equal(mr_seal_source_name(MR_SEAL_SOURCE_SNP), "sev-snp");
	assert_string_equal(mr_seal_source_name((enum mr_seal_source)9), "unknown");
}

/* --- each provider --- */

static void fails_to_give(const struct mr_seal_provider *p, enum mr_seal_mode mode,
	enum mr_code code, const char *text)
{
	MR_AUTO(buf) struct mr_buf blob = { .max = 4096 };
	struct mr_error err;
	mr_result r = mr_provided_key_make(p, dek_of(DEK), hash, mode, &blob, &err);

	assert_int_equal(r.code, code);
	if (!strstr(err.message, text))
		fail_msg("%s does not hold %s", err.message, text);
	assert_int_equal(blob.len, 0);
}

static void test_gramine(void **unused)
{
	MR_AUTO(scratch) struct scratch s;

	(void)unused;
	scratch_new(&s);
	const struct mr_seal_provider p = gramine(&s);
	put_key(s.path, "_sgx_mrsigner", 15, 1);
	fails_to_give(&p, MR_SEAL_PRODUCT_KEY, MR_CODE_INVALID,
		"_sgx_mrsigner does not hold a key of 16 bytes");
	put_key(s.path, "_sgx_mrsigner", 17, 1);
	fails_to_give(&p, MR_SEAL_PRODUCT_KEY, MR_CODE_INVALID, "does not hold a key");
	remove_file(s.path, "_sgx_mrenclave");
	fails_to_give(&p, MR_SEAL_UNIQUE_KEY, MR_CODE_IO, "getting the seal key of gramine: open ");
}

static void test_file(void **unused)
{
	MR_AUTO(scratch) struct scratch s;
	char spec[300], path[300];

	(void)unused;
	scratch_new(&s);
	const struct mr_seal_provider p = file(&s, spec);
	(void)snprintf(path, sizeof path, "%s/key", s.path);
	assert_int_equal(chmod(path, 0640), 0);
	fails_to_give(&p, MR_SEAL_UNIQUE_KEY, MR_CODE_INVALID, "(mode 0600)");
	assert_int_equal(chmod(path, 0600), 0);
	put_key(s.path, "key", 16, 1);
	fails_to_give(&p, MR_SEAL_UNIQUE_KEY, MR_CODE_INVALID, "does not hold a key of 32 bytes");
	remove_file(s.path, "key");
	fails_to_give(&p, MR_SEAL_UNIQUE_KEY, MR_CODE_IO, "getting the seal key of file: open ");
}

static void test_snp(void **unused)
{
	MR_AUTO(buf) struct mr_buf blob = { .max = 4096 };
	MR_AUTO(opened_key) struct mr_opened_key key = { .form = MR_KEY_FORM_RAW };
	struct mr_seal_provider p = snp();
	struct mr_error err;

	(void)unused;
	firmware.interrupts = 2;
	OK(mr_provided_key_make(&p, dek_of(DEK), hash, MR_SEAL_PRODUCT_KEY, &blob, &err));
	/* fields and guest SVN, which opening takes from there */
	assert_int_equal(blob.data[48], 12);
	assert_int_equal(blob.data[52], 1 + 2 + 4 + 16);
	assert_int_equal(blob.data[60], GUEST_SVN);
	assert_int_equal(firmware.reports, 1);
	OK(mr_provided_key_open(&p, mr_buf_bytes(&blob), hash, &key, &err));
	assert_int_equal(firmware.reports, 1);
	assert_int_equal(firmware.keys, 2);

	firmware.has_ids = false;
	fails_to_give(&p, MR_SEAL_PRODUCT_KEY, MR_CODE_STATE, "launched with an ID block");
	check_form(&p, MR_SEAL_UNIQUE_KEY);
	firmware.status = 0x16;
	fails_to_give(&p, MR_SEAL_UNIQUE_KEY, MR_CODE_IO, "answers with status 0x16");
	firmware.failing_errno = EIO;
	fails_to_give(&p, MR_SEAL_UNIQUE_KEY, MR_CODE_IO, "firmware error 0x17");
	p.path = "/nowhere/sev-guest";
	fails_to_give(&p, MR_SEAL_UNIQUE_KEY, MR_CODE_IO, "open /nowhere/sev-guest");
	/* the device that is not one: the real call */
	p = mr_seal_snp;
	p.path = "/dev/null";
	fails_to_give(&p, MR_SEAL_UNIQUE_KEY, MR_CODE_IO, "firmware error 0x0");
}

/* --- a store with a provider --- */

static mr_result load(const char *dir, const struct mr_seal_provider *p, enum mr_load_result *ret,
	struct mr_file_store **ret_store, struct mr_state **ret_state, struct mr_error *err)
{
	MR_TRY(mr_file_store_open(dir, true, NULL, ret_store, err));
	if (p)
		mr_file_store_use_provider(*ret_store, p);
	return mr_file_store_load(*ret_store, ret, ret_state, err);
}

static void commit(const char *dir, const struct mr_seal_provider *p, bool first, unsigned number)
{
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	MR_AUTO(state) struct mr_state *loaded = NULL;
	MR_AUTO(state) struct mr_state *state = numbered_state(number);
	const struct mr_protection protection = protection_of(DEK);
	enum mr_load_result result = MR_LOAD_FRESH;
	struct mr_error err;

	OK(load(dir, p, &result, &store, &loaded, &err));
	assert_int_equal(result, first ? MR_LOAD_FRESH : MR_LOAD_STATE);
	if (!first)
		mr_file_store_set_mode(store, MR_SEAL_PRODUCT_KEY);
	OK(mr_file_store_commit(store, state, first ? &protection : NULL, &err));
}

static void test_store(void **unused)
{
	MR_AUTO(scratch) struct scratch s;
	MR_AUTO(buf) struct mr_buf key;
	enum mr_load_result result = MR_LOAD_FRESH;
	struct mr_error err;

	(void)unused;
	scratch_new(&s);
	struct mr_seal_provider p = gramine(&s);
	commit(s.seal, &p, true, 1);
	commit(s.seal, &p, false, 2);
	assert_true(get_file(s.seal, "sealed_key", &key));
	assert_int_equal(mr_provided_key_source(mr_buf_bytes(&key)), MR_SEAL_SOURCE_GRAMINE);
	{ /* without the provider, and with another key: to be recovered */
		MR_AUTO(file_store) struct mr_file_store *store = NULL;
		MR_AUTO(state) struct mr_state *state = NULL;
		OK(load(s.seal, NULL, &result, &store, &state, &err));
		assert_int_equal(result, MR_LOAD_RECOVERY);
	}
	{
		MR_AUTO(file_store) struct mr_file_store *store = NULL;
		MR_AUTO(state) struct mr_state *state = NULL;
		put_key(s.path, "_sgx_mrsigner", 16, 0x55);
		OK(load(s.seal, &p, &result, &store, &state, &err));
		assert_int_equal(result, MR_LOAD_RECOVERY);
	}
	{ /* a key that cannot be had: no recovery, which would give up the state */
		MR_AUTO(file_store) struct mr_file_store *store = NULL;
		MR_AUTO(state) struct mr_state *state = NULL;
		remove_file(s.path, "_sgx_mrsigner");
		assert_int_equal(load(s.seal, &p, &result, &store, &state, &err).code, MR_CODE_IO);
	}
	put_key(s.path, "_sgx_mrsigner", 16, 0x31);
	commit(s.seal, &p, false, 3);
}

/* Who can write to the directory cannot put a state of their own there. */
static void test_store_takes_no_weaker_form(void **unused)
{
	static const enum mr_key_form weaker[] = { MR_KEY_FORM_RAW, MR_KEY_FORM_SIMULATION };
	MR_AUTO(scratch) struct scratch s;

	(void)unused;
	scratch_new(&s);
	struct mr_seal_provider p = gramine(&s);
	for (size_t i = 0; i < MR_COUNT(weaker); i++) {
		MR_AUTO(pair) struct pair pair;
		MR_AUTO(file_store) struct mr_file_store *store = NULL;
		MR_AUTO(state) struct mr_state *state = NULL;
		enum mr_load_result result = MR_LOAD_FRESH;
		struct mr_error err;
		pair_make(&pair, 1, DEK, weaker[i]);
		put_file(s.seal, "sealed_data", mr_buf_bytes(&pair.data));
		put_file(s.seal, "sealed_key", mr_buf_bytes(&pair.key));
		OK(load(s.seal, &p, &result, &store, &state, &err));
		assert_int_equal(result, MR_LOAD_RECOVERY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_every_provider_in_both_modes, fresh_firmware),
		cmocka_unit_test_setup(test_other_forms_are_refused, fresh_firmware),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_gramine),
		cmocka_unit_test(test_file),
		cmocka_unit_test_setup(test_snp, fresh_firmware),
		cmocka_unit_test_setup(test_store, fresh_firmware),
		cmocka_unit_test_setup(test_store_takes_no_weaker_form, fresh_firmware),
	};

	return cmocka_run_group_tests_name("seal_provider", tests, NULL, NULL);
}
