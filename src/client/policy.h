/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attestation policy file ("era config", 50 §5.2): what the Coordinator's enclave must be. Only
 * read here; that a quote fits it is checked in quote_check.h.
 */
#ifndef MR_CLIENT_POLICY_H
#define MR_CLIENT_POLICY_H

#include "manifest/package_rules.h"

struct mr_policy {
	struct mr_str unique_id, signer_id; /* hex in any case; empty: not checked */
	uint64_t security_version;
	uint16_t product_id;
	bool debug;
	const struct mr_package_rules *rules; /* for confidential VMs (70 §17.4); NULL: SGX alone */
};

/* Parses the JSON text of a policy; texts live in the arena. Values that the command line always
 * overrides must have the right types and are not kept. InsecureSkipVerify is refused: skipping
 * verification is said on the command line or not at all. */
MR_MUST_USE mr_result mr_policy_parse(
	struct mr_str text, struct mr_arena *arena, struct mr_policy *ret, struct mr_error *err);
/* Reads the file at `path`; errors begin `reading era config file: `. */
MR_MUST_USE mr_result mr_policy_read(
	const char *path, struct mr_arena *arena, struct mr_policy *ret, struct mr_error *err);
/* Under this name, in the working directory, a downloaded policy is stored. */
#define MR_POLICY_DOWNLOADED "era-config.json"
/* The name of the policy file in the working directory, or NULL if there is none. */
const char *mr_policy_find(void);

#endif
