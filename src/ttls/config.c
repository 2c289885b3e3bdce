/* SPDX-License-Identifier: Apache-2.0 */
#include "ttls/config.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "base/arena.h"
#include "ttls/config_internal.h"

/* Decoded credentials and the parsed tree. */
#define MEMORY_MAX ((size_t)64 << 20)

/* --- addresses and keys --- */

struct in6_addr mr_ttls_address_v4(struct in_addr v4)
{
	struct in6_addr mapped = { 0 };

	mapped.s6_addr[10] = mapped.s6_addr[11] = 0xff;
	memcpy(mapped.s6_addr + 12, &v4, sizeof v4);
	return mapped;
}

bool mr_ttls_address_parse(struct mr_str text, struct in6_addr *ret)
{
	char copy[INET6_ADDRSTRLEN];
	struct in_addr v4;

	if (text.len >= 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
		text = mr_str_sub(text, 1, text.len - 1);
	if (text.len >= sizeof copy || memchr(text.ptr, '\0', text.len))
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	if (inet_pton(AF_INET, copy, &v4) == 1) {
		*ret = mr_ttls_address_v4(v4);
		return true;
	}
	return inet_pton(AF_INET6, copy, ret) == 1;
}

static struct mr_str without_dot(struct mr_str name)
{
	return name.len > 1 && name.ptr[name.len - 1] == '.' ? mr_str_sub(name, 0, name.len - 1)
							     : name;
}

static bool parse_port(struct mr_str text, uint16_t *ret)
{
	unsigned value = 0;

	if (text.len < 1 || text.len > 5)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		value = value * 10 + (unsigned)(text.ptr[i] - '0');
	}
	if (value < 1 || value > 65535)
		return false;
	*ret = (uint16_t)value;
	return true;
}

/* `host:port`, split at the last colon. */
static mr_result parse_key(
	struct mr_str key, struct mr_str *ret_host, uint16_t *ret_port, struct mr_error *err)
{
	size_t at = key.len;

	while (at > 0 && key.ptr[at - 1] != ':')
		at--;
	if (at < 2 || !parse_port(mr_str_sub(key, at, key.len), ret_port))
		return mr_fail(
			err, MR_CODE_INVALID, "not an address with port: %.*s", MR_STR_ARGS(key));
	*ret_host = without_dot(mr_str_sub(key, 0, at - 1));
	if (ret_host->len > 255 || memchr(ret_host->ptr, '\0', ret_host->len))
		return mr_fail(
			err, MR_CODE_INVALID, "not a host name: %.*s", MR_STR_ARGS(*ret_host));
	return MR_OK;
}

/* --- the document --- */

/* Exactly these members, each once or more, the last counts; a null is a missing one. */
static mr_result want_members(const struct mr_json *object, const struct mr_str *names,
	size_t count, const struct mr_json **ret, struct mr_error *err)
{
	if (object->kind != MR_JSON_OBJECT)
		return mr_fail(err, MR_CODE_INVALID, "not an object");
	for (const struct mr_json *m = object->first; m; m = m->next) {
		size_t i = 0;
		while (i < count && !mr_str_eq(m->name, names[i]))
			i++;
		if (i == count)
			return mr_fail(
				err, MR_CODE_INVALID, "unknown member %.*s", MR_STR_ARGS(m->name));
		ret[i] = m;
	}
	for (size_t i = 0; i < count; i++) {
		if (!ret[i] || ret[i]->kind == MR_JSON_NULL)
			return mr_fail(
				err, MR_CODE_INVALID, "no member %.*s", MR_STR_ARGS(names[i]));
	}
	return MR_OK;
}

static mr_result want_kind(
	const struct mr_json *value, enum mr_json_kind kind, const char *name, struct mr_error *err)
{
	return value->kind == kind ? MR_OK
				   : mr_fail(err, MR_CODE_INVALID, "%.*s is not %s",
					     MR_STR_ARGS(value->name), name);
}

static mr_result read_credentials(const struct mr_json *object, bool server,
	struct mr_ttls_credentials *ret, struct mr_error *err)
{
	static const struct mr_str names[] = { MR_STR_INIT("cacrt"), MR_STR_INIT("clicrt"),
		MR_STR_INIT("clikey"), MR_STR_INIT("clientAuth") };
	const struct mr_json *found[MR_COUNT(names)] = { 0 };

	MR_TRY(want_members(object, names, server ? 4 : 3, found, err));
	for (int i = 0; i < 3; i++)
		MR_TRY(want_kind(found[i], MR_JSON_STRING, "a string", err));
	if (server)
		MR_TRY(want_kind(found[3], MR_JSON_BOOL, "true or false", err));
	*ret = (struct mr_ttls_credentials){
		.root = found[0]->text,
		.certificate = found[1]->text,
		.key = found[2]->text,
		.server = server,
		.verify_client = server && found[3]->boolean,
	};
	return MR_OK;
}

static mr_result read_incoming(
	struct mr_ttls_config *c, const struct mr_json *object, struct mr_error *err)
{
	struct mr_ttls_entry entry = { 0 };
	struct mr_ttls_credentials credentials;
	struct mr_str host;

	MR_TRY(parse_key(object->name, &host, &entry.port, err));
	if (!mr_str_eq(host, MR_STR("*")))
		return mr_fail(err, MR_CODE_INVALID, "the host is not *");
	MR_TRY(read_credentials(object, true, &credentials, err));
	MR_TRY(mr_ttls_credentials_context(c, &credentials, &entry.context, err));
	c->incoming[c->incoming_count++] = entry;
	return MR_OK;
}

/* The names of all keys, each once, so that they can be compared by pointer. */
static const char *intern(struct mr_ttls_config *c, struct mr_str host)
{
	const char *known = mr_ttls_config_name(c, host);
	char *copy;

	if (known)
		return known;
	copy = mr_arena_alloc(&c->arena, host.len + 1);
	if (copy && host.len)
		memcpy(copy, host.ptr, host.len);
	return copy;
}

static mr_result read_outgoing(
	struct mr_ttls_config *c, const struct mr_json *object, struct mr_error *err)
{
	struct mr_ttls_entry entry = { 0 };
	struct mr_ttls_credentials credentials;
	struct mr_str host;

	MR_TRY(parse_key(object->name, &host, &entry.port, err));
	MR_TRY(read_credentials(object, false, &credentials, err));
	entry.numeric = mr_ttls_address_parse(host, &entry.address);
	entry.host = intern(c, host);
	if (!entry.host)
		return mr_arena_fail(&c->arena, err);
	MR_TRY(mr_ttls_credentials_context(c, &credentials, &entry.context, err));
	c->outgoing[c->outgoing_count++] = entry;
	return MR_OK;
}

typedef mr_result read_entry(
	struct mr_ttls_config *c, const struct mr_json *object, struct mr_error *err);

static mr_result read_section(struct mr_ttls_config *c, const struct mr_json *section,
	read_entry *read, struct mr_ttls_entry **ret_list, struct mr_error *err)
{
	MR_TRY(want_kind(section, MR_JSON_OBJECT, "an object", err));
	if (section->count > MR_TTLS_ENTRIES_MAX)
		return mr_fail(err, MR_CODE_LIMIT, "%.*s has more than %d entries",
			MR_STR_ARGS(section->name), MR_TTLS_ENTRIES_MAX);
	*ret_list = mr_arena_array(
		&c->arena, section->count ? section->count : 1, sizeof **ret_list);
	if (!*ret_list)
		return mr_arena_fail(&c->arena, err);
	for (const struct mr_json *entry = section->first; entry; entry = entry->next)
		MR_TRY(mr_wrap(err, read(c, entry, err), "%.*s: %.*s", MR_STR_ARGS(section->name),
			MR_STR_ARGS(entry->name)));
	return MR_OK;
}

static mr_result read_document(struct mr_ttls_config *c, struct mr_str text, struct mr_error *err)
{
	static const struct mr_str outer[] = { MR_STR_INIT("tls") };
	static const struct mr_str inner[] = { MR_STR_INIT("Incoming"), MR_STR_INIT("Outgoing") };
	const struct mr_json *root, *tls[1] = { 0 }, *sections[2] = { 0 };

	if (text.len > MR_TTLS_CONFIG_MAX)
		return mr_fail(err, MR_CODE_LIMIT, "longer than %zu bytes", MR_TTLS_CONFIG_MAX);
	MR_TRY(mr_json_parse(text, &c->arena, &root, err));
	MR_TRY(want_members(root, outer, 1, tls, err));
	MR_TRY(mr_wrap(err, want_members(tls[0], inner, 2, sections, err), "tls"));
	MR_TRY(read_section(c, sections[0], read_incoming, &c->incoming, err));
	return read_section(c, sections[1], read_outgoing, &c->outgoing, err);
}

mr_result mr_ttls_config_parse(
	struct mr_str text, struct mr_ttls_config **ret, struct mr_error *err)
{
	MR_AUTO(ttls_config) struct mr_ttls_config *c = calloc(1, sizeof *c);

	if (!c)
		return mr_fail_nomem(err);
	mr_arena_init(&c->arena, MEMORY_MAX);
	MR_TRY(mr_wrap(err, read_document(c, text, err), "MARBLE_TTLS_CONFIG"));
	mr_ttls_credentials_forget(c);
	*ret = c;
	c = NULL;
	return MR_OK;
}

void mr_ttls_config_free(struct mr_ttls_config *config)
{
	if (!config)
		return;
	mr_ttls_credentials_done(config);
	mr_arena_done(&config->arena);
	free(config);
}

/* --- questions; a later entry of the same key wins (10 §11) --- */

bool mr_ttls_config_has_outgoing(const struct mr_ttls_config *config)
{
	return config->outgoing_count > 0;
}

bool mr_ttls_config_has_incoming(const struct mr_ttls_config *config)
{
	return config->incoming_count > 0;
}

const struct mr_ttls_entry *mr_ttls_config_incoming(
	const struct mr_ttls_config *config, uint16_t port)
{
	for (size_t i = config->incoming_count; i > 0; i--) {
		if (config->incoming[i - 1].port == port)
			return &config->incoming[i - 1];
	}
	return NULL;
}

static bool same_name(const char *listed, struct mr_str asked)
{
	return mr_str_eq_nocase(mr_str_of(listed), without_dot(asked));
}

const struct mr_ttls_entry *mr_ttls_config_by_name(
	const struct mr_ttls_config *config, struct mr_str host, uint16_t port)
{
	for (size_t i = config->outgoing_count; i > 0; i--) {
		const struct mr_ttls_entry *e = &config->outgoing[i - 1];
		if (e->port == port && !e->numeric && same_name(e->host, host))
			return e;
	}
	return NULL;
}

const struct mr_ttls_entry *mr_ttls_config_by_address(
	const struct mr_ttls_config *config, const struct in6_addr *address, uint16_t port)
{
	for (size_t i = config->outgoing_count; i > 0; i--) {
		const struct mr_ttls_entry *e = &config->outgoing[i - 1];
		if (e->port == port && e->numeric && IN6_ARE_ADDR_EQUAL(&e->address, address))
			return e;
	}
	return NULL;
}

const char *mr_ttls_config_name(const struct mr_ttls_config *config, struct mr_str host)
{
	for (size_t i = 0; i < config->outgoing_count; i++) {
		if (!config->outgoing[i].numeric && same_name(config->outgoing[i].host, host))
			return config->outgoing[i].host;
	}
	return NULL;
}
