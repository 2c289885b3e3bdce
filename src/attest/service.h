/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verification for a program that serves many (70 §18, §21.1): roots, caches of what is fetched, and the memory of what
 * was seen. Thread-safe; no call waits for a network.
 */
#ifndef MR_ATTEST_SERVICE_H
#define MR_ATTEST_SERVICE_H

#include "attest/fetch_cache.h"
#include "attest/verify.h"

struct mr_attest_service;

struct mr_attest_service_config {
	int64_t refresh_seconds; /* as in intel_source.h */
	int64_t release_time;    /* Unix seconds: it cannot be earlier */
};

/* Reads the roots and the configuration of the services that documents come from. */
MR_MUST_USE mr_result mr_attest_service_new(const struct mr_attest_service_config *config,
	struct mr_attest_service **ret, struct mr_error *err);

struct mr_attest_request {
	const struct mr_evidence *evidence;
	int64_t grace_seconds;
	bool allow_missing_crl;
	/* Told when MR_ATTEST_PENDING was the answer and asking again makes sense. */
	struct mr_fetch_waiter *waiter;
};

/* mr_verify at the current time, with documents from the caches. */
MR_MUST_USE enum mr_attest_code mr_attest_service_verify(struct mr_attest_service *s,
	const struct mr_attest_request *request, struct mr_arena *arena, struct mr_verdict *ret,
	struct mr_error *err);

/* What was seen: its version, its text for the state, and what a state says. See watermark.h. */
struct mr_watermarks *mr_attest_service_watermarks(struct mr_attest_service *s);
/* Loads what is due in the background; to be called every few seconds. */
void mr_attest_service_tick(struct mr_attest_service *s);
/* Ends its threads; who waits is told. Accepts NULL. */
void mr_attest_service_stop(struct mr_attest_service *s);
/* Stops and frees. Accepts NULL. */
void mr_attest_service_free(struct mr_attest_service *s);

MR_DEFINE_AUTO_PTR(attest_service, struct mr_attest_service, mr_attest_service_free)

#endif
