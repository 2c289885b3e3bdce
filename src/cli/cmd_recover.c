/* SPDX-License-Identifier: Apache-2.0 */
/* recover: hands in a recovery secret, decrypted and signed here (50 §11). */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/recovery.h"
#include "cli/recovery_key.h"
#include "client/api_recover.h"

#include <inttypes.h>

mr_result mr_recovery_send(struct mr_flow *flow, struct mr_bytes secret, struct mr_bytes signature,
	struct mr_error *err)
{
	int64_t remaining;

	MR_TRY(mr_flow_attest(flow, err));
	MR_TRY(mr_api_recover(flow->api, secret, signature, &flow->arena, &remaining, err));
	if (remaining == 0)
		mr_cli_say(flow->cli, "Recovery successful.");
	else
		mr_cli_say(flow->cli,
			"Secret was processed successfully. Upload the next secret. Remaining "
			"secrets: %" PRId64,
			remaining);
	return mr_flow_save_quote(flow, err);
}

/* All that can go wrong here does before the Coordinator is asked. */
static mr_result prepare(const struct mr_args *args, struct mr_bytes file, struct mr_secret *secret,
	struct mr_buf *signature, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *key = NULL;

	MR_TRY(mr_recovery_key_load(args, &key, err));
	MR_TRY(mr_recovery_key_decrypt(key, file, secret, err));
	return mr_recovery_key_sign(key, mr_secret_bytes(secret), signature, err);
}

static mr_result run(struct mr_cli *cli, struct mr_error *err)
{
	MR_AUTO(flow) struct mr_flow flow = { .cli = NULL };
	MR_AUTO(buf) struct mr_buf file = { 0 };
	MR_AUTO(buf) struct mr_buf signature = { 0 };
	MR_AUTO(secret) struct mr_secret secret = { 0 };

	mr_flow_init(&flow, cli, mr_cli_word(cli, 1));
	mr_buf_init_secret(&file, MR_RECOVERY_FILE_MAX);
	mr_buf_init(&signature, MR_RECOVERY_FILE_MAX);
	MR_TRY(mr_file_read(mr_cli_word(cli, 0), &file, err));
	MR_TRY(mr_flow_choose_policy(&flow, err));
	MR_TRY(prepare(cli->args, mr_buf_bytes(&file), &secret, &signature, err));
	return mr_recovery_send(&flow, mr_secret_bytes(&secret), mr_buf_bytes(&signature), err);
}

static const struct mr_flag flags[] = { MR_RECOVERY_KEY_FLAGS };

const struct mr_command mr_cmd_recover = {
	.name = "recover",
	.positionals = "<recovery_key_file> <IP:PORT>",
	.summary = "Recover a Coordinator",
	.description =
		"Attests a Coordinator that cannot unseal its state, and hands in a recovery "
		"secret: decrypted, if it is\nencrypted, and signed with the private "
		"recovery key.",
	.example = "  marblerun recover recovery_key_file $MARBLERUN --key=private.pem",
	.min_words = 2,
	.max_words = 2,
	.flags = flags,
	.flag_count = MR_COUNT(flags),
	.groups = mr_recovery_key_groups,
	.group_count = MR_RECOVERY_KEY_GROUPS,
	.run = run,
};
