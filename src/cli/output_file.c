/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static int open_file(const char *path, int flags, mode_t mode)
{
	int fd;

	do
		fd = open(path, O_WRONLY | O_CLOEXEC | flags, mode);
	while (fd < 0 && errno == EINTR);
	return fd;
}

mr_result mr_output_file_open(
	const char *path, mode_t mode, struct mr_output_file *ret, struct mr_error *err)
{
	int fd = open_file(path, O_CREAT | O_EXCL, mode);
	bool created = fd >= 0;

	/* a link to nowhere exists, too, and is followed by plain O_CREAT alone */
	if (fd < 0 && errno == EEXIST)
		fd = open_file(path, O_CREAT, mode);
	if (fd < 0)
		return mr_fail_errno(err, errno, "open %s", path);
	*ret = (struct mr_output_file){ path, fd, created };
	return MR_OK;
}

static mr_result write_and_close(
	struct mr_output_file *file, struct mr_bytes data, struct mr_error *err)
{
	struct stat st;
	int errnum;

	if (fstat(file->fd, &st) == 0 && S_ISREG(st.st_mode) && ftruncate(file->fd, 0) != 0)
		return mr_fail_errno(err, errno, "truncate %s", file->path);
	errnum = mr_fd_write_all(file->fd, data);
	if (errnum)
		return mr_fail_errno(err, errnum, "write %s", file->path);
	errnum = close(file->fd) == 0 || errno == EINTR ? 0 : errno;
	file->fd = -1;
	if (errnum)
		return mr_fail_errno(err, errnum, "close %s", file->path);
	return MR_OK;
}

mr_result mr_output_file_write(
	struct mr_output_file *file, struct mr_bytes data, struct mr_error *err)
{
	mr_result r = write_and_close(file, data, err);

	mr_fd_close(&file->fd);
	*file = MR_OUTPUT_FILE_NONE;
	return r;
}

void mr_output_file_done(struct mr_output_file *file)
{
	if (!file->path)
		return;
	mr_fd_close(&file->fd);
	if (file->created)
		(void)unlink(file->path);
	*file = MR_OUTPUT_FILE_NONE;
}

static bool is_standard_output(const char *path)
{
	return strcmp(path, "-") == 0;
}

const char *mr_output_path(struct mr_cli *cli)
{
	const char *path = mr_args_text(cli->args, "output");

	if (is_standard_output(path))
		mr_cli_keep_out_clean(cli);
	return path;
}

mr_result mr_output_put(
	struct mr_cli *cli, const char *path, struct mr_bytes data, struct mr_error *err)
{
	if (!is_standard_output(path))
		return mr_file_write(path, data, 0600, err);
	mr_out_put(cli->out, data);
	return MR_OK;
}
