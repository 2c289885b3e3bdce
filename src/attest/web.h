/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetching from services with attestation documents (70 §11): bounded in size and time, attempts again where that may
 * help, one kept connection. No redirects.
 */
#ifndef MR_ATTEST_WEB_H
#define MR_ATTEST_WEB_H

#include <stdatomic.h>

#include "attest/service_url.h"
#include "net/http_client.h"

#define MR_WEB_BODY_MAX ((size_t)1 << 20)

struct mr_web;

struct mr_web_config {
	bool verify_server;   /* by the anchors of this machine */
	unsigned retry_times; /* after 503 and where nothing was reached */
	unsigned retry_delay; /* seconds; 0: 1, 2, 4, … */
	const atomic_bool *stop;
};

MR_MUST_USE mr_result mr_web_new(
	const struct mr_web_config *config, struct mr_web **ret, struct mr_error *err);
/* A body of status 200 that is not empty; MR_CODE_LIMIT if the service is asked too often (status
 * 429) or sends too much, MR_CODE_UNAVAILABLE, MR_CODE_DEADLINE … otherwise. `target` is the path and the
 * query. */
MR_MUST_USE mr_result mr_web_get(struct mr_web *w, const struct mr_service_url *service,
	const char *target, int64_t deadline_ms, struct mr_http_answer *ret, struct mr_error *err);
/* The seconds of Cache-Control: max-age, or -1. */
int64_t mr_web_max_age(const struct mr_http_answer *answer);
/* Accepts NULL. */
void mr_web_free(struct mr_web *w);

MR_DEFINE_AUTO_PTR(web, struct mr_web, mr_web_free)

#endif
