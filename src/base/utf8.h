/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8, and the quoting of text in error messages the way Go's %q does it (chapters 20 and 30). */
#ifndef MR_BASE_UTF8_H
#define MR_BASE_UTF8_H

#include "base/bytes.h"
#include "base/unicode.h"

#define MR_RUNE_ERROR 0xFFFDu

/* Decodes the first code point of a non-empty text: its value, and its size in *ret_size. A byte that is not part of
 * a valid sequence (overlong, surrogate, above U+10FFFF, cut) gives MR_RUNE_ERROR with size 1, as Go does. */
uint32_t mr_utf8_decode(struct mr_str s, size_t *ret_size);
/* Writes the UTF-8 form (1 to 4 bytes) and returns its size; invalid code points become U+FFFD. */
size_t mr_utf8_encode(uint32_t rune, char out[static 4]);
bool mr_utf8_valid(struct mr_str s);
/* Appends `s`, each byte that is not part of a valid sequence replaced by U+FFFD (20 §3). */
void mr_utf8_put_valid(struct mr_buf *out, struct mr_str s);
/* Does %q print the code point as it is? */
static inline bool mr_utf8_printable(uint32_t rune)
{
	return mr_unicode_printable(rune);
}
/* Appends the text in double quotes with backslash escapes, printable Unicode kept (Go's %q; 30 §2.2). */
void mr_utf8_put_quoted(struct mr_buf *out, struct mr_str s);

#endif
