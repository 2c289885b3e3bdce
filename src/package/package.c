/* SPDX-License-Identifier: Apache-2.0 */
#include "package/package.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "package/elf.h"

#define OCCLUM_LIBRARY "build/lib/libocclum-libos.signed.so"

/* Places in .oeinfo (70 §14.3). */
enum { PRODUCT_ID_AT = 32, ATTRIBUTES_AT = 72, CONFIG_END = 80, ATTRIBUTE_DEBUG = 2 };

void mr_package_done(struct mr_package *package)
{
	mr_buf_done(&package->file);
}

static mr_result read_file(const char *path, struct mr_package *p, struct mr_error *err)
{
	mr_buf_done(&p->file);
	mr_buf_init(&p->file, MR_PACKAGE_FILE_MAX);
	return mr_file_read(path, &p->file, err);
}

static mr_result section(const struct mr_package *p, const char *name, const char *absent,
	struct mr_bytes *ret, struct mr_error *err)
{
	mr_result r = mr_elf_section(mr_buf_bytes(&p->file), mr_str_of(name), ret, err);

	return mr_failed(r) && r.code == MR_CODE_NOT_FOUND
		       ? mr_fail(err, MR_CODE_NOT_FOUND, "%s", absent)
		       : r;
}

static void read_config(struct mr_package *p, struct mr_bytes oeinfo)
{
	struct mr_cursor c = mr_cursor_of(oeinfo);
	uint64_t attributes;

	p->has_config = oeinfo.len >= CONFIG_END && mr_cursor_skip(&c, PRODUCT_ID_AT) &&
			mr_cursor_u16le(&c, &p->config_product_id) &&
			mr_cursor_u16le(&c, &p->config_security_version) &&
			mr_cursor_skip(&c, ATTRIBUTES_AT - PRODUCT_ID_AT - 4) &&
			mr_cursor_u64le(&c, &attributes);
	if (p->has_config)
		p->config_debug = attributes & ATTRIBUTE_DEBUG;
}

static mr_result as_open_enclave(struct mr_package *p, struct mr_error *err)
{
	struct mr_bytes oeinfo;

	MR_TRY(section(p, ".oeinfo", "could not find .oeinfo ELF section in binary", &oeinfo, err));
	MR_TRY(mr_sigstruct_find(oeinfo, &p->sig, err));
	read_config(p, oeinfo);
	return MR_OK;
}

static mr_result as_gramine(struct mr_package *p, struct mr_error *err)
{
	return mr_sigstruct_find(mr_buf_bytes(&p->file), &p->sig, err);
}

static mr_result as_sgx_sdk(struct mr_package *p, struct mr_error *err)
{
	struct mr_bytes metadata;

	MR_TRY(section(p, ".note.sgxmeta",
		"could not find SGX metadata section (.note.sgxmeta) in given file", &metadata,
		err));
	return mr_sigstruct_find(metadata, &p->sig, err);
}

/* --- files --- */

static bool read_as_file(const char *path, struct mr_package *p, struct mr_package_causes *causes)
{
	p->kind = MR_PACKAGE_FILE;
	if (mr_failed(read_file(path, p, &causes->gramine))) {
		causes->open_enclave = causes->sgx_sdk = causes->gramine;
		return false;
	}
	return !mr_failed(as_open_enclave(p, &causes->open_enclave)) ||
	       !mr_failed(as_gramine(p, &causes->gramine)) ||
	       !mr_failed(as_sgx_sdk(p, &causes->sgx_sdk));
}

/* --- directories --- */

static mr_result join(
	const char *folder, const char *name, char ret[static PATH_MAX], struct mr_error *err)
{
	int n = snprintf(ret, PATH_MAX, "%s/%s", folder, name);

	return n > 0 && n < PATH_MAX ? MR_OK : mr_fail(err, MR_CODE_LIMIT, "path is too long");
}

/* The only entry that ends in `.sig`. */
static mr_result find_sig(
	DIR *dir, const char *folder, char ret[static PATH_MAX], struct mr_error *err)
{
	const struct dirent *entry;
	size_t count = 0;

	while ((entry = readdir(dir)) != NULL) {
		if (!mr_str_ends(mr_str_of(entry->d_name), MR_STR(".sig")))
			continue;
		if (++count > 1)
			return mr_fail(err, MR_CODE_CONFLICT, "found multiple .sig files");
		MR_TRY(join(folder, entry->d_name, ret, err));
	}
	if (count == 0)
		return mr_fail(
			err, MR_CODE_NOT_FOUND, "did not find Gramine .sig file in directory");
	return MR_OK;
}

static mr_result read_gramine(const char *folder, struct mr_package *p, struct mr_error *err)
{
	char path[PATH_MAX];
	DIR *dir = opendir(folder);

	if (!dir)
		return mr_fail_errno(err, errno, "open %s", folder);
	mr_result r = find_sig(dir, folder, path, err);
	(void)closedir(dir);
	MR_TRY(r);
	MR_TRY(read_file(path, p, err));
	p->kind = MR_PACKAGE_GRAMINE;
	return as_gramine(p, err);
}

static mr_result read_occlum(const char *folder, struct mr_package *p, struct mr_error *err)
{
	char path[PATH_MAX];

	MR_TRY(join(folder, OCCLUM_LIBRARY, path, err));
	MR_TRY(read_file(path, p, err));
	p->kind = MR_PACKAGE_OCCLUM;
	return as_sgx_sdk(p, err);
}

mr_result mr_package_read(const char *path, struct mr_package *ret,
	struct mr_package_causes *causes, struct mr_error *err)
{
	struct mr_package p = { 0 };
	struct stat st;
	bool found;

	if (stat(path, &st) != 0)
		return mr_fail_errno(err, errno, "stat %s", path);
	causes->is_directory = S_ISDIR(st.st_mode);
	found = causes->is_directory ? !mr_failed(read_gramine(path, &p, &causes->gramine)) ||
					       !mr_failed(read_occlum(path, &p, &causes->sgx_sdk))
				     : read_as_file(path, &p, causes);
	if (found) {
		*ret = p;
		return MR_OK;
	}
	mr_package_done(&p);
	return mr_fail(err, MR_CODE_NOT_FOUND, "unable to determine enclave properties");
}
