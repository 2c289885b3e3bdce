/* SPDX-License-Identifier: Apache-2.0 */
/* Help and usage of a command, in the shape of 50 §2.4, from the table alone. */
#ifndef MR_CLI_HELP_H
#define MR_CLI_HELP_H

#include "cli/args.h"

/* The usage block of the command found, without an empty line behind it. Defaults are worked out in
 * the arena of `args`, whose flags must have been parsed or collected. */
void mr_help_put_usage(struct mr_args *args, struct mr_buf *out);
/* Description, empty line, usage block. */
void mr_help_put(struct mr_args *args, struct mr_buf *out);

#endif
