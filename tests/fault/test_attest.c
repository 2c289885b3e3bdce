/* SPDX-License-Identifier: Apache-2.0 */
/* Reading collateral and verifying evidence when memory runs out, or the crypto library fails: never a good verdict that
 * was not earned, always a text, nothing lost. */
#include "attest_test.h"

#include <string.h>

#include "attest/intel_source.h"
#include "attest/policy.h"
#include "attest/qcnl.h"
#include "fault.h"

/* What a run starts from: read before anything fails. */
static struct attest_scene scene;

static mr_result result_of(enum mr_attest_code code)
{
	return (mr_result){ code == MR_ATTEST_OK ? MR_CODE_OK : MR_CODE_CRYPTO };
}

/* All of a verification, its collateral included. */
static mr_result verify(void *context, struct mr_error *err)
{
	(void)context;
	mr_collateral_unref(scene.collateral);
	scene.collateral = NULL;
	enum mr_attest_code code = attest_scene_judge(&scene);
	if (code != MR_ATTEST_OK) {
		*err = scene.err;
		err->code = MR_CODE_CRYPTO;
	}
	return result_of(code);
}

static void run_scene(const char *name)
{
	mr_fault_set(0);
	attest_scene_open(&scene, name);
	/* what the library keeps from its first use on */
	assert_int_equal(attest_scene_judge(&scene), MR_ATTEST_OK);
	assert_true(mr_fault_each(name, verify, NULL, false) > 0);
	mr_fault_set(0);
	attest_scene_close(&scene);
}

static void test_sgx(void **state)
{
	(void)state;
	run_scene("sgx");
}

static void test_tdx(void **state)
{
	(void)state;
	run_scene("tdx");
}

static void test_snp(void **state)
{
	(void)state;
	run_scene("snp");
}

static mr_result read_config(void *context, struct mr_error *err)
{
	static const char text[] = "{ \"pccs_url\": \"https://a/b\", /* c */ \"retry_times\": 3 }";
	struct mr_qcnl config;

	(void)context;
	return mr_qcnl_parse(mr_str_of(text), &config, err);
}

static mr_result make_source(void *context, struct mr_error *err)
{
	MR_AUTO(intel_source) struct mr_intel_source *source = NULL;
	struct mr_intel_source_config config = { .roots = &scene.roots };

	(void)context;
	mr_qcnl_defaults(&config.qcnl);
	return mr_intel_source_new(&config, &source, err);
}

static void test_services(void **state)
{
	(void)state;
	(void)mr_fault_each("configuration", read_config, NULL, false);
	(void)mr_fault_each("source", make_source, NULL, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sgx),
		cmocka_unit_test(test_tdx),
		cmocka_unit_test(test_snp),
		cmocka_unit_test(test_services),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
