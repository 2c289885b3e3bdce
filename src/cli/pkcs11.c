/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pkcs11.h"

static mr_result refuse(struct mr_error *err)
{
	return mr_fail(err, MR_CODE_UNSUPPORTED, "PKCS#11 keys are not supported by this build");
}

mr_result mr_pkcs11_identity(
	const struct mr_args *args, struct mr_tls_identity **ret, struct mr_error *err)
{
	(void)args;
	(void)ret;
	return refuse(err);
}

mr_result mr_pkcs11_key(const struct mr_args *args, struct mr_key **ret, struct mr_error *err)
{
	(void)args;
	(void)ret;
	return refuse(err);
}
