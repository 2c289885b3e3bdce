/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kill_commit.py kills: one process that commits numbered states to a seal directory.
 *
 * commit_driver DIRECTORY FORM load
 *     says `state N`, `fresh`, `recovery` or `error …`
 * commit_driver DIRECTORY FORM commit N keep|new
 *     commits state N, under a new DEK or the present one, and says `committed N`; after a failure
 *     it says `failed …` and tries once more
 *
 * FORM: raw or simulation.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "store/file_store.h"

enum { STATUS_USAGE = 2, STATUS_LOAD, STATUS_COMMIT };

/* One write, so that what was acknowledged is known although the process is killed next. */
static void say(const char *what, const char *detail)
{
	char line[MR_ERROR_MAX + 64];
	int len = snprintf(line, sizeof line, "%s %s\n", what, detail);

	if (mr_fd_write_all(STDOUT_FILENO, mr_bytes_of(line, (size_t)len)) != 0)
		exit(STATUS_USAGE);
}

static mr_result numbered_state(const char *number, struct mr_state **ret, struct mr_error *err)
{
	MR_AUTO(state) struct mr_state *empty = NULL;
	MR_AUTO(tx) struct mr_tx *tx = NULL;

	MR_TRY(mr_state_new(&empty, err));
	MR_TRY(mr_tx_new(empty, &tx, err));
	MR_TRY(mr_tx_put(tx, MR_STR("number"), mr_str_bytes(mr_str_of(number)), err));
	return mr_tx_build(tx, ret, err);
}

static mr_result commit_once(
	struct mr_file_store *store, const char *number, bool new_dek, struct mr_error *err)
{
	MR_AUTO(state) struct mr_state *state = NULL;
	uint8_t dek[32];
	const struct mr_protection protection = {
		.mode = MR_SEAL_PRODUCT_KEY,
		.recovery_data = mr_str_bytes(MR_STR("null")),
		.dek = mr_bytes_of(dek, sizeof dek),
	};

	memset(dek, number[0], sizeof dek);
	MR_TRY(numbered_state(number, &state, err));
	return mr_file_store_commit(store, state, new_dek ? &protection : NULL, err);
}

static int commit(struct mr_file_store *store, const char *number, bool new_dek)
{
	struct mr_error err;

	mr_file_store_set_mode(store, MR_SEAL_PRODUCT_KEY);
	for (unsigned round = 0; round < 2; round++) {
		if (!mr_failed(commit_once(store, number, new_dek, &err))) {
			say("committed", number);
			return 0;
		}
		say("failed", err.message);
	}
	return STATUS_COMMIT;
}

static int report(enum mr_load_result result, const struct mr_state *state)
{
	struct mr_bytes number = { NULL, 0 };
	char text[32];

	if (result != MR_LOAD_STATE) {
		say(result == MR_LOAD_FRESH ? "fresh" : "recovery", "");
		return 0;
	}
	if (!mr_state_get(state, MR_STR("number"), &number))
		return STATUS_LOAD;
	(void)snprintf(text, sizeof text, "%.*s", MR_STR_ARGS(mr_bytes_str(number)));
	say("state", text);
	return 0;
}

int main(int argc, char **argv)
{
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	MR_AUTO(state) struct mr_state *state = NULL;
	enum mr_load_result result = MR_LOAD_FRESH;
	struct mr_error err;

	if (argc != 4 && argc != 6)
		return STATUS_USAGE;
	mr_result r = mr_file_store_open(
		argv[1], strcmp(argv[2], "simulation") == 0, NULL, &store, &err);
	if (!mr_failed(r))
		r = mr_file_store_load(store, &result, &state, &err);
	if (mr_failed(r)) {
		say("error", err.message);
		return STATUS_LOAD;
	}
	if (argc == 4)
		return report(result, state);
	if (result == MR_LOAD_RECOVERY) {
		say("recovery", "");
		return STATUS_LOAD;
	}
	return commit(store, argv[4], strcmp(argv[5], "new") == 0);
}
