/* SPDX-License-Identifier: Apache-2.0 */
/* The SGX extension of PCK certificates. */
#include "attest/pck_extension.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_pck_extension e;
	const char *problem = mr_pck_extension_read(mr_bytes_of(data, size), &e);

	FUZZ_CHECK(!problem || *problem);
	return 0;
}
