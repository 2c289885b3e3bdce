/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays EdgelessRT around libertmeshpremain.a (30 §5.1): its file system, its quotes, its call of the premain, then the
 * application's main, which has an OpenSSL of its own. The host's file system is the folder $ERT_HOST; calls below
 * /edg/hostfs go there. ERT_QUOTE is the text of the quote; without it quoting is unsupported, with `fail` it fails.
 */
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

void ert_meshentry_premain(int *argc, char ***argv);
unsigned oe_get_report_v2(uint32_t flags, const uint8_t *data, size_t size, const void *opt,
	size_t opt_size, uint8_t **report, size_t *report_size);
void oe_free_report(uint8_t *report);
const char *oe_result_str(unsigned result);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __real_open64(const char *path, int flags, ...);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *path);

enum { OE_OK, OE_FAILURE, OE_UNSUPPORTED };

/* --- the runtime's file system --- */

static const char *host(const char *path, char to[static 4096])
{
	static const char prefix[] = "/edg/hostfs";

	if (strncmp(path, prefix, sizeof prefix - 1) != 0)
		return path;
	(void)snprintf(to, 4096, "%s%s", getenv("ERT_HOST"), path + sizeof prefix - 1);
	return to;
}

int __wrap_open64(const char *path, int flags, ...)
{
	char to[4096];
	va_list list;

	va_start(list, flags);
	unsigned mode = va_arg(list, unsigned);
	va_end(list);
	return __real_open64(host(path, to), flags, mode);
}

int __wrap_rename(const char *from, const char *to)
{
	char one[4096], two[4096];

	return __real_rename(host(from, one), host(to, two));
}

int __wrap_unlink(const char *path)
{
	char to[4096];

	return __real_unlink(host(path, to));
}

int mount(const char *special_file, const char *dir, const char *fstype, unsigned long rwflag,
	const void *data)
{
	(void)printf("mount %s %s %s %lu %s\n", special_file, dir, fstype, rwflag,
		data ? "data" : "no data");
	return getenv("ERT_NO_MOUNT") ? -1 : 0;
}

/* --- Open Enclave --- */

unsigned oe_get_report_v2(uint32_t flags, const uint8_t *data, size_t size, const void *opt,
	size_t opt_size, uint8_t **report, size_t *report_size)
{
	const char *quote = getenv("ERT_QUOTE");

	if (!quote)
		return OE_UNSUPPORTED;
	if (strcmp(quote, "fail") == 0)
		return OE_FAILURE;
	(void)printf(
		"report %u %zu %s\n", flags, size, data && !opt && opt_size == 0 ? "hash" : "else");
	*report = (uint8_t *)strdup(quote);
	*report_size = strlen(quote);
	return OE_OK;
}

void oe_free_report(uint8_t *report)
{
	(void)printf("free\n");
	free(report);
}

const char *oe_result_str(unsigned result)
{
	return result == OE_UNSUPPORTED ? "OE_UNSUPPORTED" : "OE_FAILURE";
}

/* --- the application --- */

static int application(int argc, char **argv)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	/* its own library, beside the hidden one */
	if (EVP_Digest("x", 1, digest, &len, EVP_sha256(), NULL) != 1 || len != 32)
		return 3;
	for (int i = 0; i < argc; i++)
		(void)printf("argv %s\n", argv[i]);
	if (argv[argc])
		return 4;
	for (char **e = environ; *e; e++)
		(void)printf("env %.60s\n", *e);
	return 0;
}

int main(void)
{
	int argc = 0;
	char **argv = NULL;

	(void)setvbuf(stdout, NULL, _IONBF, 0);
	ert_meshentry_premain(&argc, &argv);
	return application(argc, argv);
}
