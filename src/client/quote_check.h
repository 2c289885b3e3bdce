/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a quote prove that the Coordinator is what the policy asks for (50 §5.3, §5.4)? This is the
 * one place where a command's trust in a Coordinator comes from.
 */
#ifndef MR_CLIENT_QUOTE_CHECK_H
#define MR_CLIENT_QUOTE_CHECK_H

#include "client/policy.h"

/* Where messages for people go; lines without their end. */
struct mr_quote_notes {
	void (*say)(void *context, const char *line);
	void (*warn)(void *context, const char *line);
	void *context;
};

struct mr_quote_check {
	const struct mr_policy *policy;
	struct mr_bytes quote;    /* as the Coordinator sent it */
	struct mr_bytes root_der; /* what the report data must be bound to */
	struct mr_bytes nonce;
	const char *const *tcb_statuses; /* accepted ones */
	size_t tcb_status_count;
	const char *const *advisories; /* accepted ones; none: all */
	size_t advisory_count;
};

/* MR_OK only if the quote is proven good. What a user has to know of a quote that is accepted goes
 * to `notes`. Errors begin `verifying Coordinator quote: `: `empty report` for a
 * Coordinator in simulation mode, and an Open Enclave result name where evidence does not verify. */
MR_MUST_USE mr_result mr_quote_verify(const struct mr_quote_notes *notes,
	const struct mr_quote_check *check, struct mr_error *err);

#endif
