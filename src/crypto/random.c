/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/random.h"

#include <limits.h>
#include <openssl/rand.h>

#include "crypto/lib.h"

mr_result mr_random(void *out, size_t size, struct mr_error *err)
{
	uint8_t *to = out;

	while (size > 0) {
		/* The length is an int in one library. */
		size_t part = size > INT_MAX ? INT_MAX : size;

		if (RAND_bytes(to, MR_LIB_LEN(part)) != 1)
			return mr_lib_fail(err, "reading random bytes");
		to += part;
		size -= part;
	}
	return MR_OK;
}

mr_result mr_random_uuid(struct mr_uuid *ret, struct mr_error *err)
{
	uint8_t bytes[16];

	MR_TRY(mr_random(bytes, sizeof bytes, err));
	*ret = mr_uuid_from_random(bytes);
	return MR_OK;
}
