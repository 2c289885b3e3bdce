/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean this?": command names near to a word that is none (50 §2.3 step 1). */
#ifndef MR_CLI_SUGGEST_H
#define MR_CLI_SUGGEST_H

#include "cli/command.h"

/* Single-character edits from one text to the other, ASCII case ignored; texts longer than 63 bytes
 * count as far apart (SIZE_MAX). */
size_t mr_suggest_distance(const char *a, const char *b);
/* Is this command one to suggest: within distance 2, or begun by the word? Hidden ones and `help`
 * never are. */
bool mr_suggest_fits(const struct mr_command *command, const char *word);

#endif
