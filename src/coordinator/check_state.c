/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/check_state.h"

#include <stdio.h>

#include "base/file.h"
#include "codec/json.h"
#include "coordinator/manifest_state.h"
#include "coordinator/view.h"
#include "store/file_store.h"

enum { PATH_ROOM = 32 };

/* --- the files --- */

/* False when there is no such file. */
static bool read_file(const char *directory, const char *name, size_t max, struct mr_buf *content)
{
	char path[PATH_MAX + PATH_ROOM];
	struct mr_error err;

	(void)snprintf(path, sizeof path, "%s/%s", directory, name);
	mr_buf_init_secret(content, max);
	return !mr_failed(mr_file_read(path, content, &err));
}

/* Which form a sealed key has (40 §6.2), whether it opens or not. */
static const char *key_form(struct mr_bytes key)
{
	struct mr_cursor c = mr_cursor_of(key);
	uint32_t first = 0;

	if (mr_str_starts(mr_bytes_str(key), MR_STR("HSM_SEALED")))
		return "wrapped by an HSM key";
	if (key.len == 16 || key.len == 32)
		return "raw: the data key in clear";
	switch (mr_provided_key_source(key)) {
	case MR_SEAL_SOURCE_GRAMINE:
		return "under a seal key of Gramine (SGX)";
	case MR_SEAL_SOURCE_SNP:
		return "under a seal key of the SEV-SNP firmware";
	case MR_SEAL_SOURCE_FILE:
		return "under a seal key from a file (for tests)";
	case MR_SEAL_SOURCE_NONE:
		break;
	}
	if (mr_cursor_u32le(&c, &first) && first == 1024)
		return "SGX, 256 bits";
	if (first == 512)
		return "SGX, 128 bits (releases up to 1.8)";
	return key.len == 60 || key.len == 44 ? "under a key of Kubernetes" : "of unknown form";
}

static void describe_key(const char *directory, const char *name, struct mr_buf *out)
{
	MR_AUTO(buf) struct mr_buf key = { 0 };

	if (read_file(directory, name, MR_SEALED_KEY_MAX, &key))
		mr_buf_printf(
			out, "%s: %zu bytes, %s\n", name, key.len, key_form(mr_buf_bytes(&key)));
}

/* Recovery data are a map of the hashes of the parties' secrets, or `null` or nothing (40 §7.2). */
static void describe_recovery(struct mr_bytes data, struct mr_buf *out)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const struct mr_json *map = NULL;
	size_t parties = 0;
	struct mr_error err;

	mr_arena_init(&arena, MR_SEALED_DATA_MAX);
	if (data.len && !mr_failed(mr_json_parse(mr_bytes_str(data), &arena, &map, &err)) &&
		map->kind == MR_JSON_OBJECT)
		for (const struct mr_json *m = map->first; m; m = m->next)
			parties++;
	if (parties)
		mr_buf_printf(out, "recovery data: of %zu parties\n", parties);
	else
		mr_buf_put_str(
			out, MR_STR("recovery data: none: one party, or no recovery keys\n"));
}

static void describe_files(const char *directory, struct mr_buf *out)
{
	static const char *const data_names[] = { "sealed_data", "sealed_data.tmp",
		"sealed_data.old" };
	static const char *const key_names[] = { "sealed_key", "sealed_key.tmp", "sealed_key.old" };

	for (size_t i = 0; i < MR_COUNT(data_names); i++) {
		MR_AUTO(buf) struct mr_buf data = { 0 };
		if (read_file(directory, data_names[i], MR_SEALED_DATA_MAX, &data))
			mr_buf_printf(out, "%s: %zu bytes\n", data_names[i], data.len);
	}
	for (size_t i = 0; i < MR_COUNT(key_names); i++)
		describe_key(directory, key_names[i], out);
}

/* --- what a start would make of them --- */

static void describe_view(const struct mr_view *view, struct mr_buf *out)
{
	mr_buf_printf(out, "manifest: %zu bytes, fingerprint %s\n", view->manifest_raw.len,
		view->fingerprint);
	mr_buf_printf(out, "entries: packages %zu, Marbles %zu, users %zu, secrets %zu\n",
		view->packages_count, view->marbles_count, view->users_count,
		view->secrets_count[0]);
}

/* One line: a message may quote what a hostile state says, which must not look like another finding. */
static void put_finding(struct mr_buf *out, const char *finding, const char *message)
{
	mr_buf_printf(out, "result: %s: ", finding);
	for (const char *c = message; *c; c++)
		mr_buf_put_u8(out, (unsigned char)*c < ' ' || *c == 0x7F ? '?' : (uint8_t)*c);
	mr_buf_put_u8(out, '\n');
}

static enum mr_state_verdict bad(const struct mr_error *err, struct mr_buf *out)
{
	put_finding(out, "does not load", err->message);
	return MR_STATE_DOES_NOT_LOAD;
}

static enum mr_state_verdict judge_state(
	const struct mr_file_store *store, struct mr_state *state, struct mr_buf *out)
{
	MR_AUTO(view) struct mr_view *view = NULL;
	struct mr_load_facts facts = mr_file_store_facts(store);
	struct mr_bytes manifest;
	struct mr_error err;

	mr_buf_printf(out, "opened: %s with %s, data key of %zu bytes\n", facts.data_name,
		facts.key_name, facts.dek_size);
	if (!mr_state_get(state, MR_STR("manifest"), &manifest)) {
		mr_buf_put_str(out,
			MR_STR("result: loads, without a manifest: a start begins a new mesh\n"));
		return MR_STATE_LOADS;
	}
	if (mr_failed(mr_view_build(state, &view, &err)))
		return bad(&err, out);
	describe_view(view, out);
	mr_buf_put_str(out, MR_STR("result: loads\n"));
	return MR_STATE_LOADS;
}

static enum mr_state_verdict judge(struct mr_file_store *store, struct mr_buf *out)
{
	MR_AUTO(state) struct mr_state *state = NULL;
	enum mr_load_result loaded = MR_LOAD_FRESH;
	struct mr_error err;

	if (mr_failed(mr_file_store_load(store, &loaded, &state, &err)))
		return bad(&err, out);
	if (loaded == MR_LOAD_FRESH) {
		mr_buf_put_str(out, MR_STR("result: no state: a start begins a new mesh\n"));
		return MR_STATE_LOADS;
	}
	describe_recovery(mr_file_store_recovery_data(store), out);
	if (loaded == MR_LOAD_RECOVERY) {
		put_finding(out, "needs recovery", mr_file_store_facts(store).not_opened);
		return MR_STATE_NEEDS_RECOVERY;
	}
	return judge_state(store, state, out);
}

mr_result mr_check_state(const struct mr_config *config, const char *directory, struct mr_buf *out,
	enum mr_state_verdict *ret, struct mr_error *err)
{
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	bool in_use = false;

	if (!directory)
		directory = config->seal_dir;
	MR_TRY(mr_file_store_look(directory, &store, &in_use, err));
	if (config->seal_provider.source != MR_SEAL_SOURCE_NONE)
		mr_file_store_use_provider(store, &config->seal_provider);
	mr_buf_printf(out, "directory: %s\n", directory);
	if (in_use)
		mr_buf_put_str(out,
			MR_STR("in use: by a running Coordinator; what follows may be of the middle of a write\n"));
	describe_files(directory, out);
	*ret = judge(store, out);
	return mr_buf_status(out, err);
}
