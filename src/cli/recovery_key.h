/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of one who may recover a Coordinator: flags and their rules, the key itself, and what is done
 * with it: decrypt a recovery secret, sign it (50 §11).
 */
#ifndef MR_CLI_RECOVERY_KEY_H
#define MR_CLI_RECOVERY_KEY_H

#include "base/secret.h"
#include "cli/args.h"
#include "crypto/key.h"

/* Recovery secrets, their encrypted form, signatures. */
#define MR_RECOVERY_FILE_MAX ((size_t)1 << 20)

/* Entries for the table of flags of a command. */
#define MR_RECOVERY_KEY_FLAGS                                                                      \
	{ .name = "key",                                                                           \
		.shorthand = 'k',                                                                  \
		.type = MR_FLAG_STRING,                                                            \
		.description = "PEM file with the private recovery key" },                         \
		{ .name = "pkcs11-config",                                                         \
			.endings = "json",                                                         \
			.type = MR_FLAG_STRING,                                                    \
			.description = "JSON file that describes a PKCS#11 token" },               \
		{ .name = "pkcs11-key-id",                                                         \
			.type = MR_FLAG_STRING,                                                    \
			.description = "ID of the recovery key in the PKCS#11 token" },            \
	{                                                                                          \
		.name = "pkcs11-key-label", .type = MR_FLAG_STRING,                                \
		.description = "Label of the recovery key in the PKCS#11 token"                    \
	}

enum { MR_RECOVERY_KEY_GROUPS = 2 };
/* The rules between these flags: the first one for every command that has them, the second one for
 * commands that need a key. */
extern const struct mr_flag_group mr_recovery_key_groups[MR_RECOVERY_KEY_GROUPS];

/* The key that the flags name; NULL in *ret if they name none. Errors: `open x: …`, `"x" did not
 * contain a valid PEM block`, `parsing private key: …`, `loaded private key does not fulfill required
 * interface`. */
MR_MUST_USE mr_result mr_recovery_key_load(
	const struct mr_args *args, struct mr_key **ret, struct mr_error *err);
/* The secret in clear. A file of 16, 32 or 33 bytes is that already; any other length is encrypted,
 * and needs a key: `recovery key appears to be encrypted, but …` */
MR_MUST_USE mr_result mr_recovery_key_decrypt(const struct mr_key *key, struct mr_bytes file,
	struct mr_secret *ret, struct mr_error *err);
/* Appends the signature of a secret in clear. `signing requires setting either "--key" or
 * "--pkcs11-config"` */
MR_MUST_USE mr_result mr_recovery_key_sign(
	const struct mr_key *key, struct mr_bytes secret, struct mr_buf *out, struct mr_error *err);

/* Reads the first PEM block of a file, whatever its type, and appends its content. */
MR_MUST_USE mr_result mr_recovery_key_read_pem(
	const char *path, struct mr_buf *out, struct mr_error *err);

#endif
