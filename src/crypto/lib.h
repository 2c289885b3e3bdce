/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The crypto library, as this room sees it: cleanup of its objects, its error queue, and the few
 * places where AWS-LC and OpenSSL 3.0 differ. For the .c files of this room only.
 */
#ifndef MR_CRYPTO_LIB_H
#define MR_CRYPTO_LIB_H

#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/digest.h"

/* A length as the library's older functions take it. */
#ifdef OPENSSL_IS_AWSLC
#define MR_LIB_LEN(size) (size)
#else
#define MR_LIB_LEN(size) ((int)(size))
#endif

MR_DEFINE_AUTO_PTR(pkey, EVP_PKEY, EVP_PKEY_free)
MR_DEFINE_AUTO_PTR(pkey_ctx, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
MR_DEFINE_AUTO_PTR(md_ctx, EVP_MD_CTX, EVP_MD_CTX_free)
MR_DEFINE_AUTO_PTR(cipher_ctx, EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)

/* MR_CODE_CRYPTO `<what>: <the library's reason>`, or just `<what>`. Empties the error queue. */
MR_MUST_USE mr_result mr_lib_fail(struct mr_error *err, const char *what);
/* The library's digest; fetched once where fetching costs. NULL if it is not there. */
const EVP_MD *mr_lib_md(enum mr_hash hash);
/* The private scalar of an EC key, big-endian, padded to `size` bytes. */
MR_MUST_USE bool mr_lib_ec_scalar(const EVP_PKEY *pkey, uint8_t *out, size_t size);
/* The uncompressed public point of an EC key, exactly `size` bytes. */
MR_MUST_USE bool mr_lib_ec_point(const EVP_PKEY *pkey, uint8_t *out, size_t size);
/* The public EC key of a point on this curve, which is also given as SubjectPublicKeyInfo. NULL,
 * and something in the error queue, if it is not on the curve. */
EVP_PKEY *mr_lib_ec_public(int nid, struct mr_bytes point, struct mr_bytes spki);
#endif
