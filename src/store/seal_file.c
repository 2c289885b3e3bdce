/* SPDX-License-Identifier: Apache-2.0 */
/* Seal keys from files: Gramine's pseudo-files (70 §13.3), and a file of the operator's for tests. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "store/seal_provider.h"

enum { GRAMINE_KEY_SIZE = 16, FILE_KEY_SIZE = 32 };

/* Exactly `size` bytes: a shorter or longer key is another key. */
static mr_result read_key(
	const char *path, size_t size, struct mr_secret *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf key = { 0 };

	mr_buf_init_secret(&key, size);
	mr_result r = mr_file_read(path, &key, err);
	if (mr_failed(r) && r.code != MR_CODE_LIMIT)
		return r;
	if (mr_failed(r) || key.len != size)
		return mr_fail(
			err, MR_CODE_INVALID, "%s does not hold a key of %zu bytes", path, size);
	return mr_secret_take_buf(&key, ret, err);
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
	return read_key(path, GRAMINE_KEY_SIZE, ret, err);
}

static mr_result file_key(const struct mr_seal_provider *provider, enum mr_seal_mode mode,
	struct mr_buf *info, struct mr_secret *ret, struct mr_error *err)
{
	struct stat st;

	(void)mode;
	(void)info;
	if (lstat(provider->path, &st) != 0)
		return mr_fail_errno(err, errno, "open %s", provider->path);
	if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IRWXG | S_IRWXO)))
		return mr_fail(err, MR_CODE_INVALID,
			"%s must be a file that its owner alone may read (mode 0600)",
			provider->path);
	return read_key(provider->path, FILE_KEY_SIZE, ret, err);
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
