/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/issuer.h"

enum { ENVELOPE_VERSION = 1, ENVELOPE_SGX_REMOTE = 2 };

void mr_quote_put_envelope(struct mr_buf *out, struct mr_bytes quote)
{
	mr_buf_put_u32le(out, ENVELOPE_VERSION);
	mr_buf_put_u32le(out, ENVELOPE_SGX_REMOTE);
	mr_buf_put_u64le(out, quote.len);
	mr_buf_put_bytes(out, quote);
}

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
