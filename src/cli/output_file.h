/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that is opened before what it shall hold is known, so that a result which cannot be had
 * twice is not asked for when it could not be kept (50 §7.2). An existing file is left as it is until
 * it is written; a new one disappears if nothing is.
 */
#ifndef MR_CLI_OUTPUT_FILE_H
#define MR_CLI_OUTPUT_FILE_H

#include <sys/types.h>

#include "cli/cli.h"

struct mr_output_file {
	const char *path; /* borrowed; NULL: none is open */
	int fd;
	bool created;
};

#define MR_OUTPUT_FILE_NONE ((struct mr_output_file){ NULL, -1, false })

/* `open x: no such file or directory` */
MR_MUST_USE mr_result mr_output_file_open(
	const char *path, mode_t mode, struct mr_output_file *ret, struct mr_error *err);
/* Replaces the content and closes. */
MR_MUST_USE mr_result mr_output_file_write(
	struct mr_output_file *file, struct mr_bytes data, struct mr_error *err);
/* Closes without writing. Does nothing where none is open. */
void mr_output_file_done(struct mr_output_file *file);

/* The value of --output, borrowed. With `-` everything but the result goes to standard error from now
 * on. */
const char *mr_output_path(struct mr_cli *cli);
/* Writes a result, mode 0600 if the file is new, or to standard output for `-`. */
MR_MUST_USE mr_result mr_output_put(
	struct mr_cli *cli, const char *path, struct mr_bytes data, struct mr_error *err);

MR_DEFINE_AUTO(output_file, struct mr_output_file, mr_output_file_done)

#endif
