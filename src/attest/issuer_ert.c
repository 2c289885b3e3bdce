/* SPDX-License-Identifier: Apache-2.0 */
/* EdgelessRT and EGo enclaves (30 §5.7): Open Enclave's own call, which is there when the application is linked. */
#include "attest/issuer.h"

#define REMOTE_ATTESTATION 1u
#define OE_OK 0u

typedef unsigned oe_result;

__attribute__((weak)) oe_result oe_get_report_v2(uint32_t flags, const uint8_t *data, size_t size,
	const void *opt, size_t opt_size, uint8_t **report, size_t *report_size);
__attribute__((weak)) void oe_free_report(uint8_t *report);
__attribute__((weak)) const char *oe_result_str(oe_result result);

static mr_result failed(oe_result result, struct mr_error *err)
{
	const char *name = oe_result_str ? oe_result_str(result) : NULL;

	if (!name)
		return mr_fail(err, MR_CODE_IO, "oe_get_report_v2 failed: %u", result);
	if (strcmp(name, "OE_UNSUPPORTED") == 0)
		return mr_fail(err, MR_CODE_UNSUPPORTED, "%s", name);
	return mr_fail(err, MR_CODE_IO, "%s", name);
}

static mr_result issue(const struct mr_issuer *issuer,
	const uint8_t report_data[static MR_REPORT_DATA_SIZE], struct mr_buf *out,
	struct mr_error *err)
{
	uint8_t *report = NULL;
	size_t size = 0;

	(void)issuer;
	if (!oe_get_report_v2)
		return mr_fail(err, MR_CODE_UNSUPPORTED, "OE_UNSUPPORTED");
	oe_result result = oe_get_report_v2(
		REMOTE_ATTESTATION, report_data, MR_REPORT_DATA_SIZE, NULL, 0, &report, &size);
	if (result != OE_OK)
		return failed(result, err);
	/* the report has its envelope already */
	mr_buf_put(out, report, size);
	if (oe_free_report)
		oe_free_report(report);
	return mr_buf_status(out, err);
}

const struct mr_issuer mr_issuer_ert = { .issue = issue };
