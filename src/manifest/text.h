/* SPDX-License-Identifier: Apache-2.0 */
/* Lists in messages. Private to this room. */
#ifndef MR_MANIFEST_TEXT_H
#define MR_MANIFEST_TEXT_H

#include "base/bytes.h"

/* Appends `[a b c]`, as Go prints a list of texts; what does not fit into a message is left out. */
void mr_text_put_list(struct mr_buf *out, const struct mr_str *items, size_t count);

#endif
