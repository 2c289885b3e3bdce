/* SPDX-License-Identifier: Apache-2.0 */
/* Enclave packages: what a section is lies in the file, what a SIGSTRUCT is lies in its bytes. */
#include "fuzz.h"
#include "package/elf.h"
#include "package/sigstruct.h"

static void check_inside(struct mr_bytes part, struct mr_bytes whole)
{
	FUZZ_CHECK(part.ptr >= whole.ptr && part.len <= whole.len);
	FUZZ_CHECK(part.ptr + part.len <= whole.ptr + whole.len);
}

static void look_for_sigstruct(struct mr_bytes bytes)
{
	struct mr_sigstruct s;
	struct mr_error err;

	if (mr_failed(mr_sigstruct_find(bytes, &s, &err)))
		return;
	check_inside(s.bytes, bytes);
	check_inside(s.mrenclave, s.bytes);
	check_inside(s.modulus, s.bytes);
	check_inside(s.signature, s.bytes);
	check_inside(s.xfrm, s.bytes);
	(void)mr_sigstruct_is_debug(&s);
	if (!mr_failed(mr_sigstruct_verify(&s, &err)))
		FUZZ_CHECK(s.exponent == 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mr_str names[] = { MR_STR_INIT(".oeinfo"), MR_STR_INIT(".note.sgxmeta"),
		MR_STR_INIT("") };
	const struct mr_bytes file = mr_bytes_of(data, size);
	struct mr_bytes section;
	struct mr_error err;

	look_for_sigstruct(file);
	for (size_t i = 0; i < MR_COUNT(names); i++) {
		if (mr_failed(mr_elf_section(file, names[i], &section, &err)))
			continue;
		check_inside(section, file);
		look_for_sigstruct(section);
	}
	return 0;
}
