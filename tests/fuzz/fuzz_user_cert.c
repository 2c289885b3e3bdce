/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates of users. Before a NUL byte: what a manifest has under a user's Certificate. Behind
 * it: the leaf that a client shows, which must be nobody's unless it is that user's, byte for byte.
 */
#include "fuzz.h"

#include "../unit/coordinator/coordinator_test.h"
#include "coordinator/users.h"

static const struct mr_view *view(void)
{
	static struct mr_snapshot *s;

	if (!s)
		s = snapshot_with(
			jsonf("{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p'}},"
			      "'Users':{'alice':{'Certificate':'%s'}}}",
				person(0)->pem));
	return s->view;
}

/* The user of a manifest with this text, as far as it is a certificate. */
static void check_user(struct mr_str text, struct mr_bytes leaf)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_manifest_user entry = { .name = MR_STR("u"), .certificate = text };
	const struct mr_manifest m = { .users = &entry, .users_count = 1 };
	struct mr_user *users = NULL;
	size_t count = 0;
	struct mr_error err;

	mr_arena_init(&arena, 16 << 20);
	if (mr_failed(mr_users_from_manifest(&m, &arena, &users, &count, &err)))
		return;
	FUZZ_CHECK(count == 1);
	const struct mr_user *found = mr_users_by_certificate(users, count, leaf);
	FUZZ_CHECK((found != NULL) == mr_bytes_eq(users[0].certificate, leaf));
	FUZZ_CHECK(mr_users_by_certificate(users, count, users[0].certificate) == users);
}

static void check_marble(struct mr_bytes leaf)
{
	struct mr_cert cert = { 0 };
	struct mr_uuid uuid;
	struct mr_bytes type;
	struct mr_error err;

	/* nobody but the mesh's own authority makes leaves of Marbles */
	mr_result r = mr_authenticate_marble(view(), leaf, NOW, &cert, &uuid, &type, &err);
	FUZZ_CHECK(r.code == MR_CODE_UNAUTHENTICATED || r.code == MR_CODE_NOMEM);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_str all = mr_bytes_str(mr_bytes_of(data, size));
	size_t nul = mr_str_find(all, '\0', 0);
	struct mr_str text = nul == SIZE_MAX ? all : mr_str_sub(all, 0, nul);
	struct mr_bytes leaf = nul == SIZE_MAX ? mr_str_bytes(all)
					       : mr_bytes_of(data + nul + 1, size - nul - 1);
	const struct mr_user *user = NULL;
	struct mr_error err;

	check_user(text, leaf);
	mr_result r = mr_authenticate_user(view(), leaf, &user, &err);
	FUZZ_CHECK(mr_failed(r) || mr_bytes_eq(user->certificate, leaf));
	check_marble(leaf);
	return 0;
}
