/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client of Intel's provisioning certification service and of caches in front of it (70 §11): one document a call, as it
 * was received. What comes is not trusted: its signatures are checked where it is used.
 */
#ifndef MR_ATTEST_PCCS_H
#define MR_ATTEST_PCCS_H

#include <stdatomic.h>

#include "attest/dcap_quote.h"
#include "attest/qcnl.h"

enum mr_pccs_kind {
	MR_PCCS_ROOT_CRL,
	MR_PCCS_PCK_CRL,     /* of the processor or the platform CA */
	MR_PCCS_TCB_INFO,    /* of an FMSPC, for SGX or TDX */
	MR_PCCS_QE_IDENTITY, /* for SGX or TDX */
	MR_PCCS_PCK_CERT,    /* of the platform of a quote that has no certificates: `pck_query` */
};

struct mr_pccs_request {
	enum mr_pccs_kind kind;
	bool is_platform_ca, is_td;
	uint8_t fmspc[6];
	struct mr_str pck_query;
};

struct mr_pccs_document {
	struct mr_buf body;
	struct mr_buf chain; /* PEM, of the documents that have an issuer */
	int64_t max_age;     /* seconds, as Cache-Control says; -1: not said */
};

struct mr_pccs;

/* `stop` ends waiting between attempts when it becomes true; it may be NULL. */
MR_MUST_USE mr_result mr_pccs_new(const struct mr_qcnl *config, const atomic_bool *stop,
	struct mr_pccs **ret, struct mr_error *err);
/* Fetches one document, with as many attempts as the configuration allows before `deadline_ms` of the monotonic clock.
 * MR_ATTEST_COLLATERAL_FETCH. On success the caller releases *ret. */
MR_MUST_USE enum mr_attest_code mr_pccs_fetch(struct mr_pccs *p,
	const struct mr_pccs_request *request, int64_t deadline_ms, struct mr_pccs_document *ret,
	struct mr_error *err);
/* Accepts NULL. */
void mr_pccs_free(struct mr_pccs *p);

/* Appends the target of a request: the path below the service's, and its parameters. */
MR_MUST_USE mr_result mr_pccs_put_target(struct mr_buf *out, const struct mr_qcnl *config,
	const struct mr_pccs_request *request, struct mr_error *err);
/* Appends the query for the platform that a quote without certificates names. MR_CODE_INVALID if it does not. */
MR_MUST_USE mr_result mr_pccs_put_pck_query(
	struct mr_buf *out, const struct mr_dcap_quote *quote, struct mr_error *err);
void mr_pccs_document_done(struct mr_pccs_document *document);

MR_DEFINE_AUTO_PTR(pccs, struct mr_pccs, mr_pccs_free)
MR_DEFINE_AUTO(pccs_document, struct mr_pccs_document, mr_pccs_document_done)

#endif
