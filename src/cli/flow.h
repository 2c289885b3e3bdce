/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a command comes to trust a Coordinator: flow A attests it and from then on trusts the root that
 * the quote names; flow C trusts the root that an earlier command cached (50 §5).
 */
#ifndef MR_CLI_FLOW_H
#define MR_CLI_FLOW_H

#include "cli/cli.h"
#include "client/api_calls.h"
#include "client/chain.h"
#include "client/policy.h"

/* Which of a command's flows is under way, and what it knows. */
struct mr_flow {
	struct mr_cli *cli;
	const char *endpoint;
	struct mr_arena arena; /* for the answers of all calls */
	struct mr_policy policy;
	bool insecure;
	struct mr_chain chain;            /* empty in flow C with --insecure */
	struct mr_bytes quote;            /* flow A: as received; in the arena */
	struct mr_tls_identity *identity; /* of the user; NULL: nobody in particular */
	struct mr_api *api;               /* verified by `chain`; NULL before the flow is through */
};

/* Starts with the flags of the command line; `endpoint` is borrowed. */
void mr_flow_init(struct mr_flow *flow, struct mr_cli *cli, const char *endpoint);
void mr_flow_done(struct mr_flow *flow);

/* Flow A, first step: the policy, or with --insecure the warning that there is none. Kept apart from
 * the second one because its errors have no prefix in any command (50 §4.4). */
MR_MUST_USE mr_result mr_flow_choose_policy(struct mr_flow *flow, struct mr_error *err);
/* Flow A, second step: fetches and verifies the quote, opens flow->api. */
MR_MUST_USE mr_result mr_flow_attest(struct mr_flow *flow, struct mr_error *err);
/* Flow C: reads the cache unless --insecure, opens flow->api. */
MR_MUST_USE mr_result mr_flow_use_cache(struct mr_flow *flow, struct mr_error *err);
/* Flow C as the user whose certificate the command line names, which is loaded after the cache. */
MR_MUST_USE mr_result mr_flow_use_cache_as_user(struct mr_flow *flow, struct mr_error *err);
/* Flow C: says in front of a result that nobody knows whose it is, if --insecure was given. An error
 * stands alone. */
void mr_flow_warn(const struct mr_flow *flow);

/* Writes the quote where --save-sgx-quote says, if it says anything. */
MR_MUST_USE mr_result mr_flow_save_quote(const struct mr_flow *flow, struct mr_error *err);
/* Writes the chain into the certificate cache. */
MR_MUST_USE mr_result mr_flow_write_cache(const struct mr_flow *flow, struct mr_error *err);

MR_DEFINE_AUTO(flow, struct mr_flow, mr_flow_done)

#endif
