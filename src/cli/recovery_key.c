/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/recovery_key.h"

#include "base/file.h"
#include "cli/pkcs11.h"
#include "codec/pem.h"

const struct mr_flag_group mr_recovery_key_groups[MR_RECOVERY_KEY_GROUPS] = {
	{ MR_GROUP_EXCLUSIVE, "pkcs11-config key" },
	{ MR_GROUP_ONE_REQUIRED, "pkcs11-key-id pkcs11-key-label key" },
};

/* --- key files --- */

mr_result mr_recovery_key_read_pem(const char *path, struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_str label, rest;
	mr_result r;

	mr_buf_init_secret(&text, MR_RECOVERY_FILE_MAX);
	MR_TRY(mr_file_read(path, &text, err));
	r = mr_pem_decode(mr_buf_str(&text), &label, out, &rest, err);
	if (r.code == MR_CODE_NOT_FOUND)
		return mr_fail(
			err, MR_CODE_INVALID, "\"%s\" did not contain a valid PEM block", path);
	return r;
}

/* What the label says does not matter: files labelled otherwise than what they hold are common. */
static mr_result parse_key(struct mr_bytes der, struct mr_key **ret, struct mr_error *err)
{
	struct mr_error other;

	if (!mr_failed(mr_key_from_pkcs8(der, ret, err)))
		return MR_OK;
	if (!mr_failed(mr_key_from_pkcs1(der, ret, &other)))
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID,
		"parsing private key: tried PKCS #1 format: %.512s, tried PKCS #8 format: %.512s",
		other.message, err->message);
}

static mr_result read_key(const char *path, struct mr_key **ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	MR_AUTO(key) struct mr_key *key = NULL;

	mr_buf_init_secret(&der, MR_RECOVERY_FILE_MAX);
	MR_TRY(mr_recovery_key_read_pem(path, &der, err));
	MR_TRY(parse_key(mr_buf_bytes(&der), &key, err));
	if (mr_key_type_of(key) != MR_KEY_RSA)
		return mr_fail(err, MR_CODE_INVALID,
			"loaded private key does not fulfill required interface");
	*ret = key;
	key = NULL;
	return MR_OK;
}

mr_result mr_recovery_key_load(
	const struct mr_args *args, struct mr_key **ret, struct mr_error *err)
{
	const char *path = mr_args_text(args, "key");

	if (*path != '\0')
		return read_key(path, ret, err);
	if (*mr_args_text(args, "pkcs11-config") != '\0')
		return mr_pkcs11_key(args, ret, err);
	*ret = NULL;
	return MR_OK;
}

/* --- what is done with it --- */

/* Whole secrets have 16 or 32 bytes, shares of one have 33. */
static bool is_plain(size_t len)
{
	return len == 16 || len == 32 || len == 33;
}

mr_result mr_recovery_key_decrypt(
	const struct mr_key *key, struct mr_bytes file, struct mr_secret *ret, struct mr_error *err)
{
	if (is_plain(file.len))
		return mr_secret_copy(file, ret, err);
	if (!key)
		return mr_fail(err, MR_CODE_INVALID,
			"recovery key appears to be encrypted, but no \"--key\" or "
			"\"--pkcs11-config\" flag was set to load a private key for decryption");
	return mr_wrap(err, mr_key_oaep_decrypt(key, file, ret, err), "decrypting recovery secret");
}

mr_result mr_recovery_key_sign(
	const struct mr_key *key, struct mr_bytes secret, struct mr_buf *out, struct mr_error *err)
{
	if (!key)
		return mr_fail(err, MR_CODE_INVALID,
			"signing requires setting either \"--key\" or \"--pkcs11-config\"");
	return mr_wrap(
		err, mr_key_sign(key, MR_HASH_SHA256, secret, out, err), "signing recovery secret");
}
