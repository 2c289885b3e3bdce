/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/issuer.h"

#include <unistd.h>

enum { ENVELOPE_VERSION = 1, ENVELOPE_SGX_REMOTE = 2 };

/* Ours (70 §17.4). */
enum { SNP_ENVELOPE_VERSION = 1, TECHNOLOGY_SNP = 3, ITEM_EVIDENCE = 1, ITEM_CERTIFICATES = 2 };

void mr_quote_put_envelope(struct mr_buf *out, struct mr_bytes quote)
{
	mr_buf_put_u32le(out, ENVELOPE_VERSION);
	mr_buf_put_u32le(out, ENVELOPE_SGX_REMOTE);
	mr_buf_put_u64le(out, quote.len);
	mr_buf_put_bytes(out, quote);
}

static void put_item(struct mr_buf *out, uint16_t kind, struct mr_bytes bytes)
{
	mr_buf_put_u16le(out, kind);
	mr_buf_put_u16le(out, 0);
	mr_buf_put_u32le(out, (uint32_t)bytes.len);
	mr_buf_put_bytes(out, bytes);
}

void mr_evidence_put_snp(struct mr_buf *out, struct mr_bytes report, struct mr_bytes certificates)
{
	mr_buf_put_cstr(out, "MREV");
	mr_buf_put_u16le(out, SNP_ENVELOPE_VERSION);
	mr_buf_put_u16le(out, TECHNOLOGY_SNP);
	mr_buf_put_u32le(out, certificates.len > 0 ? 2 : 1);
	put_item(out, ITEM_EVIDENCE, report);
	if (certificates.len > 0)
		put_item(out, ITEM_CERTIFICATES, certificates);
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

enum mr_cvm_kind mr_cvm_detect(void)
{
	if (exists("/dev/sev-guest"))
		return MR_CVM_SNP;
	return exists("/dev/tdx_guest") ? MR_CVM_TDX : MR_CVM_NONE;
}

static mr_result issue_cvm(const struct mr_issuer *issuer,
	const uint8_t report_data[static MR_REPORT_DATA_SIZE], struct mr_buf *out,
	struct mr_error *err)
{
	const struct mr_issuer *first = exists(mr_issuer_tsm.device) ||
							!exists(mr_issuer_sev_guest.device)
						? &mr_issuer_tsm
						: &mr_issuer_sev_guest;

	(void)issuer;
	return first->issue(first, report_data, out, err);
}

const struct mr_issuer mr_issuer_cvm = { .issue = issue_cvm };

static mr_result issue_none(const struct mr_issuer *issuer,
	const uint8_t report_data[static MR_REPORT_DATA_SIZE], struct mr_buf *out,
	struct mr_error *err)
{
	(void)issuer;
	(void)report_data;
	(void)out;
	return mr_fail(err, MR_CODE_UNSUPPORTED, "OE_UNSUPPORTED");
}

const struct mr_issuer mr_issuer_none = { .issue = issue_none };
