/* SPDX-License-Identifier: Apache-2.0 */
/* QE identity: a whole document if it begins so, else what is inside the signature. */
#include "attest/qe_identity.h"
#include "attest/signed_json.h"
#include "fuzz.h"

/* An enclave as the identity wants it, and one that is nothing. */
static void compare(const struct mr_qe_identity *identity)
{
	static const uint8_t nothing[MR_SGX_REPORT_SIZE] = { 0 };
	uint8_t body[MR_SGX_REPORT_SIZE] = { 0 };
	struct mr_sgx_report enclave;

	FUZZ_CHECK(mr_sgx_report_read(mr_bytes_of(nothing, sizeof nothing), &enclave));
	(void)mr_qe_identity_mismatch(identity, &enclave);
	memcpy(body + 16, identity->misc_select, sizeof identity->misc_select);
	memcpy(body + 48, identity->attributes, sizeof identity->attributes);
	memcpy(body + 128, identity->mr_signer, sizeof identity->mr_signer);
	body[256] = (uint8_t)identity->isv_prod_id;
	body[257] = (uint8_t)(identity->isv_prod_id >> 8);
	FUZZ_CHECK(mr_sgx_report_read(mr_bytes_of(body, sizeof body), &enclave));
	const char *mismatch = mr_qe_identity_mismatch(identity, &enclave);
	/* only a value with bits outside its mask, or the debug bit, can be in the way */
	FUZZ_CHECK(!mismatch ||
		   (strcmp(mismatch, "MRSIGNER") != 0 && strcmp(mismatch, "ISVPRODID") != 0));
	body[256] ^= 1;
	FUZZ_CHECK(mr_sgx_report_read(mr_bytes_of(body, sizeof body), &enclave));
	FUZZ_CHECK(mr_qe_identity_mismatch(identity, &enclave) != NULL);
	body[128] ^= 1;
	FUZZ_CHECK(mr_sgx_report_read(mr_bytes_of(body, sizeof body), &enclave));
	FUZZ_CHECK(mr_qe_identity_mismatch(identity, &enclave) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_str text = { (const char *)data, size };
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_signed_json cut;
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
	compare(&document);
	(void)mr_isv_level_of(document.levels, document.level_count, 0);
	return 0;
}
