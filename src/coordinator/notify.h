/* SPDX-License-Identifier: Apache-2.0 */
/* Tells a supervisor how the process is (sd_notify(3)): one datagram to the socket that NOTIFY_SOCKET names. */
#ifndef MR_COORDINATOR_NOTIFY_H
#define MR_COORDINATOR_NOTIFY_H

#include <stdbool.h>

/* Sends e.g. `READY=1`. False when there is a supervisor and it cannot be told; true without one. */
bool mr_notify(const char *state);

#endif
