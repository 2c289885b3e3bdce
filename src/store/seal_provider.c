/* SPDX-License-Identifier: Apache-2.0 */
#include "store/seal_provider.h"

#include "crypto/aead.h"
#include "crypto/random.h"

enum { VERSION = 1, SALT_SIZE = 32, BOX_KEY_SIZE = 32, HEADER_MAX = 52 + MR_SEAL_INFO_MAX };

static const struct mr_str magic = MR_STR_INIT("MRSEALED");
static const struct mr_str purpose = MR_STR_INIT("marblerun sealed_key v1");

/* What stands in front of the box, as found. */
struct header {
	struct mr_bytes all, salt, info, box;
	uint16_t source, policy;
};

const char *mr_seal_source_name(enum mr_seal_source source)
{
	static const char *const names[] = { "none", "gramine", "sev-snp", "file" };

	return (size_t)source < MR_COUNT(names) ? names[source] : "unknown";
}

mr_result mr_seal_provider_of(const char *name, struct mr_seal_provider *ret, struct mr_error *err)
{
	static const struct mr_str file = MR_STR_INIT("file:");
	struct mr_str given = mr_str_of(name);

	*ret = (struct mr_seal_provider){ .source = MR_SEAL_SOURCE_NONE };
	if (mr_str_eq(given, MR_STR("gramine")))
		*ret = mr_seal_gramine;
	else if (mr_str_eq(given, MR_STR("sev-snp")))
		*ret = mr_seal_snp;
	else if (mr_str_starts(given, file) && given.len > file.len) {
		*ret = mr_seal_file;
		ret->path = name + file.len;
	} else if (!mr_str_eq(given, MR_STR("none")))
		return mr_fail(err, MR_CODE_INVALID,
			"unknown source of seal keys \"%s\": none, gramine, sev-snp or file:PATH",
			name);
	return MR_OK;
}

static uint16_t policy_of(enum mr_seal_mode mode)
{
	return mode == MR_SEAL_PRODUCT_KEY ? 2 : 1;
}

static bool parse(struct mr_bytes sealed_key, struct header *ret)
{
	struct mr_cursor c = mr_cursor_of(sealed_key);
	uint16_t version = 0;
	uint16_t zero = 0;
	uint32_t info_size = 0;

	if (!mr_str_starts(mr_bytes_str(sealed_key), magic) || !mr_cursor_skip(&c, magic.len))
		return false;
	if (!mr_cursor_u16le(&c, &version) || !mr_cursor_u16le(&c, &ret->source) ||
		!mr_cursor_u16le(&c, &ret->policy) || !mr_cursor_u16le(&c, &zero) ||
		!mr_cursor_take(&c, SALT_SIZE, &ret->salt) || !mr_cursor_u32le(&c, &info_size))
		return false;
	if (version != VERSION || zero != 0 || info_size > MR_SEAL_INFO_MAX ||
		(ret->policy != 1 && ret->policy != 2) ||
		!mr_cursor_take(&c, info_size, &ret->info))
		return false;
	ret->box = mr_cursor_rest(&c);
	ret->all = mr_bytes_of(sealed_key.ptr, sealed_key.len - ret->box.len);
	return true;
}

enum mr_seal_source mr_provided_key_source(struct mr_bytes sealed_key)
{
	struct header h = { .source = MR_SEAL_SOURCE_NONE };

	return parse(sealed_key, &h) ? (enum mr_seal_source)h.source : MR_SEAL_SOURCE_NONE;
}

/* Associated data of the box: header and the data that the key is for. */
static mr_result bind(struct mr_bytes header, const uint8_t data_hash[static MR_SHA256_SIZE],
	struct mr_buf *out, struct mr_error *err)
{
	mr_buf_init(out, HEADER_MAX + MR_SHA256_SIZE);
	mr_buf_put_bytes(out, header);
	mr_buf_put(out, data_hash, MR_SHA256_SIZE);
	return mr_buf_status(out, err);
}

static mr_result box_key(const struct mr_seal_provider *provider, enum mr_seal_mode mode,
	struct mr_bytes salt, struct mr_buf *info, struct mr_secret *ret, struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret material = { NULL, 0 };

	mr_result r = provider->key(provider, mode, info, &material, err);
	if (r.code == MR_CODE_NOT_FOUND)
		r.code = err->code = MR_CODE_IO; /* no answer to what a caller asked for */
	MR_TRY(mr_wrap(
		err, r, "getting the seal key of %s", mr_seal_source_name(provider->source)));
	return mr_hkdf_sha256(
		mr_secret_bytes(&material), salt, mr_str_bytes(purpose), BOX_KEY_SIZE, ret, err);
}

mr_result mr_provided_key_open(const struct mr_seal_provider *provider, struct mr_bytes sealed_key,
	const uint8_t data_hash[static MR_SHA256_SIZE], struct mr_opened_key *ret,
	struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret key = { NULL, 0 };
	MR_AUTO(secret) struct mr_secret dek = { NULL, 0 };
	MR_AUTO(buf) struct mr_buf info = { .max = MR_SEAL_INFO_MAX };
	MR_AUTO(buf) struct mr_buf aad = { 0 };
	struct header h = { .source = MR_SEAL_SOURCE_NONE };

	if (!parse(sealed_key, &h) || h.source != (uint16_t)provider->source)
		return mr_fail(err, MR_CODE_CRYPTO,
			"the sealed key is not one that the seal key of %s protects",
			mr_seal_source_name(provider->source));
	mr_buf_put_bytes(&info, h.info);
	MR_TRY(mr_buf_status(&info, err));
	MR_TRY(box_key(provider, h.policy == 2 ? MR_SEAL_PRODUCT_KEY : MR_SEAL_UNIQUE_KEY, h.salt,
		&info, &key, err));
	MR_TRY(bind(h.all, data_hash, &aad, err));
	MR_TRY(mr_box_open(mr_secret_bytes(&key), mr_buf_bytes(&aad), h.box, &dek, err));
	if (dek.len != 16 && dek.len != 32)
		return mr_fail(err, MR_CODE_CRYPTO, "sealed key holds a key of %zu bytes", dek.len);
	*ret = (struct mr_opened_key){
		.dek = mr_secret_move(&dek), .form = MR_KEY_FORM_PROVIDED, .bound = true
	};
	return MR_OK;
}

mr_result mr_provided_key_make(const struct mr_seal_provider *provider, struct mr_bytes dek,
	const uint8_t data_hash[static MR_SHA256_SIZE], enum mr_seal_mode mode, struct mr_buf *out,
	struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret key = { NULL, 0 };
	MR_AUTO(buf) struct mr_buf info = { .max = MR_SEAL_INFO_MAX };
	MR_AUTO(buf) struct mr_buf header = { .max = HEADER_MAX };
	MR_AUTO(buf) struct mr_buf aad = { 0 };
	uint8_t salt[SALT_SIZE];

	if (dek.len != 16 && dek.len != 32)
		return mr_fail(err, MR_CODE_CRYPTO, "crypto/aes: invalid key size %zu", dek.len);
	MR_TRY(mr_random(salt, sizeof salt, err));
	MR_TRY(box_key(provider, mode, mr_bytes_of(salt, sizeof salt), &info, &key, err));
	MR_TRY(mr_buf_status(&info, err));
	mr_buf_put_str(&header, magic);
	mr_buf_put_u16le(&header, VERSION);
	mr_buf_put_u16le(&header, (uint16_t)provider->source);
	mr_buf_put_u16le(&header, policy_of(mode));
	mr_buf_put_u16le(&header, 0);
	mr_buf_put(&header, salt, sizeof salt);
	mr_buf_put_u32le(&header, (uint32_t)info.len);
	mr_buf_put_bytes(&header, mr_buf_bytes(&info));
	MR_TRY(mr_buf_status(&header, err));
	MR_TRY(bind(mr_buf_bytes(&header), data_hash, &aad, err));
	mr_buf_put_bytes(out, mr_buf_bytes(&header));
	return mr_box_seal(mr_secret_bytes(&key), mr_buf_bytes(&aad), dek, out, err);
}
