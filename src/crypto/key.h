/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private and public keys: RSA, ECDSA on P-224/256/384/521, Ed25519. A key is immutable and
 * reference-counted, so that snapshots, TLS contexts and requests may share it across threads; it
 * is decoded once and never per request.
 */
#ifndef MR_CRYPTO_KEY_H
#define MR_CRYPTO_KEY_H

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/digest.h"

enum mr_key_type {
	MR_KEY_EC_P224,
	MR_KEY_EC_P256,
	MR_KEY_EC_P384,
	MR_KEY_EC_P521,
	MR_KEY_ED25519,
	MR_KEY_RSA,
};

struct mr_key;

/* Generates a key pair; `rsa_bits` (1024 to 16384) counts for MR_KEY_RSA only, which takes up to
 * seconds. */
MR_MUST_USE mr_result mr_key_generate(
	enum mr_key_type type, unsigned rsa_bits, struct mr_key **ret, struct mr_error *err);
/* Private keys from DER. PKCS#8 is unencrypted PrivateKeyInfo; SEC 1 is ECPrivateKey with curve OID
 * (40 §4.2). */
MR_MUST_USE mr_result mr_key_from_pkcs8(
	struct mr_bytes der, struct mr_key **ret, struct mr_error *err);
MR_MUST_USE mr_result mr_key_from_sec1(
	struct mr_bytes der, struct mr_key **ret, struct mr_error *err);
/* RSAPrivateKey of RFC 8017. */
MR_MUST_USE mr_result mr_key_from_pkcs1(
	struct mr_bytes der, struct mr_key **ret, struct mr_error *err);
/* A private key from the first fitting PEM block: PRIVATE KEY, EC PRIVATE KEY or RSA PRIVATE KEY
 * (50 §6). */
MR_MUST_USE mr_result mr_key_from_pem(struct mr_str pem, struct mr_key **ret, struct mr_error *err);
/* A public key from SubjectPublicKeyInfo. RSA keys above 16384 bits are refused. */
MR_MUST_USE mr_result mr_key_from_spki(
	struct mr_bytes der, struct mr_key **ret, struct mr_error *err);

struct mr_key *mr_key_ref(struct mr_key *key);
void mr_key_unref(struct mr_key *key);

enum mr_key_type mr_key_type_of(const struct mr_key *key);
/* Modulus or field size in bits. */
unsigned mr_key_bits(const struct mr_key *key);
bool mr_key_is_private(const struct mr_key *key);
/* Same public key? */
bool mr_key_same_public(const struct mr_key *a, const struct mr_key *b);

/* SubjectPublicKeyInfo DER, kept with the key (10 §7.3). */
struct mr_bytes mr_key_spki(const struct mr_key *key);
/* Content of the public key's BIT STRING (the EC point, RSAPublicKey, …), borrowed: the input of
 * key identifiers. */
struct mr_bytes mr_key_public_bits(const struct mr_key *key);
/* PKCS#8 DER: EC curve OID in the outer algorithm, inner ECPrivateKey without parameters, with
 * public key. */
MR_MUST_USE mr_result mr_key_to_pkcs8(
	const struct mr_key *key, struct mr_secret *ret, struct mr_error *err);
/* SEC 1 ECPrivateKey DER with curve OID and public key; EC keys only. */
MR_MUST_USE mr_result mr_key_to_sec1(
	const struct mr_key *key, struct mr_secret *ret, struct mr_error *err);
/* The private scalar, big-endian, padded to the field size (48 bytes for P-384); EC keys only (40
 * §13.5). */
MR_MUST_USE mr_result mr_key_scalar(
	const struct mr_key *key, struct mr_secret *ret, struct mr_error *err);

/* Signs: ECDSA as DER SEQUENCE{r,s}, RSA PKCS#1 v1.5, Ed25519 (then `hash` is not looked at).
 * Appends to `out`, which may hold `data`. */
MR_MUST_USE mr_result mr_key_sign(const struct mr_key *key, enum mr_hash hash, struct mr_bytes data,
	struct mr_buf *out, struct mr_error *err);
/* Verifies such a signature: MR_OK, or MR_CODE_CRYPTO `signature is invalid`. */
MR_MUST_USE mr_result mr_key_verify(const struct mr_key *key, enum mr_hash hash,
	struct mr_bytes data, struct mr_bytes signature, struct mr_error *err);
/* Verifies RSASSA-PSS with the same hash in MGF1 and a salt of exactly `salt_len` bytes: as
 * mr_key_verify. */
MR_MUST_USE mr_result mr_key_verify_pss(const struct mr_key *key, enum mr_hash hash,
	size_t salt_len, struct mr_bytes data, struct mr_bytes signature, struct mr_error *err);
/* The hash that goes with a signing key in certificates: P-384 SHA-384, P-256/P-224 SHA-256, P-521
 * SHA-512 (30 §3.1). */
enum mr_hash mr_key_default_hash(const struct mr_key *key);

/* RSA-OAEP with SHA-256, MGF1-SHA-256 and an empty label (20 §6.4). */
MR_MUST_USE mr_result mr_key_oaep_encrypt(const struct mr_key *key, struct mr_bytes plaintext,
	struct mr_buf *out, struct mr_error *err);
MR_MUST_USE mr_result mr_key_oaep_decrypt(const struct mr_key *key, struct mr_bytes ciphertext,
	struct mr_secret *ret, struct mr_error *err);

/* --- keys that are elsewhere --- */

enum mr_key_scheme {
	MR_SCHEME_RSA_PKCS1, /* input: a DigestInfo */
	MR_SCHEME_RSA_PSS, /* input: a digest, which is also the hash of MGF1; the salt is as long */
	MR_SCHEME_RSA_RAW, /* input: a padded block as long as the modulus */
	MR_SCHEME_ECDSA,   /* input: a digest; output r and s, each as long as the field */
};

/* What a token, or whatever holds the key, does for it. Called from one thread at a time. */
struct mr_key_external {
	mr_result (*sign)(void *context, enum mr_key_scheme scheme, enum mr_hash hash,
		struct mr_bytes input, struct mr_buf *out, struct mr_error *err);
	/* RSA-OAEP as mr_key_oaep_decrypt. */
	mr_result (*decrypt)(void *context, struct mr_bytes ciphertext, struct mr_secret *ret,
		struct mr_error *err);
	void (*release)(void *context);
};

/* A private key of which only the public half is here: an RSA or ECDSA key. It signs, decrypts and
 * serves TLS as any other; it cannot be exported. `context` is released with it, on failure at once. */
MR_MUST_USE mr_result mr_key_from_external(const struct mr_key *public_key,
	const struct mr_key_external *external, void *context, struct mr_key **ret,
	struct mr_error *err);

MR_DEFINE_AUTO_PTR(key, struct mr_key, mr_key_unref)

#endif
