/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/recovery_data.h"

#define TEXT_MAX_SIZE ((size_t)128 << 20)

static void put_value(struct mr_buf *out, const struct mr_recovery_secret *secret)
{
	if (secret->present)
		mr_json_put_bytes(out, secret->data);
	else
		mr_buf_put_cstr(out, "null");
}

void mr_recovery_data_put(
	struct mr_buf *out, const struct mr_recovery_secret *secrets, size_t count)
{
	mr_buf_put_cstr(out, "{\"RecoverySecrets\":{");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			mr_buf_put_u8(out, ',');
		mr_json_put_str(out, secrets[i].name);
		mr_buf_put_u8(out, ':');
		put_value(out, &secrets[i]);
	}
	mr_buf_put_cstr(out, "}}");
}

/* On standard error when standard output does not take it. */
static mr_result show(struct mr_cli *cli, const struct mr_buf *text, struct mr_error *err)
{
	MR_TRY(mr_buf_status(text, err));
	mr_out_put(cli->out, mr_buf_bytes(text));
	if (mr_failed(mr_out_status(cli->out, err)))
		mr_out_put(cli->err, mr_buf_bytes(text));
	return mr_out_status(cli->out, err);
}

void mr_recovery_data_rescue(
	struct mr_cli *cli, const struct mr_recovery_secret *secrets, size_t count)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_error shown; /* what failed before is told instead */

	mr_buf_init_secret(&text, TEXT_MAX_SIZE);
	mr_buf_put_cstr(&text, "Error: Failed saving recovery data to file.\n"
			       "Ensure the following is stored in a secure location:\n");
	for (size_t i = 0; i < count; i++) {
		mr_json_put_str(&text, secrets[i].name);
		mr_buf_put_cstr(&text, ": ");
		put_value(&text, &secrets[i]);
		mr_buf_put_u8(&text, '\n');
	}
	(void)mr_failed(show(cli, &text, &shown));
}

mr_result mr_recovery_data_keep(struct mr_cli *cli, struct mr_output_file *file,
	const struct mr_recovery_secret *secrets, size_t count, struct mr_error *err)
{
	const char *path = file->path;
	MR_AUTO(buf) struct mr_buf text = { 0 };
	mr_result r;

	if (count == 0)
		return MR_OK;
	mr_buf_init_secret(&text, TEXT_MAX_SIZE);
	mr_recovery_data_put(&text, secrets, count);
	if (!path) {
		mr_buf_put_u8(&text, '\n');
		return show(cli, &text, err);
	}
	r = mr_buf_status(&text, err);
	if (!mr_failed(r))
		r = mr_output_file_write(file, mr_buf_bytes(&text), err);
	if (mr_failed(r))
		mr_recovery_data_rescue(cli, secrets, count);
	else
		mr_cli_say(cli, "Recovery data saved to: %s", path);
	return r;
}
