/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target once over the files given, and over the files in the folders given: a seed
 * corpus is so a plain regression test in builds without libFuzzer. Fails when there is no input.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t replayed;

static int replay_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	/* exactly as large as the input, so that sanitizers see reads beyond it */
	uint8_t *data = size > 0 ? malloc(size) : NULL;
	int bad = f == NULL || (size > 0 && (data == NULL || fread(data, 1, size, f) != size));

	if (bad) {
		perror(path);
	} else {
		(void)LLVMFuzzerTestOneInput(data, size);
		replayed++;
	}
	free(data);
	if (f != NULL)
		(void)fclose(f);
	return bad;
}

static int replay(const char *path, int depth)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		perror(path);
		return 1;
	}
	if (!S_ISDIR(st.st_mode))
		return replay_file(path, (size_t)st.st_size);

	DIR *dir = depth > 0 ? opendir(path) : NULL;
	int bad = 0;

	if (dir == NULL) {
		perror(path);
		return 1;
	}
	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		char *name = NULL;

		if (entry->d_name[0] == '.')
			continue;
		if (asprintf(&name, "%s/%s", path, entry->d_name) < 0) {
			bad = 1;
			break;
		}
		bad |= replay(name, depth - 1);
		free(name);
	}
	(void)closedir(dir);
	return bad;
}

int main(int argc, char **argv)
{
	int bad = 0;

	for (int i = 1; i < argc; i++)
		bad |= replay(argv[i], 4);
	printf("%zu inputs replayed\n", replayed);
	return bad != 0 || replayed == 0;
}
