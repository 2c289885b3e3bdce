/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/premain_log.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/env.h"
#include "base/file.h"
#include "codec/json.h"

enum { LINE_MAX_BYTES = 64 << 10 };

static bool json;

static void write_line(struct mr_buf *line)
{
	/* What a bound cut off is still worth showing. */
	if (line->len == 0)
		return;
	line->data[line->len - 1] = '\n';
	(void)!mr_fd_write_all(STDERR_FILENO, mr_buf_bytes(line));
}

static void write_json(const char *level, struct mr_str message)
{
	MR_AUTO(buf) struct mr_buf line = { 0 };
	int64_t now_ns = mr_clock_wall_ns();

	while (message.len && strchr(" \t\r\n", message.ptr[message.len - 1]))
		message.len--;
	mr_buf_init(&line, LINE_MAX_BYTES);
	mr_buf_printf(&line,
		"{\"level\":\"%s\",\"ts\":%lld.%06lld,\"caller\":\"marble/premain.c\",\"msg\":",
		level, (long long)(now_ns / 1000000000), (long long)(now_ns / 1000 % 1000000));
	mr_json_put_str(&line, message);
	mr_buf_put_cstr(&line, "}\n");
	write_line(&line);
}

static void write_text(struct mr_str message)
{
	MR_AUTO(buf) struct mr_buf line = { 0 };
	time_t now = (time_t)mr_clock_wall();
	struct tm local = { 0 };
	char when[32] = "";

	mr_buf_init(&line, LINE_MAX_BYTES);
	if (localtime_r(&now, &local))
		(void)strftime(when, sizeof when, "%Y/%m/%d %H:%M:%S", &local);
	mr_buf_printf(&line, "[PreMain] %s ", when);
	mr_buf_put_str(&line, message);
	mr_buf_put_u8(&line, '\n');
	write_line(&line);
}

void mr_premain_log_setup(void)
{
	json = mr_str_eq_nocase(mr_str_of(mr_env_get("EDG_LOG_FORMAT", "")), MR_STR("json"));
	if (json && mr_env_is_one("EDG_DEBUG_LOGGING"))
		write_json("debug", MR_STR("Debug logging enabled"));
}

void mr_premain_log(const char *format, ...)
{
	char message[MR_ERROR_MAX + 256] = "[PreMain] ";
	const size_t prefix = strlen(message);
	va_list args;

	va_start(args, format);
	int n = vsnprintf(message + prefix, sizeof message - prefix, format, args);
	va_end(args);
	if (n < 0)
		return;
	if (json)
		write_json("info", mr_str_of(message));
	else
		write_text(mr_str_of(message + prefix));
}

void mr_premain_log_fatal(const char *text)
{
	if (json)
		write_json("fatal", mr_str_of(text));
	else
		(void)fprintf(stderr, "Error: %s\n", text);
}
