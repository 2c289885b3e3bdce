/* SPDX-License-Identifier: Apache-2.0 */
/* Gramine (30 §5.4): encrypted-file keys first; the program is the one that Gramine's own manifest names. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "base/file.h"
#include "marble/runtime.h"

#define KEYS_PREFIX MR_STR("/dev/attestation/keys/")
#define OLD_KEY_FILE MR_STR("/dev/attestation/protected_files_key") /* Gramine up to 1.2 */

/* Key pseudo-files take the value in a single write only. */
static mr_result write_key(struct mr_str path, struct mr_bytes value, struct mr_error *err)
{
	char name[PATH_MAX];

	if (path.len >= sizeof name || memchr(path.ptr, '\0', path.len))
		return mr_fail(err, MR_CODE_INVALID, "invalid path of a key file");
	memcpy(name, path.ptr, path.len);
	name[path.len] = '\0';
	MR_AUTO(fd) int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return mr_fail_errno(err, errno, "open %s", name);
	ssize_t n = write(fd, value.ptr, value.len);
	if (n < 0 || (size_t)n != value.len)
		return mr_fail_errno(err, n < 0 ? errno : EIO, "write %s", name);
	return MR_OK;
}

static mr_result take_matching(struct mr_parameters *p, bool old_file, struct mr_error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->files_count; i++) {
		const struct mr_param file = p->files[i];
		bool match = old_file ? mr_str_eq(file.name, OLD_KEY_FILE)
				      : mr_str_starts(file.name, KEYS_PREFIX);
		if (match)
			MR_TRY(write_key(file.name, file.value, err));
		else
			p->files[kept++] = file;
	}
	p->files_count = kept;
	return MR_OK;
}

static mr_result take_files(struct mr_parameters *parameters, struct mr_error *err)
{
	MR_TRY(take_matching(parameters, false, err));
	return take_matching(parameters, true, err);
}

static mr_result find_program(const char *launcher, const char *argv0, const char **ret_path,
	const char **ret_argv0, struct mr_error *err)
{
	(void)err;
	*ret_path = launcher;
	*ret_argv0 = argv0;
	return MR_OK;
}

const struct mr_runtime mr_runtime_gramine = {
	.first_line = "detected libOS: Gramine",
	.name = "Gramine",
	.issuer = &mr_issuer_gramine,
	.take_files = take_files,
	.find_program = find_program,
};
