/* SPDX-License-Identifier: Apache-2.0 */
/* The command tree (50 §1). */
#ifndef MR_CLI_COMMANDS_H
#define MR_CLI_COMMANDS_H

#include "cli/command.h"

/* The program: `marblerun` with all that is below it. */
extern const struct mr_command mr_cmd_root;

extern const struct mr_command mr_cmd_certificate, mr_cmd_complete, mr_cmd_complete_bare,
	mr_cmd_completion, mr_cmd_gramine_prepare, mr_cmd_help, mr_cmd_manifest_get,
	mr_cmd_manifest_log, mr_cmd_manifest_set, mr_cmd_manifest_signature, mr_cmd_manifest_update,
	mr_cmd_manifest_update_get, mr_cmd_manifest_verify, mr_cmd_package_info, mr_cmd_quote,
	mr_cmd_recover, mr_cmd_recover_with_signature, mr_cmd_encrypt_secret, mr_cmd_sign_secret,
	mr_cmd_secret, mr_cmd_sgxsdk_package_info, mr_cmd_status, mr_cmd_version;

#endif
