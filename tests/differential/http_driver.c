/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other end of http/compare.py: reads requests on standard input until it ends, each behind its
 * size (u32, little endian), and answers each with one line: `partial`, `refused STATUS`, or
 * `request METHOD TARGET MINOR NAME=VALUE,… EVENT BODY USED`, everything that came from the peer in
 * hex.
 */
#include <stdio.h>
#include <stdlib.h>

#include "net/http_parse.h"

enum { MESSAGE_MAX = 1 << 20 };

static void put_hex(struct mr_str s)
{
	for (size_t i = 0; i < s.len; i++)
		(void)printf("%02x", (unsigned)(unsigned char)s.ptr[i]);
}

static void put_body(const struct mr_http_head *head, struct mr_bytes data)
{
	static const char *const names[] = { "more", "content", "end", "broken" };
	struct mr_http_body body;
	struct mr_bytes piece = { NULL, 0 };
	enum mr_http_body_event event;
	size_t before = data.len;

	mr_http_body_init(&body, head);
	(void)printf(" b");
	while ((event = mr_http_body_read(&body, &data, &piece)) == MR_HTTP_BODY_CONTENT)
		put_hex(mr_bytes_str(piece));
	(void)printf(" %s %zu", names[event], before - data.len);
}

static void answer(struct mr_bytes data)
{
	struct mr_http_header fields[MR_HTTP_FIELDS_MAX];
	struct mr_http_head head;
	size_t seen = 0, length = 0;
	int status = 400;

	switch (mr_http_scan_head(data, &seen, &length)) {
	case MR_HTTP_SCAN_PARTIAL:
		(void)printf("partial\n");
		return;
	case MR_HTTP_SCAN_COMPLETE:
		status = mr_http_parse_request((struct mr_str){ (const char *)data.ptr, length },
			fields, MR_HTTP_FIELDS_MAX, &head);
		break;
	case MR_HTTP_SCAN_BROKEN:
		break;
	case MR_HTTP_SCAN_TOO_LONG:
		status = 431;
		break;
	}
	if (status) {
		(void)printf("refused %d\n", status);
		return;
	}
	(void)printf("request ");
	put_hex(head.method);
	(void)printf(" ");
	put_hex(head.target);
	(void)printf(" %d h", head.minor);
	for (size_t i = 0; i < head.header_count; i++) {
		(void)printf(i ? "," : "");
		put_hex(head.headers[i].name);
		(void)printf("=");
		put_hex(head.headers[i].value);
	}
	put_body(&head, mr_bytes_of(data.ptr + length, data.len - length));
	(void)printf("\n");
}

int main(void)
{
	static uint8_t message[MESSAGE_MAX];
	uint8_t size[4];

	while (fread(size, 1, sizeof(size), stdin) == sizeof(size)) {
		size_t len = size[0] | (size_t)size[1] << 8 | (size_t)size[2] << 16 |
			     (size_t)size[3] << 24;
		if (len > sizeof(message) || fread(message, 1, len, stdin) != len)
			return EXIT_FAILURE;
		answer(mr_bytes_of(message, len));
		if (fflush(stdout) != 0)
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
