/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/out.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"

/* Results are at most what a server may answer, base64 and quotes included. */
#define TEXT_MAX_SIZE ((size_t)128 << 20)

void mr_out_put(struct mr_out *out, struct mr_bytes data)
{
	if (out->errnum == 0)
		out->errnum = mr_fd_write_all(out->fd, data);
}

/* Output that could not even be put together is lost, too. */
static void put_buffer(struct mr_out *out, const struct mr_buf *text)
{
	if (text->failure != MR_CODE_OK && out->errnum == 0)
		out->errnum = ENOMEM;
	mr_out_put(out, mr_buf_bytes(text));
}

void mr_out_printf(struct mr_out *out, const char *format, ...)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	va_list args, again;

	mr_buf_init(&text, TEXT_MAX_SIZE);
	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *to = n < 0 ? NULL : (char *)mr_buf_reserve(&text, (size_t)n + 1);
	if (to) {
		(void)vsnprintf(to, (size_t)n + 1, format, again);
		mr_buf_commit(&text, (size_t)n);
	}
	va_end(again);
	put_buffer(out, &text);
}

/* Length of the control character that the text begins with, or 0: C0 but LF and TAB, DEL, C1. */
static size_t control_at(const uint8_t *text, size_t len)
{
	if ((text[0] < 0x20 && text[0] != '\n' && text[0] != '\t') || text[0] == 0x7F)
		return 1;
	return len > 1 && text[0] == 0xC2 && text[1] >= 0x80 && text[1] < 0xA0 ? 2 : 0;
}

void mr_out_put_line(struct mr_out *out, struct mr_str text)
{
	bool terminal = isatty(out->fd) == 1;
	MR_AUTO(buf) struct mr_buf line = { 0 };

	mr_buf_init(&line, TEXT_MAX_SIZE);
	mr_buf_put_str(&line, text);
	mr_buf_put_u8(&line, '\n');
	for (size_t i = 0; terminal && i < line.len; i++)
		memset(line.data + i, '?', control_at(line.data + i, line.len - i));
	put_buffer(out, &line);
}

mr_result mr_out_status(const struct mr_out *out, struct mr_error *err)
{
	if (out->errnum == 0)
		return MR_OK;
	return mr_fail_errno(
		err, out->errnum, "write /dev/%s", out->fd == STDERR_FILENO ? "stderr" : "stdout");
}
