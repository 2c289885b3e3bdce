/* SPDX-License-Identifier: Apache-2.0 */
/* Good evidence with its collateral, from an authority made for tests; the files are in data/. */
#ifndef MR_TEST_ATTEST_TEST_H
#define MR_TEST_ATTEST_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attest/collateral_dir.h"

/* A call that must be good; `err` is what it writes into. */
#define OK(call)                                                                                   \
	do {                                                                                       \
		if (mr_failed(call))                                                               \
			fail_msg("%s: %s", #call, err.message);                                    \
	} while (0)

struct attest_scene {
	struct mr_arena arena;
	struct mr_buf evidence; /* may be changed and judged again */
	struct mr_collateral_dir dir;
	struct mr_roots roots;
	int64_t now;
	struct mr_collateral *collateral; /* loaded at the first use */
	struct mr_verdict verdict;
	struct mr_error err;
};

/* `sgx`, `tdx` or `snp`. */
void attest_scene_open(struct attest_scene *s, const char *name);
void attest_scene_close(struct attest_scene *s);
/* Reads and verifies the scene's evidence as it is now. The step is in the verdict. */
enum mr_attest_code attest_scene_judge(struct attest_scene *s);

#endif
