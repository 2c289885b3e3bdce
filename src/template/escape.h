/* SPDX-License-Identifier: Apache-2.0 */
/* What `html`, `js` and `urlquery` write (10 §6.4). */
#ifndef MR_TEMPLATE_ESCAPE_H
#define MR_TEMPLATE_ESCAPE_H

#include "base/bytes.h"

/* `&amp;`, `&lt;`, `&gt;`, `&#34;`, `&#39;`, and U+FFFD for NUL. */
void mr_escape_html(struct mr_buf *out, struct mr_str s);
/* For a quoted string of JavaScript: backslashes before quotes, \uXXXX for the rest. */
void mr_escape_js(struct mr_buf *out, struct mr_str s);
/* Form encoding: a blank is `+`. */
void mr_escape_urlquery(struct mr_buf *out, struct mr_str s);

#endif
