/* SPDX-License-Identifier: Apache-2.0 */
/* ELF sections and SIGSTRUCTs (50 §12, 70 §14), on the seeds of the fuzz target. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/file.h"
#include "package/elf.h"
#include "package/package.h"

static struct mr_buf seed(const char *name)
{
	struct mr_buf file;
	struct mr_error err;
	char path[512];

	(void)snprintf(path, sizeof path, "%s/%s", SEEDS, name);
	mr_buf_init(&file, 1 << 20);
	assert_false(mr_failed(mr_file_read(path, &file, &err)));
	return file;
}

static enum mr_code look(const struct mr_buf *file, const char *name, struct mr_bytes *ret)
{
	struct mr_error err;

	return mr_elf_section(mr_buf_bytes(file), mr_str_of(name), ret, &err).code;
}

static void test_sections(void **state)
{
	MR_AUTO(buf) struct mr_buf file = seed("oeinfo");
	struct mr_bytes section;

	(void)state;
	assert_int_equal(look(&file, ".oeinfo", &section), MR_CODE_OK);
	assert_int_equal(section.len, 144 + 1808 + 8);
	assert_int_equal(look(&file, ".text", &section), MR_CODE_OK);
	assert_int_equal(section.len, 10);
	assert_int_equal(look(&file, ".oeinf", &section), MR_CODE_NOT_FOUND);
	assert_int_equal(look(&file, ".note.sgxmeta", &section), MR_CODE_NOT_FOUND);
}

/* Cut anywhere, the file is damaged or lacks the section; what is found lies in it. */
static void test_cut_files(void **state)
{
	MR_AUTO(buf) struct mr_buf file = seed("oeinfo");

	(void)state;
	while (file.len > 0) {
		struct mr_bytes section;
		mr_buf_truncate(&file, file.len - 1);
		if (look(&file, ".oeinfo", &section) == MR_CODE_OK)
			assert_true(section.ptr + section.len <= file.data + file.len);
	}
}

static void test_every_byte_of_a_signature_counts(void **state)
{
	MR_AUTO(buf) struct mr_buf file = seed("bare");
	struct mr_sigstruct s;
	struct mr_error err;

	(void)state;
	assert_false(mr_failed(mr_sigstruct_find(mr_buf_bytes(&file), &s, &err)));
	assert_int_equal(s.isv_prod_id, 5);
	assert_int_equal(s.isv_svn, 6);
	assert_false(mr_sigstruct_is_debug(&s));
	assert_false(mr_failed(mr_sigstruct_verify(&s, &err)));
	/* up to the end of the body; what follows is q1 and q2 */
	for (size_t i = 0; i < 1028; i += 3) {
		file.data[i] ^= 1;
		assert_true(mr_failed(mr_sigstruct_find(mr_buf_bytes(&file), &s, &err)) ||
			    mr_failed(mr_sigstruct_verify(&s, &err)));
		file.data[i] ^= 1;
	}
}

static void test_packages(void **state)
{
	struct mr_package_causes causes;
	struct mr_error err;

	(void)state;
	MR_AUTO(package) struct mr_package package = { 0 };
	assert_false(mr_failed(mr_package_read(SEEDS "/oeinfo", &package, &causes, &err)));
	assert_true(package.has_config);
	assert_int_equal(package.config_product_id, 5);
	assert_int_equal(package.config_security_version, 6);
	mr_package_done(&package);
	assert_false(mr_failed(mr_package_read(SEEDS "/sgxmeta", &package, &causes, &err)));
	assert_false(package.has_config);
	mr_package_done(&package);
	assert_int_equal(mr_package_read(SEEDS "/empty_elf", &package, &causes, &err).code,
		MR_CODE_NOT_FOUND);
	assert_string_equal(
		causes.open_enclave.message, "could not find .oeinfo ELF section in binary");
	assert_int_equal(mr_package_read(SEEDS, &package, &causes, &err).code, MR_CODE_NOT_FOUND);
	assert_true(causes.is_directory);
	assert_int_equal(mr_package_read("/nowhere", &package, &causes, &err).code, MR_CODE_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_cut_files),
		cmocka_unit_test(test_every_byte_of_a_signature_counts),
		cmocka_unit_test(test_packages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
