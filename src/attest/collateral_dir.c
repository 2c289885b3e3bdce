/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/collateral_dir.h"

#include <stdio.h>

#include "base/file.h"

enum { PATH_SIZE = 4096 };
/* a document at its limit is judged by its reader */
#define FILE_SIZE_MAX (((size_t)1 << 20) + 4096)

static mr_result read_file(const char *directory, const char *name, struct mr_arena *arena,
	struct mr_bytes *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf content = { 0 };
	char path[PATH_SIZE];

	if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, name) >= sizeof path)
		return mr_fail(err, MR_CODE_LIMIT, "the path of the collateral is too long");
	mr_buf_init(&content, FILE_SIZE_MAX);
	mr_result r = mr_file_read(path, &content, err);
	if (r.code == MR_CODE_NOT_FOUND)
		return MR_OK;
	MR_TRY(r);
	MR_TRY(mr_arena_bytes(arena, mr_buf_bytes(&content), ret, err));
	/* there, though empty */
	if (!ret->ptr)
		*ret = mr_bytes_of("", 0);
	return MR_OK;
}

mr_result mr_collateral_dir_read(const char *path, struct mr_arena *arena,
	struct mr_collateral_dir *ret, struct mr_error *err)
{
	struct mr_collateral_dir dir = { .pck_chain = { NULL, 0 } };
	struct mr_bytes pck_chain = { NULL, 0 };
	struct mr_bytes vcek = { NULL, 0 };
	struct mr_bytes vlek = { NULL, 0 };
	const struct {
		const char *name;
		struct mr_bytes *into;
	} files[] = {
		{ "tcbinfo.json", &dir.intel.tcb_info },
		{ "tcbinfo_issuer_chain.pem", &dir.intel.tcb_info_chain },
		{ "qeidentity.json", &dir.intel.qe_identity },
		{ "qeidentity_issuer_chain.pem", &dir.intel.qe_identity_chain },
		{ "pckcrl.der", &dir.intel.pck_crl },
		{ "pckcrl_issuer_chain.pem", &dir.intel.pck_crl_chain },
		{ "rootcacrl.der", &dir.intel.root_crl },
		{ "pck_chain.pem", &pck_chain },
		{ "vcek.der", &vcek },
		{ "vlek.der", &vlek },
		{ "cert_chain.pem", &dir.snp.chain },
		{ "crl.der", &dir.snp.crl },
	};

	for (size_t i = 0; i < MR_COUNT(files); i++)
		MR_TRY(read_file(path, files[i].name, arena, files[i].into, err));
	dir.pck_chain = mr_bytes_str(pck_chain);
	dir.snp.vek = vcek.ptr ? vcek : vlek;
	*ret = dir;
	return MR_OK;
}
