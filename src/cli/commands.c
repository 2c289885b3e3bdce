/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

#include "client/chain.h"

/* Accepted by every command, even where they mean nothing (50 §3). */
static const struct mr_flag global_flags[] = {
	{ .name = "coordinator-cert",
		.type = MR_FLAG_STRING,
		.make_initial = mr_cache_default_path,
		.endings = "pem crt",
		.description = "Path to the cached certificate of the Coordinator" },
	{ .name = "era-config",
		.type = MR_FLAG_STRING,
		.endings = "json",
		.description = "Path to the attestation policy of the Coordinator; without it "
			       "era-config.json or coordinator-era.json in the working directory" },
	{ .name = "insecure",
		.shorthand = 'i',
		.type = MR_FLAG_BOOL,
		.description = "Skip quote verification, for a Coordinator in simulation mode" },
	{ .name = "accepted-tcb-statuses",
		.type = MR_FLAG_STRINGS,
		.initial = "UpToDate,SWHardeningNeeded",
		.description = "Comma-separated list of accepted TCB statuses" },
	{ .name = "accepted-advisories",
		.type = MR_FLAG_STRINGS,
		.description = "Comma-separated list of accepted advisories for TCB status "
			       "SWHardeningNeeded; all, if empty" },
	{ .name = "namespace",
		.shorthand = 'n',
		.type = MR_FLAG_STRING,
		.initial = "marblerun",
		.description = "Kubernetes namespace of the MarbleRun installation" },
	{ .name = "nonce",
		.type = MR_FLAG_STRING,
		.description = "Nonce that the quote must be made for" },
	{ .name = "save-sgx-quote",
		.type = MR_FLAG_STRING,
		.description = "File to write the Coordinator's quote to" },
};

static const struct mr_command *const manifest_commands[] = {
	&mr_cmd_manifest_get,
	&mr_cmd_manifest_log,
	&mr_cmd_manifest_set,
	&mr_cmd_manifest_signature,
	&mr_cmd_manifest_update,
	&mr_cmd_manifest_verify,
};

static const struct mr_command manifest = {
	.name = "manifest",
	.summary = "Manage the manifest of a MarbleRun deployment",
	.description = "Sets, shows and verifies the manifest of a MarbleRun deployment.",
	.commands = manifest_commands,
	.command_count = MR_COUNT(manifest_commands),
};

static const struct mr_command *const root_commands[] = {
	&manifest,
	&mr_cmd_certificate,
	&mr_cmd_secret,
	&mr_cmd_status,
	&mr_cmd_recover,
	&mr_cmd_recover_with_signature,
	&mr_cmd_package_info,
	&mr_cmd_sgxsdk_package_info,
	&mr_cmd_gramine_prepare,
	&mr_cmd_quote,
	&mr_cmd_version,
	&mr_cmd_help,
	&mr_cmd_completion,
	&mr_cmd_complete,
	&mr_cmd_complete_bare,
};

const struct mr_command mr_cmd_root = {
	.name = "marblerun",
	.summary = "Manage MarbleRun",
	.description =
		"Manages confidential deployments with MarbleRun: attests a Coordinator, sets "
		"its\nmanifest and looks after what runs under it.",
	.persistent = global_flags,
	.persistent_count = MR_COUNT(global_flags),
	.commands = root_commands,
	.command_count = MR_COUNT(root_commands),
};
