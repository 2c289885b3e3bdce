/* SPDX-License-Identifier: Apache-2.0 */
/* recover-with-signature encrypt-secret|sign-secret: what the owner of a recovery key does, without a
 * Coordinator (50 §11). */
#include "base/file.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/recovery_key.h"

/* The secret of the command line in clear; the key, which may be NULL, is the caller's to release. */
static mr_result load(
	struct mr_cli *cli, struct mr_key **ret_key, struct mr_secret *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf file = { 0 };

	mr_buf_init_secret(&file, MR_RECOVERY_FILE_MAX);
	MR_TRY(mr_file_read(mr_cli_word(cli, 0), &file, err));
	MR_TRY(mr_recovery_key_load(cli->args, ret_key, err));
	return mr_recovery_key_decrypt(*ret_key, mr_buf_bytes(&file), ret, err);
}

static mr_result save(const struct mr_cli *cli, const struct mr_buf *data, const char *context,
	struct mr_error *err)
{
	const char *path = mr_args_text(cli->args, "output");

	return mr_wrap(err, mr_file_create(path, mr_buf_bytes(data), 0600, err), "%s", context);
}

/* --- sign-secret --- */

static mr_result run_sign(struct mr_cli *cli, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(secret) struct mr_secret secret = { 0 };
	MR_AUTO(buf) struct mr_buf signature = { 0 };

	mr_buf_init(&signature, MR_RECOVERY_FILE_MAX);
	MR_TRY(load(cli, &key, &secret, err));
	MR_TRY(mr_recovery_key_sign(key, mr_secret_bytes(&secret), &signature, err));
	return save(cli, &signature, "writing signature to file", err);
}

/* --- encrypt-secret --- */

static mr_result read_public_key(const char *path, struct mr_key **ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	MR_AUTO(key) struct mr_key *key = NULL;

	mr_buf_init(&der, MR_RECOVERY_FILE_MAX);
	MR_TRY(mr_recovery_key_read_pem(path, &der, err));
	MR_TRY(mr_wrap(err, mr_key_from_spki(mr_buf_bytes(&der), &key, err), "parsing public key"));
	if (mr_key_type_of(key) != MR_KEY_RSA)
		return mr_fail(err, MR_CODE_INVALID, "expected RSA public key, got %s",
			mr_key_type_of(key) == MR_KEY_ED25519 ? "Ed25519" : "ECDSA");
	*ret = key;
	key = NULL;
	return MR_OK;
}

static mr_result run_encrypt(struct mr_cli *cli, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(key) struct mr_key *coordinator = NULL;
	MR_AUTO(secret) struct mr_secret secret = { 0 };
	MR_AUTO(buf) struct mr_buf encrypted = { 0 };

	mr_buf_init(&encrypted, MR_RECOVERY_FILE_MAX);
	MR_TRY(load(cli, &key, &secret, err));
	MR_TRY(read_public_key(mr_args_text(cli->args, "coordinator-pub-key"), &coordinator, err));
	MR_TRY(mr_wrap(err,
		mr_key_oaep_encrypt(coordinator, mr_secret_bytes(&secret), &encrypted, err),
		"encrypting recovery secret"));
	return save(cli, &encrypted, "writing encrypted secret to file", err);
}

/* --- the table --- */

static const struct mr_flag sign_flags[] = {
	MR_RECOVERY_KEY_FLAGS,
	{ .name = "output",
		.shorthand = 'o',
		.type = MR_FLAG_STRING,
		.description = "New file to write the signature to",
		.required = true },
};

static const struct mr_flag encrypt_flags[] = {
	MR_RECOVERY_KEY_FLAGS,
	{ .name = "coordinator-pub-key",
		.endings = "pem",
		.type = MR_FLAG_STRING,
		.description = "PEM file with the Coordinator's public key for recovery",
		.required = true },
	{ .name = "output",
		.shorthand = 'o',
		.type = MR_FLAG_STRING,
		.description = "New file to write the encrypted secret to",
		.required = true },
};

const struct mr_command mr_cmd_sign_secret = {
	.name = "sign-secret",
	.positionals = "<recovery_key_file>",
	.summary = "Sign a recovery secret",
	.description = "Signs a recovery secret with the private recovery key; the secret is "
		       "decrypted before, if it is\nencrypted.",
	.example = "  marblerun recover-with-signature sign-secret recovery_key_file "
		   "--key=private.pem -o secret.sig",
	.min_words = 1,
	.max_words = 1,
	.flags = sign_flags,
	.flag_count = MR_COUNT(sign_flags),
	.groups = mr_recovery_key_groups,
	.group_count = MR_RECOVERY_KEY_GROUPS,
	.run = run_sign,
};

const struct mr_command mr_cmd_encrypt_secret = {
	.name = "encrypt-secret",
	.positionals = "<recovery_key_file>",
	.summary = "Encrypt a recovery secret for a Coordinator",
	.description = "Encrypts a recovery secret with the Coordinator's public key for recovery; "
		       "the secret is decrypted\nbefore, if it is encrypted.",
	.example = "  marblerun recover-with-signature encrypt-secret recovery_key_file "
		   "--coordinator-pub-key=coordinator.pem\n      --key=private.pem -o secret",
	.min_words = 1,
	.max_words = 1,
	.flags = encrypt_flags,
	.flag_count = MR_COUNT(encrypt_flags),
	.groups = mr_recovery_key_groups, /* the first one: a plain secret needs no key */
	.group_count = 1,
	.run = run_encrypt,
};
