/* SPDX-License-Identifier: Apache-2.0 */
/* manifest verify: is this the manifest that a Coordinator runs under? (50 §7.6) */
#include <errno.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/flow.h"
#include "cli/manifest_file.h"
#include "crypto/key.h"

static mr_result expected_of_file(
	struct mr_cli *cli, const char *path, struct mr_fingerprint *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf manifest = { 0 };

	mr_buf_init(&manifest, MR_MANIFEST_FILE_MAX);
	MR_TRY(mr_manifest_file_load(cli, path, &manifest, err));
	return mr_fingerprint_of(mr_buf_bytes(&manifest), ret, err);
}

/* The argument: a file, or if there is none of that name a fingerprint. */
static mr_result expected(
	struct mr_cli *cli, const char *argument, struct mr_fingerprint *ret, struct mr_error *err)
{
	struct mr_str text = mr_str_of(argument);
	struct stat st;

	if (strcmp(argument, "-") == 0 || stat(argument, &st) == 0)
		return expected_of_file(cli, argument, ret, err);
	if (errno != ENOENT)
		return mr_fail_errno(err, errno, "stat %s", argument);
	if (text.len != 2 * sizeof ret->bytes)
		return mr_fail(err, MR_CODE_INVALID,
			"%s is not a file and of invalid length to be a signature (needs to be 32 "
			"bytes)",
			argument);
	if (!mr_fingerprint_parse(text, ret))
		return mr_fail(err, MR_CODE_INVALID,
			"%s is not a file and not a valid signature (needs to be in hex format)",
			argument);
	return MR_OK;
}

static mr_result fail_different(const char *remote, const char *local, struct mr_error *err)
{
	return mr_fail(err, MR_CODE_CRYPTO,
		"MarbleRun deployment is using a different manifest than expected: manifest hash "
		"does not match local hash: \"%s\" != \"%s\"",
		remote, local);
}

/* As bytes, whatever case the server writes them in. */
static mr_result compare_fingerprints(const struct mr_api_manifest *remote,
	const struct mr_fingerprint *local, struct mr_error *err)
{
	struct mr_fingerprint claimed;

	if (remote->fingerprint.len == 0)
		return mr_fail(err, MR_CODE_STATE,
			"Coordinator returned no manifest signature. Is the Coordinator in the "
			"correct state?");
	if (!mr_fingerprint_parse(remote->fingerprint, &claimed))
		return mr_fail(err, MR_CODE_INVALID,
			"decoding Coordinator manifest hash: \"%.*s\" is not a hash in hex",
			MR_STR_ARGS(remote->fingerprint));
	if (memcmp(claimed.bytes, local->bytes, sizeof local->bytes) != 0)
		return fail_different(claimed.hex, local->hex, err);
	return MR_OK;
}

/* What is behind the fingerprint, as far as the Coordinator shows it: the manifest, and the root
 * key's word for it. */
static mr_result check_evidence(const struct mr_api_manifest *remote, const struct mr_cert *root,
	const struct mr_fingerprint *local, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_fingerprint actual;

	if (remote->manifest.len == 0)
		return MR_OK;
	MR_TRY(mr_fingerprint_of(remote->manifest, &actual, err));
	if (memcmp(actual.bytes, local->bytes, sizeof local->bytes) != 0)
		return fail_different(actual.hex, local->hex, err);
	if (remote->signature.len == 0)
		return MR_OK;
	MR_TRY(mr_wrap(err, mr_cert_key(root, &key, err), "verifying manifest signature"));
	return mr_wrap(err,
		mr_key_verify(key, MR_HASH_SHA256, remote->manifest, remote->signature, err),
		"verifying manifest signature");
}

static mr_result run(struct mr_cli *cli, struct mr_error *err)
{
	MR_AUTO(flow) struct mr_flow flow = { .cli = NULL };
	struct mr_api_manifest remote = { .fingerprint = { NULL, 0 } };
	struct mr_fingerprint local;

	mr_flow_init(&flow, cli, mr_cli_word(cli, 1));
	MR_TRY(expected(cli, mr_cli_word(cli, 0), &local, err));
	MR_TRY(mr_flow_choose_policy(&flow, err));
	MR_TRY(mr_flow_attest(&flow, err));
	MR_TRY(mr_wrap(err, mr_api_get_manifest(flow.api, &flow.arena, &remote, err),
		"getting Coordinator manifest"));
	MR_TRY(compare_fingerprints(&remote, &local, err));
	MR_TRY(check_evidence(&remote, &flow.chain.root, &local, err));
	mr_cli_say(cli, "OK");
	MR_TRY(mr_flow_save_quote(&flow, err));
	return mr_flow_write_cache(&flow, err);
}

const struct mr_command mr_cmd_manifest_verify = {
	.name = "verify",
	.positionals = "<manifest/signature> <IP:PORT>",
	.summary = "Verify the manifest of a Coordinator",
	.description =
		"Attests a Coordinator, compares its manifest with a file or a signature, and "
		"caches its\ncertificate.",
	.example = "  marblerun manifest verify manifest.json $MARBLERUN",
	.min_words = 2,
	.max_words = 2,
	.run = run,
};
