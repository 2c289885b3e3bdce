/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/runtime.h"

#include <sys/utsname.h>

#include "attest/issuer_command.h"
#include "base/env.h"
#include "base/utf8.h"

static mr_result unknown_runtime(const char *text, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf quoted = { 0 };

	mr_buf_init(&quoted, MR_ERROR_MAX);
	mr_utf8_put_quoted(&quoted, mr_str_of(text));
	MR_TRY(mr_buf_status(&quoted, err));
	return mr_fail(
		err, MR_CODE_INVALID, "unknown runtime %.*s", MR_STR_ARGS(mr_buf_str(&quoted)));
}

static mr_result detect_cvm(const struct mr_runtime **ret, struct mr_error *err)
{
	switch (mr_cvm_detect()) {
	case MR_CVM_TDX:
		*ret = &mr_runtime_tdx;
		return MR_OK;
	case MR_CVM_SNP:
		*ret = &mr_runtime_snp;
		return MR_OK;
	case MR_CVM_NONE:
		break;
	}
	return mr_fail(err, MR_CODE_UNSUPPORTED,
		"this is no confidential VM: neither /dev/tdx_guest nor /dev/sev-guest is there");
}

/* In builds with test roots a program may make the evidence, whatever this is (70 §21.1). */
static bool use_command(const struct mr_runtime **ret)
{
	static struct mr_runtime with_command;
	const struct mr_issuer *command = mr_issuer_command();

	if (!command)
		return false;
	with_command = mr_runtime_plain;
	with_command.first_line = "evidence comes from a program";
	with_command.issuer = command;
	*ret = &with_command;
	return true;
}

mr_result mr_runtime_detect(const struct mr_runtime **ret, struct mr_error *err)
{
	struct utsname u;

	if (use_command(ret))
		return MR_OK;
	if (uname(&u) != 0)
		return mr_fail(err, MR_CODE_IO, "failed to detect libOS: uname failed");
	if (strcmp(u.sysname, "Occlum") == 0) {
		*ret = &mr_runtime_occlum;
		return MR_OK;
	}
	if (strcmp(u.sysname, "Linux") == 0 && strcmp(u.release, "3.10.0") == 0 &&
		strcmp(u.version, "1") == 0 && strcmp(u.machine, "x86_64") == 0) {
		*ret = &mr_runtime_gramine;
		return MR_OK;
	}
	const char *wanted = mr_env_get("EDG_MARBLE_RUNTIME", NULL);
	if (!wanted)
		return mr_fail(
			err, MR_CODE_UNSUPPORTED, "failed to detect libOS: cannot detect libOS");
	if (strcmp(wanted, "cvm") == 0)
		return detect_cvm(ret, err);
	if (strcmp(wanted, "plain") != 0)
		return unknown_runtime(wanted, err);
	*ret = &mr_runtime_plain;
	return MR_OK;
}
