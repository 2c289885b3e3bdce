/* SPDX-License-Identifier: Apache-2.0 */
/* recover-with-signature, and public-key: recovery without the private key at hand (50 §11). */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/output_file.h"
#include "cli/recovery.h"
#include "cli/recovery_key.h"
#include "client/api_recover.h"
#include "codec/pem.h"

/* --- the command itself --- */

/* The secret goes as it is, in clear or encrypted for the Coordinator. */
static mr_result run(struct mr_cli *cli, struct mr_error *err)
{
	MR_AUTO(flow) struct mr_flow flow = { .cli = NULL };
	MR_AUTO(buf) struct mr_buf secret = { 0 };
	MR_AUTO(buf) struct mr_buf signature = { 0 };

	mr_flow_init(&flow, cli, mr_cli_word(cli, 1));
	mr_buf_init_secret(&secret, MR_RECOVERY_FILE_MAX);
	mr_buf_init(&signature, MR_RECOVERY_FILE_MAX);
	MR_TRY(mr_file_read(mr_args_text(cli->args, "signature"), &signature, err));
	MR_TRY(mr_file_read(mr_cli_word(cli, 0), &secret, err));
	MR_TRY(mr_flow_choose_policy(&flow, err));
	return mr_recovery_send(&flow, mr_buf_bytes(&secret), mr_buf_bytes(&signature), err);
}

/* --- public-key --- */

static mr_result put_key(
	struct mr_cli *cli, const char *path, struct mr_bytes der, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf pem = { 0 };

	mr_buf_init(&pem, MR_RECOVERY_FILE_MAX);
	mr_pem_encode(&pem, "PUBLIC KEY", der);
	if (*path == '\0')
		mr_buf_put_u8(&pem, '\n');
	MR_TRY(mr_buf_status(&pem, err));
	if (*path != '\0' && strcmp(path, "-") != 0)
		return mr_wrap(err, mr_file_create(path, mr_buf_bytes(&pem), 0600, err),
			"writing public key to file");
	mr_out_put(cli->out, mr_buf_bytes(&pem));
	return MR_OK;
}

static mr_result fetch_key(struct mr_flow *flow, struct mr_bytes *ret_der, struct mr_error *err)
{
	MR_TRY(mr_flow_attest(flow, err));
	return mr_api_get_recovery_key(flow->api, &flow->arena, ret_der, err);
}

static mr_result run_public_key(struct mr_cli *cli, struct mr_error *err)
{
	MR_AUTO(flow) struct mr_flow flow = { .cli = NULL };
	const char *path = mr_output_path(cli);
	struct mr_bytes der;

	mr_flow_init(&flow, cli, mr_cli_word(cli, 0));
	MR_TRY(mr_flow_choose_policy(&flow, err));
	MR_TRY(mr_wrap(err, fetch_key(&flow, &der, err), "retrieving recovery public key"));
	MR_TRY(mr_flow_save_quote(&flow, err));
	return put_key(cli, path, der, err);
}

/* --- the table --- */

static const struct mr_flag flags[] = {
	{ .name = "signature",
		.shorthand = 's',
		.type = MR_FLAG_STRING,
		.description = "File with the signature of the recovery secret",
		.required = true },
};

static const struct mr_flag public_key_flags[] = {
	{ .name = "output",
		.shorthand = 'o',
		.type = MR_FLAG_STRING,
		.description = "New file to write the key to; - is standard output, without "
			       "anything else there" },
};

static const struct mr_command public_key = {
	.name = "public-key",
	.positionals = "<IP:PORT>",
	.summary = "Get the key to encrypt a recovery secret with",
	.description =
		"Attests a Coordinator that waits for recovery, and gets the public key that "
		"recovery secrets can be\nencrypted with on their way to it.",
	.example = "  marblerun recover-with-signature public-key $MARBLERUN -o coordinator.pem",
	.min_words = 1,
	.max_words = 1,
	.flags = public_key_flags,
	.flag_count = MR_COUNT(public_key_flags),
	.run = run_public_key,
};

static const struct mr_command *const commands[] = {
	&public_key,
	&mr_cmd_encrypt_secret,
	&mr_cmd_sign_secret,
};

const struct mr_command mr_cmd_recover_with_signature = {
	.name = "recover-with-signature",
	.positionals = "<recovery_key_file> <IP:PORT>",
	.summary = "Recover a Coordinator with a secret that was signed elsewhere",
	.description =
		"Attests a Coordinator that cannot unseal its state, and hands in a recovery "
		"secret, in clear or encrypted\nfor the Coordinator, with a signature that "
		"was made before.",
	.example = "  marblerun recover-with-signature secret $MARBLERUN --signature=secret.sig",
	.min_words = 2,
	.max_words = 2,
	.flags = flags,
	.flag_count = MR_COUNT(flags),
	.commands = commands,
	.command_count = MR_COUNT(commands),
	.run = run,
};
