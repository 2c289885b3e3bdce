/* SPDX-License-Identifier: Apache-2.0 */
/* TCB info: a whole document if it begins so, else what is inside the signature. */
#include "attest/signed_json.h"
#include "attest/tcb_info.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_str text = { (const char *)data, size };
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_signed_json cut;
	struct mr_tcb_info document;
	const char *bad = NULL;

	mr_arena_init(&arena, (size_t)1 << 24);
	if (mr_signed_json_cut(text, MR_STR("tcbInfo"), &cut)) {
		FUZZ_CHECK(cut.object.len >= 2 && cut.object.ptr[0] == '{');
		FUZZ_CHECK(cut.object.ptr[cut.object.len - 1] == '}');
		if (cut.too_deep)
			return 0;
		text = cut.object;
	}
	if (!mr_tcb_info_read(text, &arena, &document, &bad))
		return 0;
	FUZZ_CHECK(!bad);
	FUZZ_CHECK(document.level_count <= MR_DOCUMENT_MAX_LEVELS);
	for (unsigned major = 0; major < 4; major++)
		(void)mr_tcb_info_module(&document, (uint8_t)major);
	(void)mr_isv_level_of(document.levels, document.level_count, 0);
	return 0;
}
