/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MARBLE_TTLS_CONFIG (30 §6.1, 10 §11): which connections of a program carry TLS, and with which
 * credentials. Parsed once, immutable, shared by all threads.
 */
#ifndef MR_TTLS_CONFIG_H
#define MR_TTLS_CONFIG_H

#include <netinet/in.h>

#include "net/tls_engine.h"

#define MR_TTLS_CONFIG_MAX ((size_t)8 << 20)
#define MR_TTLS_ENTRIES_MAX 4096

/* One listed connection. */
struct mr_ttls_entry {
	const char *host;        /* outgoing: name, or address as text; NULL for incoming */
	bool numeric;            /* `host` is an address, which is `address` */
	struct in6_addr address; /* IPv4 as ::ffff:a.b.c.d */
	uint16_t port;
	struct mr_tls_engine_context *context;
};

struct mr_ttls_config;

/* Errors say what is wrong and where, never with a value: anything that is not of the form of 6.1,
 * a member missing or unknown, unusable certificates and keys, a key that is not the
 * certificate's, more than MR_TTLS_ENTRIES_MAX entries. */
MR_MUST_USE mr_result mr_ttls_config_parse(
	struct mr_str text, struct mr_ttls_config **ret, struct mr_error *err);
void mr_ttls_config_free(struct mr_ttls_config *config);

/* Is anything outgoing, or incoming, listed at all? */
bool mr_ttls_config_has_outgoing(const struct mr_ttls_config *config);
bool mr_ttls_config_has_incoming(const struct mr_ttls_config *config);
/* The entry of a local port, or NULL. */
const struct mr_ttls_entry *mr_ttls_config_incoming(
	const struct mr_ttls_config *config, uint16_t port);
/* The entry of a name and port (names fold ASCII case, a final dot does not count), or NULL. */
const struct mr_ttls_entry *mr_ttls_config_by_name(
	const struct mr_ttls_config *config, struct mr_str host, uint16_t port);
/* The entry whose key is this address and port, or NULL. */
const struct mr_ttls_entry *mr_ttls_config_by_address(
	const struct mr_ttls_config *config, const struct in6_addr *address, uint16_t port);
/* The listed spelling of a name, whatever the port; NULL if it is in no outgoing key. It lives as
 * long as the configuration, and two equal names give the same pointer. */
const char *mr_ttls_config_name(const struct mr_ttls_config *config, struct mr_str host);

/* An IPv4 or IPv6 text, brackets allowed, as an IPv6 address. */
MR_MUST_USE bool mr_ttls_address_parse(struct mr_str text, struct in6_addr *ret);
struct in6_addr mr_ttls_address_v4(struct in_addr v4);

MR_DEFINE_AUTO_PTR(ttls_config, struct mr_ttls_config, mr_ttls_config_free)

#endif
