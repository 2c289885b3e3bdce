/* SPDX-License-Identifier: Apache-2.0 */
/* One package with its rules for confidential VMs. */
#include "fuzz.h"
#include "manifest/package_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_str text = { (const char *)data, size };
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_package package;
	const struct mr_package_rules *rules;
	struct mr_error err;

	mr_arena_init(&arena, (size_t)1 << 24);
	if (mr_failed(mr_package_parse(text, &arena, &package, &err))) {
		FUZZ_CHECK(err.message[0]);
		return 0;
	}
	rules = mr_package_rules_of(&package);
	FUZZ_CHECK(rules->tees != 0 && rules->tees < 8);
	for (size_t i = 0; i < rules->snp.measurement.count; i++)
		FUZZ_CHECK(rules->snp.measurement.items[i].len == 48);
	FUZZ_CHECK(!(rules->tees & MR_ALLOW_TDX) || package.debug || rules->tdx.mr_td.count);
	return 0;
}
