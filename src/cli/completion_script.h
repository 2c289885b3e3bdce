/* SPDX-License-Identifier: Apache-2.0 */
/* The scripts that make shells complete command lines by asking the program (50 §13). */
#ifndef MR_CLI_COMPLETION_SCRIPT_H
#define MR_CLI_COMPLETION_SCRIPT_H

enum mr_shell { MR_SHELL_BASH, MR_SHELL_ZSH, MR_SHELL_FISH, MR_SHELL_POWERSHELL };

/* The script of a shell, in which @ASK@ stands for the hidden command that it calls. */
const char *mr_completion_script(enum mr_shell shell);

#endif
