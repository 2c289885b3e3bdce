/* SPDX-License-Identifier: Apache-2.0 */
/* Exported: name resolution, which tells what name a later connection is for (30 §6.2). */
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "ttls/names.h"
#include "ttls/real.h"
#include "ttls/setup.h"

/* The listed spelling of a name that the program asks for, or NULL. */
static const char *listed(const char *name)
{
	if (!name || !mr_ttls_is_on())
		return NULL;
	return mr_ttls_config_name(mr_ttls_loaded(), mr_str_of(name));
}

MR_TTLS_EXPORT(int, getaddrinfo, const char *node, const char *service,
	const struct addrinfo *hints, struct addrinfo **result)
{
	const char *name = listed(node);
	int failure = MR_REAL(getaddrinfo)(node, service, hints, result);

	if (failure != 0 || !name)
		return failure;
	for (const struct addrinfo *a = *result; a; a = a->ai_next) {
		struct in6_addr address;
		uint16_t port;
		if (mr_ttls_sockaddr(a->ai_addr, a->ai_addrlen, &address, &port) &&
			!mr_ttls_names_add(&address, name)) {
			freeaddrinfo(*result);
			*result = NULL;
			return EAI_MEMORY;
		}
	}
	return 0;
}

/* False when an address cannot be kept. */
static bool learn(const char *name, const struct hostent *host)
{
	for (char **at = host->h_addr_list; at && *at; at++) {
		struct in6_addr address;
		struct in_addr v4;

		if (host->h_addrtype == AF_INET && host->h_length == (int)sizeof v4) {
			memcpy(&v4, *at, sizeof v4);
			address = mr_ttls_address_v4(v4);
		} else if (host->h_addrtype == AF_INET6 && host->h_length == (int)sizeof address) {
			memcpy(&address, *at, sizeof address);
		} else {
			continue;
		}
		if (!mr_ttls_names_add(&address, name))
			return false;
	}
	return true;
}

static struct hostent *learned(const char *name, struct hostent *host)
{
	if (!host || !name || learn(name, host))
		return host;
	h_errno = NO_RECOVERY;
	return NULL;
}

MR_TTLS_EXPORT(struct hostent *, gethostbyname, const char *name)
{
	return learned(listed(name), MR_REAL(gethostbyname)(name));
}

MR_TTLS_EXPORT(struct hostent *, gethostbyname2, const char *name, int family)
{
	return learned(listed(name), MR_REAL(gethostbyname2)(name, family));
}

static int learned_r(const char *name, struct hostent **result, int *ret_failure, int status)
{
	if (status != 0 || !*result || !name || learn(name, *result))
		return status;
	*result = NULL;
	*ret_failure = NO_RECOVERY;
	return ENOMEM;
}

MR_TTLS_EXPORT(int, gethostbyname_r, const char *name, struct hostent *host, char *buffer,
	size_t size, struct hostent **result, int *ret_failure)
{
	return learned_r(listed(name), result, ret_failure,
		MR_REAL(gethostbyname_r)(name, host, buffer, size, result, ret_failure));
}

MR_TTLS_EXPORT(int, gethostbyname2_r, const char *name, int family, struct hostent *host,
	char *buffer, size_t size, struct hostent **result, int *ret_failure)
{
	return learned_r(listed(name), result, ret_failure,
		MR_REAL(gethostbyname2_r)(name, family, host, buffer, size, result, ret_failure));
}
