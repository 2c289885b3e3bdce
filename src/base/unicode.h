/* SPDX-License-Identifier: Apache-2.0 */
/* Properties of code points as of Unicode 15.0, the version of the releases whose behaviour is
 * followed. */
#ifndef MR_BASE_UNICODE_H
#define MR_BASE_UNICODE_H

#include <stdbool.h>
#include <stdint.h>

/* Letter, mark, number, punctuation, symbol or the blank U+0020: what %q prints as it is. */
bool mr_unicode_printable(uint32_t rune);
/* Letter (L*), decimal digit (Nd) or `_`: what names in templates consist of (10 §6.3). */
bool mr_unicode_word(uint32_t rune);

#endif
