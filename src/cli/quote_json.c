/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/quote_report.h"

#include "base/clock.h"
#include "codec/base64.h"
#include "codec/json.h"

static void put_hex(struct mr_buf *out, const char *name, struct mr_bytes bytes, bool first)
{
	mr_json_put_name(out, name, first);
	mr_buf_put_u8(out, '"');
	mr_hex_encode(out, bytes);
	mr_buf_put_u8(out, '"');
}

static void put_text(struct mr_buf *out, const char *name, const char *text, bool first)
{
	mr_json_put_name(out, name, first);
	if (text)
		mr_json_put_str(out, mr_str_of(text));
	else
		mr_buf_put_cstr(out, "null");
}

static void put_time(struct mr_buf *out, const char *name, int64_t seconds, bool first)
{
	struct mr_civil_time t = mr_clock_civil(seconds);

	mr_json_put_name(out, name, first);
	mr_buf_printf(out, "\"%04d-%02d-%02dT%02d:%02d:%02dZ\"", t.year, t.month, t.day, t.hour,
		t.minute, t.second);
}

static void put_texts(
	struct mr_buf *out, const char *name, const struct mr_str *texts, size_t count)
{
	mr_json_put_name(out, name, false);
	mr_buf_put_u8(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			mr_buf_put_u8(out, ',');
		mr_json_put_str(out, texts[i]);
	}
	mr_buf_put_u8(out, ']');
}

static void put_failure(struct mr_buf *out, const struct mr_quote_report *r, bool first)
{
	mr_json_put_name(out, "failure", first);
	if (r->code == MR_ATTEST_OK) {
		mr_buf_put_cstr(out, "null");
		return;
	}
	mr_buf_put_u8(out, '{');
	put_text(out, "step", mr_attest_step_name(r->step), true);
	put_text(out, "code", mr_attest_code_name(r->code), false);
	put_text(out, "message", r->message, false);
	mr_buf_put_u8(out, '}');
}

static void put_evidence(struct mr_buf *out, const struct mr_quote_report *r, bool first)
{
	const struct mr_evidence *e = r->evidence;

	mr_json_put_name(out, "evidence", first);
	if (!e) {
		mr_buf_put_cstr(out, "null");
		return;
	}
	mr_buf_put_u8(out, '{');
	put_text(out, "type", mr_tee_name(e->tee), true);
	put_text(out, "framing", mr_framing_name(e->framing), false);
	mr_json_put_name(out, "version", false);
	mr_buf_put_uint(out, mr_evidence_version(e));
	mr_json_put_name(out, "debug", false);
	mr_buf_put_cstr(out, mr_evidence_is_debug(e) ? "true" : "false");
	put_hex(out, "reportData", mr_evidence_report_data(e), false);
	mr_json_put_name(out, "measurements", false);
	mr_quote_put_measurements(e, out);
	mr_buf_put_u8(out, '}');
}

static void put_platform(struct mr_buf *out, const struct mr_quote_report *r)
{
	const struct mr_verdict *v = r->verdict;

	mr_json_put_name(out, "platform", false);
	if (!v || !v->has_platform) {
		mr_buf_put_cstr(out, "null");
		return;
	}
	mr_buf_put_u8(out, '{');
	if (r->evidence->tee == MR_TEE_SNP) {
		put_text(out, "product", mr_snp_line_name(v->line), true);
		put_text(out, "signingKey", r->evidence->snp.is_vlek ? "VLEK" : "VCEK", false);
		put_hex(out, "chipId", r->evidence->snp.chip_id, false);
	} else {
		put_hex(out, "fmspc", mr_bytes_of(v->pck.fmspc, sizeof v->pck.fmspc), true);
		put_hex(out, "pceId", mr_bytes_of(v->pck.pce_id, sizeof v->pck.pce_id), false);
		mr_json_put_name(out, "pceSvn", false);
		mr_buf_put_uint(out, v->pck.pce_svn);
		put_hex(out, "cpuSvn", mr_bytes_of(v->pck.component, sizeof v->pck.component),
			false);
		put_text(out, "ca", v->is_platform_ca ? "platform" : "processor", false);
	}
	mr_buf_put_u8(out, '}');
}

static void put_tcb(struct mr_buf *out, const struct mr_quote_report *r)
{
	const struct mr_verdict *v = r->verdict;

	mr_json_put_name(out, "tcb", false);
	if (!v || !v->has_tcb || r->evidence->tee == MR_TEE_SNP) {
		mr_buf_put_cstr(out, "null");
		return;
	}
	mr_buf_put_u8(out, '{');
	put_text(out, "platformStatus", mr_tcb_status_name(v->platform_status), true);
	put_text(out, "qeStatus", mr_tcb_status_name(v->qe_status), false);
	put_text(out, "moduleStatus",
		v->has_module_status ? mr_tcb_status_name(v->module_status) : NULL, false);
	mr_json_put_name(out, "tcbDate", false);
	mr_json_put_str(out, v->tcb_date);
	mr_json_put_name(out, "tcbEvaluationDataNumber", false);
	mr_buf_put_uint(out, v->evaluation_number);
	put_texts(out, "qeAdvisoryIds", v->qe_advisories, v->qe_advisory_count);
	mr_buf_put_u8(out, '}');
}

void mr_quote_put_json(const struct mr_quote_report *r, struct mr_buf *out)
{
	const struct mr_verdict *v = r->verdict;
	bool has_tcb = v && v->has_tcb;

	mr_buf_put_u8(out, '{');
	mr_json_put_name(out, "verified", true);
	mr_buf_put_cstr(out, r->code == MR_ATTEST_OK ? "true" : "false");
	put_failure(out, r, false);
	put_evidence(out, r, false);
	put_platform(out, r);
	put_text(out, "tcbStatus", has_tcb ? mr_tcb_status_name(v->status) : NULL, false);
	put_texts(out, "advisoryIds", has_tcb ? v->advisories : NULL,
		has_tcb ? v->advisory_count : 0);
	put_tcb(out, r);
	mr_json_put_name(out, "validity", false);
	if (v && v->has_validity) {
		mr_buf_put_u8(out, '{');
		put_time(out, "notBefore", v->validity.not_before, true);
		put_time(out, "notAfter", v->validity.not_after, false);
		mr_buf_put_u8(out, '}');
	} else {
		mr_buf_put_cstr(out, "null");
	}
	put_time(out, "time", r->now, false);
	mr_buf_put_cstr(out, "}\n");
}

void mr_quote_put_shown_json(const struct mr_quote_report *r, struct mr_buf *out)
{
	mr_buf_put_u8(out, '{');
	put_failure(out, r, true);
	put_evidence(out, r, false);
	put_platform(out, r);
	mr_json_put_name(out, "certificationDataType", false);
	if (r->evidence && r->evidence->tee != MR_TEE_SNP)
		mr_buf_put_uint(out, r->evidence->quote.certification_type);
	else
		mr_buf_put_cstr(out, "null");
	mr_buf_put_cstr(out, "}\n");
}
