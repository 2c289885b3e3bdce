/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/tee.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"

#define GRAMINE_TYPE "/dev/attestation/attestation_type"

enum { OCCLUM_HAS_DCAP = 6 };

static bool is_gramine(void)
{
	MR_AUTO(buf) struct mr_buf type = { 0 };
	struct mr_error ignored;

	mr_buf_init(&type, 64);
	return !mr_failed(mr_file_read(GRAMINE_TYPE, &type, &ignored)) &&
	       mr_str_starts(mr_buf_str(&type), MR_STR("dcap"));
}

/* The host's device of that name knows another set of requests. */
static bool is_occlum(void)
{
	MR_AUTO(fd) int fd = open("/dev/sgx", O_RDONLY | O_CLOEXEC);
	int present = 0;

	return fd >= 0 && ioctl(fd, _IOR('s', OCCLUM_HAS_DCAP, int), &present) == 0;
}

enum mr_tee_runtime mr_tee_detect(void)
{
	if (is_gramine())
		return MR_RUNTIME_GRAMINE;
	if (is_occlum())
		return MR_RUNTIME_OCCLUM;
	switch (mr_cvm_detect()) {
	case MR_CVM_TDX:
		return MR_RUNTIME_TDX;
	case MR_CVM_SNP:
		return MR_RUNTIME_SNP;
	case MR_CVM_NONE:
		break;
	}
	return MR_RUNTIME_NONE;
}

const struct mr_issuer *mr_tee_issuer(enum mr_tee_runtime runtime)
{
	static const struct mr_issuer *const issuers[] = {
		[MR_RUNTIME_NONE] = &mr_issuer_none,
		[MR_RUNTIME_GRAMINE] = &mr_issuer_gramine,
		[MR_RUNTIME_OCCLUM] = &mr_issuer_occlum,
		[MR_RUNTIME_TDX] = &mr_issuer_cvm,
		[MR_RUNTIME_SNP] = &mr_issuer_cvm,
	};

	return issuers[runtime];
}

const char *mr_tee_runtime_name(enum mr_tee_runtime runtime)
{
	static const char *const names[] = { "none", "Gramine", "Occlum", "TDX", "SEV-SNP" };

	return names[runtime];
}
