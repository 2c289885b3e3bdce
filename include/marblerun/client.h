/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmarblerun for who operates a mesh: verify a Coordinator, and use its client API over a connection that trusts nothing
 * but the verified certificate.
 *
 * Functions that can fail return 0, or -1 with the reason in `error`; those that make an object return NULL. Objects are
 * independent of each other, and each is used by one thread at a time; nothing here prints or keeps global state. An
 * endpoint is `host:port`. Results belong to the caller and are freed, and wiped, by the function of their type.
 */
#ifndef MARBLERUN_CLIENT_H
#define MARBLERUN_CLIENT_H

#include <marblerun/marble.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes with their size; `data` is NULL where there are none. Behind the last byte is a 0 that does not count. */
typedef struct marblerun_bytes {
	unsigned char *data;
	size_t size;
} marblerun_bytes;
void marblerun_bytes_free(marblerun_bytes *bytes);

/* Names with bytes, e.g. recovery secrets; or texts, with a name each and no bytes. */
typedef struct marblerun_item {
	const char *name;
	const unsigned char *data; /* NULL: none */
	size_t size;
} marblerun_item;
typedef struct marblerun_list {
	const marblerun_item *items;
	size_t count;
	void *memory; /* the library's */
} marblerun_list;
void marblerun_list_free(marblerun_list *list);

/* --- keys: in memory, or wherever a callback finds them --- */

typedef struct marblerun_key marblerun_key;

enum marblerun_scheme {
	MARBLERUN_RSA_PKCS1 = 0, /* input: DigestInfo */
	MARBLERUN_RSA_PSS =
		1, /* input: a digest, which is also the hash of MGF1; the salt is as long */
	MARBLERUN_RSA_RAW = 2, /* input: a padded block as long as the modulus */
	MARBLERUN_ECDSA = 3    /* input: a digest; output r and s, each as long as the field */
};

/* What a token does for a key. `output` has room for `*size` bytes, and *size becomes what was written. Return 0, or -1. */
typedef struct marblerun_key_callbacks {
	int (*sign)(void *context, int scheme, const char *hash, const unsigned char *input,
		size_t input_size, unsigned char *output, size_t *size);
	/* RSA-OAEP with SHA-256; may be NULL. */
	int (*decrypt)(void *context, const unsigned char *input, size_t input_size,
		unsigned char *output, size_t *size);
	void (*release)(void *context); /* when the key is freed; may be NULL */
} marblerun_key_callbacks;

/* A private key in PEM, without encryption. */
marblerun_key *marblerun_key_from_pem(const char *pem, marblerun_error *error);
/* A private key elsewhere, by its public half in PEM (a certificate or SubjectPublicKeyInfo). */
marblerun_key *marblerun_key_from_callbacks(const char *public_pem,
	const marblerun_key_callbacks *callbacks, void *context, marblerun_error *error);
void marblerun_key_free(marblerun_key *key);

/* --- what a Coordinator must be --- */

typedef struct marblerun_policy marblerun_policy;

/* A policy file (`coordinator-era.json`), by its text or its path. */
marblerun_policy *marblerun_policy_from_json(const char *json, marblerun_error *error);
marblerun_policy *marblerun_policy_from_file(const char *path, marblerun_error *error);
void marblerun_policy_free(marblerun_policy *policy);
/* One more status, or advisory, that is accepted. Without any: UpToDate and SWHardeningNeeded, and all advisories. */
int marblerun_policy_accept_tcb_status(
	marblerun_policy *policy, const char *status, marblerun_error *error);
int marblerun_policy_accept_advisory(
	marblerun_policy *policy, const char *advisory, marblerun_error *error);
/* The quote must be made for these bytes. */
int marblerun_policy_set_nonce(
	marblerun_policy *policy, const void *nonce, size_t size, marblerun_error *error);
/* Whoever answers first is trusted: for Coordinators in simulation. */
void marblerun_policy_skip_verification(marblerun_policy *policy);
/* Where lines about accepted TCB levels go; by default nowhere. */
void marblerun_policy_set_log(
	marblerun_policy *policy, void (*line)(void *context, const char *text), void *context);

/* --- a Coordinator --- */

typedef struct marblerun_coordinator marblerun_coordinator;

/* Verifies the Coordinator by its quote. */
marblerun_coordinator *marblerun_coordinator_verify(
	const char *endpoint, const marblerun_policy *policy, marblerun_error *error);
/* Trusts a root certificate (PEM) that is known to be the Coordinator's; NULL: nothing is verified. */
marblerun_coordinator *marblerun_coordinator_trust(
	const char *endpoint, const char *root_pem, marblerun_error *error);
/* The same with the certificates of a file that marblerun_coordinator_save, or the command line, has written. */
marblerun_coordinator *marblerun_coordinator_load(
	const char *endpoint, const char *path, marblerun_error *error);
int marblerun_coordinator_save(
	const marblerun_coordinator *c, const char *path, marblerun_error *error);
void marblerun_coordinator_free(marblerun_coordinator *c);

/* PEM of the two certificates, NULL where they are not known; they live as long as the object. */
const char *marblerun_coordinator_root(const marblerun_coordinator *c);
const char *marblerun_coordinator_intermediate(const marblerun_coordinator *c);
/* The quote that was verified; size 0 if there was none. */
const unsigned char *marblerun_coordinator_quote(const marblerun_coordinator *c, size_t *size);

/* From now on requests are a user's: certificate (PEM, chain behind it) and key, which is not taken over. */
int marblerun_coordinator_use_identity(marblerun_coordinator *c, const char *chain_pem,
	const marblerun_key *key, marblerun_error *error);

/* --- requests --- */

int marblerun_status(
	marblerun_coordinator *c, int *code, marblerun_bytes *text, marblerun_error *error);

/* The manifest in force, its SHA-256 in hex, and the root key's signature over it; each may be NULL. */
int marblerun_manifest_get(marblerun_coordinator *c, marblerun_bytes *manifest,
	marblerun_bytes *hash, marblerun_bytes *signature, marblerun_error *error);
/* Is this the manifest in force, and signed by the verified root? MARBLERUN_DENIED if it is another. */
int marblerun_manifest_verify(
	marblerun_coordinator *c, const void *manifest, size_t size, marblerun_error *error);
/* Lines of the update log, oldest first. */
int marblerun_manifest_log(marblerun_coordinator *c, marblerun_list *lines, marblerun_error *error);
/* Sets the manifest; `secrets` are what the owners of recovery keys get. */
int marblerun_manifest_set(marblerun_coordinator *c, const void *manifest, size_t size,
	marblerun_list *secrets, marblerun_error *error);

/* *missing acknowledgments are still needed, by some of `users`; 0: the update is in force. `secrets` as above. */
int marblerun_update_apply(marblerun_coordinator *c, const void *manifest, size_t size,
	int *missing, marblerun_list *users, marblerun_list *secrets, marblerun_error *error);
int marblerun_update_acknowledge(marblerun_coordinator *c, const void *manifest, size_t size,
	int *missing, marblerun_list *users, marblerun_list *secrets, marblerun_error *error);
int marblerun_update_get(marblerun_coordinator *c, marblerun_bytes *manifest, marblerun_list *users,
	marblerun_error *error);
int marblerun_update_cancel(marblerun_coordinator *c, marblerun_error *error);

/* Secrets by name; of each the JSON of its type and its parts is the item's data. */
int marblerun_secrets_get(marblerun_coordinator *c, const char *const *names, size_t count,
	marblerun_list *secrets, marblerun_error *error);
/* `json`: an object of names and values, as in a secret file. */
int marblerun_secrets_set(marblerun_coordinator *c, const char *json, marblerun_error *error);

/* Hands in a recovery secret, signed by the recovery key, or with a signature made elsewhere; *remaining others are needed. */
int marblerun_recover(marblerun_coordinator *c, const void *secret, size_t size,
	const marblerun_key *key, int *remaining, marblerun_error *error);
int marblerun_recover_with_signature(marblerun_coordinator *c, const void *secret, size_t size,
	const void *signature, size_t signature_size, int *remaining, marblerun_error *error);
/* The key (PEM) that secrets may be encrypted with on their way, and that encryption. */
int marblerun_recovery_public_key(
	marblerun_coordinator *c, marblerun_bytes *pem, marblerun_error *error);
int marblerun_encrypt_recovery_secret(const void *secret, size_t size, const char *public_pem,
	marblerun_bytes *ciphertext, marblerun_error *error);
/* What marblerun_manifest_set gave for a recovery key. */
int marblerun_decrypt_recovery_data(const void *data, size_t size, const marblerun_key *key,
	marblerun_bytes *secret, marblerun_error *error);

/* Has the Coordinator verify an SGX quote and sign its TCB status. */
int marblerun_sign_quote(marblerun_coordinator *c, const void *quote, size_t size,
	marblerun_bytes *signature, marblerun_bytes *tcb_status, marblerun_error *error);
/* Is it such a signature by this root (PEM)? 1, or 0. */
int marblerun_verify_signed_quote(const char *root_pem, const void *quote, size_t size,
	const void *signature, size_t signature_size, const char *tcb_status);

#ifdef __cplusplus
}
#endif

#endif
