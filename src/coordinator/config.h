/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Coordinator's configuration: its environment (40 §2.2) and the start-up decision between enclave and simulation
 * (40 §2.3), read once before any state is touched.
 */
#ifndef MR_COORDINATOR_CONFIG_H
#define MR_COORDINATOR_CONFIG_H

#include <limits.h>

#include "attest/issuer.h"
#include "base/log.h"
#include "store/seal_provider.h"

struct mr_config {
	const char *mesh_address;
	const char *client_address;
	const char *metrics_address; /* NULL: no metrics server */
	const char *dns_names;       /* comma-separated, for new CA certificates */
	const char *startup_manifest;
	const char *startup_recovery_file;
	char seal_dir[PATH_MAX];
	bool seal_unprotected; /* outside simulation, and the state's key is in a file as it is */
	struct mr_seal_provider
		seal_provider; /* its source is NONE where sealed_key has a form of seal.h */
	bool dev_mode;
	bool debug_logging;
	bool simulation;
	const struct mr_issuer *issuer; /* of our own evidence; NULL in simulation */
	int64_t collateral_refresh_seconds;
	bool distributed; /* said in the log; the store that it would need is not here, see mr_config_read */
	enum mr_log_level http_error_level;
	bool http_error_level_unknown; /* the variable had another text; to be logged once */
};

/* Log format and level come first, since everything later is logged with them. */
void mr_config_read_log(struct mr_config *config);
/* Everything else. Fails with the texts of 40 §2.3 when the mode is not one that may start, and when a store is asked for
 * that this program does not have: never another store instead. */
MR_MUST_USE mr_result mr_config_read(struct mr_config *config, struct mr_error *err);

/* Only where the state is and who seals it, for looking at it. */
MR_MUST_USE mr_result mr_config_read_state(struct mr_config *config, struct mr_error *err);

#endif
