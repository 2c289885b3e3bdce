/* SPDX-License-Identifier: Apache-2.0 */
/* manifest update apply|acknowledge|cancel: changes of a manifest by its users (50 §7.7, §7.8). */
#include "cli/client_auth.h"
#include "cli/commands.h"
#include "cli/flow.h"
#include "cli/manifest_file.h"
#include "cli/recovery_data.h"
#include "client/api_update.h"

#include <inttypes.h>

#define TEXT_MAX_SIZE ((size_t)64 << 20)

static void put_users(struct mr_buf *out, const struct mr_api_update *update)
{
	for (size_t i = 0; i < update->user_count; i++) {
		if (i > 0)
			mr_buf_put_cstr(out, ", ");
		mr_buf_put_str(out, update->users[i]);
	}
}

static void put_missing(struct mr_buf *out, const struct mr_api_update *update, const char *who)
{
	bool one = update->missing == 1;

	mr_buf_printf(out,
		"%" PRId64 " user%s still need%s to acknowledge the update manifest.\n%s: ",
		update->missing, one ? "" : "s", one ? "s" : "", who);
	put_users(out, update);
}

static void put_applied(struct mr_buf *out, const struct mr_api_update *update)
{
	if (update->missing == 0) {
		mr_buf_put_cstr(out, "Update manifest set successfully");
		return;
	}
	mr_buf_put_cstr(out, "Update manifest submitted successfully.\n"
			     "Changes are pending and have not been applied yet.\n");
	put_missing(out, update, "The following users may acknowledge the update");
}

static void put_acknowledged(struct mr_buf *out, const struct mr_api_update *update)
{
	mr_buf_put_cstr(out, "Acknowledgement successful:\n");
	if (update->missing == 0)
		mr_buf_put_cstr(out, "All users have acknowledged the update manifest. Update "
				     "successfully applied");
	else
		put_missing(out, update, "The following users have not yet accepted");
}

/* The file is opened this late because few updates have anything for it; what cannot be written is
 * shown. */
static mr_result keep_secrets(
	struct mr_cli *cli, const struct mr_api_update *update, struct mr_error *err)
{
	MR_AUTO(output_file) struct mr_output_file file = MR_OUTPUT_FILE_NONE;
	const char *path = mr_args_text(cli->args, "recoverydata");
	mr_result r = MR_OK;

	if (update->secret_count == 0)
		return MR_OK;
	if (*path != '\0')
		r = mr_output_file_open(path, 0600, &file, err);
	if (!mr_failed(r))
		return mr_recovery_data_keep(
			cli, &file, update->secrets, update->secret_count, err);
	mr_recovery_data_rescue(cli, update->secrets, update->secret_count);
	return r;
}

/* What apply and acknowledge differ in. */
struct step {
	mr_result (*send)(struct mr_api *api, struct mr_bytes manifest, struct mr_arena *arena,
		struct mr_api_update *ret, struct mr_error *err);
	void (*put)(struct mr_buf *out, const struct mr_api_update *update);
	const char *context;
};

/* The update is with the Coordinator: what fails from here on does not keep the secrets back. */
static mr_result report(struct mr_flow *flow, const struct step *step,
	const struct mr_api_update *update, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_error failure;
	mr_result shown, kept;

	mr_buf_init(&text, TEXT_MAX_SIZE);
	step->put(&text, update);
	mr_flow_warn(flow);
	shown = mr_buf_status(&text, &failure);
	if (!mr_failed(shown))
		mr_out_put_line(flow->cli->out, mr_buf_str(&text));
	kept = keep_secrets(flow->cli, update, err);
	if (mr_failed(shown) && !mr_failed(kept))
		*err = failure;
	return mr_failed(kept) ? kept : shown;
}

static mr_result send(struct mr_cli *cli, const struct step *step, struct mr_error *err)
{
	MR_AUTO(flow) struct mr_flow flow = { .cli = NULL };
	MR_AUTO(buf) struct mr_buf manifest = { 0 };
	struct mr_api_update update = { .missing = 0 };

	mr_flow_init(&flow, cli, mr_cli_word(cli, 1));
	mr_buf_init(&manifest, MR_MANIFEST_FILE_MAX);
	MR_TRY(mr_flow_use_cache_as_user(&flow, err));
	MR_TRY(mr_manifest_file_load(cli, mr_cli_word(cli, 0), &manifest, err));
	MR_TRY(mr_wrap(err,
		step->send(flow.api, mr_buf_bytes(&manifest), &flow.arena, &update, err), "%s",
		step->context));
	return report(&flow, step, &update, err);
}

static mr_result run_apply(struct mr_cli *cli, struct mr_error *err)
{
	static const struct step step = { mr_api_apply_update, put_applied, "applying update" };

	return send(cli, &step, err);
}

static mr_result run_acknowledge(struct mr_cli *cli, struct mr_error *err)
{
	static const struct step step = { mr_api_acknowledge_update, put_acknowledged,
		"acknowledging update manifest" };

	return send(cli, &step, err);
}

static mr_result run_cancel(struct mr_cli *cli, struct mr_error *err)
{
	MR_AUTO(flow) struct mr_flow flow = { .cli = NULL };

	mr_flow_init(&flow, cli, mr_cli_word(cli, 0));
	MR_TRY(mr_flow_use_cache_as_user(&flow, err));
	MR_TRY(mr_wrap(err, mr_api_cancel_update(flow.api, err), "canceling update"));
	mr_flow_warn(&flow);
	mr_cli_say(cli, "Cancellation successful");
	return MR_OK;
}

static const struct mr_flag send_flags[] = {
	MR_CLIENT_AUTH_FLAGS,
	{ .name = "recoverydata",
		.shorthand = 'r',
		.type = MR_FLAG_STRING,
		.description = "File to write new recovery data to; without it they are printed" },
	{ .name = "recovery-data", .type = MR_FLAG_STRING, .alias_of = "recoverydata" },
};

static const struct mr_flag cancel_flags[] = { MR_CLIENT_AUTH_FLAGS };

static const struct mr_command apply = {
	.name = "apply",
	.positionals = "<manifest.json> <IP:PORT>",
	.summary = "Update the manifest",
	.description = "Sends an update of the manifest: a whole new one, or one that only raises "
		       "SecurityVersions of packages.",
	.example = "  marblerun manifest update apply update.json $MARBLERUN --cert=admin.crt "
		   "--key=admin.key",
	.min_words = 2,
	.max_words = 2,
	.flags = send_flags,
	.flag_count = MR_COUNT(send_flags),
	.groups = mr_client_auth_groups,
	.group_count = MR_CLIENT_AUTH_GROUPS,
	.run = run_apply,
};

static const struct mr_command acknowledge = {
	.name = "acknowledge",
	.positionals = "<manifest.json> <IP:PORT>",
	.summary = "Acknowledge a pending update of the manifest",
	.description = "Acknowledges an update that is pending; the manifest is given again, so "
		       "that it is known what is acknowledged.",
	.example = "  marblerun manifest update acknowledge update.json $MARBLERUN "
		   "--cert=admin.crt --key=admin.key",
	.min_words = 2,
	.max_words = 2,
	.flags = send_flags,
	.flag_count = MR_COUNT(send_flags),
	.groups = mr_client_auth_groups,
	.group_count = MR_CLIENT_AUTH_GROUPS,
	.run = run_acknowledge,
};

static const struct mr_command cancel = {
	.name = "cancel",
	.positionals = "<IP:PORT>",
	.summary = "Cancel a pending update of the manifest",
	.example = "  marblerun manifest update cancel $MARBLERUN --cert=admin.crt --key=admin.key",
	.min_words = 1,
	.max_words = 1,
	.flags = cancel_flags,
	.flag_count = MR_COUNT(cancel_flags),
	.groups = mr_client_auth_groups,
	.group_count = MR_CLIENT_AUTH_GROUPS,
	.run = run_cancel,
};

static const struct mr_command *const commands[] = {
	&apply,
	&acknowledge,
	&cancel,
	&mr_cmd_manifest_update_get,
};

const struct mr_command mr_cmd_manifest_update = {
	.name = "update",
	.summary = "Manage updates of the manifest",
	.description = "Submits, acknowledges, cancels and shows updates of the manifest.",
	.commands = commands,
	.command_count = MR_COUNT(commands),
};
