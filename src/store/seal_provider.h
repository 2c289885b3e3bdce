/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seal key providers (40 §6.6, 70 §13.5, §17.5): who gives, on this machine alone, the key that
 * protects the data key. Without one `sealed_key` has the forms of seal.h. A provider's form:
 *
 *   offset  size
 *    0       8   "MRSEALED"
 *    8       2   version 1, little-endian as all numbers
 *   10       2   provider (enum mr_seal_source)
 *   12       2   policy: 1 unique key, 2 product key
 *   14       2   0
 *   16      32   salt, new with every write
 *   48       4   size of what the provider needs to give the same key again (at most 64)
 *   52       n   that
 *   52+n         GCM-box of the data key; associated data: all in front of it, SHA-256 of sealed_data
 *
 * The box's key is HKDF-SHA-256 of the provider's key, which is never used itself.
 */
#ifndef MR_STORE_SEAL_PROVIDER_H
#define MR_STORE_SEAL_PROVIDER_H

#include "store/seal.h"

enum mr_seal_source {
	MR_SEAL_SOURCE_NONE = 0,
	MR_SEAL_SOURCE_GRAMINE = 1, /* /dev/attestation/keys: SGX, by signer or by enclave */
	MR_SEAL_SOURCE_SNP = 2,     /* key derived by the SEV-SNP firmware */
	MR_SEAL_SOURCE_FILE = 3,    /* a file: for tests, protects nothing from who can read it */
};

#define MR_SEAL_INFO_MAX 64

struct mr_seal_provider {
	enum mr_seal_source source;
	/* The key for a seal mode. `info` is empty for a new key, to which what is needed to get it
	 * again is appended; else it is what was appended then. */
	mr_result (*key)(const struct mr_seal_provider *provider, enum mr_seal_mode mode,
		struct mr_buf *info, struct mr_secret *ret, struct mr_error *err);
	const char *path; /* folder, device or file; borrowed */
	/* SNP: ioctl(2) of the guest device. */
	int (*control)(int fd, unsigned long request, void *argument);
};

/* The provider that an operator names: `none`, `gramine`, `sev-snp` or `file:PATH` (borrowed, 32
 * bytes, readable by its owner alone). Anything else: MR_CODE_INVALID. No provider is asked yet. */
MR_MUST_USE mr_result mr_seal_provider_of(
	const char *name, struct mr_seal_provider *ret, struct mr_error *err);
/* As an operator names it. */
const char *mr_seal_source_name(enum mr_seal_source source);

/* Is it a provider's form, and whose? MR_SEAL_SOURCE_NONE for all others. */
enum mr_seal_source mr_provided_key_source(struct mr_bytes sealed_key);
/* As mr_sealed_key_open and mr_sealed_key_make, with a provider. Another form, or another provider's,
 * does not open: what is weaker is never taken for what this provider sealed. */
MR_MUST_USE mr_result mr_provided_key_open(const struct mr_seal_provider *provider,
	struct mr_bytes sealed_key, const uint8_t data_hash[static MR_SHA256_SIZE],
	struct mr_opened_key *ret, struct mr_error *err);
MR_MUST_USE mr_result mr_provided_key_make(const struct mr_seal_provider *provider,
	struct mr_bytes dek, const uint8_t data_hash[static MR_SHA256_SIZE], enum mr_seal_mode mode,
	struct mr_buf *out, struct mr_error *err);

/* The providers' own files. */
extern const struct mr_seal_provider mr_seal_gramine;
extern const struct mr_seal_provider mr_seal_snp;
/* The path is filled in by mr_seal_provider_of. */
extern const struct mr_seal_provider mr_seal_file;

#endif
