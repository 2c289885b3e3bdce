/* SPDX-License-Identifier: Apache-2.0 */
/* Every call into the crypto library fails once: under activations, manifests, updates, starts and requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "coordinator_runs.h"

static void test_all(void **unused)
{
	(void)unused;
	coordinator_runs_begin();
	assert_true(coordinator_runs_each() > 200);
	coordinator_runs_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests_name("coordinator_crypto", tests, NULL, NULL);
}
