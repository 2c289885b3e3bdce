/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one way to standard output and standard error. Nothing is held back: a line is out when the
 * call returns. The first failed write is remembered, so that lost output becomes an error at the
 * end (50 §2.1).
 */
#ifndef MR_CLI_OUT_H
#define MR_CLI_OUT_H

#include "base/bytes.h"

struct mr_out {
	int fd;     /* borrowed */
	int errnum; /* of the first write that failed; 0: none. Nothing is written after it */
};

static inline struct mr_out mr_out_of(int fd)
{
	return (struct mr_out){ fd, 0 };
}
void mr_out_put(struct mr_out *out, struct mr_bytes data);
MR_PRINTF(2, 3) void mr_out_printf(struct mr_out *out, const char *format, ...);
/* A text that came from elsewhere, and LF. On a terminal control characters other than LF and TAB
 * are shown as `?`, so that a server cannot steer it; anywhere else the text is unchanged. */
void mr_out_put_line(struct mr_out *out, struct mr_str text);
/* MR_OK, or MR_CODE_IO `write /dev/stdout: no space left on device`. */
MR_MUST_USE mr_result mr_out_status(const struct mr_out *out, struct mr_error *err);

#endif
