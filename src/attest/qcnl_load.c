/* SPDX-License-Identifier: Apache-2.0 */
/* Where the configuration of the services is found (70 §12). */
#include "attest/qcnl.h"
#include "base/env.h"
#include "base/file.h"

mr_result mr_qcnl_load(struct mr_qcnl *ret, struct mr_error *err)
{
	const char *given = mr_env_get("QCNL_CONF_PATH", NULL);
	const char *path = given ? given : MR_QCNL_PATH;
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init(&text, MR_QCNL_MAX);
	mr_result r = mr_file_read(path, &text, err);
	if (r.code == MR_CODE_NOT_FOUND && !given) {
		mr_qcnl_defaults(ret);
		return MR_OK;
	}
	if (!mr_failed(r))
		r = mr_qcnl_parse(mr_buf_str(&text), ret, err);
	return mr_wrap(err, r, "reading %s", path);
}
