/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/utf8.h"

enum {
	LINE_MAX_BYTES = 64 << 10,
	VALUE_MAX_BYTES = 4096,
	SAMPLE_SLOTS = 256,
	SAMPLE_FIRST = 100,
	SAMPLE_EVERY = 100,
};

struct sample {
	int64_t second;
	uint32_t hash;
	uint32_t count;
};

struct mr_logger {
	int fd;
	enum mr_log_format format;
	enum mr_log_level least;
	pthread_mutex_t lock; /* of samples */
	struct sample samples[SAMPLE_SLOTS];
};

static const char *const level_names[] = { "debug", "info", "warn", "error", "fatal" };
static const char *const level_capitals[] = { "DEBUG", "INFO", "WARN", "ERROR", "FATAL" };

mr_result mr_logger_new(int fd, enum mr_log_format format, enum mr_log_level least,
	struct mr_logger **ret, struct mr_error *err)
{
	struct mr_logger *log = calloc(1, sizeof *log);

	if (!log)
		return mr_fail_nomem(err);
	log->fd = fd;
	log->format = format;
	log->least = least;
	int errnum = pthread_mutex_init(&log->lock, NULL);
	if (errnum) {
		free(log);
		return mr_fail_errno(err, errnum, "creating the log's lock");
	}
	*ret = log;
	return MR_OK;
}

void mr_logger_free(struct mr_logger *log)
{
	if (!log)
		return;
	(void)pthread_mutex_destroy(&log->lock);
	free(log);
}

bool mr_log_enabled(const struct mr_logger *log, enum mr_log_level level)
{
	return log && level >= log->least;
}

/* FNV-1a over level and message: messages are literals, so an attacker has no say in collisions. */
static uint32_t message_hash(enum mr_log_level level, const char *message)
{
	uint32_t hash = 2166136261u ^ (uint32_t)level;

	for (const char *p = message; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	return hash;
}

static bool sampled_out(
	struct mr_logger *log, enum mr_log_level level, const char *message, int64_t now)
{
	uint32_t hash = message_hash(level, message);

	if (level == MR_LOG_FATAL)
		return false;
	(void)pthread_mutex_lock(&log->lock);
	struct sample *slot = &log->samples[hash % SAMPLE_SLOTS];
	if (slot->second != now || slot->hash != hash)
		*slot = (struct sample){ .second = now, .hash = hash };
	uint32_t count = ++slot->count;
	(void)pthread_mutex_unlock(&log->lock);
	return count > SAMPLE_FIRST && (count - SAMPLE_FIRST) % SAMPLE_EVERY != 0;
}

static void put_json_str(struct mr_buf *out, struct mr_str s)
{
	if (s.len > VALUE_MAX_BYTES)
		s.len = VALUE_MAX_BYTES;
	mr_buf_put_u8(out, '"');
	for (size_t at = 0; at < s.len;) {
		size_t size;
		uint32_t rune = mr_utf8_decode(mr_str_sub(s, at, s.len), &size);
		if (rune == '"' || rune == '\\')
			mr_buf_printf(out, "\\%c", (int)rune);
		else if (rune == '\n')
			mr_buf_put_cstr(out, "\\n");
		else if (rune == '\t')
			mr_buf_put_cstr(out, "\\t");
		else if (rune < 0x20 || rune == 0x7F || rune == 0x2028 || rune == 0x2029)
			mr_buf_printf(out, "\\u%04x", rune);
		else if (rune == MR_RUNE_ERROR && size == 1)
			mr_buf_put_cstr(out, "\\ufffd");
		else
			mr_buf_put(out, s.ptr + at, size);
		at += size;
	}
	mr_buf_put_u8(out, '"');
}

static void put_field(struct mr_buf *out, const struct mr_log_field *field)
{
	put_json_str(out, mr_str_of(field->name));
	mr_buf_put_u8(out, ':');
	switch (field->kind) {
	case MR_LOG_FIELD_STR:
		put_json_str(out, field->str);
		break;
	case MR_LOG_FIELD_INT:
		mr_buf_printf(out, "%lld", (long long)field->number);
		break;
	case MR_LOG_FIELD_BOOL:
		mr_buf_put_cstr(out, field->number ? "true" : "false");
		break;
	case MR_LOG_FIELD_STRS:
		mr_buf_put_u8(out, '[');
		for (int64_t i = 0; i < field->number; i++) {
			if (i)
				mr_buf_put_u8(out, ',');
			put_json_str(out, field->strs[i]);
		}
		mr_buf_put_u8(out, ']');
		break;
	}
}

/* The last folder and the file: `coordinator/core.c`. */
static const char *short_file(const char *file)
{
	const char *last = strrchr(file, '/');

	if (!last)
		return file;
	for (const char *p = last; p > file; p--)
		if (p[-1] == '/')
			return p;
	return file;
}

static void put_json_line(struct mr_buf *out, enum mr_log_level level, const char *caller,
	int64_t now_ns, const char *message)
{
	mr_buf_printf(out, "{\"level\":\"%s\",\"ts\":%lld.%06lld,\"caller\":\"%s\",\"msg\":",
		level_names[level], (long long)(now_ns / 1000000000),
		(long long)(now_ns / 1000 % 1000000), caller);
	put_json_str(out, mr_str_of(message));
}

static void put_console_line(struct mr_buf *out, enum mr_log_level level, const char *caller,
	int64_t now_ns, const char *message)
{
	char when[40];

	(void)mr_clock_format_iso8601(now_ns, when, sizeof when);
	mr_buf_printf(out, "%s\t%s\t%s\t%s", when, level_capitals[level], caller, message);
}

void mr_log_write(struct mr_logger *log, enum mr_log_level level, const char *file, int line,
	const char *message, const struct mr_log_field *fields, size_t count)
{
	if (!mr_log_enabled(log, level))
		return;
	int64_t now_ns = mr_clock_wall_ns();
	if (sampled_out(log, level, message, now_ns / 1000000000))
		return;

	MR_AUTO(buf) struct mr_buf out = { 0 };
	char caller[128];
	mr_buf_init(&out, LINE_MAX_BYTES);
	(void)snprintf(caller, sizeof caller, "%s:%d", short_file(file), line);
	bool json = log->format == MR_LOG_JSON;
	if (json)
		put_json_line(&out, level, caller, now_ns, message);
	else
		put_console_line(&out, level, caller, now_ns, message);
	for (size_t i = 0; i < count; i++) {
		mr_buf_put_cstr(&out, json ? "," : i ? ", " : "\t{");
		put_field(&out, &fields[i]);
	}
	mr_buf_put_cstr(&out, json ? "}\n" : count ? "}\n" : "\n");
	/* A line that was cut short by a bound is still worth more than none. */
	if (out.failure != MR_CODE_OK && out.len) {
		out.failure = MR_CODE_OK;
		out.data[out.len - 1] = '\n';
	}
	(void)!mr_fd_write_all(log->fd, mr_buf_bytes(&out));
}
