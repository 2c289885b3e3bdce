/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t read_clock_ns(clockid_t id)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t mr_clock_wall_ns(void)
{
	return read_clock_ns(CLOCK_REALTIME);
}

int64_t mr_clock_wall(void)
{
	return mr_clock_wall_ns() / 1000000000;
}

int64_t mr_clock_monotonic_ms(void)
{
	return read_clock_ns(CLOCK_MONOTONIC) / 1000000;
}

/* Days since 1970-01-01 of a proleptic Gregorian date; years begin in March, so that the leap day is the last. */
static int64_t days_from_civil(int64_t y, int m, int d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

int64_t mr_clock_unix(const struct mr_civil_time *civil)
{
	return days_from_civil(civil->year, civil->month, civil->day) * 86400 + civil->hour * 3600 +
	       civil->minute * 60 + civil->second;
}

struct mr_civil_time mr_clock_civil(int64_t unix_seconds)
{
	int64_t days = unix_seconds / 86400;
	int64_t rest = unix_seconds % 86400;

	if (rest < 0) {
		rest += 86400;
		days--;
	}
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
				      day_of_era / 146096) /
			      365;
	int64_t day_of_year = day_of_era -
			      (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted_month = (5 * day_of_year + 2) / 153;
	struct mr_civil_time out;

	out.day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
	out.month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
	out.year = (int)(year_of_era + era * 400 + (out.month <= 2));
	out.hour = (int)(rest / 3600);
	out.minute = (int)(rest / 60 % 60);
	out.second = (int)(rest % 60);
	return out;
}

size_t mr_clock_format_iso8601(int64_t wall_ns, char *out, size_t out_size)
{
	time_t seconds = (time_t)(wall_ns / 1000000000);
	int millis = (int)(wall_ns / 1000000 % 1000);
	struct tm local;
	char zone[8] = "Z";

	if (!localtime_r(&seconds, &local))
		(void)gmtime_r(&seconds, &local);
	long offset = local.tm_gmtoff / 60;
	if (offset != 0)
		(void)snprintf(zone, sizeof zone, "%c%02d%02d", offset < 0 ? '-' : '+',
			(int)(labs(offset) / 60 % 100), (int)(labs(offset) % 60));
	int n = snprintf(out, out_size, "%04d-%02d-%02dT%02d:%02d:%02d.%03d%s",
		local.tm_year + 1900, local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min,
		local.tm_sec, millis, zone);
	return n > 0 && (size_t)n < out_size ? (size_t)n : 0;
}
