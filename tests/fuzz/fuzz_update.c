/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Updates. Before a NUL byte: the stored pending update, which makes the trip through JSON and
 * counts acknowledgements. Behind it: a submitted manifest, which is judged as package update and
 * compared as full update.
 */
#include "fuzz.h"
#include "manifest/update.h"

enum { ROOM = 1 << 24 };

static void check_pending(struct mr_bytes json, struct mr_arena *arena)
{
	MR_AUTO(buf) struct mr_buf first = { 0 }, second = { 0 };
	struct mr_pending_update p, again;
	struct mr_str_list missing;
	struct mr_error err;

	if (mr_failed(mr_pending_update_decode(json, arena, &p, &err)))
		return;
	mr_buf_init(&first, ROOM);
	mr_buf_init(&second, ROOM);
	mr_pending_update_encode(&first, &p);
	FUZZ_CHECK(!mr_failed(mr_pending_update_decode(mr_buf_bytes(&first), arena, &again, &err)));
	mr_pending_update_encode(&second, &again);
	FUZZ_CHECK(mr_str_eq(mr_buf_str(&first), mr_buf_str(&second)));
	for (size_t i = 0; i < p.users_count; i++) {
		uint64_t before = p.missing;
		bool counted = p.users[i].acknowledged;
		FUZZ_CHECK(!mr_failed(
			mr_pending_update_acknowledge(&p, p.users[i].name, p.manifest_raw, &err)));
		FUZZ_CHECK(p.missing == (counted || before == 0 ? before : before - 1));
	}
	FUZZ_CHECK(!mr_failed(mr_pending_update_missing(&p, arena, &missing, &err)));
	FUZZ_CHECK(missing.count == 0);
}

static void check_update(struct mr_bytes raw)
{
	static const char text[] =
		"{\"Packages\":{\"p\":{\"SecurityVersion\":2},\"q\":{}},\"Secrets\":{\"s\":{"
		"\"Type\":\"cert-rsa\"}},\"RecoveryKeys\":{\"a\":\"x\"}}";
	MR_AUTO(manifest) struct mr_manifest *current = NULL;
	MR_AUTO(manifest) struct mr_manifest *update = NULL;
	struct mr_error err;

	if (mr_failed(mr_manifest_decode(raw, NULL, &update, &err)))
		return;
	FUZZ_CHECK(!mr_failed(
		mr_manifest_decode(mr_bytes_of(text, sizeof text - 1), NULL, &current, &err)));
	if (!mr_failed(mr_package_update_check(
		    update, current->packages, current->packages_count, &err)))
		FUZZ_CHECK(update->packages[0].security_version.present);
	(void)mr_update_is_package_update(update);
	FUZZ_CHECK(!mr_recovery_keys_changed(update, update));
	(void)mr_recovery_keys_changed(current, update);
	for (size_t i = 0; i < update->secrets_count; i++) {
		const struct mr_secret_def *def = &update->secrets[i].def;
		FUZZ_CHECK(mr_secret_unchanged(def, def));
		FUZZ_CHECK(mr_secret_unchanged(def, &current->secrets[0].def) ==
			   mr_secret_unchanged(&current->secrets[0].def, def));
		FUZZ_CHECK(mr_update_secret_plan(NULL, def, false) >= MR_PLAN_REPLACE);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const uint8_t *end = size ? memchr(data, 0, size) : NULL;
	size_t first = end ? (size_t)(end - data) : size;

	if (size > 1 << 16)
		return 0;
	mr_arena_init(&arena, ROOM);
	check_pending(mr_bytes_of(data, first), &arena);
	if (end)
		check_update(mr_bytes_of(end + 1, size - first - 1));
	return 0;
}
