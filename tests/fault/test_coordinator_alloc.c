/* SPDX-License-Identifier: Apache-2.0 */
/* The Coordinator without memory, at every point where it asks for some. */
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
	assert_true(coordinator_runs_each() > 1000);
	coordinator_runs_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests_name("coordinator_alloc", tests, NULL, NULL);
}
