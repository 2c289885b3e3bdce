/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "net/tls_verify.h"

#define MAX_DEPTH 8
#define MAX_CHAIN 16

static const char unknown_authority[] = "x509: certificate signed by unknown authority";

MR_DEFINE_AUTO_PTR(x509, X509, X509_free)
MR_DEFINE_AUTO_PTR(x509_store, X509_STORE, X509_STORE_free)
MR_DEFINE_AUTO_PTR(x509_store_ctx, X509_STORE_CTX, X509_STORE_CTX_free)

bool mr_tls_put_der(struct x509_st *certificate, struct mr_buf *out)
{
	unsigned char *der = NULL;
	int len = i2d_X509(certificate, &der);

	if (len <= 0)
		return false;
	mr_buf_put(out, der, (size_t)len);
	OPENSSL_free(der);
	return out->failure == MR_CODE_OK;
}

/* A store with exactly this certificate. */
static X509_STORE *make_store(const struct mr_cert *anchor)
{
	const unsigned char *at = anchor->der.ptr;
	MR_AUTO(x509) X509 *parsed = d2i_X509(NULL, &at, (long)anchor->der.len);
	X509_STORE *store = parsed ? X509_STORE_new() : NULL;

	if (store && X509_STORE_add_cert(store, parsed) != 1) {
		X509_STORE_free(store);
		store = NULL;
	}
	return store;
}

/* The texts that users know from Go programs, where there is one. */
static mr_result fail_verification(int code, struct mr_error *err)
{
	switch (code) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return mr_fail(
			err, MR_CODE_CRYPTO, "x509: certificate has expired or is not yet valid");
	case X509_V_ERR_INVALID_PURPOSE:
		return mr_fail(err, MR_CODE_CRYPTO,
			"x509: certificate specifies an incompatible key usage");
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		return mr_fail(
			err, MR_CODE_CRYPTO, "x509: certificate signed by unknown authority");
	default:
		return mr_fail(
			err, MR_CODE_CRYPTO, "x509: %s", X509_verify_cert_error_string(code));
	}
}

/* What a peer has shown, and what for. */
struct shown {
	X509 *leaf;
	STACK_OF(X509) * chain;
	int purpose;
};

/* *ret_known tells whether the chain leads to the anchor at all. */
static mr_result verify_chain(const struct shown *shown, const struct mr_cert *anchor,
	bool *ret_known, struct mr_error *err)
{
	MR_AUTO(x509_store) X509_STORE *store = make_store(anchor);
	MR_AUTO(x509_store_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	mr_result r;

	*ret_known = false;
	if (!store || !ctx || X509_STORE_CTX_init(ctx, store, shown->leaf, shown->chain) != 1 ||
		X509_STORE_CTX_set_purpose(ctx, shown->purpose) != 1) {
		ERR_clear_error();
		return mr_fail(err, MR_CODE_CRYPTO, "x509: setting up the verification failed");
	}
	param = X509_STORE_CTX_get0_param(ctx);
	/* an anchor need not be a root: the intermediate alone is trusted too (30 §3.8) */
	(void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	X509_VERIFY_PARAM_set_depth(param, MAX_DEPTH);
	if (X509_verify_cert(ctx) == 1)
		return MR_OK;
	ERR_clear_error();
	r = fail_verification(X509_STORE_CTX_get_error(ctx), err);
	*ret_known = strcmp(err->message, unknown_authority) != 0;
	return r;
}

/* One anchor after the other: roots of several deployments have one name, and the library would
 * look at the first of them only. */
static mr_result verify_chains(const struct shown *shown, const struct mr_cert *anchors,
	size_t anchor_count, struct mr_error *err)
{
	struct mr_error current;
	bool any_known = false;
	mr_result r = mr_fail(err, MR_CODE_CRYPTO, "%s", unknown_authority);

	for (size_t i = 0; i < anchor_count; i++) {
		bool known;

		r = verify_chain(shown, &anchors[i], &known, &current);
		if (!mr_failed(r))
			return MR_OK;
		if (i == 0 || (known && !any_known))
			*err = current;
		any_known = any_known || known;
	}
	return r;
}

static mr_result verify_host(X509 *leaf, const char *host, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	MR_AUTO(cert) struct mr_cert cert = { 0 };

	mr_buf_init(&der, MR_CERT_MAX_SIZE);
	if (!mr_tls_put_der(leaf, &der))
		return mr_fail(err, MR_CODE_CRYPTO, "x509: malformed certificate");
	MR_TRY(mr_cert_parse(mr_buf_bytes(&der), &cert, err));
	if (!mr_cert_matches_host(&cert, mr_str_of(host)))
		return mr_fail(err, MR_CODE_CRYPTO, "x509: certificate is not valid for %s", host);
	return MR_OK;
}

static mr_result look_at(
	X509_STORE_CTX *received, int purpose, struct shown *ret, struct mr_error *err)
{
	*ret = (struct shown){ X509_STORE_CTX_get0_cert(received),
		X509_STORE_CTX_get0_untrusted(received), purpose };
	if (!ret->leaf || (ret->chain && sk_X509_num(ret->chain) > MAX_CHAIN))
		return mr_fail(err, MR_CODE_CRYPTO, "x509: no certificate, or too many");
	return MR_OK;
}

mr_result mr_tls_verify_server(struct x509_store_ctx_st *received,
	const struct mr_tls_client_config *config, struct mr_error *err)
{
	struct shown shown;

	MR_TRY(look_at(received, X509_PURPOSE_SSL_SERVER, &shown, err));
	MR_TRY(verify_chains(&shown, config->anchors, config->anchor_count, err));
	return config->check_host ? verify_host(shown.leaf, config->host, err) : MR_OK;
}

mr_result mr_tls_verify_client(struct x509_store_ctx_st *received, const struct mr_cert *anchors,
	size_t anchor_count, struct mr_error *err)
{
	struct shown shown;

	MR_TRY(look_at(received, X509_PURPOSE_SSL_CLIENT, &shown, err));
	return verify_chains(&shown, anchors, anchor_count, err);
}
