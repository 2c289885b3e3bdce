/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* What was written to a logger of the given kind by `write_lines`. */
static char *logged(enum mr_log_format format, enum mr_log_level least,
	void (*write_lines)(struct mr_logger *log))
{
	FILE *file = tmpfile();
	struct mr_logger *log = NULL;
	struct mr_error err;
	long size;

	assert_non_null(file);
	assert_false(mr_failed(mr_logger_new(fileno(file), format, least, &log, &err)));
	write_lines(log);
	mr_logger_free(log);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	assert_true(size >= 0);
	char *text = calloc(1, (size_t)size + 1);
	assert_non_null(text);
	rewind(file);
	assert_int_equal(fread(text, 1, (size_t)size, file), size);
	(void)fclose(file);
	return text;
}

/* Replaces the digits between `before` and `after` by a single 0, once. */
static void blank_number(char *text, const char *before, const char *digits)
{
	char *at = strstr(text, before);

	assert_non_null(at);
	at += strlen(before);
	size_t len = strspn(at, digits);
	assert_true(len > 0);
	*at = '0';
	memmove(at + 1, at + len, strlen(at + len) + 1);
}

static void write_fields(struct mr_logger *log)
{
	static const struct mr_str list[] = { MR_STR_INIT("a"), MR_STR_INIT("b\"") };
	struct mr_error err = { .code = MR_CODE_IO, .message = "open x: file exists" };

	MR_LOG(log, MR_LOG_INFO, "activated",
		mr_log_cstr("marble", "web\n\t\x01\x7F\xE2\x80\xA8\\"), mr_log_int("count", -3),
		mr_log_bool("first", true), mr_log_bool("again", false),
		((struct mr_log_field){ "names", MR_LOG_FIELD_STRS, { NULL, 0 }, 2, list }),
		mr_log_error(&err), mr_log_str("raw", MR_STR("\xFF\xC3\xA4")));
}

static void test_json(void **state)
{
	(void)state;
	char *text = logged(MR_LOG_JSON, MR_LOG_INFO, write_fields);

	blank_number(text, "\"ts\":", "0123456789.");
	blank_number(text, "base/test_log.c:", "0123456789");
	assert_string_equal(text,
		"{\"level\":\"info\",\"ts\":0,\"caller\":\"base/test_log.c:0\",\"msg\":\"activated\","
		"\"marble\":\"web\\n\\t\\u0001\\u007f\\u2028\\\\\",\"count\":-3,\"first\":true,\"again\":false,"
		"\"names\":[\"a\",\"b\\\"\"],\"error\":\"open x: file exists\",\"raw\":\"\\ufffd\xC3\xA4\"}\n");
	free(text);
}

static void write_plain(struct mr_logger *log)
{
	MR_LOG_PLAIN(log, MR_LOG_DEBUG, "not wanted");
	MR_LOG(log, MR_LOG_WARN, "slow", mr_log_int("ms", 7), mr_log_int("of", 9));
	mr_log_write(log, MR_LOG_ERROR, "main.c", 1, "no folder", NULL, 0);
	mr_log_write(log, MR_LOG_FATAL, "a/main.c", 2, "one folder", NULL, 0);
}

static void test_console(void **state)
{
	(void)state;
	char *text = logged(MR_LOG_CONSOLE, MR_LOG_INFO, write_plain);
	const char *line = text;
	static const char *const ends[] = {
		"\tslow\t{\"ms\":7, \"of\":9}\n",
		"\tERROR\tmain.c:1\tno folder\n",
		"\tFATAL\ta/main.c:2\tone folder\n",
	};

	assert_null(strstr(text, "not wanted"));
	for (size_t i = 0; i < MR_COUNT(ends); i++) {
		const char *next = strchr(line, '\n');
		assert_non_null(next);
		size_t len = (size_t)(next + 1 - line);
		assert_true(mr_str_ends((struct mr_str){ line, len }, mr_str_of(ends[i])));
		line += len;
	}
	assert_string_equal(line, "");
	free(text);
}

static void test_levels(void **state)
{
	(void)state;
	struct mr_logger *log = NULL;
	struct mr_error err;

	assert_false(mr_failed(mr_logger_new(-1, MR_LOG_JSON, MR_LOG_WARN, &log, &err)));
	assert_false(mr_log_enabled(log, MR_LOG_INFO));
	assert_true(mr_log_enabled(log, MR_LOG_WARN));
	assert_false(mr_log_enabled(NULL, MR_LOG_FATAL));
	MR_LOG_PLAIN(NULL, MR_LOG_FATAL, "no logger");
	MR_LOG_PLAIN(log, MR_LOG_FATAL, "nowhere to write");
	mr_logger_free(log);
	mr_logger_free(NULL);
}

static void write_large(struct mr_logger *log)
{
	static char value[10000];
	struct mr_log_field fields[20];

	memset(value, 'v', sizeof value - 1);
	MR_LOG(log, MR_LOG_INFO, "long", mr_log_cstr("value", value));
	for (size_t i = 0; i < MR_COUNT(fields); i++)
		fields[i] = mr_log_cstr("value", value);
	mr_log_write(log, MR_LOG_INFO, "a.c", 1, "longer", fields, MR_COUNT(fields));
}

/* A value is cut at 4 KiB, a line at 64 KiB: it still ends as a line. */
static void test_bounds(void **state)
{
	(void)state;
	char *text = logged(MR_LOG_JSON, MR_LOG_INFO, write_large);
	char *second = strchr(text, '\n') + 1;

	assert_in_range(second - text, 4096, 4300);
	assert_in_range(strlen(second), 60 << 10, 64 << 10);
	assert_ptr_equal(strchr(second, '\n'), second + strlen(second) - 1);
	free(text);
}

static void write_many(struct mr_logger *log)
{
	for (int i = 0; i < 1000; i++)
		MR_LOG(log, MR_LOG_INFO, "again", mr_log_int("i", i));
	for (int i = 0; i < 150; i++)
		MR_LOG_PLAIN(log, MR_LOG_FATAL, "each counts");
}

/* At most 109 of a thousand in one second; a second may pass in between. */
static void test_sampling(void **state)
{
	(void)state;
	char *text = logged(MR_LOG_JSON, MR_LOG_INFO, write_many);
	size_t again = 0, fatal = 0;

	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		bool is_fatal = mr_str_starts(mr_str_of(line), MR_STR("{\"level\":\"fatal\""));
		fatal += is_fatal;
		again += !is_fatal;
	}
	assert_int_equal(fatal, 150);
	assert_in_range(again, 109, 999);
	free(text);
}

static void *write_from_thread(void *log)
{
	for (int i = 0; i < 50; i++)
		MR_LOG((struct mr_logger *)log, MR_LOG_INFO, "thread",
			mr_log_cstr("text", "0123456789"));
	return NULL;
}

static void write_from_threads(struct mr_logger *log)
{
	pthread_t threads[4];

	for (size_t i = 0; i < MR_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_from_thread, log), 0);
	for (size_t i = 0; i < MR_COUNT(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void test_threads(void **state)
{
	(void)state;
	char *text = logged(MR_LOG_JSON, MR_LOG_INFO, write_from_threads);
	size_t lines = 0;

	for (char *line = text; *line; lines++) {
		char *next = strchr(line, '\n');
		assert_non_null(next);
		struct mr_str got = { line, (size_t)(next - line) };
		assert_true(mr_str_starts(got, MR_STR("{\"level\":\"info\",\"ts\":")));
		assert_true(
			mr_str_ends(got, MR_STR("\"msg\":\"thread\",\"text\":\"0123456789\"}")));
		line = next + 1;
	}
	assert_in_range(lines, 100, 200);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_console),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_sampling),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
