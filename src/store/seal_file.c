/* SPDX-License-Identifier: Apache-2.0 */
/* Seal keys from files: Gramine's pseudo-files (70 §13.3), and a file of the operator's for tests. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/seal_provider.h"

enum { GRAMINE_KEY_SIZE = 16, FILE_KEY_SIZE = 32 };

/* Exactly `size` bytes of an open file: a shorter or longer key is another key. */
static mr_result read_key(
	int fd, const char *path, size_t size, struct mr_secret *ret, struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret room = { NULL, 0 };
	size_t have = 0;

	MR_TRY(mr_secret_new(size + 1, &room, err));
	while (have < room.len) {
		ssize_t n = read(fd, room.ptr + have, room.len - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return mr_fail_errno(err, errno, "read %s", path);
		if (n == 0)
			break;
		have += (size_t)n;
	}
	if (have != size)
		return mr_fail(
			err, MR_CODE_INVALID, "%s does not hold a key of %zu bytes", path, size);
	return mr_secret_copy(mr_bytes_of(room.ptr, size), ret, err);
}

/* MRSIGNER's key outlives updates of the enclave, MRENCLAVE's does not. */
static mr_result gramine_key(const struct mr_seal_provider *provider, enum mr_seal_mode mode,
	struct mr_buf *info, struct mr_secret *ret, struct mr_error *err)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/%s", provider->path,
		mode == MR_SEAL_PRODUCT_KEY ? "_sgx_mrsigner" : "_sgx_mrenclave");

	(void)info; /* the current versions are always in the key */
	if (n < 0 || (size_t)n >= sizeof path)
		return mr_fail_errno(err, ENAMETOOLONG, "open %s", provider->path);
	MR_AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return mr_fail_errno(err, errno, "open %s", path);
	return read_key(fd, path, GRAMINE_KEY_SIZE, ret, err);
}

static mr_result file_key(const struct mr_seal_provider *provider, enum mr_seal_mode mode,
	struct mr_buf *info, struct mr_secret *ret, struct mr_error *err)
{
	MR_AUTO(fd) int fd = open(provider->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	(void)mode;
	(void)info;
	if (fd < 0 || fstat(fd, &st) != 0)
		return mr_fail_errno(err, errno, "open %s", provider->path);
	if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IRWXG | S_IRWXO)))
		return mr_fail(err, MR_CODE_INVALID,
			"%s must be a file that its owner alone may read (mode 0600)",
			provider->path);
	return read_key(fd, provider->path, FILE_KEY_SIZE, ret, err);
}

const struct mr_seal_provider mr_seal_gramine = {
	.source = MR_SEAL_SOURCE_GRAMINE,
	.key = gramine_key,
	.path = "/dev/attestation/keys",
};

const struct mr_seal_provider mr_seal_file = {
	.source = MR_SEAL_SOURCE_FILE,
	.key = file_key,
};
