/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Marble's credentials in the application's own OpenSSL (or a library with its API): header only, so that it is that
 * library which is used. Link with -lssl -lcrypto and -lmarblerun.
 */
#ifndef MARBLERUN_OPENSSL_H
#define MARBLERUN_OPENSSL_H

#include <marblerun/marble.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

/* The next certificate of a PEM text, or NULL. */
static inline X509 *marblerun_openssl_next(BIO *pem)
{
	return PEM_read_bio_X509(pem, NULL, NULL, NULL);
}

static inline BIO *marblerun_openssl_text(const char *pem)
{
	return BIO_new_mem_buf(pem, (int)strlen(pem));
}

/* Own certificate with its intermediates. */
static inline int marblerun_openssl_use_chain(SSL_CTX *ctx, const char *pem)
{
	BIO *bio = marblerun_openssl_text(pem);
	X509 *certificate = bio ? marblerun_openssl_next(bio) : NULL;
	int good = certificate && SSL_CTX_use_certificate(ctx, certificate) == 1;

	X509_free(certificate);
	while (good && (certificate = marblerun_openssl_next(bio)) != NULL) {
		good = SSL_CTX_add1_chain_cert(ctx, certificate) == 1;
		X509_free(certificate);
	}
	BIO_free(bio);
	return good;
}

static inline int marblerun_openssl_use_key(SSL_CTX *ctx, const char *pem)
{
	BIO *bio = marblerun_openssl_text(pem);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
	int good = key && SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
		   SSL_CTX_check_private_key(ctx) == 1;

	EVP_PKEY_free(key);
	BIO_free(bio);
	return good;
}

/* The only trust anchors: what the context has trusted before goes. */
static inline int marblerun_openssl_trust(SSL_CTX *ctx, const char *pem)
{
	BIO *bio = marblerun_openssl_text(pem);
	X509_STORE *store = X509_STORE_new();
	X509 *certificate;
	int count = 0, good = bio && store;

	while (good && (certificate = marblerun_openssl_next(bio)) != NULL) {
		good = X509_STORE_add_cert(store, certificate) == 1;
		X509_free(certificate);
		count++;
	}
	BIO_free(bio);
	if (!good || count == 0) {
		X509_STORE_free(store);
		return 0;
	}
	SSL_CTX_set_cert_store(ctx, store);
	return 1;
}

/*
 * Sets certificate, key and root on a context of the application, TLS 1.2 at least, and demands a certificate of this
 * mesh from the other end: of a server always, of a client when the context is a server's. A client has to say whom it
 * connects to with SSL_set1_host on each connection. Returns 1, or 0 (see ERR_get_error).
 */
static inline int marblerun_ssl_ctx_use(SSL_CTX *ctx, const marblerun_credentials *credentials)
{
	if (!SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) ||
		!marblerun_openssl_use_chain(ctx, marblerun_credentials_chain(credentials)) ||
		!marblerun_openssl_use_key(ctx, marblerun_credentials_key(credentials)) ||
		!marblerun_openssl_trust(ctx, marblerun_credentials_root(credentials)))
		return 0;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return 1;
}

/* The same for a server that serves anybody: no certificate is asked for. */
static inline int marblerun_ssl_ctx_use_without_client_auth(
	SSL_CTX *ctx, const marblerun_credentials *credentials)
{
	if (!marblerun_ssl_ctx_use(ctx, credentials))
		return 0;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	return 1;
}

#endif
