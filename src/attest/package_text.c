/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/package_text.h"

#include <inttypes.h>

#include "codec/base64.h"
#include "manifest/package_rules.h"

static void put_text(struct mr_buf *out, const char *name, struct mr_str value)
{
	if (value.len)
		mr_buf_printf(out, ", %s: \"%.*s\"", name, MR_STR_ARGS(value));
}

static void put_number(struct mr_buf *out, const char *name, struct mr_opt_u64 value)
{
	if (value.present)
		mr_buf_printf(out, ", %s: %" PRIu64, name, value.value);
}

static void put_list(struct mr_buf *out, const char *name, const struct mr_str_list *list)
{
	if (!list->count)
		return;
	mr_buf_printf(out, ", %s: [", name);
	for (size_t i = 0; i < list->count; i++)
		mr_buf_printf(out, "%s%.*s", i ? " " : "", MR_STR_ARGS(list->items[i]));
	mr_buf_put_u8(out, ']');
}

void mr_package_put_properties(struct mr_buf *out, const struct mr_package *p)
{
	mr_buf_printf(out, "{Debug: %s", p->debug ? "true" : "false");
	put_text(out, "UniqueID", p->unique_id);
	put_text(out, "SignerID", p->signer_id);
	put_number(out, "ProductID", p->product_id);
	put_number(out, "SecurityVersion", p->security_version);
	put_list(out, "AcceptedTCBStatuses", &p->accepted_tcb_statuses);
	put_list(out, "AcceptedAdvisories", &p->accepted_advisories);
	mr_buf_put_u8(out, '}');
}

/* What the evidence says, in the terms of a package; texts into the two buffers. */
static void describe(const struct mr_evidence *e, struct mr_buf *unique, struct mr_buf *signer,
	struct mr_package *ret)
{
	*ret = (struct mr_package){ .debug = mr_evidence_is_debug(e) };
	switch (e->tee) {
	case MR_TEE_SGX:
		mr_hex_encode(unique, e->quote.sgx.mr_enclave);
		mr_hex_encode(signer, e->quote.sgx.mr_signer);
		ret->product_id = (struct mr_opt_u64){ true, e->quote.sgx.isv_prod_id };
		ret->security_version = (struct mr_opt_u64){ true, e->quote.sgx.isv_svn };
		break;
	case MR_TEE_TDX:
		mr_hex_encode(unique, e->quote.td.mr_td);
		mr_hex_encode(signer, e->quote.td.mr_owner);
		break;
	case MR_TEE_SNP:
		mr_hex_encode(unique, e->snp.measurement);
		mr_hex_encode(signer, e->snp.id_key_digest);
		ret->security_version = (struct mr_opt_u64){ true, e->snp.guest_svn };
		break;
	}
	ret->unique_id = mr_buf_str(unique);
	ret->signer_id = mr_buf_str(signer);
}

mr_result mr_package_not_compliant(const struct mr_package *package,
	const struct mr_evidence *evidence, const char *rule, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	MR_AUTO(buf) struct mr_buf unique = { 0 };
	MR_AUTO(buf) struct mr_buf signer = { 0 };
	struct mr_package got;

	mr_buf_init(&text, MR_ERROR_MAX * 2);
	mr_buf_init(&unique, 256);
	mr_buf_init(&signer, 256);
	describe(evidence, &unique, &signer, &got);
	mr_buf_put_cstr(&text, "PackageProperties not compliant:\nexpected: ");
	mr_package_put_properties(&text, package);
	mr_buf_put_cstr(&text, "\ngot: ");
	mr_package_put_properties(&text, &got);
	/* what the properties do not show */
	if (package->rules)
		mr_buf_printf(&text, "\nnot as the package wants it: %s", rule);
	/* lists may be longer than any message */
	if (text.failure != MR_CODE_OK)
		return mr_fail(err, MR_CODE_DENIED, "PackageProperties not compliant: %s", rule);
	return mr_fail(err, MR_CODE_DENIED, "%.*s", MR_STR_ARGS(mr_buf_str(&text)));
}
