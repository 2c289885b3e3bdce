/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_parse.h"

/* Extensions, padding and trailers of one body; what is needed to say a chunk's size is free. */
#define OVERHEAD_MAX ((size_t)16 << 10)
#define LINE_FREE 18

enum {
	AT_END,
	AT_CONTENT, /* by length, or up to the end of the connection */
	AT_SIZE,    /* at least one digit is missing */
	AT_SIZE_MORE,
	AT_EXTENSION,
	AT_SIZE_LF,
	AT_CHUNK,
	AT_CHUNK_CR,
	AT_CHUNK_LF,
	AT_TRAILER, /* at the start of a line */
	AT_TRAILER_NAME,
	AT_TRAILER_VALUE,
	AT_TRAILER_LF,
	AT_LAST_LF,
	AT_BROKEN,
};

void mr_http_body_init(struct mr_http_body *body, const struct mr_http_head *head)
{
	*body = (struct mr_http_body){ .framing = head->framing };
	switch (head->framing) {
	case MR_HTTP_FRAMING_NONE:
		body->state = AT_END;
		break;
	case MR_HTTP_FRAMING_LENGTH:
		body->left = head->content_length;
		body->state = body->left ? AT_CONTENT : AT_END;
		break;
	case MR_HTTP_FRAMING_CHUNKED:
		body->state = AT_SIZE;
		break;
	case MR_HTTP_FRAMING_CLOSE:
		body->left = UINT64_MAX;
		body->state = AT_CONTENT;
		break;
	}
}

static int broken(struct mr_http_body *body, const char *error)
{
	body->error = error;
	return AT_BROKEN;
}

static int size_step(struct mr_http_body *body, uint8_t c)
{
	int digit = mr_http_hex_digit((char)c);

	if (digit >= 0) {
		if (body->left > (uint64_t)INT64_MAX >> 4)
			return broken(body, "http chunk length too large");
		body->left = body->left << 4 | (uint64_t)digit;
		return AT_SIZE_MORE;
	}
	if (body->state == AT_SIZE_MORE) {
		if (c == '\r')
			return AT_SIZE_LF;
		if (c == ';' || c == ' ' || c == '\t')
			return AT_EXTENSION;
	}
	return broken(body, "invalid byte in chunk length");
}

static int trailer_step(struct mr_http_body *body, uint8_t c)
{
	bool in_name = body->state == AT_TRAILER || body->state == AT_TRAILER_NAME;

	if (body->state == AT_TRAILER && c == '\r')
		return AT_LAST_LF;
	if (body->state == AT_TRAILER_NAME && c == ':')
		return AT_TRAILER_VALUE;
	if (in_name && mr_http_is_token((char)c))
		return AT_TRAILER_NAME;
	if (body->state == AT_TRAILER_VALUE && c == '\r')
		return AT_TRAILER_LF;
	if (body->state == AT_TRAILER_VALUE && mr_http_is_value((char)c))
		return AT_TRAILER_VALUE;
	if (body->state == AT_TRAILER_LF && c == '\n')
		return AT_TRAILER;
	return broken(body, "malformed trailer");
}

/* The next state after a byte that is not content. */
static int step(struct mr_http_body *body, uint8_t c)
{
	switch (body->state) {
	case AT_SIZE:
	case AT_SIZE_MORE:
		return size_step(body, c);
	case AT_EXTENSION:
		if (c == '\r')
			return AT_SIZE_LF;
		return mr_http_is_value((char)c) ? AT_EXTENSION
						 : broken(body, "malformed chunked encoding");
	case AT_SIZE_LF:
		if (c != '\n')
			return broken(body, "malformed chunked encoding");
		return body->left ? AT_CHUNK : AT_TRAILER;
	case AT_CHUNK_CR:
		return c == '\r' ? AT_CHUNK_LF : broken(body, "malformed chunked encoding");
	case AT_CHUNK_LF:
		body->line = 0;
		return c == '\n' ? AT_SIZE : broken(body, "malformed chunked encoding");
	case AT_LAST_LF:
		return c == '\n' ? AT_END : broken(body, "malformed chunked encoding");
	default:
		return trailer_step(body, c);
	}
}

static void read_framing(struct mr_http_body *body, struct mr_bytes *data)
{
	while (data->len > 0 && body->state != AT_CHUNK && body->state != AT_END &&
		body->state != AT_BROKEN) {
		body->state = step(body, data->ptr[0]);
		*data = mr_bytes_of(data->ptr + 1, data->len - 1);
		if (++body->line > LINE_FREE && ++body->overhead > OVERHEAD_MAX)
			body->state = broken(body, "chunked encoding contains too much non-data");
	}
}

enum mr_http_body_event mr_http_body_read(
	struct mr_http_body *body, struct mr_bytes *data, struct mr_bytes *ret_content)
{
	if (body->state != AT_CONTENT)
		read_framing(body, data);
	if (body->state == AT_BROKEN)
		return MR_HTTP_BODY_BROKEN;
	if (body->state == AT_END)
		return MR_HTTP_BODY_END;
	if (data->len == 0)
		return MR_HTTP_BODY_MORE;

	size_t count = data->len < body->left ? data->len : (size_t)body->left;
	*ret_content = mr_bytes_of(data->ptr, count);
	*data = mr_bytes_of(data->ptr + count, data->len - count);
	if (body->framing != MR_HTTP_FRAMING_CLOSE)
		body->left -= count;
	if (body->left == 0)
		body->state = body->state == AT_CHUNK ? AT_CHUNK_CR : AT_END;
	return MR_HTTP_BODY_CONTENT;
}

bool mr_http_body_at_close(struct mr_http_body *body)
{
	if (body->framing == MR_HTTP_FRAMING_CLOSE)
		body->state = AT_END;
	if (body->state != AT_END && body->state != AT_BROKEN)
		body->state = broken(body, "unexpected EOF");
	return body->state == AT_END;
}

struct mr_str mr_http_body_error(const struct mr_http_body *body)
{
	return mr_str_of(body->error ? body->error : "");
}
