/* SPDX-License-Identifier: Apache-2.0 */
/* Time: the wall clock for certificates and logs, the monotonic one for deadlines. Tests pass times of their own. */
#ifndef MR_BASE_CLOCK_H
#define MR_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Wall clock, nanoseconds since the Unix epoch. */
int64_t mr_clock_wall_ns(void);
/* Wall clock, seconds since the Unix epoch. */
int64_t mr_clock_wall(void);
/* Monotonic clock in milliseconds; its zero means nothing. */
int64_t mr_clock_monotonic_ms(void);

struct mr_civil_time {
	int year, month, day, hour, minute, second; /* month 1..12, day 1..31 */
};

/* UTC calendar time of a Unix time, any year from 1 to 9999. */
struct mr_civil_time mr_clock_civil(int64_t unix_seconds);
/* Unix time of a UTC calendar time; fields in range. */
int64_t mr_clock_unix(const struct mr_civil_time *civil);
/* Local time as `2026-01-02T03:04:05.678Z` or `…+0100` (40 §8). Returns the length without NUL. */
size_t mr_clock_format_iso8601(int64_t wall_ns, char *out, size_t out_size);

#endif
