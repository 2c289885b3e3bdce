/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests: any bytes are decoded or refused; what was decoded is sorted, keeps to its limits, can
 * be checked, dry-run, written record by record and read back as the same.
 */
#include "fuzz.h"
#include "manifest/check.h"
#include "manifest/parameters.h"
#include "manifest/records.h"
#include "manifest/users.h"

enum { ROOM = 1 << 26 };

static const char *env(const char *name, const char *fallback)
{
	(void)name;
	return fallback;
}

static void take_warning(void *context, const char *text)
{
	(void)context;
	FUZZ_CHECK(text[0] != '\0');
}

/* A record that is written, read and written again gives the same text. */
#define CHECK_TRIP(kind, record, key)                                                              \
	do {                                                                                       \
		MR_AUTO(buf) struct mr_buf first = { 0 }, second = { 0 };                          \
		struct mr_##kind again;                                                            \
		mr_buf_init_secret(&first, ROOM);                                                  \
		mr_buf_init_secret(&second, ROOM);                                                 \
		mr_##kind##_encode(&first, record);                                                \
		FUZZ_CHECK(!mr_failed(                                                             \
			mr_##kind##_decode(mr_buf_bytes(&first), key, arena, &again, &err)));      \
		mr_##kind##_encode(&second, &again);                                               \
		FUZZ_CHECK(mr_str_eq(mr_buf_str(&first), mr_buf_str(&second)));                    \
	} while (0)

static void check_records(const struct mr_manifest *m, struct mr_arena *arena)
{
	struct mr_error err;

	for (size_t i = 0; i < m->packages_count; i++)
		CHECK_TRIP(package, &m->packages[i], MR_STR("n"));
	for (size_t i = 0; i < m->infrastructures_count; i++)
		CHECK_TRIP(infrastructure, &m->infrastructures[i], MR_STR("n"));
	for (size_t i = 0; i < m->marbles_count; i++)
		CHECK_TRIP(marble, &m->marbles[i], MR_STR("n"));
	for (size_t i = 0; i < m->tls_tags_count; i++)
		CHECK_TRIP(tls_tag, &m->tls_tags[i], MR_STR("n"));
	for (size_t i = 0; i < m->secrets_count; i++)
		CHECK_TRIP(secret_value, &m->secrets[i], MR_STR("n"));
}

static void check_users(const struct mr_manifest *m, struct mr_arena *arena)
{
	struct mr_user *users;
	size_t count;
	struct mr_error err;

	if (mr_failed(mr_users_from_manifest(m, arena, &users, &count, &err)))
		return;
	for (size_t i = 0; i < count; i++)
		CHECK_TRIP(user, &users[i], users[i].name);
}

static void check_sorted(const struct mr_manifest *m)
{
	for (size_t i = 0; i < m->marbles_count; i++)
		FUZZ_CHECK(mr_manifest_marble(m, m->marbles[i].name) == &m->marbles[i]);
	for (size_t i = 0; i < m->secrets_count; i++)
		FUZZ_CHECK(mr_manifest_secret(m, m->secrets[i].def.name) == &m->secrets[i]);
	for (size_t i = 0; i < m->users_count; i++)
		FUZZ_CHECK(mr_manifest_user(m, m->users[i].name) == &m->users[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MR_AUTO(manifest) struct mr_manifest *m = NULL;
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const struct mr_warn warn = { take_warning, NULL };
	struct mr_error err;

	if (size > 1 << 16 ||
		mr_failed(mr_manifest_decode(mr_bytes_of(data, size), &warn, &m, &err)))
		return 0;
	mr_arena_init(&arena, ROOM);
	check_sorted(m);
	check_records(m, &arena);
	check_users(m, &arena);
	if (mr_failed(mr_manifest_check(m, env, &warn, &err)))
		return 0;
	FUZZ_CHECK(m->packages_count && m->marbles_count);
	const struct mr_dry_run dry = { m->secrets, m->secrets_count, NULL, 0 };
	for (size_t i = 0; i < m->marbles_count; i++) {
		MR_AUTO(parameters) struct mr_compiled_parameters *c = NULL;
		if (!mr_failed(mr_parameters_dry_run(&m->marbles[i], &dry, &err)))
			FUZZ_CHECK(!mr_failed(mr_parameters_compile(
				&m->marbles[i], m->tls_tags, m->tls_tags_count, &c, &err)));
	}
	return 0;
}
