/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/amd_source.h"

#include <stdio.h>
#include <stdlib.h>

#include "attest/web.h"
#include "base/clock.h"
#include "codec/base64.h"

enum { TARGET_MAX = 1024, RETRIES = 1, TURIN_CHIP_ID = 8, BACK_OFF_MS = 30000 };

struct mr_amd_source {
	struct mr_service_url service;
	struct mr_web *web;
	int64_t quiet_until_ms; /* monotonic; the service limits how often it is asked */
};

mr_result mr_amd_source_new(
	const atomic_bool *stop, struct mr_amd_source **ret, struct mr_error *err)
{
	/* an empty value means something here, so it is not what mr_env_get takes it for */
	const char *url = getenv("EDG_AMD_KDS_URL");
	const struct mr_web_config web = {
		.verify_server = true, .retry_times = RETRIES, .stop = stop
	};

	*ret = NULL;
	if (url && !url[0])
		return MR_OK;
	MR_AUTO(amd_source) struct mr_amd_source *s = calloc(1, sizeof *s);
	if (!s)
		return mr_fail_nomem(err);
	MR_TRY(mr_wrap(err,
		mr_service_url_parse(
			mr_str_of(url ? url : "https://kdsintf.amd.com"), &s->service, err),
		"EDG_AMD_KDS_URL"));
	MR_TRY(mr_web_new(&web, &s->web, err));
	*ret = s;
	s = NULL;
	return MR_OK;
}

void mr_amd_source_free(struct mr_amd_source *s)
{
	if (!s)
		return;
	mr_web_free(s->web);
	free(s);
}

static mr_result put_vcek(
	struct mr_buf *out, const struct mr_amd_request *request, struct mr_error *err)
{
	const struct mr_snp_report *report = request->report;
	bool turin = request->line == MR_SNP_TURIN;
	struct mr_snp_tcb tcb = mr_snp_tcb_of(request->line, report->reported_tcb);

	if (report->chip_key_masked || mr_bytes_is_zero(report->chip_id))
		return mr_fail(err, MR_CODE_INVALID, "the report does not name its chip");
	mr_hex_encode(
		out, turin ? mr_bytes_of(report->chip_id.ptr, TURIN_CHIP_ID) : report->chip_id);
	mr_buf_put_u8(out, '?');
	if (turin)
		mr_buf_printf(out, "fmcSPL=%02u&", tcb.fmc);
	mr_buf_printf(out, "blSPL=%02u&teeSPL=%02u&snpSPL=%02u&ucodeSPL=%02u", tcb.boot_loader,
		tcb.tee, tcb.snp, tcb.microcode);
	return MR_OK;
}

mr_result mr_amd_put_target(
	struct mr_buf *out, const struct mr_amd_request *request, struct mr_error *err)
{
	bool vlek = request->what == MR_AMD_CHAIN && request->is_vlek;

	mr_buf_printf(out, "%s/v1/%s/", vlek ? "vlek" : "vcek", mr_snp_line_name(request->line));
	if (request->what == MR_AMD_VCEK)
		MR_TRY(put_vcek(out, request, err));
	else
		mr_buf_put_cstr(out, request->what == MR_AMD_CRL ? "crl" : "cert_chain");
	return mr_buf_status(out, err);
}

enum mr_attest_code mr_amd_source_fetch(struct mr_amd_source *s, const char *target,
	int64_t deadline_ms, struct mr_buf *ret, struct mr_error *err)
{
	MR_AUTO(http_answer) struct mr_http_answer answer = { 0 };
	char path[TARGET_MAX + sizeof s->service.path];

	if (mr_clock_monotonic_ms() < s->quiet_until_ms)
		return mr_attest_fail(err, MR_ATTEST_COLLATERAL_FETCH, "%s is asked too often",
			s->service.endpoint);
	(void)snprintf(path, sizeof path, "%s%s", s->service.path, target);
	mr_result r = mr_web_get(s->web, &s->service, path, deadline_ms, &answer, err);
	if (r.code == MR_CODE_LIMIT)
		s->quiet_until_ms = mr_clock_monotonic_ms() + BACK_OFF_MS;
	MR_ATTEST_TRY(mr_attest_of(r, MR_ATTEST_COLLATERAL_FETCH));
	mr_buf_put_bytes(ret, mr_buf_bytes(&answer.body));
	return mr_attest_of(mr_buf_status(ret, err), MR_ATTEST_INTERNAL);
}
