/* SPDX-License-Identifier: Apache-2.0 */
/* What enclave packages say of themselves: Open Enclave and EGo binaries, Gramine and Occlum instances, SGX SDK enclaves (50
 * §12, 70 §14). */
#ifndef MR_PACKAGE_PACKAGE_H
#define MR_PACKAGE_PACKAGE_H

#include "package/sigstruct.h"

/* Larger files are no enclaves that a processor would load. */
#define MR_PACKAGE_FILE_MAX ((size_t)4 << 30)

enum mr_package_kind { MR_PACKAGE_FILE, MR_PACKAGE_GRAMINE, MR_PACKAGE_OCCLUM };

struct mr_package {
	enum mr_package_kind kind;
	struct mr_buf file; /* what `sig` points into */
	struct mr_sigstruct sig;
	/* Of an .oeinfo section: the configuration that the signing tool has put there. */
	bool has_config;
	uint16_t config_product_id, config_security_version;
	bool config_debug;
};

/* Why each way to read it has failed. */
struct mr_package_causes {
	bool is_directory; /* then the first does not apply */
	struct mr_error open_enclave, gramine, sgx_sdk;
};

/* Reads a file or a directory, in the order of 50 §12.1. MR_CODE_IO `stat <path>: …` if it is not there; MR_CODE_NOT_FOUND when no
 * way succeeds, with the causes filled in. */
MR_MUST_USE mr_result mr_package_read(const char *path, struct mr_package *ret,
	struct mr_package_causes *causes, struct mr_error *err);
void mr_package_done(struct mr_package *package);

MR_DEFINE_AUTO(package, struct mr_package, mr_package_done)

#endif
