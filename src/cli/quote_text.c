/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/quote_report.h"

#include "codec/base64.h"

static void put_evidence(const struct mr_evidence *e, struct mr_buf *out)
{
	mr_buf_printf(out, "%s evidence, version %u%s\n", mr_tee_name(e->tee),
		mr_evidence_version(e),
		mr_evidence_is_debug(e) ? ", DEBUG: its secrets can be read" : "");
	mr_buf_put_cstr(out, "  reportData       ");
	mr_hex_encode(out, mr_evidence_report_data(e));
	mr_buf_put_u8(out, '\n');
	mr_quote_list_measurements(e, out);
}

static void put_verdict(const struct mr_quote_report *r, struct mr_buf *out)
{
	const struct mr_verdict *v = r->verdict;

	if (v->crl_waived)
		mr_buf_put_cstr(out,
			"Revocation not checked: there is no revocation list of AMD's root key\n");
	if (!v->has_tcb)
		return;
	mr_buf_printf(out, "TCB status: %s\n", mr_tcb_status_name(v->status));
	for (size_t i = 0; i < v->advisory_count; i++)
		mr_buf_printf(out, "  advisory         %.*s\n", MR_STR_ARGS(v->advisories[i]));
}

void mr_quote_put_text(const struct mr_quote_report *r, struct mr_buf *out)
{
	if (r->code == MR_ATTEST_OK)
		mr_buf_printf(out, "Verified: %s\n", mr_tcb_status_name(r->verdict->status));
	else
		mr_buf_printf(
			out, "NOT verified: %s: %s\n", mr_attest_code_name(r->code), r->message);
	if (!r->has_package)
		mr_buf_put_cstr(out, "Identity not checked: anybody's enclave or VM passes\n");
	if (r->verdict)
		put_verdict(r, out);
	if (r->evidence)
		put_evidence(r->evidence, out);
}

void mr_quote_put_shown_text(const struct mr_quote_report *r, struct mr_buf *out)
{
	mr_buf_put_cstr(out, "Not verified: only parsed\n");
	if (r->code != MR_ATTEST_OK)
		mr_buf_printf(out, "%s: %s\n", mr_attest_code_name(r->code), r->message);
	if (r->evidence)
		put_evidence(r->evidence, out);
}
