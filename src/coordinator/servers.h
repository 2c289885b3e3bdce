/* SPDX-License-Identifier: Apache-2.0 */
/* The Coordinator's listeners: client API and Marble API (40 §2.5) over one set of event loops. */
#ifndef MR_COORDINATOR_SERVERS_H
#define MR_COORDINATOR_SERVERS_H

#include "coordinator/core.h"

struct mr_servers;

/* Binds all addresses without accepting: a port in use ends the start before the state is touched. */
MR_MUST_USE mr_result mr_servers_bind(const struct mr_config *config, struct mr_logger *log,
	struct mr_servers **ret, struct mr_error *err);
/* Accepts from now on, for this core, which must outlive the servers. */
MR_MUST_USE mr_result mr_servers_start(
	struct mr_servers *servers, struct mr_core *core, struct mr_error *err);
/* To be called every few seconds: gives memory back to the system when a crowd of peers has gone. */
void mr_servers_tidy(struct mr_servers *servers);
/* Lets running requests end within the grace time and stops the loops. */
void mr_servers_stop(struct mr_servers *servers, int64_t grace_ms);
/* To be called when all calls have been answered (mr_core_stop), with the core still there. Accepts NULL. */
void mr_servers_free(struct mr_servers *servers);

#endif
