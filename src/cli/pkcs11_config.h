/* SPDX-License-Identifier: Apache-2.0 */
/* The file of --pkcs11-config: which module, which token, how to log in (50 §6). */
#ifndef MR_CLI_PKCS11_CONFIG_H
#define MR_CLI_PKCS11_CONFIG_H

#include "base/arena.h"
#include "base/bytes.h"

struct mr_pkcs11_config {
	struct mr_str path, pin;
	struct mr_str token_serial, token_label; /* ptr NULL: not the way to choose */
	bool has_slot;
	uint64_t slot, max_sessions, user_type;
	bool login_not_supported;
};

/* Text lives in the arena, which should be wiped: it has the PIN. Errors: `could not open config file: <f>: …`, Go's of JSON,
 * `config must specify exactly one way to select a token: <list> given`, `MaxSessions must be larger than 1`. */
MR_MUST_USE mr_result mr_pkcs11_config_read(const char *path, struct mr_arena *arena,
	struct mr_pkcs11_config *ret, struct mr_error *err);

#endif
