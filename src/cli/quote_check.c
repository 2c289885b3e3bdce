/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/quote_check.h"

/* Evidence that this build cannot judge is never good. */
mr_result mr_quote_verify(
	struct mr_cli *cli, const struct mr_quote_check *check, struct mr_error *err)
{
	(void)cli;
	if (check->quote.len == 0)
		return mr_fail(err, MR_CODE_CRYPTO, "verifying Coordinator quote: empty report");
	return mr_fail(err, MR_CODE_UNSUPPORTED, "verifying Coordinator quote: OE_UNSUPPORTED");
}
