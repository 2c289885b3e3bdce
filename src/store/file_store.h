/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File store: `sealed_data` and `sealed_key` in the seal directory, replaced so that after a crash
 * at any point the old or the new state loads, and what was acknowledged is there (40 §6.4, 6.5).
 * One process a directory (lock file). All calls from one thread at a time (the commit queue's,
 * after start), but for mr_file_store_may_recover and mr_file_store_recover: any thread, any time.
 */
#ifndef MR_STORE_FILE_STORE_H
#define MR_STORE_FILE_STORE_H

#include "base/log.h"
#include "store/seal.h"
#include "store/state.h"

struct mr_file_store;
struct mr_seal_provider;

enum mr_load_result {
	MR_LOAD_FRESH,    /* no sealed state: start empty */
	MR_LOAD_STATE,    /* loaded */
	MR_LOAD_RECOVERY, /* sealed data exist, the key to them does not: recovery state */
};

/* Creates the directory (0700, with parents) and takes its lock (file `lock`, 0600, never removed).
 * `simulation` selects the key form that new states get (40 §13.2); `log` (may be NULL) is borrowed
 * for warnings. A lock that is held: MR_CODE_CONFLICT, with the word `lock` in the text. */
MR_MUST_USE mr_result mr_file_store_open(const char *directory, bool simulation,
	struct mr_logger *log, struct mr_file_store **ret, struct mr_error *err);
/* Seal keys come from this provider (borrowed) from now on, before the load. Another form of
 * sealed_key then counts as one that cannot be opened. */
void mr_file_store_use_provider(
	struct mr_file_store *store, const struct mr_seal_provider *provider);
/* Opens a directory that is there to look at what it holds: the lock is not kept, nothing is changed, no commit.
 * *ret_in_use: a Coordinator holds the lock, so what is seen may be in the middle of a commit. */
MR_MUST_USE mr_result mr_file_store_look(
	const char *directory, struct mr_file_store **ret, bool *ret_in_use, struct mr_error *err);
/* Gives the lock back. Accepts NULL. */
void mr_file_store_close(struct mr_file_store *store);

/* Loads what is there, following 40 §6.4 and 6.5, before any commit. *ret_state is set for
 * MR_LOAD_STATE only. Failures are those that end the start (40 §6.5). Changes no file: a replace
 * that was interrupted is finished by the first commit. */
MR_MUST_USE mr_result mr_file_store_load(struct mr_file_store *store,
	enum mr_load_result *ret_result, struct mr_state **ret_state, struct mr_error *err);

/* After a load: what was found, for people. `not_opened` is why nothing opened, or empty. Borrowed. */
struct mr_load_facts {
	const char *data_name, *key_name; /* the files taken; other than sealed_data and sealed_key
					   * after an interrupted commit */
	size_t dek_size;                  /* 0: nothing opened */
	const char *not_opened;
};
struct mr_load_facts mr_file_store_facts(const struct mr_file_store *store);

/* The seal mode of a loaded state, which its manifest tells: counts from the next commit on. */
void mr_file_store_set_mode(struct mr_file_store *store, enum mr_seal_mode mode);

/* How commits protect the state from now on; changed only together with a commit. */
struct mr_protection {
	enum mr_seal_mode mode;
	struct mr_bytes recovery_data; /* copied */
	struct mr_bytes
		dek; /* 16 or 32 bytes; copied; empty: DEK and recovery data stay as they are */
};

/* Makes `state` durable; `protection` NULL keeps the present one. In mode Disabled nothing is
 * written (an older sealed_data becomes .old). A fresh or recovering store writes nothing until it
 * is given a protection; a loaded one must be told its mode first (MR_CODE_INTERNAL). Errors with
 * the texts of 40 §14 (`writing sealed data file: writing temporary file: …`); on failure disk and
 * memory hold the old state, and a later commit may succeed. */
MR_MUST_USE mr_result mr_file_store_commit(struct mr_file_store *store,
	const struct mr_state *state, const struct mr_protection *protection, struct mr_error *err);

/* The recovery data of the loaded sealed_data or of the last commit, also in recovery state.
 * Borrowed until the next commit. */
struct mr_bytes mr_file_store_recovery_data(const struct mr_file_store *store);
/* In recovery state: the sealed data found at load, opened with a recovered DEK. Changes nothing:
 * what is recovered stays so by a commit with this DEK in the protection. Errors: MR_CODE_CRYPTO
 * when the DEK does not fit, MR_CODE_STATE when there is nothing to recover (any more). */
MR_MUST_USE mr_result mr_file_store_recover(struct mr_file_store *store, struct mr_bytes dek,
	struct mr_state **ret_state, struct mr_error *err);
/* False when it would fail for this DEK, as it does for nearly all that are wrong; quick, however
 * large the state is. */
bool mr_file_store_may_recover(struct mr_file_store *store, struct mr_bytes dek);

MR_DEFINE_AUTO_PTR(file_store, struct mr_file_store, mr_file_store_close)

#endif
