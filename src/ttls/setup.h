/* SPDX-License-Identifier: Apache-2.0 */
/* Whether, and with what, Transparent TLS is on in this process. */
#ifndef MR_TTLS_SETUP_H
#define MR_TTLS_SETUP_H

#include <stdatomic.h>

#include "ttls/config.h"

enum mr_ttls_mode { MR_TTLS_UNKNOWN, MR_TTLS_OFF, MR_TTLS_ON };
extern _Atomic(enum mr_ttls_mode) mr_ttls_mode;

/* Reads MARBLE_TTLS_CONFIG, once. If that is broken, the process ends: exit status 1 and a line on
 * stderr. */
enum mr_ttls_mode mr_ttls_set_up(void);

/* Turns it on with this configuration, once in a process, while nothing else runs. */
MR_MUST_USE mr_result mr_ttls_turn_on(struct mr_str text, struct mr_error *err);

/* Is a configuration loaded? Where not, every call goes through untouched. */
static inline bool mr_ttls_is_on(void)
{
	enum mr_ttls_mode mode = atomic_load_explicit(&mr_ttls_mode, memory_order_acquire);

	return (mode == MR_TTLS_UNKNOWN ? mr_ttls_set_up() : mode) == MR_TTLS_ON;
}

/* The configuration; only where it is on. */
const struct mr_ttls_config *mr_ttls_loaded(void);

#endif
