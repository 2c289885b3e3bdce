/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/roots.h"

static const struct mr_roots production = {
	.intel_key = { 0x04, 0x0b, 0xa9, 0xc4, 0xc0, 0xc0, 0xc8, 0x61, 0x93, 0xa3, 0xfe, 0x23, 0xd6,
		0xb0, 0x2c, 0xda, 0x10, 0xa8, 0xbb, 0xd4, 0xe8, 0x8e, 0x48, 0xb4, 0x45, 0x85, 0x61, 0xa3,
		0x6e, 0x70, 0x55, 0x25, 0xf5, 0x67, 0x91, 0x8e, 0x2e, 0xdc, 0x88, 0xe4, 0x0d, 0x86, 0x0b,
		0xd0, 0xcc, 0x4e, 0xe2, 0x6a, 0xac, 0xc9, 0x88, 0xe5, 0x05, 0xa9, 0x53, 0x55, 0x8c, 0x45,
		0x3f, 0x6b, 0x09, 0x04, 0xae, 0x73, 0x94 },
	.has_ark = { true, true, true },
	.ark = {
		[MR_SNP_MILAN] = { 0x69, 0xd0, 0x63, 0xb4, 0x53, 0x44, 0xd2, 0x6a, 0x2e, 0x94, 0xe1,
			0xf4, 0x21, 0x0d, 0xe4, 0x9e, 0xf5, 0x55, 0x30, 0x82, 0x87, 0xd4, 0xc1, 0x74,
			0x44, 0x5c, 0x95, 0x63, 0x9a, 0x54, 0x0b, 0xcd },
		[MR_SNP_GENOA] = { 0x4c, 0x65, 0x98, 0xd1, 0x9c, 0x18, 0x71, 0x9c, 0x5d, 0xfd, 0x4a,
			0x7d, 0x33, 0x5f, 0x67, 0x4e, 0x5b, 0xfe, 0x1d, 0x8f, 0x80, 0x0c, 0xea, 0x2c,
			0xf2, 0x70, 0xc1, 0x0d, 0x10, 0x3d, 0xb2, 0xf1 },
		[MR_SNP_TURIN] = { 0x1f, 0x08, 0x41, 0x61, 0xa4, 0x4b, 0xb6, 0xd9, 0x37, 0x78, 0xa9,
			0x04, 0x87, 0x7d, 0x48, 0x19, 0xca, 0xfa, 0x5d, 0x05, 0xef, 0x41, 0x93, 0xb2,
			0xde, 0xd9, 0xdd, 0x9c, 0x73, 0xdd, 0x3f, 0x6a },
	},
};

#ifdef MR_TEST_ROOTS
#include <stdio.h>
#include <stdlib.h>

#include "attest/amd_chain.h"
#include "base/file.h"

enum { FILE_SIZE_MAX = 1 << 20 };

/* MR_CODE_NOT_FOUND where there is no such file. */
static mr_result read_root_file(
	const char *directory, const char *name, struct mr_buf *out, struct mr_error *err)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, name) >= sizeof path)
		return mr_fail(err, MR_CODE_LIMIT, "the path of the test roots is too long");
	mr_buf_init(out, FILE_SIZE_MAX);
	return mr_file_read(path, out, err);
}

static mr_result read_intel(const char *directory, struct mr_roots *roots, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf pem = { 0 };
	MR_AUTO(cert) struct mr_cert root = { .version = 0 };
	MR_AUTO(key) struct mr_key *key = NULL;

	mr_result r = read_root_file(directory, "intel-root.pem", &pem, err);
	if (r.code == MR_CODE_NOT_FOUND)
		return MR_OK;
	MR_TRY(r);
	MR_TRY(mr_cert_from_pem(mr_buf_str(&pem), &root, NULL, err));
	MR_TRY(mr_cert_key(&root, &key, err));
	struct mr_bytes point = mr_key_public_bits(key);
	if (mr_key_type_of(key) != MR_KEY_EC_P256 || point.len != sizeof roots->intel_key)
		return mr_fail(err, MR_CODE_INVALID, "intel-root.pem: not a P-256 key");
	memcpy(roots->intel_key, point.ptr, point.len);
	return MR_OK;
}

static mr_result read_amd(const char *directory, struct mr_roots *roots, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf pem = { 0 };

	mr_result r = read_root_file(directory, "amd-ark.pem", &pem, err);
	if (r.code == MR_CODE_NOT_FOUND)
		return MR_OK;
	MR_TRY(r);
	memset(roots->has_ark, 0, sizeof roots->has_ark);
	struct mr_str rest = mr_buf_str(&pem);
	for (unsigned count = 0;; count++) {
		MR_AUTO(cert) struct mr_cert ark = { .version = 0 };

		r = mr_cert_from_pem(rest, &ark, &rest, err);
		if (r.code == MR_CODE_NOT_FOUND && count > 0)
			return MR_OK;
		MR_TRY(r);
		enum mr_snp_line line = mr_amd_line_of_ark(&ark);
		if (line == MR_SNP_UNKNOWN)
			return mr_fail(err, MR_CODE_INVALID, "amd-ark.pem: not the name of an ARK");
		MR_TRY(mr_sha256(ark.der, roots->ark[line], err));
		roots->has_ark[line] = true;
	}
}

mr_result mr_roots_load(struct mr_roots *ret, struct mr_error *err)
{
	const char *directory = getenv("MR_TEST_TRUST_ROOTS");

	*ret = production;
	if (!directory || !*directory)
		return MR_OK;
	MR_TRY(mr_wrap(err, read_intel(directory, ret, err), "reading the test roots"));
	return mr_wrap(err, read_amd(directory, ret, err), "reading the test roots");
}

#else

mr_result mr_roots_load(struct mr_roots *ret, struct mr_error *err)
{
	(void)err;
	*ret = production;
	return MR_OK;
}
#endif
