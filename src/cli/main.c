/* SPDX-License-Identifier: Apache-2.0 */
/* marblerun: the command line tool (50). */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/commands.h"

/* A stream that was closed by whoever started us must not become a file that is opened later. Reading
 * from nothing, a closed standard output still fails when it is written. */
static bool occupy_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct mr_out out = mr_out_of(STDOUT_FILENO), err = mr_out_of(STDERR_FILENO);
	size_t count = argc > 1 ? (size_t)argc - 1 : 0;

	if (!occupy_streams())
		return EXIT_FAILURE;
#ifdef MR_TEST_ROOTS
	mr_out_printf(&err, "Warning: built with test roots: not for production\n");
#endif
	return mr_cli_run(
		&mr_cmd_root, (const char *const *)(argv + (argc > 0)), count, &out, &err);
}
