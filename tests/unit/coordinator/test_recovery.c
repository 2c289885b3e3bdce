/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting the parties' secrets (40 §7.2 to §7.5). */
#include "coordinator/recovery.h"

#include "coordinator/state_key.h"
#include "coordinator_test.h"
#include "crypto/shamir.h"

enum { SIZE = 32, SHARE = 33, DATA_MAX = 1 << 20 };

/* The lock that the right key opens. */
struct box {
	uint8_t dek[SIZE];
	unsigned tried;
};

static bool opens(void *context, struct mr_bytes dek)
{
	struct box *b = context;

	b->tried++;
	return mr_bytes_eq(dek, mr_bytes_of(b->dek, SIZE));
}

/* A secret of one byte again and again, with this one at its end. */
struct text {
	uint8_t bytes[SHARE];
	size_t len;
};

static struct text secret_of(uint8_t byte)
{
	struct text t = { .len = SIZE };

	memset(t.bytes, byte, SIZE);
	return t;
}

static struct text share_of(uint8_t byte, uint8_t x)
{
	struct text t = { .len = SHARE };

	memset(t.bytes, byte, SIZE);
	t.bytes[SIZE] = x;
	return t;
}

static struct mr_bytes bytes_of(const struct text *t)
{
	return mr_bytes_of(t->bytes, t->len);
}

static struct mr_recovery *recovery_of(struct mr_bytes data)
{
	struct mr_recovery *r;
	struct mr_error err;

	OK(mr_recovery_new(data, &r, &err));
	return r;
}

static struct mr_recovery *recovery_with_map(const struct text *secrets, size_t count)
{
	MR_AUTO(buf) struct mr_buf map = { .max = DATA_MAX };
	struct mr_bytes list[8];
	struct mr_error err;

	for (size_t i = 0; i < count; i++)
		list[i] = bytes_of(&secrets[i]);
	OK(mr_recovery_map_put(list, count, &map, &err));
	return recovery_of(mr_buf_bytes(&map));
}

/* One upload; what remains. */
static mr_result upload(struct mr_recovery *r, struct text secret, struct box *box, uint64_t *ret,
	struct mr_error *err)
{
	const struct mr_recovery_lock lock = { opens, box };
	struct mr_recovery_progress progress;
	bool unopened;

	MR_TRY(mr_recovery_add(r, bytes_of(&secret), mr_bytes_of("signature", 9), &lock, &progress,
		&unopened, err));
	*ret = progress.remaining;
	mr_secret_done(&progress.dek);
	return MR_OK;
}

static void adds(struct mr_recovery *r, struct text secret, struct box *box, uint64_t remaining)
{
	uint64_t got = 99;
	struct mr_error err;

	OK(upload(r, secret, box, &got, &err));
	assert_int_equal(got, remaining);
}

static void refuses(struct mr_recovery *r, struct text secret, struct box *box, const char *text)
{
	uint64_t got;
	struct mr_error err;

	FAILS_WITH(upload(r, secret, box, &got, &err), text);
}

#define USED "uploaded an invalid or already used secret"

static void test_all_parties(void **unused)
{
	const struct text secrets[] = { secret_of(1), secret_of(2), secret_of(4) };
	struct mr_recovery *r = recovery_with_map(secrets, 3);
	struct box box = { .tried = 0 };

	(void)unused;
	memset(box.dek, 7, SIZE);
	adds(r, secrets[1], &box, 2);
	refuses(r, secrets[1], &box, USED);
	refuses(r, secret_of(3), &box, USED);
	refuses(r, share_of(1, 1), &box, USED);
	adds(r, secrets[0], &box, 1);
	assert_int_equal(box.tried, 0);
	adds(r, secrets[2], &box, 0);
	/* after a wrong end all begin again */
	mr_recovery_forget(r);
	box.dek[0] = 0;
	adds(r, secrets[0], &box, 2);
	adds(r, secrets[1], &box, 1);
	refuses(r, secrets[2], &box, "cipher: message authentication failed");
	adds(r, secrets[2], &box, 2);
	mr_recovery_free(r);
}

/* A map that gives two parties one place cannot be recovered from, but keeps nobody from trying again. */
static void test_shares_that_do_not_combine(void **unused)
{
	const struct text shares[] = { share_of(1, 5), share_of(2, 5), share_of(3, 6) };
	struct mr_recovery *r = recovery_with_map(shares, 3);
	struct box box = { .tried = 0 };

	(void)unused;
	adds(r, shares[0], &box, 2);
	refuses(r, shares[1], &box, "duplicate part detected");
	adds(r, shares[0], &box, 2);
	adds(r, shares[2], &box, 1);
	assert_int_equal(box.tried, 1);
	mr_recovery_free(r);
}

/* Without a map combinations are searched, and the map is made again. */
static void test_search(void **unused)
{
	static const char *const maps[] = { "", "null", "{", "[1]" };
	const struct text secrets[] = { secret_of(1), secret_of(2), secret_of(4) };
	struct mr_bytes parts[] = { bytes_of(&secrets[0]), bytes_of(&secrets[2]) };

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(maps); i++) {
		struct mr_recovery *r = recovery_of(mr_str_bytes(mr_str_of(maps[i])));
		MR_AUTO(buf) struct mr_buf data = { .max = DATA_MAX };
		MR_AUTO(buf) struct mr_buf map = { .max = DATA_MAX };
		struct box box = { .tried = 0 };
		struct mr_error err;
		memset(box.dek, 5, SIZE);
		adds(r, secrets[0], &box, 1);
		adds(r, secrets[1], &box, 1);
		refuses(r, share_of(1, 1), &box,
			i == 1 ? "invalid secret length" : "recovery secrets must match");
		adds(r, secrets[2], &box, 0);
		OK(mr_recovery_data(r, &data, &err));
		OK(mr_recovery_map_put(parts, 2, &map, &err));
		assert_bytes_equal(mr_buf_bytes(&data),
			i == 1 ? mr_str_bytes(MR_STR("null")) : mr_buf_bytes(&map));
		mr_recovery_free(r);
	}
}

/* A lost map does not matter to shares either, whatever lies among them (40 §7.3 BEYOND). */
static void test_search_of_shares(void **unused)
{
	struct mr_recovery *r = recovery_of(mr_str_bytes(MR_STR("")));
	struct mr_secret made[5] = { { NULL, 0 } };
	struct text shares[5];
	MR_AUTO(buf) struct mr_buf data = { .max = DATA_MAX };
	struct box box = { .tried = 0 };
	struct mr_error err;

	(void)unused;
	memset(box.dek, 9, SIZE);
	OK(mr_shamir_split(mr_bytes_of(box.dek, SIZE), 5, 3, made, &err));
	for (size_t i = 0; i < 5; i++) {
		shares[i].len = SHARE;
		assert_int_equal(made[i].len, SHARE);
		memcpy(shares[i].bytes, made[i].ptr, SHARE);
		mr_secret_done(&made[i]);
	}
	adds(r, shares[0], &box, 1);
	adds(r, share_of(3, 77), &box, 1);
	adds(r, shares[0], &box, 1);
	refuses(r, secret_of(1), &box, "recovery secrets must match in length");
	adds(r, shares[1], &box, 1);
	adds(r, shares[4], &box, 0);
	/* a new map would lack those who did not come */
	OK(mr_recovery_data(r, &data, &err));
	assert_int_equal(data.len, 0);
	mr_recovery_free(r);
}

/* The work of one upload is bounded, however many came, and the right secrets still get through. */
static void test_search_is_bounded(void **unused)
{
	struct mr_recovery *r = recovery_of(mr_str_bytes(MR_STR("")));
	struct box box = { .tried = 0 };

	(void)unused;
	memset(box.dek, 0xF0 ^ 0xF1, SIZE);
	for (uint8_t i = 0; i < 20; i++) {
		struct text wrong = secret_of(i);
		wrong.bytes[i] = 0xFF;
		box.tried = 0;
		adds(r, wrong, &box, 1);
		assert_true(box.tried <= 1u << (MR_RECOVERY_REMEMBERED - 1));
	}
	adds(r, secret_of(0xF0), &box, 1);
	adds(r, secret_of(0xF1), &box, 0);
	mr_recovery_free(r);
}

static void test_keys(void **unused)
{
	struct mr_recovery *r = recovery_of(mr_str_bytes(MR_STR("null")));
	struct mr_secret plain = { NULL, 0 };
	struct mr_error err;

	(void)unused;
	FAILS_WITH(mr_recovery_decrypt(r, mr_bytes_of("x", 1), &plain, &err),
		"ephemeral secret key not set");
	assert_true(
		mr_recovery_is_plain(16) && mr_recovery_is_plain(32) && mr_recovery_is_plain(33));
	assert_false(mr_recovery_is_plain(0) || mr_recovery_is_plain(512));
	mr_recovery_free(r);
	mr_recovery_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_parties),
		cmocka_unit_test(test_shares_that_do_not_combine),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_search_of_shares),
		cmocka_unit_test(test_search_is_bounded),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests_name("recovery", tests, NULL, NULL);
}
