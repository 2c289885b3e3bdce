/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets: from an address as configured to non-blocking sockets, one a loop where the
 * system can. */
#ifndef MR_NET_LISTENER_H
#define MR_NET_LISTENER_H

#include "base/bytes.h"

/*
 * Opens `count` sockets on one address (see struct mr_listener in server.h). Where SO_REUSEPORT is
 * not there, all are duplicates of one. Another process's listener on the address is an error also
 * if it uses SO_REUSEPORT. Errors as `listen tcp 127.0.0.1:80: bind: permission denied`.
 */
MR_MUST_USE mr_result mr_listener_open(const char *address, size_t count, int *ret_fds,
	char ret_address[static 64], struct mr_error *err);

#endif
