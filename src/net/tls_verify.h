/* SPDX-License-Identifier: Apache-2.0 */
/* How one end judges the other's certificate (50 §5.6, 30 §4.5, §6.2). For tls*.c only. */
#ifndef MR_NET_TLS_VERIFY_H
#define MR_NET_TLS_VERIFY_H

#include "net/tls.h"

struct x509_st;
struct x509_store_ctx_st;

/* Judges the chain that the library has received, for its certificate callback: it must lead to an
 * anchor of `config` or be one, be valid now, for serverAuth, and name the host where that is asked
 * for. Errors begin `x509: `. */
MR_MUST_USE mr_result mr_tls_verify_server(struct x509_store_ctx_st *received,
	const struct mr_tls_client_config *config, struct mr_error *err);
/* The same for a client's chain, for clientAuth and without a name. */
MR_MUST_USE mr_result mr_tls_verify_client(struct x509_store_ctx_st *received,
	const struct mr_cert *anchors, size_t anchor_count, struct mr_error *err);
/* Appends a certificate's DER. */
MR_MUST_USE bool mr_tls_put_der(struct x509_st *certificate, struct mr_buf *out);

#endif
