/* SPDX-License-Identifier: Apache-2.0 */
/* What the system tells of a process and of itself. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/file.h"
#include "load.h"

enum { FILE_MAX = 64 << 10, SETTLE_MS = 60, SETTLE_ROUNDS = 80 };

void mr_load_sleep_ms(long milliseconds)
{
	struct timespec left = { milliseconds / 1000, milliseconds % 1000 * 1000000 };

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		continue;
}

static double seconds(const struct timespec *t)
{
	return (double)t->tv_sec + (double)t->tv_nsec / 1e9;
}

double mr_load_now_s(void)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return seconds(&t);
}

/* The number behind the text, or -1. */
static long number_after(struct mr_str text, struct mr_str name)
{
	const char *at = memmem(text.ptr, text.len, name.ptr, name.len);
	const char *end = text.ptr + text.len;
	long n = 0;

	if (!at)
		return -1;
	for (at += name.len; at < end && (*at == ' ' || *at == '\t'); at++)
		continue;
	for (; at < end && *at >= '0' && *at <= '9' && n < 1L << 40; at++)
		n = n * 10 + (*at - '0');
	return n;
}

/* Reads into `out`, which is empty where the file cannot be read. */
static void read_proc(pid_t pid, const char *name, struct mr_buf *out)
{
	char path[64];
	struct mr_error err;

	mr_buf_clear(out);
	(void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
	if (mr_failed(mr_file_read(path, out, &err)))
		mr_buf_clear(out);
}

/* The clock of a process counts nanoseconds, of threads that have ended as well. */
static mr_result read_cpu(pid_t pid, double *ret, struct mr_error *err)
{
	struct timespec t;
	clockid_t clock;
	int errnum = clock_getcpuclockid(pid, &clock);

	if (errnum == 0 && clock_gettime(clock, &t) != 0)
		errnum = errno;
	if (errnum != 0)
		return mr_fail_errno(err, errnum, "reading the CPU time of process %ld", (long)pid);
	*ret = seconds(&t);
	return MR_OK;
}

mr_result mr_load_usage_of(
	pid_t pid, bool with_memory, struct mr_load_usage *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	*ret = (struct mr_load_usage){ .rss_kib = -1, .peak_kib = -1, .pss_kib = -1 };
	if (pid == 0)
		return MR_OK;
	MR_TRY(read_cpu(pid, &ret->cpu_s, err));
	if (!with_memory)
		return MR_OK;
	mr_buf_init(&text, FILE_MAX);
	read_proc(pid, "status", &text);
	ret->rss_kib = number_after(mr_buf_str(&text), MR_STR("\nVmRSS:"));
	ret->peak_kib = number_after(mr_buf_str(&text), MR_STR("\nVmHWM:"));
	read_proc(pid, "smaps_rollup", &text);
	ret->pss_kib = number_after(mr_buf_str(&text), MR_STR("\nPss:"));
	return MR_OK;
}

mr_result mr_load_settle(pid_t pid, struct mr_error *err)
{
	struct mr_load_usage last, now;

	MR_TRY(mr_load_usage_of(pid, false, &last, err));
	for (int i = 0; i < SETTLE_ROUNDS && pid != 0; i++) {
		mr_load_sleep_ms(SETTLE_MS);
		MR_TRY(mr_load_usage_of(pid, false, &now, err));
		if (now.cpu_s - last.cpu_s < SETTLE_MS / 1e3 * 0.01)
			break;
		last = now;
	}
	return MR_OK;
}

void mr_load_machine(double *ret_busy, double *ret_idle)
{
	/* user, nice, system, idle, iowait, irq, softirq, steal; in units of 10 ms */
	double fields[8] = { 0 };
	char line[256] = "";
	FILE *file = fopen("/proc/stat", "re");

	if (file) {
		if (!fgets(line, sizeof line, file))
			line[0] = '\0';
		(void)fclose(file);
	}
	const char *at = line;
	for (size_t i = 0; i < MR_COUNT(fields); i++) {
		while (*at && (*at < '0' || *at > '9'))
			at++;
		for (; *at >= '0' && *at <= '9'; at++)
			fields[i] = fields[i] * 10 + (*at - '0');
	}
	*ret_idle = (fields[3] + fields[4]) / 100;
	*ret_busy = (fields[0] + fields[1] + fields[2] + fields[5] + fields[6] + fields[7]) / 100;
}
