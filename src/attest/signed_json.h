/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intel's signed JSON: the bytes that are signed, cut out of a document before anything in it is interpreted (70 §10).
 */
#ifndef MR_ATTEST_SIGNED_JSON_H
#define MR_ATTEST_SIGNED_JSON_H

#include "base/bytes.h"

enum { MR_SIGNED_JSON_DEPTH = 16 };
#define MR_SIGNED_JSON_MAX ((size_t)1 << 20)

struct mr_signed_json {
	struct mr_str object;  /* from { to }, as received: what is signed */
	bool too_deep;         /* nested deeper than MR_SIGNED_JSON_DEPTH */
	uint8_t signature[64]; /* r, s */
};

/* Cuts `{"<name>":{…},"signature":"<128 hex>"}`, with white space and NUL behind it; false where that is not its form. */
MR_MUST_USE bool mr_signed_json_cut(
	struct mr_str text, struct mr_str name, struct mr_signed_json *ret);

#endif
