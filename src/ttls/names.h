/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which names of the configuration the program has resolved to which addresses (30 §6.2), so that a
 * connection to an address is known by its name. Thread-safe.
 */
#ifndef MR_TTLS_NAMES_H
#define MR_TTLS_NAMES_H

#include <sys/socket.h>

#include "ttls/config.h"

/* Addresses that are kept; never forgotten, since a program may use what it resolved at its start
 * for ever, and forgetting would let it talk in plain text. */
#define MR_TTLS_NAMES_MAX 65536

/* An IP address of a socket address; false for other families. The unspecified address, which
 * connects to this machine, counts as the loopback one. */
MR_MUST_USE bool mr_ttls_sockaddr(
	const struct sockaddr *address, socklen_t len, struct in6_addr *ret, uint16_t *ret_port);

/* `name` (of mr_ttls_config_name) has this address. False when MR_TTLS_NAMES_MAX is reached or
 * memory is out: the caller must not let the program use the address. */
MR_MUST_USE bool mr_ttls_names_add(const struct in6_addr *address, const char *name);

/* The entry for a connection to this address, or NULL: by the name resolved last, else by the
 * address itself, else by `localhost` for a loopback address (30 §6.3). *ret_name is the name to
 * check and to send, NULL for an address. */
const struct mr_ttls_entry *mr_ttls_names_find(const struct mr_ttls_config *config,
	const struct in6_addr *address, uint16_t port, const char **ret_name);

/* Around fork(). */
void mr_ttls_names_lock(void);
void mr_ttls_names_unlock(void);
/* Forgets all (tests). */
void mr_ttls_names_clear(void);

#endif
