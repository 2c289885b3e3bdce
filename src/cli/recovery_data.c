/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/recovery_data.h"

#define TEXT_MAX_SIZE ((size_t)128 << 20)

void mr_recovery_data_put(
	struct mr_buf *out, const struct mr_recovery_secret *secrets, size_t count)
{
	mr_buf_put_cstr(out, "{\"RecoverySecrets\":{");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			mr_buf_put_u8(out, ',');
		mr_json_put_str(out, secrets[i].name);
		mr_buf_put_u8(out, ':');
		if (secrets[i].present)
			mr_json_put_bytes(out, secrets[i].data);
		else
			mr_buf_put_cstr(out, "null");
	}
	mr_buf_put_cstr(out, "}}");
}

/* One line; on standard error when standard output does not take it. */
static mr_result show(struct mr_cli *cli, struct mr_buf *text, struct mr_error *err)
{
	mr_buf_put_u8(text, '\n');
	MR_TRY(mr_buf_status(text, err));
	mr_out_put(cli->out, mr_buf_bytes(text));
	if (mr_failed(mr_out_status(cli->out, err)))
		mr_out_put(cli->err, mr_buf_bytes(text));
	return mr_out_status(cli->out, err);
}

static mr_result rescue(struct mr_cli *cli, struct mr_buf *text, mr_result r, struct mr_error *err)
{
	struct mr_error ignored;

	mr_out_printf(cli->out, "Error: Failed saving recovery data to file.\n"
				"Ensure the following is stored in a secure location:\n");
	if (mr_failed(show(cli, text, &ignored)))
		return mr_wrap(err, r, "saving recovery data");
	return r;
}

mr_result mr_recovery_data_keep(struct mr_cli *cli, struct mr_output_file *take_file,
	const struct mr_recovery_secret *secrets, size_t count, struct mr_error *err)
{
	const char *path = take_file->path;
	MR_AUTO(buf) struct mr_buf text = { 0 };
	mr_result r;

	if (count == 0)
		return MR_OK;
	mr_buf_init_secret(&text, TEXT_MAX_SIZE);
	mr_recovery_data_put(&text, secrets, count);
	MR_TRY(mr_buf_status(&text, err));
	if (!path)
		return show(cli, &text, err);
	r = mr_output_file_write(take_file, mr_buf_bytes(&text), err);
	if (mr_failed(r))
		return rescue(cli, &text, r, err);
	mr_cli_say(cli, "Recovery data saved to: %s", path);
	return MR_OK;
}
