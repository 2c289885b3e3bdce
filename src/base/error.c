/* SPDX-License-Identifier: Apache-2.0 */
#define MR_ERROR_DEFINES
#include "base/error.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A cut in the middle of a UTF-8 sequence would make the whole message invalid for JSON and gRPC. */
static void trim_partial_utf8(char *text, size_t len)
{
	size_t at = len;

	while (at > 0 && len - at < 3 && ((unsigned char)text[at - 1] & 0xC0) == 0x80)
		at--;
	if (at == 0 || ((unsigned char)text[at - 1] & 0xC0) != 0xC0)
		return;
	unsigned char lead = (unsigned char)text[at - 1];
	size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
	if (len - (at - 1) < want)
		text[at - 1] = '\0';
}

static MR_PRINTF(2, 0) void set_message(struct mr_error *err, const char *format, va_list args)
{
	int n = vsnprintf(err->message, sizeof err->message, format, args);

	if (n < 0)
		err->message[0] = '\0';
	else if ((size_t)n >= sizeof err->message)
		trim_partial_utf8(err->message, sizeof err->message - 1);
}

mr_result mr_fail(struct mr_error *err, enum mr_code code, const char *format, ...)
{
	va_list args;

	err->code = code;
	va_start(args, format);
	set_message(err, format, args);
	va_end(args);
	return (mr_result){ code };
}

const char *mr_errno_text(int errnum, char *buf, size_t buf_size)
{
	const char *text = strerrordesc_np(errnum);

	if (!text) {
		(void)snprintf(buf, buf_size, "errno %d", errnum);
		return buf;
	}
	(void)snprintf(buf, buf_size, "%s", text);
	/* "I/O error" and its like keep their capitals. */
	if (isupper((unsigned char)buf[0]) && islower((unsigned char)buf[1]))
		buf[0] = (char)tolower((unsigned char)buf[0]);
	return buf;
}

mr_result mr_fail_errno(struct mr_error *err, int errnum, const char *format, ...)
{
	char text[128];
	va_list args;

	err->code = MR_CODE_IO;
	va_start(args, format);
	set_message(err, format, args);
	va_end(args);
	size_t len = strlen(err->message);
	(void)snprintf(err->message + len, sizeof err->message - len, ": %s",
		mr_errno_text(errnum, text, sizeof text));
	return (mr_result){ MR_CODE_IO };
}

mr_result mr_fail_nomem(struct mr_error *err)
{
	return mr_fail(err, MR_CODE_NOMEM, "out of memory");
}

mr_result mr_wrap(struct mr_error *err, mr_result r, const char *format, ...)
{
	char context[MR_ERROR_MAX -
		     2]; /* with ": " it fits, and nothing may be left of the message */
	va_list args;

	if (!mr_failed(r))
		return r;
	va_start(args, format);
	int n = vsnprintf(context, sizeof context, format, args);
	va_end(args);
	if (n < 0)
		return r;
	if ((size_t)n >= sizeof context)
		trim_partial_utf8(context, sizeof context - 1);
	size_t len = strlen(context);
	size_t old = strlen(err->message);
	size_t keep = sizeof err->message - 1 - len - 2;
	bool cut = old > keep;
	if (cut)
		old = keep;
	memmove(err->message + len + 2, err->message, old);
	memcpy(err->message, context, len);
	memcpy(err->message + len, ": ", 2);
	err->message[len + 2 + old] = '\0';
	if (cut)
		trim_partial_utf8(err->message, len + 2 + old);
	return r;
}

const char *mr_code_name(enum mr_code code)
{
	static const char *const names[] = {
		"ok",
		"invalid",
		"not found",
		"denied",
		"unauthenticated",
		"state",
		"conflict",
		"limit",
		"unavailable",
		"deadline",
		"unsupported",
		"out of memory",
		"i/o",
		"crypto",
		"internal",
	};

	return (size_t)code < MR_COUNT(names) ? names[code] : "unknown";
}
