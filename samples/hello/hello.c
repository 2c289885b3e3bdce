/* SPDX-License-Identifier: Apache-2.0 */
/* A Marble in C: what the Coordinator has handed over, by libmarblerun. */
#include <marblerun/marble.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int count_blocks(const char *pem)
{
	int count = 0;

	while ((pem = strstr(pem, "-----BEGIN ")) != NULL) {
		count++;
		pem++;
	}
	return count;
}

int main(int argc, char **argv)
{
	marblerun_error error;
	marblerun_credentials *credentials = marblerun_credentials_from_env(&error);
	uint64_t starts = 0;

	if (!credentials) {
		(void)fprintf(stderr, "this is no Marble: %s\n", error.message);
		return EXIT_FAILURE;
	}
	(void)printf("%s, %s!\n", getenv("GREETING") ? getenv("GREETING") : "Hello", argc > 1 ? argv[1] : "nobody");
	(void)printf("my certificate and its issuer: %d\n", count_blocks(marblerun_credentials_chain(credentials)));
	if (argc > 2 && marblerun_monotonic_counter(credentials, argv[2], "starts", 1, &starts, &error) != 0) {
		(void)fprintf(stderr, "counting: %s\n", error.message);
		marblerun_credentials_free(credentials);
		return EXIT_FAILURE;
	}
	(void)printf("starts before this one: %llu\n", (unsigned long long)starts);
	marblerun_credentials_free(credentials);
	return EXIT_SUCCESS;
}
