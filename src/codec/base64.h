/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648) and hex. Encoders of secrets take time that depends on the length only (no
 * table look-ups). */
#ifndef MR_CODEC_BASE64_H
#define MR_CODEC_BASE64_H

#include "base/bytes.h"

enum mr_base64_alphabet { MR_BASE64_STANDARD, MR_BASE64_URL };

/* Appends the padded form without line breaks. */
void mr_base64_encode(struct mr_buf *out, struct mr_bytes data, enum mr_base64_alphabet alphabet);
/* Characters that `len` bytes become, padding included. */
size_t mr_base64_encoded_len(size_t len);
/* Appends the decoded bytes. CR and LF anywhere are skipped; padding is required; non-zero trailing
 * bits are tolerated. Error: `illegal base64 data at input byte <n>`, n as Go counts it (10 §3.3).
 * On failure `out` keeps its old length. */
MR_MUST_USE mr_result mr_base64_decode(struct mr_str text, enum mr_base64_alphabet alphabet,
	struct mr_buf *out, struct mr_error *err);

/* Appends lower-case hex. */
void mr_hex_encode(struct mr_buf *out, struct mr_bytes data);
/* Appends the bytes of hex text in either case. Errors: `encoding/hex: odd length hex string`,
 * `encoding/hex: invalid byte: U+00XX 'c'` (the first bad byte comes before the odd length, as in
 * Go). */
MR_MUST_USE mr_result mr_hex_decode(struct mr_str text, struct mr_buf *out, struct mr_error *err);

#endif
