/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 messages, read strictly (RFC 9112; 20 §2.2): heads of requests and responses, and bodies
 * by length, in chunks or up to the end. No I/O and no allocation: the caller holds the bytes,
 * everything returned borrows from them. Line ends are CR LF; folded lines, controls and blanks
 * where they do not belong are refused.
 *
 *     size_t seen = 0;
 *     switch (mr_http_scan_head(received, &seen, &length)) …   until MR_HTTP_SCAN_COMPLETE
 *     mr_http_parse_response(head of that length, …)
 *     mr_http_body_init(&body, &head), then mr_http_body_read(&body, &rest, &piece) 
 *     until MR_HTTP_BODY_END
 */
#ifndef MR_NET_HTTP_PARSE_H
#define MR_NET_HTTP_PARSE_H

#include "base/bytes.h"
#include "net/http.h"

/* Most bytes of a head, and most fields: above these a request gets 431. */
#define MR_HTTP_HEAD_MAX ((size_t)64 << 10)
#define MR_HTTP_FIELDS_MAX 128

enum mr_http_scan {
	MR_HTTP_SCAN_PARTIAL,  /* the head's end is not there yet */
	MR_HTTP_SCAN_COMPLETE, /* *ret_length bytes are the head, its empty line included */
	MR_HTTP_SCAN_BROKEN,   /* a line end without CR, or an empty line in front: never a head */
	MR_HTTP_SCAN_TOO_LONG, /* above MR_HTTP_HEAD_MAX */
};

/* Looks for the end of a head in all bytes received so far. *seen, 0 at first, spares bytes
 * already looked at. */
enum mr_http_scan mr_http_scan_head(struct mr_bytes data, size_t *seen, size_t *ret_length);

enum mr_http_framing {
	MR_HTTP_FRAMING_NONE,   /* no body */
	MR_HTTP_FRAMING_LENGTH, /* content_length bytes */
	MR_HTTP_FRAMING_CHUNKED,
	MR_HTTP_FRAMING_CLOSE, /* up to the end of the connection; responses only */
};

struct mr_http_head {
	struct mr_str method, target; /* requests */
	int status;                   /* responses, 100 to 999 */
	struct mr_str reason;
	int minor; /* of HTTP/1.minor; everything above 1 counts as 1 */
	const struct mr_http_header *headers;
	size_t header_count;
	enum mr_http_framing framing;
	uint64_t content_length; /* below 2^63 */
	bool keep_alive;         /* may the connection be used again, as far as the head tells? */
	bool expect_continue;    /* requests of HTTP/1.1 with a body */
};

/* Parses a complete request head. Returns 0, or the status of the refusal: 400, 417, 431, 501 or
 * 505; nothing behind such a head may be taken for a message. `fields` is room for `room`
 * fields. */
MR_MUST_USE int mr_http_parse_request(
	struct mr_str head, struct mr_http_header *fields, size_t room, struct mr_http_head *ret);
/* Parses a complete response head. `no_body` tells that the request was a HEAD. Interim
 * responses (1xx) are returned like others, with no body. Errors: MR_CODE_INVALID, `malformed
 * HTTP response …`. */
MR_MUST_USE mr_result mr_http_parse_response(struct mr_str head, bool no_body,
	struct mr_http_header *fields, size_t room, struct mr_http_head *ret, struct mr_error *err);
/* First field with this name (ASCII case does not matter), NULL if there is none. */
const struct mr_http_header *mr_http_field(
	const struct mr_http_header *headers, size_t count, struct mr_str name);
/* Has the comma-separated list in any field of this name this element (ASCII case does not
 * matter)? */
bool mr_http_field_has(const struct mr_http_header *headers, size_t count, struct mr_str name,
	struct mr_str element);

/* May the byte stand in a token, in a field's value (RFC 9110 5.5, 5.6.2)? Its value as
 * hexadecimal digit, or -1. */
bool mr_http_is_token(char c);
bool mr_http_is_value(char c);
int mr_http_hex_digit(char c);

/* Splits a request target: the path percent-decoded per segment and once into `path` (a %2F is
 * left as it is), the query raw. Absolute-form targets lose scheme and authority. False:
 * malformed, answer 400. */
MR_MUST_USE bool mr_http_split_target(
	struct mr_str method, struct mr_str target, struct mr_buf *path, struct mr_str *ret_query);

/* --- bodies --- */

enum mr_http_body_event {
	MR_HTTP_BODY_MORE,    /* everything given is consumed, more is needed */
	MR_HTTP_BODY_CONTENT, /* *ret_content is a piece of the body; call again */
	MR_HTTP_BODY_END,     /* complete; what is left of `data` belongs to the next message */
	MR_HTTP_BODY_BROKEN,  /* see mr_http_body_error; the connection is of no use now */
};

/* Where a body is; plain data, nothing to release. */
struct mr_http_body {
	enum mr_http_framing framing;
	int state;
	uint64_t left;   /* of the body or of the chunk */
	size_t line;     /* bytes of the current chunk line */
	size_t overhead; /* bytes of extensions and trailers, bounded */
	const char *error;
};

void mr_http_body_init(struct mr_http_body *body, const struct mr_http_head *head);
/* Consumes from the front of *data. */
enum mr_http_body_event mr_http_body_read(
	struct mr_http_body *body, struct mr_bytes *data, struct mr_bytes *ret_content);
/* The connection ended. Is the body complete with that? If not, the error is `unexpected EOF`. */
bool mr_http_body_at_close(struct mr_http_body *body);
/* E.g. `invalid byte in chunk length` (20 §2.2). */
struct mr_str mr_http_body_error(const struct mr_http_body *body);

#endif
