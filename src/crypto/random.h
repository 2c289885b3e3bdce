/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes from the crypto library's generator. */
#ifndef MR_CRYPTO_RANDOM_H
#define MR_CRYPTO_RANDOM_H

#include "base/error.h"
#include "base/uuid.h"

/* Fills `out`; thread-safe. Error: MR_CODE_CRYPTO. */
MR_MUST_USE mr_result mr_random(void *out, size_t size, struct mr_error *err);
/* A version 4 UUID. */
MR_MUST_USE mr_result mr_random_uuid(struct mr_uuid *ret, struct mr_error *err);

#endif
