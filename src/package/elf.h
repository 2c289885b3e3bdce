/* SPDX-License-Identifier: Apache-2.0 */
/* Sections of ELF files, as far as enclave packages need them: 64 bit, little-endian, by name (50 §12.3). */
#ifndef MR_PACKAGE_ELF_H
#define MR_PACKAGE_ELF_H

#include "base/bytes.h"

/* The bytes of the first section of this name, borrowed from the file. MR_CODE_NOT_FOUND, with no text, if there is none or it
 * has no bytes in the file; MR_CODE_INVALID for what is no such ELF file, or damaged: every offset and size is checked. */
MR_MUST_USE mr_result mr_elf_section(
	struct mr_bytes file, struct mr_str name, struct mr_bytes *ret, struct mr_error *err);

#endif
