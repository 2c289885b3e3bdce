/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For LD_PRELOAD in benchmarks: each sync of a file takes at least BENCH_SYNC_MS milliseconds, as
 * it does on storage that is slower than this machine's.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long delay_ns(void)
{
	const char *text = getenv("BENCH_SYNC_MS");
	long ms = 0;

	for (; text && *text >= '0' && *text <= '9' && ms < 1000; text++)
		ms = ms * 10 + (*text - '0');
	return ms * 1000000;
}

static int sync_slowly(long number, int fd)
{
	struct timespec end;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += delay_ns();
	end.tv_sec += end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	int result = (int)syscall(number, fd);
	int errnum = errno;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
		continue;
	errno = errnum;
	return result;
}

int fsync(int fd)
{
	return sync_slowly(SYS_fsync, fd);
}

int fdatasync(int fildes)
{
	return sync_slowly(SYS_fdatasync, fildes);
}
