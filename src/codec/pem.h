/* SPDX-License-Identifier: Apache-2.0 */
/* PEM (RFC 7468, and tolerant where Go's reader is): 64-column base64 with LF line ends and no
 * headers on output. */
#ifndef MR_CODEC_PEM_H
#define MR_CODEC_PEM_H

#include "base/bytes.h"

/* Appends `-----BEGIN <label>-----`, the base64 in lines of 64, `-----END <label>-----`, each line
 * ended by LF. */
void mr_pem_encode(struct mr_buf *out, const char *label, struct mr_bytes der);
/* Finds and decodes the first well-formed block of `text` (text before it, broken blocks and header
 * lines inside it are skipped). The label is borrowed from the text; `ret_der` gets the bytes
 * appended; *ret_rest is what follows the block. MR_CODE_NOT_FOUND when there is none. */
MR_MUST_USE mr_result mr_pem_decode(struct mr_str text, struct mr_str *ret_label,
	struct mr_buf *ret_der, struct mr_str *ret_rest, struct mr_error *err);

#endif
