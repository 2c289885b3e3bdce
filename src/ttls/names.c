/* SPDX-License-Identifier: Apache-2.0 */
#include "ttls/names.h"

#include <pthread.h>
#include <stdlib.h>

#define BUCKETS 1024

struct known {
	struct in6_addr address;
	const char *name;
	struct known *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct known *buckets[BUCKETS];
static size_t total;

static size_t bucket_of(const struct in6_addr *address)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < sizeof address->s6_addr; i++)
		h = (h ^ address->s6_addr[i]) * 16777619u;
	return h % BUCKETS;
}

bool mr_ttls_sockaddr(
	const struct sockaddr *address, socklen_t len, struct in6_addr *ret, uint16_t *ret_port)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (!address || len < sizeof address->sa_family)
		return false;
	if (address->sa_family == AF_INET && len >= sizeof v4) {
		memcpy(&v4, address, sizeof v4);
		if (v4.sin_addr.s_addr == htonl(INADDR_ANY))
			v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		*ret = mr_ttls_address_v4(v4.sin_addr);
		*ret_port = ntohs(v4.sin_port);
		return true;
	}
	/* the scope, which is last, may be left out */
	if (address->sa_family == AF_INET6 && len >= offsetof(struct sockaddr_in6, sin6_scope_id)) {
		memcpy(&v6, address, offsetof(struct sockaddr_in6, sin6_scope_id));
		*ret = IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr) ? in6addr_loopback : v6.sin6_addr;
		*ret_port = ntohs(v6.sin6_port);
		return true;
	}
	return false;
}

bool mr_ttls_names_add(const struct in6_addr *address, const char *name)
{
	struct known **head = &buckets[bucket_of(address)];
	struct known *k;

	(void)pthread_mutex_lock(&lock);
	struct known **at = head;
	while (*at && !(IN6_ARE_ADDR_EQUAL(&(*at)->address, address) && (*at)->name == name))
		at = &(*at)->next;
	k = *at;
	if (k) {
		*at = k->next;
	} else if (total < MR_TTLS_NAMES_MAX && (k = malloc(sizeof *k)) != NULL) {
		*k = (struct known){ .address = *address, .name = name };
		total++;
	}
	if (k) {
		k->next = *head;
		*head = k;
	}
	(void)pthread_mutex_unlock(&lock);
	return k != NULL;
}

static bool is_loopback(const struct in6_addr *address)
{
	return IN6_IS_ADDR_LOOPBACK(address) ||
	       (IN6_IS_ADDR_V4MAPPED(address) && address->s6_addr[12] == 127);
}

static const struct mr_ttls_entry *find_resolved(
	const struct mr_ttls_config *config, const struct in6_addr *address, uint16_t port)
{
	const struct mr_ttls_entry *entry = NULL;

	(void)pthread_mutex_lock(&lock);
	for (struct known *k = buckets[bucket_of(address)]; k && !entry; k = k->next) {
		if (IN6_ARE_ADDR_EQUAL(&k->address, address))
			entry = mr_ttls_config_by_name(config, mr_str_of(k->name), port);
	}
	(void)pthread_mutex_unlock(&lock);
	return entry;
}

const struct mr_ttls_entry *mr_ttls_names_find(const struct mr_ttls_config *config,
	const struct in6_addr *address, uint16_t port, const char **ret_name)
{
	const struct mr_ttls_entry *entry = find_resolved(config, address, port);

	*ret_name = NULL;
	if (!entry) {
		entry = mr_ttls_config_by_address(config, address, port);
		if (entry)
			return entry;
	}
	if (!entry && is_loopback(address))
		entry = mr_ttls_config_by_name(config, MR_STR("localhost"), port);
	if (entry)
		*ret_name = entry->host;
	return entry;
}

void mr_ttls_names_lock(void)
{
	(void)pthread_mutex_lock(&lock);
}

void mr_ttls_names_unlock(void)
{
	(void)pthread_mutex_unlock(&lock);
}

void mr_ttls_names_clear(void)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (buckets[i]) {
			struct known *k = buckets[i];
			buckets[i] = k->next;
			free(k);
		}
	}
	total = 0;
}
