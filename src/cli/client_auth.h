/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user's certificate and key, by which a Coordinator knows who asks: flags, their rules, and what
 * they name (50 §6).
 */
#ifndef MR_CLI_CLIENT_AUTH_H
#define MR_CLI_CLIENT_AUTH_H

#include "cli/args.h"
#include "net/tls.h"

/* Entries for the table of flags of a command. */
#define MR_CLIENT_AUTH_FLAGS                                                                       \
	{ .name = "cert",                                                                          \
		.shorthand = 'c',                                                                  \
		.type = MR_FLAG_STRING,                                                            \
		.description = "PEM file with the client certificate, its chain may follow" },     \
		{ .name = "key",                                                                   \
			.shorthand = 'k',                                                          \
			.type = MR_FLAG_STRING,                                                    \
			.description =                                                             \
				"PEM file with the private key of the client certificate" },       \
		{ .name = "pkcs11-config",                                                         \
			.endings = "json",                                                         \
			.type = MR_FLAG_STRING,                                                    \
			.description = "JSON file that describes a PKCS#11 token" },               \
		{ .name = "pkcs11-key-id",                                                         \
			.type = MR_FLAG_STRING,                                                    \
			.description = "ID of the private key in the PKCS#11 token" },             \
		{ .name = "pkcs11-key-label",                                                      \
			.type = MR_FLAG_STRING,                                                    \
			.description = "Label of the private key in the PKCS#11 token" },          \
		{ .name = "pkcs11-cert-id",                                                        \
			.type = MR_FLAG_STRING,                                                    \
			.description = "ID of the client certificate in the PKCS#11 token" },      \
	{                                                                                          \
		.name = "pkcs11-cert-label", .type = MR_FLAG_STRING,                               \
		.description = "Label of the client certificate in the PKCS#11 token"              \
	}

enum { MR_CLIENT_AUTH_GROUPS = 7 };
/* The rules between these flags, for every command that has them. */
extern const struct mr_flag_group mr_client_auth_groups[MR_CLIENT_AUTH_GROUPS];

/* Certificate chain and key from what the flags name. `open x: …`, `tls: …`; without values `neither
 * PKCS#11 nor file-based client certificate can be loaded with the provided flags`. */
MR_MUST_USE mr_result mr_client_auth_load(
	const struct mr_args *args, struct mr_tls_identity **ret, struct mr_error *err);

#endif
