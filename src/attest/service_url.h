/* SPDX-License-Identifier: Apache-2.0 */
/* The base address of a service with attestation documents (70 §11, §16.2). */
#ifndef MR_ATTEST_SERVICE_URL_H
#define MR_ATTEST_SERVICE_URL_H

#include "base/bytes.h"

struct mr_service_url {
	bool plain;         /* http */
	char endpoint[300]; /* host, and the port where one is given */
	char path[512];     /* begins and ends with a slash */
};

/* `https://host[:port][/path]`; `http://` for loopback addresses alone. A missing last slash is added. Blanks, queries,
 * fragments and user names are refused: MR_CODE_INVALID. */
MR_MUST_USE mr_result mr_service_url_parse(
	struct mr_str text, struct mr_service_url *ret, struct mr_error *err);
/* Appends the text with all but letters, digits, `-`, `.`, `_` and `~` percent-encoded. */
void mr_percent_encode(struct mr_buf *out, struct mr_str text);
/* Appends the text with its percent escapes decoded; `+` stays. False when an escape is malformed. */
MR_MUST_USE bool mr_percent_decode(struct mr_buf *out, struct mr_str text);

#endif
