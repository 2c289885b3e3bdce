/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Premain (30 §4): what runs before a service's main. It makes a key, gets it quoted, asks the Coordinator to be
 * activated, and puts files, environment and arguments in place. Nothing of these is touched before the Coordinator has
 * answered and everything was checked.
 */
#ifndef MR_MARBLE_PREMAIN_H
#define MR_MARBLE_PREMAIN_H

#include "base/arena.h"
#include "base/uuid.h"
#include "codec/marble_msg.h"
#include "crypto/cert_write.h"
#include "marble/runtime.h"
#include "net/tls.h"

/* The environment in (30 §4.1). Strings are borrowed from the environment or static. */
struct mr_premain_config {
	const char *coordinator;
	const char *marble_type;
	const char *dns_names;
	char uuid_file[4096];
	uint64_t retry_seconds;    /* 0: one attempt */
	uint64_t deadline_seconds; /* 0: none */
	const char *root_file;     /* NULL: the Coordinator is not checked */
};

/* Reads it. Errors: `environment variable not set: EDG_MARBLE_TYPE` (MR_CODE_NOT_FOUND), bad numbers, paths too long. */
MR_MUST_USE mr_result mr_premain_config_read(struct mr_premain_config *ret, struct mr_error *err);

/* Key, self-signed TLS certificate and request of one start (30 §3.5). */
struct mr_premain_credentials {
	struct mr_key *key;
	struct mr_buf certificate; /* DER */
	struct mr_buf csr;         /* DER */
};

/* Makes key and certificate. `now` in Unix seconds. */
MR_MUST_USE mr_result mr_premain_make_certificate(const struct mr_premain_config *config,
	int64_t now, struct mr_premain_credentials *c, struct mr_error *err);
/* Makes the request with the same key. */
MR_MUST_USE mr_result mr_premain_make_csr(const struct mr_premain_config *config,
	struct mr_premain_credentials *c, struct mr_error *err);
void mr_premain_credentials_done(struct mr_premain_credentials *c);

/* Reads the UUID file, or makes it with a new UUID (30 §4.3). */
MR_MUST_USE mr_result mr_premain_uuid(const char *path, struct mr_uuid *ret, struct mr_error *err);

/* Logs the connections of MARBLE_TTLS_CONFIG (30 §4.2 step 10); `config` NULL: not there. Errors: `unmarshaling TTLS
 * config: …`, `TTLS config is empty`. */
MR_MUST_USE mr_result mr_premain_ttls_summary(const struct mr_bytes *config, struct mr_error *err);

/* Checks that all names and values can be applied, before anything is. */
MR_MUST_USE mr_result mr_premain_check_parameters(
	const struct mr_parameters *p, struct mr_error *err);
/* Writes the files, then sets the environment (30 §4.4). */
MR_MUST_USE mr_result mr_premain_apply(const struct mr_parameters *p, struct mr_error *err);

/* The activation's result; everything lives in arena and response until mr_premain_result_done. */
struct mr_premain_result {
	struct mr_arena arena;
	struct mr_buf response; /* secret */
	struct mr_parameters parameters;
};

/* Steps 1 to 11 but for starting the application. The error is what follows `activating <name> Marble failed: `. */
MR_MUST_USE mr_result mr_premain_run(const struct mr_premain_config *config,
	const struct mr_runtime *runtime, struct mr_premain_result *ret, struct mr_error *err);
void mr_premain_result_done(struct mr_premain_result *result);
/* The argument vector: the manifest's, or `./marble` alone (30 §4.4), NULL behind the last; in the result's arena. */
MR_MUST_USE mr_result mr_premain_argv(
	struct mr_premain_result *result, char ***ret, struct mr_error *err);

MR_DEFINE_AUTO(premain_credentials, struct mr_premain_credentials, mr_premain_credentials_done)

#endif
