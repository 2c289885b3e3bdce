/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of confidential VMs (70 §16.4, §16.5, §17.4): a folder that fills itself as configfs does, and a device that answers
 * as the guest's kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/issuer.h"
#include "base/file.h"

int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __real_rmdir(const char *path);
int __wrap_rmdir(const char *path);
ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);

static const uint8_t report_data[MR_REPORT_DATA_SIZE] = { 9, 8, 7 };

/* --- configfs --- */

static char top[] = "/tmp/test_issuer_cvm.XXXXXX";
static char entry[256];
static const char *provider;
static size_t evidence_size, certificates_size;
static int other_writers; /* as many writes have another one beside them */
static unsigned long generation;
static bool playing;

static void put(const char *name, const void *data, size_t size)
{
	struct mr_error err;
	char path[300];

	(void)snprintf(path, sizeof path, "%s/%s", entry, name);
	bool was = playing;
	playing = false;
	assert_false(mr_failed(mr_file_write(path, mr_bytes_of(data, size), 0600, &err)));
	playing = was;
}

static void put_generation(void)
{
	char text[32];
	int n = snprintf(text, sizeof text, "%lu\n", generation);

	put("generation", text, (size_t)n);
}

/* A sanitizer's runtime may make the folder of its log before its own memory is there. */
#ifdef __clang__
#define EARLY __attribute__((no_sanitize("address"), disable_sanitizer_instrumentation))
#else
#define EARLY __attribute__((no_sanitize_address, no_sanitize_thread))
#endif

static void fill_entry(const char *path)
{
	uint8_t blob[8192];

	(void)snprintf(entry, sizeof entry, "%s", path);
	memset(blob, 'E', sizeof blob);
	put("inblob", "", 0);
	put("outblob", blob, evidence_size);
	if (certificates_size != SIZE_MAX)
		put("auxblob", blob, certificates_size);
	put("provider", provider, strlen(provider));
	put_generation();
}

EARLY int __wrap_mkdir(const char *path, mode_t mode)
{
	int result = __real_mkdir(path, mode);

	if (playing && result == 0)
		fill_entry(path);
	return result;
}

static void empty_entry(const char *path)
{
	static const char *const names[] = { "inblob", "outblob", "auxblob", "provider",
		"generation" };
	char file[300];

	for (size_t i = 0; i < MR_COUNT(names); i++) {
		(void)snprintf(file, sizeof file, "%s/%s", path, names[i]);
		(void)unlink(file);
	}
}

EARLY int __wrap_rmdir(const char *path)
{
	if (playing)
		empty_entry(path);
	return __real_rmdir(path);
}

static void take_input(const void *data, size_t size)
{
	assert_int_equal(size, 64);
	assert_memory_equal(data, report_data, sizeof report_data);
	generation += other_writers > 0 ? 2 : 1;
	other_writers -= other_writers > 0;
	put_generation();
}

EARLY ssize_t __wrap_write(int fd, const void *data, size_t size)
{
	ssize_t n = __real_write(fd, data, size);

	if (playing)
		take_input(data, size);
	return n;
}

static mr_result issue_tsm(struct mr_buf *out, struct mr_error *err)
{
	struct mr_issuer issuer = mr_issuer_tsm;

	issuer.device = top;
	playing = true;
	mr_buf_init(out, 1 << 20);
	mr_result r = issuer.issue(&issuer, report_data, out, err);
	playing = false;
	assert_int_equal(access(entry, F_OK), -1); /* nothing stays */
	return r;
}

static void tsm_gives(const char *who, size_t evidence, size_t certificates)
{
	provider = who;
	evidence_size = evidence;
	certificates_size = certificates;
	other_writers = 0;
}

static void test_tdx(void **state)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	static const uint8_t header[16] = { 1, 0, 0, 0, 2, 0, 0, 0, 0x88, 0x13 };
	struct mr_error err;

	(void)state;
	tsm_gives("tdx_guest\n", 5000, SIZE_MAX);
	mr_result r = issue_tsm(&out, &err);
	if (mr_failed(r))
		fail_msg("%s", err.message);
	assert_int_equal(out.len, 16 + 5000);
	assert_memory_equal(out.data, header, sizeof header);
}

static void test_snp(void **state)
{
	static const uint8_t header[20] = { 'M', 'R', 'E', 'V', 1, 0, 3, 0, 2, 0, 0, 0, 1, 0, 0, 0,
		0xa0, 0x04, 0, 0 };
	static const uint8_t second[8] = { 2, 0, 0, 0, 100, 0, 0, 0 };
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	(void)state;
	tsm_gives("sev_guest\n", 1184, 100);
	other_writers = 2; /* asked again */
	assert_false(mr_failed(issue_tsm(&out, &err)));
	assert_int_equal(out.len, 12 + 8 + 1184 + 8 + 100);
	assert_memory_equal(out.data, header, sizeof header);
	assert_memory_equal(out.data + 20 + 1184, second, sizeof second);
	mr_buf_done(&out);
	tsm_gives("sev_guest\n", 1184, 0);
	assert_false(mr_failed(issue_tsm(&out, &err)));
	assert_int_equal(out.len, 12 + 8 + 1184);
	assert_int_equal(out.data[8], 1);
}

static void test_tsm_refusals(void **state)
{
	static const struct {
		const char *provider;
		size_t evidence, writers;
		const char *message;
	} cases[] = {
		{ "sev_guest\n", 1183, 0, "an SNP report of 1183 bytes" },
		{ "tdx_guest\n", 0, 0, "the platform gave no evidence" },
		{ "other\n", 10, 0, "unknown provider of evidence: other" },
		{ "tdx_guest\n", 10, 99, "others keep writing to" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		struct mr_error err;
		tsm_gives(cases[i].provider, cases[i].evidence, SIZE_MAX);
		other_writers = (int)cases[i].writers;
		assert_true(mr_failed(issue_tsm(&out, &err)));
		assert_non_null(strstr(err.message, cases[i].message));
		assert_int_equal(out.len, 0);
	}
	struct mr_issuer issuer = mr_issuer_tsm;
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;
	issuer.device = "/nowhere/at/all";
	assert_true(mr_failed(issuer.issue(&issuer, report_data, &out, &err)));
	assert_non_null(strstr(err.message, "mkdir /nowhere/at/all/marblerun-"));
}

/* --- the guest device --- */

static uint32_t table_needs; /* room for certificates */
static int failing;
static unsigned firmware_status;

static void put_u32(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_u64(const uint8_t *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof value);
	return value;
}

static int device(int fd, unsigned long number, void *argument)
{
	uint8_t *a = argument;

	(void)fd;
	assert_int_equal(number, 0xC0205302);
	assert_int_equal(a[0], 1);
	uint8_t *request = (uint8_t *)(uintptr_t)get_u64(a + 8);
	uint8_t *response = (uint8_t *)(uintptr_t)get_u64(a + 16);
	assert_memory_equal(request, report_data, sizeof report_data);
	if (failing) {
		errno = failing;
		return -1;
	}
	uint8_t *room = (uint8_t *)(uintptr_t)get_u64(request + 96);
	uint32_t size;
	memcpy(&size, request + 104, sizeof size);
	assert_int_equal((uintptr_t)room % 4096, 0);
	if (size < table_needs) {
		static const uint8_t too_small[8] = { 0, 0, 0, 0, 1 };
		put_u32(request + 104, table_needs);
		memcpy(a + 24, too_small, sizeof too_small);
		errno = EIO;
		return -1;
	}
	put_u32(response, firmware_status);
	put_u32(response + 4, 1184);
	memset(response + 32, 'R', 1184);
	if (table_needs > 0) {
		room[0] = 0x63; /* one certificate, of 50 bytes, and the end of the table */
		put_u32(room + 16, 48);
		put_u32(room + 20, 50);
		memset(room + 48, 'C', 50);
	}
	return 0;
}

static mr_result issue_device(struct mr_buf *out, struct mr_error *err)
{
	const struct mr_issuer issuer = {
		.issue = mr_issuer_sev_guest.issue, .device = "/dev/null", .control = device
	};

	mr_buf_init(out, 1 << 20);
	return issuer.issue(&issuer, report_data, out, err);
}

static void test_guest_device(void **state)
{
	static const uint32_t needs[] = { 0, 98, 20000, 100000 };
	struct mr_error err;

	(void)state;
	failing = 0;
	firmware_status = 0;
	for (size_t i = 0; i < MR_COUNT(needs); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		table_needs = needs[i];
		assert_false(mr_failed(issue_device(&out, &err)));
		size_t table = needs[i] ? 8 + 98 : 0;
		assert_int_equal(out.len, 12 + 8 + 1184 + table);
		assert_int_equal(out.data[20], 'R');
	}
}

static void test_guest_device_refusals(void **state)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	(void)state;
	failing = ENOTTY;
	assert_true(mr_failed(issue_device(&out, &err)));
	assert_non_null(strstr(err.message, "firmware error 0x0"));
	failing = 0;
	table_needs = 1 << 24;
	assert_true(mr_failed(issue_device(&out, &err)));
	assert_non_null(strstr(err.message, "certificates of 16777216 bytes"));
	table_needs = 0;
	firmware_status = 0x16;
	assert_true(mr_failed(issue_device(&out, &err)));
	assert_string_equal(err.message, "the firmware gave no report");
	firmware_status = 0;
	assert_true(mr_failed(mr_issuer_sev_guest.issue(
		&(struct mr_issuer){ .device = "/nowhere" }, report_data, &out, &err)));
	assert_string_equal(err.message, "open /nowhere: no such file or directory");
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(top) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tdx),
		cmocka_unit_test(test_snp),
		cmocka_unit_test(test_tsm_refusals),
		cmocka_unit_test(test_guest_device),
		cmocka_unit_test(test_guest_device_refusals),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
