/* SPDX-License-Identifier: Apache-2.0 */
/* Marble leaves: the hot path of the certificate authority (30 §3.4). */
#include "coordinator/authority.h"

#include "crypto/name.h"

#define BACK_DATE_SECONDS 300 /* as for the authority's own certificates */

enum { EXTENSIONS_MAX = 1 << 20, NAME_MAX_BYTES = 64 << 10 };

/* DNS names, then addresses, each in the request's order; other kinds of names are dropped. */
static mr_result put_alt_names(struct mr_bytes requested, struct mr_buf *out, struct mr_error *err)
{
	struct mr_alt_name given[MR_CERT_MAX_NAMES];
	struct mr_alt_name kept[MR_CERT_MAX_NAMES];
	size_t count = 0;
	size_t kept_count = 0;

	if (!requested.len)
		return MR_OK;
	MR_TRY(mr_wrap(err, mr_alt_names_parse(requested, given, MR_COUNT(given), &count, err),
		"parsing CSR"));
	for (uint8_t tag = 2; tag <= 7; tag = (uint8_t)(tag + 5))
		for (size_t i = 0; i < count; i++)
			if (given[i].tag == tag)
				kept[kept_count++] = given[i];
	mr_ext_put_alt_names(out, kept, kept_count, false);
	return MR_OK;
}

mr_result mr_authority_issue_leaf(const struct mr_authority *authority, const struct mr_csr *csr,
	struct mr_str uuid, struct mr_str marble_type, const struct mr_key *key, int64_t now,
	struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf subject = { 0 };
	MR_AUTO(buf) struct mr_buf extensions = { 0 };

	mr_buf_init(&subject, NAME_MAX_BYTES);
	mr_buf_init(&extensions, EXTENSIONS_MAX);
	MR_TRY(mr_csr_subject_for_leaf(csr->subject, uuid, &subject, err));
	mr_buf_put_bytes(&extensions, mr_buf_bytes(&authority->leaf_head));
	MR_TRY(put_alt_names(csr->alt_names, &extensions, err));
	mr_ext_put(&extensions, MR_OID_MARBLE_TYPE, false, mr_str_bytes(marble_type));
	MR_TRY(mr_buf_status(&subject, err));
	MR_TRY(mr_buf_status(&extensions, err));
	const struct mr_cert_profile profile = {
		.issuer = authority->marble_root.subject,
		.subject = mr_buf_bytes(&subject),
		.not_before = now - BACK_DATE_SECONDS,
		.not_after = now + MR_NO_EXPIRY_SECONDS,
		.spki = mr_key_spki(key),
		.extensions = mr_buf_bytes(&extensions),
	};
	return mr_cert_issue(&profile, authority->intermediate_key, out, err);
}
