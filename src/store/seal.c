/* SPDX-License-Identifier: Apache-2.0 */
#include "store/seal.h"

#include "crypto/aead.h"
#include "crypto/random.h"

enum {
	LENGTH_SIZE = 4,
	REQUEST_SIZE = 512, /* an SGX key request */
	KEY_ID_SIZE = 32,
	SIMULATED_KEY_SIZE = 16, /* what the simulation gives for a request */
};

static const uint8_t simulated_keys[2 * SIMULATED_KEY_SIZE]; /* all zero */

/* --- sealed data --- */

mr_result mr_sealed_data_split(struct mr_bytes sealed, struct mr_bytes *ret_recovery_data,
	struct mr_bytes *ret_box, struct mr_error *err)
{
	struct mr_cursor c = mr_cursor_of(sealed);
	struct mr_bytes recovery_data;
	uint32_t len;

	if (sealed.len <= LENGTH_SIZE || !mr_cursor_u32le(&c, &len))
		return mr_fail(err, MR_CODE_INVALID, "sealed state is missing data");
	if (!mr_cursor_take(&c, len, &recovery_data))
		return mr_fail(err, MR_CODE_INVALID,
			"sealed state is corrupted, embedded length does not fit the data");
	*ret_recovery_data = recovery_data;
	*ret_box = mr_cursor_rest(&c);
	return MR_OK;
}

mr_result mr_sealed_data_open(struct mr_bytes sealed, struct mr_bytes dek,
	struct mr_secret *ret_plain, struct mr_error *err)
{
	static const struct mr_bytes no_aad;
	struct mr_bytes recovery_data;
	struct mr_bytes box;

	MR_TRY(mr_sealed_data_split(sealed, &recovery_data, &box, err));
	if (dek.len == 0)
		return mr_fail(
			err, MR_CODE_CRYPTO, "decrypting sealed data: encryption key not set");
	return mr_wrap(
		err, mr_box_open(dek, no_aad, box, ret_plain, err), "decrypting sealed data");
}

bool mr_sealed_data_may_open(struct mr_bytes sealed, struct mr_bytes dek)
{
	struct mr_bytes recovery_data;
	struct mr_bytes box;
	struct mr_error err;

	return !mr_failed(mr_sealed_data_split(sealed, &recovery_data, &box, &err)) &&
	       mr_box_may_begin(dek, box, '{');
}

mr_result mr_sealed_data_make(struct mr_bytes recovery_data, struct mr_bytes plain,
	struct mr_bytes dek, struct mr_buf *out, struct mr_error *err)
{
	static const struct mr_bytes no_aad;

	if (dek.len == 0)
		return mr_fail(err, MR_CODE_CRYPTO, "encrypting data: encryption key not set");
	if (recovery_data.len > UINT32_MAX)
		return mr_fail(err, MR_CODE_LIMIT, "encrypting data: recovery data too large");
	/* room at once, for the box too */
	if (plain.len < out->max)
		(void)mr_buf_reserve(
			out, LENGTH_SIZE + recovery_data.len + plain.len + MR_BOX_OVERHEAD);
	mr_buf_put_u32le(out, (uint32_t)recovery_data.len);
	mr_buf_put_bytes(out, recovery_data);
	MR_TRY(mr_wrap(err, mr_buf_status(out, err), "encrypting data"));
	return mr_wrap(err, mr_box_seal(dek, no_aad, plain, out, err), "encrypting data");
}

/* --- sealed key --- */

void mr_opened_key_done(struct mr_opened_key *key)
{
	mr_secret_done(&key->dek);
	*key = (struct mr_opened_key){ .form = MR_KEY_FORM_RAW };
}

static bool is_dek_size(size_t size)
{
	return size == 16 || size == 32;
}

/* The SGX forms with the keys that the simulation has: length of the key requests, the requests
 * (one or two), the box. What a real enclave sealed does not open. */
static mr_result open_simulated(struct mr_bytes sealed_key, struct mr_bytes hash,
	struct mr_opened_key *key, struct mr_error *err)
{
	static const struct mr_bytes no_aad;
	struct mr_cursor c = mr_cursor_of(sealed_key);
	uint32_t requests_size = 0;

	if (!mr_cursor_u32le(&c, &requests_size) || requests_size == 0 ||
		!mr_cursor_skip(&c, requests_size) || mr_cursor_left(&c) == 0)
		return mr_fail(err, MR_CODE_CRYPTO, "ciphertext contains invalid key info length");
	bool is_single = requests_size == REQUEST_SIZE;
	if (!is_single && requests_size != 2 * REQUEST_SIZE)
		return mr_fail(err, MR_CODE_CRYPTO, "sealed key of unknown form");

	struct mr_bytes box = mr_cursor_rest(&c);
	struct mr_bytes seal_key = mr_bytes_of(
		simulated_keys, is_single ? SIMULATED_KEY_SIZE : 2 * SIMULATED_KEY_SIZE);
	mr_result r = mr_box_open(seal_key, hash, box, &key->dek, err);
	key->bound = true;
	if (r.code == MR_CODE_CRYPTO && is_single) {
		r = mr_box_open(seal_key, no_aad, box, &key->dek, err);
		key->bound = false;
		key->outdated = true;
	}
	MR_TRY(r);
	if (!is_dek_size(key->dek.len))
		return mr_fail(
			err, MR_CODE_CRYPTO, "sealed key holds a key of %zu bytes", key->dek.len);
	key->form = MR_KEY_FORM_SIMULATION;
	return MR_OK;
}

mr_result mr_sealed_key_open(struct mr_bytes sealed_key,
	const uint8_t data_hash[static MR_SHA256_SIZE], struct mr_opened_key *ret,
	struct mr_error *err)
{
	MR_AUTO(opened_key) struct mr_opened_key key = { .form = MR_KEY_FORM_RAW };

	if (mr_str_starts(mr_bytes_str(sealed_key), MR_STR("HSM_SEALED")))
		return mr_fail(err, MR_CODE_CRYPTO,
			"decrypting HSM wrapped key: no HSM is available here");
	if (mr_str_starts(mr_bytes_str(sealed_key), MR_STR("MRSEALED")))
		return mr_fail(err, MR_CODE_CRYPTO,
			"the sealed key is under a seal key, and no source of seal keys is set");
	if (is_dek_size(sealed_key.len))
		MR_TRY(mr_secret_copy(sealed_key, &key.dek, err));
	else
		MR_TRY(open_simulated(
			sealed_key, mr_bytes_of(data_hash, MR_SHA256_SIZE), &key, err));
	*ret = key;
	key.dek = (struct mr_secret){ NULL, 0 };
	return MR_OK;
}

/* An SGX key request as the simulation makes it: the CPU's and the enclave's versions are zero. */
static mr_result put_request(enum mr_seal_mode mode, struct mr_buf *out, struct mr_error *err)
{
	enum { KEY_NAME_SEAL = 4, POLICY_MRENCLAVE = 1, POLICY_MRSIGNER = 2, VERSIONS_SIZE = 20 };
	static const uint8_t zeros[REQUEST_SIZE];
	uint8_t key_id[KEY_ID_SIZE];
	size_t start = out->len;

	MR_TRY(mr_random(key_id, sizeof key_id, err));
	mr_buf_put_u16le(out, KEY_NAME_SEAL);
	mr_buf_put_u16le(out, mode == MR_SEAL_PRODUCT_KEY ? POLICY_MRSIGNER : POLICY_MRENCLAVE);
	mr_buf_put(out, zeros, VERSIONS_SIZE);     /* ISVSVN, reserved, CPUSVN */
	mr_buf_put_u64le(out, 0xFF0000000000000B); /* mask of attribute flags */
	mr_buf_put_u64le(out, 0);                  /* mask of XFRM */
	mr_buf_put(out, key_id, sizeof key_id);
	mr_buf_put_u32le(out, 0xF0000000); /* mask of MISCSELECT */
	mr_buf_put(out, zeros, REQUEST_SIZE - (out->len - start));
	return mr_buf_status(out, err);
}

mr_result mr_sealed_key_make(struct mr_bytes dek, const uint8_t data_hash[static MR_SHA256_SIZE],
	enum mr_key_form form, enum mr_seal_mode mode, struct mr_buf *out, struct mr_error *err)
{
	if (!is_dek_size(dek.len))
		return mr_fail(err, MR_CODE_CRYPTO, "crypto/aes: invalid key size %zu", dek.len);
	if (form == MR_KEY_FORM_RAW) {
		mr_buf_put_bytes(out, dek);
		return mr_buf_status(out, err);
	}
	if (form != MR_KEY_FORM_SIMULATION)
		return mr_fail(err, MR_CODE_INTERNAL, "no source of seal keys for this form");
	mr_buf_put_u32le(out, 2 * REQUEST_SIZE);
	MR_TRY(put_request(mode, out, err));
	MR_TRY(put_request(mode, out, err));
	return mr_box_seal(mr_bytes_of(simulated_keys, sizeof simulated_keys),
		mr_bytes_of(data_hash, MR_SHA256_SIZE), dek, out, err);
}
