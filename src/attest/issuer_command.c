/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/issuer_command.h"

#ifdef MR_TEST_ROOTS

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/env.h"
#include "base/file.h"
#include "codec/base64.h"

extern char **environ;

enum { EVIDENCE_MAX = 1 << 20, PADDED = 64, PIECE = 4096 };

/* Starts it with its output in a pipe, and without the signals that are blocked here. */
static mr_result start(
	const char *command, char *argument, pid_t *ret_pid, int *ret_fd, struct mr_error *err)
{
	char *argv[] = { (char *)(uintptr_t)command, argument, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return mr_fail_errno(err, errno, "pipe");
	(void)sigemptyset(&none);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	(void)posix_spawnattr_init(&attributes);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	int errnum = posix_spawn(ret_pid, command, &actions, &attributes, argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	mr_fd_close(&ends[1]);
	*ret_fd = ends[0];
	if (errnum == 0)
		return MR_OK;
	mr_fd_close(ret_fd);
	return mr_fail_errno(err, errnum, "MR_TEST_EVIDENCE_COMMAND");
}

static void read_all(int fd, struct mr_buf *out)
{
	uint8_t piece[PIECE];
	ssize_t n;

	while ((n = read(fd, piece, sizeof piece)) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0)
			mr_buf_put(out, piece, (size_t)n);
	}
}

static mr_result issue(const struct mr_issuer *issuer,
	const uint8_t report_data[static MR_REPORT_DATA_SIZE], struct mr_buf *out,
	struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf argument = { 0 };
	MR_AUTO(buf) struct mr_buf evidence = { 0 };
	MR_AUTO(fd) int fd = -1;
	uint8_t padded[PADDED] = { 0 };
	pid_t pid = 0;
	int status = 0;

	memcpy(padded, report_data, MR_REPORT_DATA_SIZE);
	mr_buf_init(&argument, 256);
	mr_buf_init(&evidence, EVIDENCE_MAX);
	mr_hex_encode(&argument, mr_bytes_of(padded, sizeof padded));
	mr_buf_put_u8(&argument, 0);
	MR_TRY(mr_buf_status(&argument, err));
	MR_TRY(start(issuer->device, (char *)argument.data, &pid, &fd, err));
	read_all(fd, &evidence);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	MR_TRY(mr_buf_status(&evidence, err));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || evidence.len == 0)
		return mr_fail(err, MR_CODE_UNAVAILABLE,
			"the program of MR_TEST_EVIDENCE_COMMAND gives no evidence");
	mr_buf_put_bytes(out, mr_buf_bytes(&evidence));
	return mr_buf_status(out, err);
}

const struct mr_issuer *mr_issuer_command(void)
{
	static struct mr_issuer command = { .issue = issue };

	command.device = mr_env_get("MR_TEST_EVIDENCE_COMMAND", NULL);
	return command.device ? &command : NULL;
}

const char *mr_test_roots_warning(void)
{
	return "built with test roots: not for production";
}

#else

const struct mr_issuer *mr_issuer_command(void)
{
	return NULL;
}

const char *mr_test_roots_warning(void)
{
	return NULL;
}

#endif
