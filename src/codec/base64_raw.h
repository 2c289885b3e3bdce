/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 into memory of the caller's: the core that base64.c, json_decode.c and pem.c share.
 * Private to this room. */
#ifndef MR_CODEC_BASE64_RAW_H
#define MR_CODEC_BASE64_RAW_H

#include "codec/base64.h"

struct mr_base64_rules {
	enum mr_base64_alphabet alphabet;
	bool skip_blanks; /* skip blanks and tabs too, not only CR and LF: bodies of PEM blocks */
};

/* Bytes that decoding `text` gives at most; exactly as many if it is well-formed. */
size_t mr_base64_decoded_max(struct mr_str text);
/* Decodes into `out`, which has room for mr_base64_decoded_max bytes. On failure *ret_bad is the
 * position that the error message names, and `out` holds bytes without meaning. */
MR_MUST_USE bool mr_base64_decode_raw(struct mr_str text, struct mr_base64_rules rules,
	uint8_t *out, size_t *ret_len, size_t *ret_bad);
/* The failure for a bad position. */
MR_MUST_USE mr_result mr_base64_fail(size_t bad, struct mr_error *err);

#endif
