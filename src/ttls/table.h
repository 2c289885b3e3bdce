/* SPDX-License-Identifier: Apache-2.0 */
/* Which descriptors are connections (or sockets that may become ones). Lock-free: a descriptor that
 * is none costs one read of memory. */
#ifndef MR_TTLS_TABLE_H
#define MR_TTLS_TABLE_H

#include <stdbool.h>

#include "ttls/conn.h"

/* Descriptors that can be kept; a higher one can be no connection. */
#define MR_TTLS_TABLE_MAX (1 << 20)

/* Is there one? No reference is taken. */
bool mr_ttls_table_has(int fd);
/* A reference to the descriptor's connection, or NULL. */
struct mr_ttls_conn *mr_ttls_table_get(int fd);
/* The descriptor is this connection's from now on; what was there before is forgotten. False when
 * it cannot be kept. */
bool mr_ttls_table_put(int fd, struct mr_ttls_conn *c);
/* Takes the descriptor out: the table's reference, to be released by the caller; or NULL. */
struct mr_ttls_conn *mr_ttls_table_remove(int fd);
/* The first descriptor at or above `from` that has a connection; -1: none. */
int mr_ttls_table_next(int from);

#endif
