/* SPDX-License-Identifier: Apache-2.0 */
/* Of which process the connections are. */
#ifndef MR_TTLS_CONN_PROCESS_H
#define MR_TTLS_CONN_PROCESS_H

#include <stdbool.h>

/* The same process as the one that the connections are of? Not so between vfork and exec. */
bool mr_ttls_is_own_process(void);

#endif
