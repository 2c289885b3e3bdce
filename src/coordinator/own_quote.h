/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Coordinator's own evidence over its root certificate (70 §1, §2): made once and kept, and made anew for each nonce
 * that a client sends. Thread-safe; one quote is made at a time, since runtimes keep the report data per process.
 */
#ifndef MR_COORDINATOR_OWN_QUOTE_H
#define MR_COORDINATOR_OWN_QUOTE_H

#include "attest/issuer.h"

struct mr_own_quote;

/* `issuer` is borrowed. */
MR_MUST_USE mr_result mr_own_quote_new(
	const struct mr_issuer *issuer, struct mr_own_quote **ret, struct mr_error *err);
/* Accepts NULL. */
void mr_own_quote_free(struct mr_own_quote *q);
/* Appends the quote over this root (DER) if it is at hand. */
bool mr_own_quote_kept(struct mr_own_quote *q, struct mr_bytes root, struct mr_buf *out);
/* Appends the quote over the root and the nonce, which may be empty, and makes it unless the last one was the same. Takes
 * as long as the runtime does: not on an event loop. */
MR_MUST_USE mr_result mr_own_quote_make(struct mr_own_quote *q, struct mr_bytes root,
	struct mr_bytes nonce, struct mr_buf *out, struct mr_error *err);

MR_DEFINE_AUTO_PTR(own_quote, struct mr_own_quote, mr_own_quote_free)

#endif
