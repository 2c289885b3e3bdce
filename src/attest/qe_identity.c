/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/qe_identity.h"

bool mr_qe_identity_read(struct mr_str object, struct mr_arena *arena, struct mr_qe_identity *ret,
	const char **ret_bad)
{
	struct mr_document d = { arena, NULL };
	struct mr_qe_identity q = { .version = 0 };
	const struct mr_json *root;
	struct mr_error ignored;

	*ret_bad = NULL;
	if (mr_failed(mr_json_parse(object, arena, &root, &ignored)) ||
		root->kind != MR_JSON_OBJECT)
		return false;
	q.id = mr_document_text(&d, root, "id");
	q.version = mr_document_number(&d, root, "version", UINT16_MAX);
	q.issue_date = mr_document_date(&d, root, "issueDate");
	q.next_update = mr_document_date(&d, root, "nextUpdate");
	q.evaluation_number = mr_document_number(&d, root, "tcbEvaluationDataNumber", UINT32_MAX);
	mr_document_hex(&d, root, "miscselect", q.misc_select, sizeof q.misc_select);
	mr_document_hex(&d, root, "miscselectMask", q.misc_select_mask, sizeof q.misc_select_mask);
	mr_document_hex(&d, root, "attributes", q.attributes, sizeof q.attributes);
	mr_document_hex(&d, root, "attributesMask", q.attributes_mask, sizeof q.attributes_mask);
	mr_document_hex(&d, root, "mrsigner", q.mr_signer, sizeof q.mr_signer);
	q.isv_prod_id = (uint16_t)mr_document_number(&d, root, "isvprodid", UINT16_MAX);
	q.levels = mr_document_isv_levels(&d, root, &q.level_count);
	*ret_bad = d.bad;
	*ret = q;
	return !d.bad;
}

bool mr_masked_eq(const uint8_t *value, const uint8_t *mask, const uint8_t *want, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if ((value[i] & mask[i]) != want[i])
			return false;
	}
	return true;
}

const char *mr_qe_identity_mismatch(
	const struct mr_qe_identity *identity, const struct mr_sgx_report *enclave)
{
	if (!mr_masked_eq(enclave->misc_select_raw.ptr, identity->misc_select_mask,
		    identity->misc_select, sizeof identity->misc_select))
		return "MISCSELECT";
	if (!mr_masked_eq(enclave->attributes.ptr, identity->attributes_mask, identity->attributes,
		    sizeof identity->attributes))
		return "ATTRIBUTES";
	/* whatever the mask says */
	if (enclave->flags & MR_SGX_FLAG_DEBUG)
		return "DEBUG";
	if (memcmp(enclave->mr_signer.ptr, identity->mr_signer, sizeof identity->mr_signer) != 0)
		return "MRSIGNER";
	return enclave->isv_prod_id == identity->isv_prod_id ? NULL : "ISVPRODID";
}
