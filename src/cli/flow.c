/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/flow.h"

#include "base/file.h"
#include "cli/client_auth.h"
#include "cli/era_download.h"
#include "client/quote_check.h"

void mr_flow_init(struct mr_flow *flow, struct mr_cli *cli, const char *endpoint)
{
	*flow = (struct mr_flow){ .cli = cli, .endpoint = endpoint };
	mr_arena_init(&flow->arena, MR_API_ARENA_LIMIT);
	flow->insecure = mr_args_bool(cli->args, "insecure");
}

void mr_flow_done(struct mr_flow *flow)
{
	mr_api_free(flow->api);
	mr_tls_identity_unref(flow->identity);
	mr_chain_done(&flow->chain);
	mr_arena_done(&flow->arena);
	*flow = (struct mr_flow){ .cli = NULL };
}

/* The argument's bytes as they are: nothing is decoded. */
static struct mr_bytes nonce_of(const struct mr_flow *flow)
{
	return mr_str_bytes(mr_str_of(mr_args_text(flow->cli->args, "nonce")));
}

mr_result mr_flow_choose_policy(struct mr_flow *flow, struct mr_error *err)
{
	const char *path = mr_args_text(flow->cli->args, "era-config");

	if (flow->insecure) {
		mr_cli_say(flow->cli, "Warning: skipping quote verification");
		return MR_OK;
	}
	if (*path == '\0') {
		path = mr_policy_find();
		if (path) {
			mr_cli_say(flow->cli, "Reusing existing config file");
		} else {
			path = MR_POLICY_DOWNLOADED;
			MR_TRY(mr_era_download(flow->cli, path, err));
		}
	}
	return mr_policy_read(path, &flow->arena, &flow->policy, err);
}

/* The connection that fetches the quote trusts nobody, and nothing else is asked on it. */
static mr_result fetch_quote(struct mr_flow *flow, struct mr_api_quote *ret, struct mr_error *err)
{
	const struct mr_api_config config = { .endpoint = flow->endpoint };
	MR_AUTO(api) struct mr_api *api = NULL;

	MR_TRY(mr_wrap(err, mr_api_new(&config, &api, err), "retrieving Coordinator quote"));
	return mr_api_get_quote(api, nonce_of(flow), &flow->arena, ret, err);
}

static void say(void *context, const char *line)
{
	mr_cli_say(context, "%s", line);
}

static void warn(void *context, const char *line)
{
	mr_cli_warn(context, "%s", line);
}

static mr_result verify_quote(const struct mr_flow *flow, struct mr_error *err)
{
	const struct mr_args *args = flow->cli->args;
	const struct mr_flag_value *statuses = mr_args_value(args, "accepted-tcb-statuses");
	const struct mr_flag_value *advisories = mr_args_value(args, "accepted-advisories");
	const struct mr_quote_check check = {
		.policy = &flow->policy,
		.quote = flow->quote,
		.root_der = flow->chain.root.der,
		.nonce = nonce_of(flow),
		.tcb_statuses = statuses ? statuses->items : NULL,
		.tcb_status_count = statuses ? statuses->item_count : 0,
		.advisories = advisories ? advisories->items : NULL,
		.advisory_count = advisories ? advisories->item_count : 0,
	};

	const struct mr_quote_notes notes = { say, warn, flow->cli };

	return mr_quote_verify(&notes, &check, err);
}

/* The quote speaks for the root alone; the intermediate, which users trust Marbles by, has to be the
 * root's. */
static mr_result check_intermediate(const struct mr_chain *chain, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *key = NULL;

	MR_TRY(mr_cert_key(&chain->root, &key, err));
	return mr_cert_check_signature(&chain->intermediate, key, err);
}

static mr_result open_api(struct mr_flow *flow, const struct mr_cert *root, struct mr_error *err)
{
	const struct mr_api_config config = {
		.endpoint = flow->endpoint, .root = root, .identity = flow->identity
	};

	return mr_api_new(&config, &flow->api, err);
}

/* Everything after this trusts the root alone, with --insecure no less: then it is whoever answered
 * first, but nobody else. */
mr_result mr_flow_attest(struct mr_flow *flow, struct mr_error *err)
{
	struct mr_api_quote answer;

	MR_TRY(fetch_quote(flow, &answer, err));
	MR_TRY(mr_wrap(err, mr_chain_parse(answer.chain, &flow->chain, err),
		"parsing Coordinator certificate chain"));
	flow->quote = answer.quote;
	if (!flow->insecure) {
		MR_TRY(verify_quote(flow, err));
		MR_TRY(mr_wrap(err, check_intermediate(&flow->chain, err),
			"verifying Coordinator intermediate certificate"));
	}
	return open_api(flow, &flow->chain.root, err);
}

static mr_result read_cache(struct mr_flow *flow, struct mr_error *err)
{
	if (flow->insecure)
		return MR_OK;
	return mr_cache_read(mr_args_text(flow->cli->args, "coordinator-cert"), &flow->chain, err);
}

mr_result mr_flow_use_cache(struct mr_flow *flow, struct mr_error *err)
{
	MR_TRY(read_cache(flow, err));
	return open_api(flow, flow->insecure ? NULL : &flow->chain.root, err);
}

mr_result mr_flow_use_cache_as_user(struct mr_flow *flow, struct mr_error *err)
{
	MR_TRY(read_cache(flow, err));
	MR_TRY(mr_client_auth_load(flow->cli->args, &flow->identity, err));
	return open_api(flow, flow->insecure ? NULL : &flow->chain.root, err);
}

void mr_flow_warn(const struct mr_flow *flow)
{
	if (flow->insecure)
		mr_cli_warn(flow->cli, "the Coordinator was not verified");
}

mr_result mr_flow_save_quote(const struct mr_flow *flow, struct mr_error *err)
{
	const char *path = mr_args_text(flow->cli->args, "save-sgx-quote");

	return *path ? mr_file_write(path, flow->quote, 0600, err) : MR_OK;
}

mr_result mr_flow_write_cache(const struct mr_flow *flow, struct mr_error *err)
{
	return mr_cache_write(mr_args_text(flow->cli->args, "coordinator-cert"), &flow->chain, err);
}
