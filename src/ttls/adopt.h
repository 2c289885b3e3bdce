/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets that this process did not open itself, or that become connections: which entry of the
 * configuration they belong to. */
#ifndef MR_TTLS_ADOPT_H
#define MR_TTLS_ADOPT_H

#include <sys/socket.h>

#include "ttls/table.h"

/* Is it a TCP socket (MPTCP, which looks the same, included)? */
bool mr_ttls_is_tcp(int fd);
/* The incoming entry that an accepted socket belongs to by its own port, or NULL. */
const struct mr_ttls_entry *mr_ttls_accepted_entry(int fd);
/* Makes it the server's end of a connection. On failure false, and errno. */
bool mr_ttls_adopt_server(int fd, const struct mr_ttls_entry *entry);
/* The connection of a descriptor, made if there is none yet; a reference, or NULL and errno. */
struct mr_ttls_conn *mr_ttls_track(int fd);
/* A connected socket that came from elsewhere (exec, a Unix socket): takes it over if there is an
 * entry for it. False if there is one and it cannot be taken over. */
bool mr_ttls_adopt_foreign(int fd);
/* All that the process was started with. False: a standard stream is such a socket, or another
 * cannot be taken over; *ret_fd tells which. */
bool mr_ttls_adopt_inherited(int *ret_fd);

#endif
