/* SPDX-License-Identifier: Apache-2.0 */
/* Does a Marble's evidence prove that it is its package, and that it is this Marble (30 §2.1, 70 §1 to §4)? */
#ifndef MR_COORDINATOR_MARBLE_CHECK_H
#define MR_COORDINATOR_MARBLE_CHECK_H

#include "attest/service.h"
#include "base/log.h"
#include "coordinator/view.h"

struct mr_marble_check {
	struct mr_attest_service *service; /* NULL: nothing can be verified, nobody is accepted */
	struct mr_logger *log;
	const struct mr_view *view;
	const struct mr_package *package;
	struct mr_bytes quote;       /* as it was sent */
	struct mr_bytes certificate; /* of this connection, DER */
	struct mr_fetch_waiter *waiter;
};

/* What became known of the Marble, for log and metrics. */
struct mr_marble_verdict {
	bool known; /* the evidence was judged */
	enum mr_tcb_status tcb_status;
};

/* MR_OK only if all is proven. MR_CODE_DENIED with the texts of 70 §3 and §4. *ret_pending: no verdict yet, the waiter
 * will be told when to ask again. */
MR_MUST_USE mr_result mr_marble_check(const struct mr_marble_check *check,
	struct mr_marble_verdict *ret, bool *ret_pending, struct mr_error *err);

#endif
