/* SPDX-License-Identifier: Apache-2.0 */
/* secret set|get: secrets of a manifest, by users who may (50 §9). */
#include "base/file.h"
#include "cli/client_auth.h"
#include "cli/commands.h"
#include "cli/flow.h"
#include "cli/output_file.h"
#include "cli/secret_file.h"
#include "cli/secret_text.h"

#define TEXT_MAX_SIZE ((size_t)256 << 20)

/* --- set --- */

static mr_result load(const struct mr_cli *cli, struct mr_buf *map, struct mr_error *err)
{
	const char *path = mr_cli_word(cli, 0), *name = mr_args_text(cli->args, "from-pem");
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init_secret(&text, MR_SECRET_FILE_MAX);
	MR_TRY(mr_file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, &text, err));
	if (*name == '\0')
		return mr_secret_file_from_json(mr_buf_str(&text), map, err);
	return mr_secret_file_from_pem(mr_buf_str(&text), mr_str_of(name), map, err);
}

static mr_result run_set(struct mr_cli *cli, struct mr_error *err)
{
	MR_AUTO(flow) struct mr_flow flow = { .cli = NULL };
	MR_AUTO(buf) struct mr_buf map = { 0 };

	mr_flow_init(&flow, cli, mr_cli_word(cli, 1));
	mr_buf_init_secret(&map, TEXT_MAX_SIZE);
	MR_TRY(load(cli, &map, err));
	MR_TRY(mr_flow_use_cache_as_user(&flow, err));
	MR_TRY(mr_api_set_secrets(flow.api, mr_buf_str(&map), err));
	mr_flow_warn(&flow);
	mr_cli_say(cli, "Secret successfully set");
	return MR_OK;
}

/* --- get --- */

struct secrets {
	const struct mr_api_secret *list; /* sorted by name */
	size_t count;
};

static const struct mr_api_secret *find(const struct secrets *secrets, struct mr_str name)
{
	for (size_t i = 0; i < secrets->count; i++) {
		if (mr_str_eq(secrets->list[i].name, name))
			return &secrets->list[i];
	}
	return NULL;
}

static bool was_named_before(const struct mr_cli *cli, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (strcmp(mr_cli_word(cli, i), mr_cli_word(cli, index)) == 0)
			return true;
	}
	return false;
}

/* In the order they were asked for. */
static mr_result put_lines(const struct mr_cli *cli, const struct secrets *secrets,
	struct mr_buf *out, struct mr_error *err)
{
	for (size_t i = 0; i + 1 < cli->args->word_count; i++) {
		const struct mr_api_secret *secret = find(secrets, mr_str_of(mr_cli_word(cli, i)));

		if (secret && !was_named_before(cli, i))
			MR_TRY(mr_secret_text_put(out, secret, err));
	}
	return mr_buf_status(out, err);
}

static mr_result show(struct mr_flow *flow, const struct secrets *secrets, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_str lines;

	mr_buf_init_secret(&text, TEXT_MAX_SIZE);
	MR_TRY(put_lines(flow->cli, secrets, &text, err));
	mr_flow_warn(flow);
	lines = mr_buf_str(&text);
	if (lines.len > 0)
		mr_out_put_line(flow->cli->out, mr_str_sub(lines, 0, lines.len - 1));
	return MR_OK;
}

static mr_result save(
	struct mr_flow *flow, const struct secrets *secrets, const char *path, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init_secret(&text, TEXT_MAX_SIZE);
	mr_secret_json_put(&text, secrets->list, secrets->count);
	MR_TRY(mr_buf_status(&text, err));
	mr_flow_warn(flow);
	MR_TRY(mr_output_put(flow->cli, path, mr_buf_bytes(&text), err));
	if (strcmp(path, "-") != 0)
		mr_cli_say(flow->cli, "Saved secrets to: %s", path);
	return MR_OK;
}

static mr_result run_get(struct mr_cli *cli, struct mr_error *err)
{
	MR_AUTO(flow) struct mr_flow flow = { .cli = NULL };
	size_t names = cli->args->word_count - 1;
	const char *path = mr_output_path(cli);
	struct secrets secrets;

	mr_flow_init(&flow, cli, mr_cli_word(cli, names));
	MR_TRY(mr_flow_use_cache_as_user(&flow, err));
	MR_TRY(mr_wrap(err,
		mr_api_get_secrets(flow.api, cli->args->words, names, &flow.arena, &secrets.list,
			&secrets.count, err),
		"retrieving secrets"));
	return *path != '\0' ? save(&flow, &secrets, path, err) : show(&flow, &secrets, err);
}

/* --- the table --- */

static const struct mr_flag set_flags[] = {
	{ .name = "from-pem",
		.type = MR_FLAG_STRING,
		.description = "Name of the secret that is set from a PEM file" },
};

static const struct mr_flag get_flags[] = {
	{ .name = "output",
		.shorthand = 'o',
		.type = MR_FLAG_STRING,
		.description = "File to write the secrets to, as JSON; - is standard output, "
			       "without anything else there" },
};

static const struct mr_command set = {
	.name = "set",
	.positionals = "<secret_file> <IP:PORT>",
	.summary = "Set user-defined secrets",
	.description = "Sets secrets that the manifest leaves to users, from a JSON file, or one "
		       "from a PEM file.",
	.example = "  marblerun secret set secret.json $MARBLERUN --cert=admin.crt "
		   "--key=admin.key\n"
		   "  marblerun secret set certificate.pem $MARBLERUN --from-pem=web "
		   "--cert=admin.crt --key=admin.key",
	.min_words = 2,
	.max_words = 2,
	.flags = set_flags,
	.flag_count = MR_COUNT(set_flags),
	.groups = mr_client_auth_groups,
	.group_count = MR_CLIENT_AUTH_GROUPS,
	.run = run_set,
};

static const struct mr_command get = {
	.name = "get",
	.positionals = "SECRETNAME ... <IP:PORT>",
	.summary = "Get secrets",
	.description = "Shows secrets of the manifest, or writes them to a file.",
	.example = "  marblerun secret get disk web $MARBLERUN --cert=admin.crt --key=admin.key",
	.min_words = 2,
	.max_words = MR_ANY_COUNT,
	.flags = get_flags,
	.flag_count = MR_COUNT(get_flags),
	.groups = mr_client_auth_groups,
	.group_count = MR_CLIENT_AUTH_GROUPS,
	.run = run_get,
};

static const struct mr_command *const commands[] = { &set, &get };

static const struct mr_flag persistent[] = { MR_CLIENT_AUTH_FLAGS };

const struct mr_command mr_cmd_secret = {
	.name = "secret",
	.summary = "Manage secrets of the manifest",
	.description = "Sets and gets secrets of the manifest, as a user whose roles allow it.",
	.persistent = persistent,
	.persistent_count = MR_COUNT(persistent),
	.commands = commands,
	.command_count = MR_COUNT(commands),
};
