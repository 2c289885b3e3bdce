/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small stock of fresh P-384 key pairs, filled when there is nothing else to do, so that a burst
 * of activations does not pay for key generation. Thread-safe. Each key is handed out once.
 */
#ifndef MR_CRYPTO_KEY_POOL_H
#define MR_CRYPTO_KEY_POOL_H

#include "crypto/key.h"

struct mr_key_pool;

/* `capacity` keys at most (0 is fine: each take then generates). No key is made here. */
MR_MUST_USE mr_result mr_key_pool_new(
	size_t capacity, struct mr_key_pool **ret, struct mr_error *err);
void mr_key_pool_free(struct mr_key_pool *pool);
/* A fresh key: from the stock, or generated now when it is empty. */
MR_MUST_USE mr_result mr_key_pool_take(
	struct mr_key_pool *pool, struct mr_key **ret, struct mr_error *err);
/* Adds one key unless full; *ret_full tells. Call it from an idle thread. */
MR_MUST_USE mr_result mr_key_pool_fill_one(
	struct mr_key_pool *pool, bool *ret_full, struct mr_error *err);
/* Keys in stock now. */
size_t mr_key_pool_count(struct mr_key_pool *pool);

#endif
