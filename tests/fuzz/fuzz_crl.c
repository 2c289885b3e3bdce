/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation lists. */
#include "crypto/crl.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t serial[] = { 0x12, 0x34 };
	struct mr_cert certificate = { .serial = { serial, sizeof serial } };
	MR_AUTO(crl) struct mr_crl crl = { .this_update = 0 };
	struct mr_error err;

	if (mr_failed(mr_crl_parse(mr_bytes_of(data, size), &crl, &err)))
		return 0;
	FUZZ_CHECK(crl.der.len == size);
	bool listed = mr_crl_lists(&crl, &certificate);
	FUZZ_CHECK(!listed || crl.revoked.len >= sizeof serial);
	return 0;
}
