/* SPDX-License-Identifier: Apache-2.0 */
/* What verification is asked for, by manifest and package (70 §17.2, §18). The verification itself is played. */
#include "coordinator/marble_check.h"

#include "base/file.h"
#include "coordinator_test.h"

enum { EVIDENCE_MAX = 64 << 10, WEEK = 604800 };

static struct mr_attest_request asked;
static unsigned calls;

enum mr_attest_code __wrap_mr_attest_service_verify(struct mr_attest_service *s,
	const struct mr_attest_request *request, struct mr_arena *arena, struct mr_verdict *ret,
	struct mr_error *err);

enum mr_attest_code __wrap_mr_attest_service_verify(struct mr_attest_service *s,
	const struct mr_attest_request *request, struct mr_arena *arena, struct mr_verdict *ret,
	struct mr_error *err)
{
	(void)s, (void)arena, (void)ret;
	asked = *request;
	calls++;
	return mr_attest_fail(err, MR_ATTEST_PENDING, "a document is being fetched");
}

static char service; /* nothing looks into it */

/* Checks good evidence of SGX; true if the verification was asked. */
static bool check(const struct mr_view *view, bool *ret_pending)
{
	MR_AUTO(buf) struct mr_buf quote = { 0 };
	struct mr_fetch_waiter waiter = { .ready = NULL };
	struct mr_marble_verdict verdict;
	struct mr_error err;

	mr_buf_init(&quote, EVIDENCE_MAX);
	OK(mr_file_read(MR_TEST_DATA "/sgx/evidence", &quote, &err));
	const struct mr_marble_check in = { .service = (struct mr_attest_service *)&service,
		.view = view,
		.package = &view->packages[0],
		.quote = mr_buf_bytes(&quote),
		.certificate = mr_bytes_of("certificate", 11),
		.waiter = &waiter };
	calls = 0;
	assert_int_equal(mr_marble_check(&in, &verdict, ret_pending, &err).code, MR_CODE_DENIED);
	assert_true(!calls || asked.waiter == &waiter);
	return calls == 1;
}

/* A state of another implementation may say what a manifest may not. */
static void test_grace_has_a_bound(void **unused)
{
	static const struct {
		uint64_t says;
		int64_t gives;
	} cases[] = { { 0, 0 }, { 60, 60 }, { WEEK, WEEK }, { WEEK + 1, WEEK }, { INT64_MAX, WEEK },
		{ (uint64_t)INT64_MAX + 1, WEEK }, { UINT64_MAX, WEEK } };
	MR_AUTO(snapshot)
	struct mr_snapshot *s = snapshot_with(
		jsonf("{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p'}}}"));
	struct mr_manifest manifest = *s->view->manifest;
	struct mr_view view = *s->view;

	(void)unused;
	view.manifest = &manifest;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		bool pending = false;

		manifest.config.collateral_grace_seconds = cases[i].says;
		assert_true(check(&view, &pending));
		assert_true(pending);
		assert_int_equal(asked.grace_seconds, cases[i].gives);
	}
}

/* What the package could not accept is neither verified nor fetched for. */
static void test_another_tee_is_not_verified(void **unused)
{
	MR_AUTO(snapshot)
	struct mr_snapshot *s = snapshot_with(
		jsonf("{'Packages':{'p':{'TEE':'SNP','SNP':{'Measurement':'%096d'}}},"
		      "'Marbles':{'m':{'Package':'p'}}}",
			0));
	bool pending = true;

	(void)unused;
	assert_false(check(s->view, &pending));
	assert_false(pending);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grace_has_a_bound),
		cmocka_unit_test(test_another_tee_is_not_verified),
	};

	return cmocka_run_group_tests_name("marble_check", tests, NULL, NULL);
}
