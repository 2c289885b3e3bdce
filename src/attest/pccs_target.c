/* SPDX-License-Identifier: Apache-2.0 */
/* Where a document of Intel's is found (70 §11). */
#include "attest/pccs.h"

#include "attest/pccs_internal.h"
#include "codec/base64.h"

bool mr_pccs_is_intel(const struct mr_service_url *service)
{
	struct mr_str host = mr_str_of(service->endpoint);

	return mr_str_eq_nocase(host, MR_STR("api.trustedservices.intel.com")) ||
	       mr_str_eq_nocase(host, MR_STR("api.trustedservices.intel.com:443"));
}

/* The path of the service, in the tree of the technology. */
static mr_result put_base(
	struct mr_buf *out, const struct mr_service_url *service, bool is_td, struct mr_error *err)
{
	const char *tree = strstr(service->path, "/sgx/");

	if (!is_td) {
		mr_buf_put_cstr(out, service->path);
		return MR_OK;
	}
	if (!tree)
		return mr_fail(err, MR_CODE_INVALID,
			"documents for TDX cannot be found: the service's path has no /sgx/");
	mr_buf_put(out, service->path, (size_t)(tree - service->path));
	mr_buf_put_cstr(out, "/tdx/");
	mr_buf_put_cstr(out, tree + strlen("/sgx/"));
	return MR_OK;
}

static void put_root_list(struct mr_buf *out, const struct mr_qcnl *config)
{
	if (mr_pccs_is_intel(&config->collateral)) {
		mr_buf_clear(out);
		mr_buf_put_cstr(out, MR_INTEL_ROOT_CRL_PATH);
	} else if (config->api_31) {
		mr_buf_put_cstr(out, "crl?uri=");
		mr_percent_encode(
			out, MR_STR("https://" MR_INTEL_ROOT_CRL_HOST MR_INTEL_ROOT_CRL_PATH));
	} else {
		mr_buf_put_cstr(out, "rootcacrl");
	}
}

/* The platform that a quote names without its certificates: certification data are the PPID, encrypted where the type
 * says so, CPUSVN, PCESVN and PCEID. */
mr_result mr_pccs_put_pck_query(
	struct mr_buf *out, const struct mr_dcap_quote *quote, struct mr_error *err)
{
	enum { QE_ID_AT = 28, QE_ID = 16, CPU_SVN = 16, SVN = 2, TAIL = CPU_SVN + SVN + SVN };
	struct mr_bytes data = quote->certification_data;

	if (data.len < TAIL || quote->signed_bytes.len < QE_ID_AT + QE_ID)
		return mr_fail(err, MR_CODE_INVALID, "the quote does not name its platform");
	const uint8_t *tail = data.ptr + data.len - TAIL;
	mr_buf_put_cstr(out, "qeid=");
	mr_hex_encode(out, mr_bytes_of(quote->signed_bytes.ptr + QE_ID_AT, QE_ID));
	if (quote->certification_type != MR_DCAP_PPID_FIRST) {
		mr_buf_put_cstr(out, "&encrypted_ppid=");
		mr_hex_encode(out, mr_bytes_of(data.ptr, data.len - TAIL));
	}
	mr_buf_put_cstr(out, "&cpusvn=");
	mr_hex_encode(out, mr_bytes_of(tail, CPU_SVN));
	mr_buf_put_cstr(out, "&pcesvn=");
	mr_hex_encode(out, mr_bytes_of(tail + CPU_SVN, SVN));
	mr_buf_put_cstr(out, "&pceid=");
	mr_hex_encode(out, mr_bytes_of(tail + CPU_SVN + SVN, SVN));
	return mr_buf_status(out, err);
}

mr_result mr_pccs_put_target(struct mr_buf *out, const struct mr_qcnl *config,
	const struct mr_pccs_request *request, struct mr_error *err)
{
	const struct mr_service_url *service = request->kind == MR_PCCS_PCK_CERT
						       ? &config->pccs
						       : &config->collateral;
	bool documents = request->kind == MR_PCCS_TCB_INFO || request->kind == MR_PCCS_QE_IDENTITY;

	MR_TRY(put_base(out, service, documents && request->is_td, err));
	switch (request->kind) {
	case MR_PCCS_ROOT_CRL:
		put_root_list(out, config);
		break;
	case MR_PCCS_PCK_CRL:
		mr_buf_printf(out, "pckcrl?ca=%s%s",
			request->is_platform_ca ? "platform" : "processor",
			config->api_31 || mr_pccs_is_intel(service) ? "&encoding=der" : "");
		break;
	case MR_PCCS_TCB_INFO:
		mr_buf_put_cstr(out, "tcb?fmspc=");
		mr_hex_encode(out, mr_bytes_of(request->fmspc, sizeof request->fmspc));
		mr_buf_put_cstr(out, config->early ? "&update=early" : "");
		break;
	case MR_PCCS_QE_IDENTITY:
		mr_buf_put_cstr(out, "qe/identity");
		mr_buf_put_cstr(out, config->early ? "?update=early" : "");
		break;
	case MR_PCCS_PCK_CERT:
		mr_buf_put_cstr(out, "pckcert?");
		mr_buf_put_str(out, request->pck_query);
		break;
	}
	return mr_buf_status(out, err);
}
