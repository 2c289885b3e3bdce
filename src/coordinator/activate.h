/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Activation (30 §2): snapshot, request, clock and random bytes in; response or refusal out. Knows neither sockets nor
 * threads. The one thing that it leaves to the caller is to count a limited Marble's activation durably
 * (mr_activation_count) before the response leaves.
 */
#ifndef MR_COORDINATOR_ACTIVATE_H
#define MR_COORDINATOR_ACTIVATE_H

#include "base/uuid.h"
#include "codec/marble_msg.h"
#include "coordinator/core.h"
#include "coordinator/marble_check.h"
#include "net/grpc.h"

struct mr_activation {
	/* In, borrowed for the activation's life: */
	const struct mr_snapshot *snapshot;
	struct mr_key_pool *keys;
	bool simulation; /* quotes are not looked at (30 §7) */
	struct mr_activation_request request;
	struct mr_bytes peer_certificate;
	int64_t now;
	/* Outside simulation: */
	struct mr_attest_service *attest;
	struct mr_logger *log;
	struct mr_fetch_waiter *waiter;
	/* Out, from mr_activation_check: */
	struct mr_marble_verdict verdict;
	bool pending; /* it failed because a document is being fetched: the waiter will be told */
	const struct mr_view_marble *marble;
	struct mr_uuid uuid;
};

/* Steps 2 to 8 of 30 §2.1: state, certificate, type, package, quote, budget, UUID. On failure *ret_status is the code
 * and the message is the whole text of 30 §2.2. */
MR_MUST_USE mr_result mr_activation_check(
	struct mr_activation *a, enum mr_grpc_status *ret_status, struct mr_error *err);
/* Steps 9 to 11: credentials, secrets, parameters; appends the encoded ActivationResp to a secret buffer. With
 * `a->marble->slow` it may take seconds. */
MR_MUST_USE mr_result mr_activation_answer(const struct mr_activation *a, struct mr_buf *out,
	enum mr_grpc_status *ret_status, struct mr_error *err);
/* Step 12 within a transaction: checks the budget again, since others may have been faster, and adds 1. */
MR_MUST_USE mr_result mr_activation_count(const struct mr_marble *marble, struct mr_tx *tx,
	enum mr_grpc_status *ret_status, struct mr_error *err);

#endif
