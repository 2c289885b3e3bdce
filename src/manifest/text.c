/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/text.h"

void mr_text_put_list(struct mr_buf *out, const struct mr_str *items, size_t count)
{
	mr_buf_put_u8(out, '[');
	for (size_t i = 0; i < count; i++) {
		size_t room = out->max - out->len;
		if (room < 8)
			break;
		if (i)
			mr_buf_put_u8(out, ' ');
		if (items[i].len + 8 > room) {
			mr_buf_put_cstr(out, "…");
			break;
		}
		mr_buf_put_str(out, items[i]);
	}
	mr_buf_put_u8(out, ']');
}
