/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logging for the API layers and mains: one JSON object a line, or tab-separated text for development (40 §2.4). Typed
 * fields, never a format made from input; identical messages beyond 100 a second are sampled 1 in 100. Thread-safe; a
 * line is one write. There is no function that takes a secret.
 */
#ifndef MR_BASE_LOG_H
#define MR_BASE_LOG_H

#include "base/bytes.h"

enum mr_log_level { MR_LOG_DEBUG, MR_LOG_INFO, MR_LOG_WARN, MR_LOG_ERROR, MR_LOG_FATAL };

enum mr_log_format { MR_LOG_JSON, MR_LOG_CONSOLE };

struct mr_logger;

/* Writes to `fd` (borrowed). */
MR_MUST_USE mr_result mr_logger_new(int fd, enum mr_log_format format, enum mr_log_level least,
	struct mr_logger **ret, struct mr_error *err);
void mr_logger_free(struct mr_logger *log);

enum mr_log_field_kind { MR_LOG_FIELD_STR, MR_LOG_FIELD_INT, MR_LOG_FIELD_BOOL, MR_LOG_FIELD_STRS };

struct mr_log_field {
	const char *name;
	enum mr_log_field_kind kind;
	struct mr_str str;
	int64_t number;
	const struct mr_str *strs; /* `number` of them */
};

static inline struct mr_log_field mr_log_str(const char *name, struct mr_str value)
{
	return (struct mr_log_field){ name, MR_LOG_FIELD_STR, value, 0, NULL };
}
static inline struct mr_log_field mr_log_cstr(const char *name, const char *value)
{
	return mr_log_str(name, mr_str_of(value));
}
static inline struct mr_log_field mr_log_int(const char *name, int64_t value)
{
	return (struct mr_log_field){ name, MR_LOG_FIELD_INT, { NULL, 0 }, value, NULL };
}
static inline struct mr_log_field mr_log_bool(const char *name, bool value)
{
	return (struct mr_log_field){ name, MR_LOG_FIELD_BOOL, { NULL, 0 }, value, NULL };
}
static inline struct mr_log_field mr_log_error(const struct mr_error *err)
{
	return mr_log_str("error", mr_str_of(err->message));
}

/* Writes a line; `log` NULL does nothing. Use the macro, which adds `caller` (`dir/file.c:line`). Values longer than 4
 * KiB are cut. Allocation failure drops the line's end, never the process. */
void mr_log_write(struct mr_logger *log, enum mr_log_level level, const char *file, int line,
	const char *message, const struct mr_log_field *fields, size_t count);
#define MR_LOG(log, level, message, ...)                                                           \
	do {                                                                                       \
		const struct mr_log_field mr_log_fields_[] = { __VA_ARGS__ };                      \
		mr_log_write((log), (level), __FILE__, __LINE__, (message), mr_log_fields_,        \
			MR_COUNT(mr_log_fields_));                                                 \
	} while (0)
/* A line without fields. */
#define MR_LOG_PLAIN(log, level, message)                                                          \
	mr_log_write((log), (level), __FILE__, __LINE__, (message), NULL, 0)
bool mr_log_enabled(const struct mr_logger *log, enum mr_log_level level);

#endif
