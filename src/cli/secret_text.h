/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets as the user sees them: lines for people, JSON for files (50 §9.2). */
#ifndef MR_CLI_SECRET_TEXT_H
#define MR_CLI_SECRET_TEXT_H

#include "client/api_secrets.h"

/* Appends name and lines of one secret, and an empty line. `unknown secret type` */
MR_MUST_USE mr_result mr_secret_text_put(
	struct mr_buf *out, const struct mr_api_secret *secret, struct mr_error *err);
/* Appends the compact map of all of them, in their order. */
void mr_secret_json_put(struct mr_buf *out, const struct mr_api_secret *secrets, size_t count);

#endif
