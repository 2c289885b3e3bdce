/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of keys: for crypto/ and the TLS files of net/ only. */
#ifndef MR_CRYPTO_KEY_INTERNAL_H
#define MR_CRYPTO_KEY_INTERNAL_H

#include "crypto/key.h"

struct evp_pkey_st;

/* The library's key, borrowed. */
struct evp_pkey_st *mr_key_evp(const struct mr_key *key);

/* Is the private half elsewhere (mr_key_from_external)? */
bool mr_key_is_external(const struct mr_key *key);
/* Signs there. */
MR_MUST_USE mr_result mr_key_external_sign(const struct mr_key *key, enum mr_key_scheme scheme,
	enum mr_hash hash, struct mr_bytes input, struct mr_buf *out, struct mr_error *err);
MR_MUST_USE mr_result mr_key_external_decrypt(const struct mr_key *key, struct mr_bytes ciphertext,
	struct mr_secret *ret, struct mr_error *err);
/* Signs data, or a digest of them, there: as mr_key_sign, or RSA with PSS; appends. */
MR_MUST_USE mr_result mr_key_external_sign_digest(const struct mr_key *key, bool pss,
	enum mr_hash hash, struct mr_bytes digest, struct mr_buf *out, struct mr_error *err);
/* Makes the library's key that calls mr_key_external_sign for `key`; for libraries whose TLS takes
 * private keys in no other way. */
struct evp_pkey_st *mr_key_external_evp(struct evp_pkey_st *public_half, struct mr_key *key);

#define MR_EC_MAX_FIELD 66
#define MR_EC_MAX_POINT (1 + 2 * MR_EC_MAX_FIELD)

/* A named curve (SEC 2). The order has `field` bytes. */
struct mr_ec_curve {
	enum mr_key_type type;
	int nid;
	unsigned bits;
	size_t field; /* bytes of a coordinate and of a scalar */
	struct mr_bytes oid;
	const uint8_t *order;
};

/* NULL if there is none of this type or OID (DER content). */
const struct mr_ec_curve *mr_ec_curve_of(enum mr_key_type type);
const struct mr_ec_curve *mr_ec_curve_by_oid(struct mr_bytes oid);

/* Makes a key of the library's, to which it takes a reference of its own. `public_bits` is the
 * content of the public key's BIT STRING; it is copied. */
MR_MUST_USE mr_result mr_key_wrap(struct evp_pkey_st *pkey, enum mr_key_type type, bool is_private,
	struct mr_bytes public_bits, struct mr_key **ret, struct mr_error *err);
/* Appends those bits as the library knows them. */
MR_MUST_USE bool mr_key_put_public_bits(
	const struct evp_pkey_st *pkey, enum mr_key_type type, struct mr_buf *out);

extern const struct mr_bytes MR_OID_EC_PUBLIC_KEY, MR_OID_RSA_ENCRYPTION, MR_OID_ED25519;

/* Is this an RSAPublicKey of 1024 to 16384 bits with a small odd exponent? */
MR_MUST_USE mr_result mr_rsa_check_public(struct mr_bytes bits, struct mr_error *err);

/* Makes an RSA key of any size, two primes and e = 65537, as RSAPrivateKey. */
MR_MUST_USE mr_result mr_rsa_generate_pkcs1(
	unsigned bits, struct mr_secret *ret, struct mr_error *err);

/* The AlgorithmIdentifier of a key: of SubjectPublicKeyInfo and of PKCS#8. */
void mr_key_put_algorithm(struct mr_buf *b, enum mr_key_type type);

#endif
