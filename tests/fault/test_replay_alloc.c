/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Out of memory at every point of what the seeds of a fuzz target make its module do: nothing may
 * crash, leak, or break what the target checks. Linked with that target; the folder of its seeds is
 * the program's argument.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "fault.h"

#define SEED_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *folder;

static mr_result replay(void *context, struct mr_error *err)
{
	const struct mr_buf *seed = context;

	(void)err;
	(void)LLVMFuzzerTestOneInput(seed->data, seed->len);
	return MR_OK;
}

static bool replay_file(const char *name)
{
	MR_AUTO(buf) struct mr_buf seed = { 0 };
	struct mr_error err;
	char path[1024];

	if (name[0] == '.')
		return false;
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	mr_buf_init(&seed, SEED_MAX);
	assert_false(mr_failed(mr_file_read(path, &seed, &err)));
	(void)mr_fault_each(name, replay, &seed, true);
	return true;
}

static void test_seeds(void **state)
{
	size_t count = 0;
	DIR *dir = opendir(folder);

	(void)state;
	assert_non_null(dir);
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		count += replay_file(entry->d_name);
	(void)closedir(dir);
	assert_true(count > 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_seeds) };

	if (argc != 2)
		return 2;
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
