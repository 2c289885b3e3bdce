/* SPDX-License-Identifier: Apache-2.0 */
/* QE identity: a whole document if it begins so, else what is inside the signature. */
#include "attest/qe_identity.h"
#include "attest/signed_json.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_str text = { (const char *)data, size };
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_signed_json cut;
	static const uint8_t body[MR_SGX_REPORT_SIZE] = { 0 };
	struct mr_sgx_report enclave;
	struct mr_qe_identity document;
	const char *bad = NULL;

	mr_arena_init(&arena, (size_t)1 << 24);
	if (mr_signed_json_cut(text, MR_STR("enclaveIdentity"), &cut)) {
		FUZZ_CHECK(cut.object.len >= 2 && cut.object.ptr[0] == '{');
		FUZZ_CHECK(cut.object.ptr[cut.object.len - 1] == '}');
		if (cut.too_deep)
			return 0;
		text = cut.object;
	}
	if (!mr_qe_identity_read(text, &arena, &document, &bad))
		return 0;
	FUZZ_CHECK(!bad);
	FUZZ_CHECK(document.level_count <= MR_DOCUMENT_MAX_LEVELS);
	FUZZ_CHECK(mr_sgx_report_read(mr_bytes_of(body, sizeof body), &enclave));
	(void)mr_qe_identity_mismatch(&document, &enclave);
	(void)mr_isv_level_of(document.levels, document.level_count, 0);
	return 0;
}
