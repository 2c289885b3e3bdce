/* SPDX-License-Identifier: Apache-2.0 */
/* The file store's own view of itself, shared by its files. Private to this room. */
#ifndef MR_STORE_FILE_STORE_INTERNAL_H
#define MR_STORE_FILE_STORE_INTERNAL_H

#include <pthread.h>

#include "store/file_store.h"
#include "store/replace.h"

/* Which file a part of the loaded state came from. */
enum mr_generation { MR_GENERATION_CURRENT, MR_GENERATION_TMP, MR_GENERATION_OLD };

struct mr_file_store {
	struct mr_seal_dir dir;
	struct mr_logger *log;
	enum mr_key_form form;                   /* of the next sealed_key */
	const struct mr_seal_provider *provider; /* or NULL; borrowed */

	bool is_loaded;    /* there was a state, so its mode must be told */
	bool is_protected; /* the next three hold */
	enum mr_seal_mode mode;
	struct mr_secret dek;
	struct mr_buf recovery_data;

	/* Of a load from files of an interrupted replace, until that is finished. */
	enum mr_generation data_from, key_from;
	bool key_elsewhere; /* the key is bound to another data file than the one that counts */
	uint8_t data_hash[MR_SHA256_SIZE];

	bool is_looking; /* opened without the lock */
	char not_opened[MR_ERROR_MAX];

	struct mr_replace replace; /* one that is still to be undone */
	bool is_retired;           /* mode Disabled, and nothing is left to move away */

	/* In recovery state: what a recovered DEK may open. The second is an older generation, only
	 * there after an interrupted replace. Under the lock: a commit ends recovery state while
	 * others still try. */
	struct mr_buf sealed[2];
	pthread_mutex_t sealed_lock;
};

extern const char *const mr_data_names[3]; /* by enum mr_generation */
extern const char *const mr_key_names[2];

/* Ends recovery state. The lock is the caller's affair. */
void mr_file_store_drop_sealed(struct mr_file_store *store);
/* The state in an unsealed blob; an empty one gives NULL. */
MR_MUST_USE mr_result mr_file_store_parse(
	struct mr_bytes plain, struct mr_state **ret, struct mr_error *err);

#endif
