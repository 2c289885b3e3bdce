/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No input of 0 to MAX bytes makes the reader of the PCK certificate's extension, and the DER reader below it, read outside
 * of it, overflow or use what was not initialized (tools/prove.sh). Real extensions have some 500 bytes.
 */
#include "attest/pck_extension.h"
#include "prove.h"

enum { MAX = 640 };

static unsigned char input[MAX];

int main(void)
{
	/*@ loop unroll MAX + 1; */
	for (unsigned size = 0; size <= MAX; size++) {
		struct mr_bytes all = { any_input(input, MAX, size), size };
		struct mr_pck_extension extension;

		(void)mr_pck_extension_read(all, &extension);
	}
	return 0;
}
