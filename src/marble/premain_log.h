/* SPDX-License-Identifier: Apache-2.0 */
/* The premain's log (30 §4.6): `[PreMain] 2026/08/03 08:24:21 text`, or JSON lines; and its last word on failure. */
#ifndef MR_MARBLE_PREMAIN_LOG_H
#define MR_MARBLE_PREMAIN_LOG_H

#include "base/bytes.h"

/* Chooses the format by EDG_LOG_FORMAT; lines go to stderr. */
void mr_premain_log_setup(void);
/* One line of level info; `format` as in printf. */
MR_PRINTF(1, 2) void mr_premain_log(const char *format, ...);
/* The text of a fatal error (30 §5.3): `Error: <text>`, or a JSON line of level fatal. Does not end the process. */
void mr_premain_log_fatal(const char *text);

#endif
