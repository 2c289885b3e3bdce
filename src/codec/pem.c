/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/pem.h"

#include "codec/base64_raw.h"

enum { LINE_CHARS = 64 };

#define BEGIN_MARK MR_STR("-----BEGIN ")
#define END_MARK MR_STR("-----END ")
#define DASHES MR_STR("-----")

/* --- writing --- */

static void put_mark(struct mr_buf *out, struct mr_str mark, const char *label)
{
	mr_buf_put_str(out, mark);
	mr_buf_put_cstr(out, label);
	mr_buf_put_str(out, DASHES);
	mr_buf_put_u8(out, '\n');
}

void mr_pem_encode(struct mr_buf *out, const char *label, struct mr_bytes der)
{
	const size_t line_bytes = LINE_CHARS / 4 * 3;

	put_mark(out, BEGIN_MARK, label);
	for (size_t at = 0; at < der.len; at += line_bytes) {
		size_t left = der.len - at;
		struct mr_bytes line = { der.ptr + at, left < line_bytes ? left : line_bytes };
		mr_base64_encode(out, line, MR_BASE64_STANDARD);
		mr_buf_put_u8(out, '\n');
	}
	put_mark(out, END_MARK, label);
}

/* --- reading: one pass over the lines --- */

struct reader {
	struct mr_str text;
	size_t at; /* behind the current line and its LF */
	bool open; /* a BEGIN line was read */
	bool in_headers;
	bool has_headers;
	struct mr_str label;
	size_t body; /* where the base64 begins */
};

/* The next line without its end (LF or CR LF) and blanks there; *ret_from is where it begins. */
static bool next_line(struct reader *r, struct mr_str *ret, size_t *ret_from)
{
	const char *p = r->text.ptr;

	if (r->at >= r->text.len)
		return false;
	size_t from = r->at;
	size_t end = mr_str_find(r->text, '\n', from);
	if (end == SIZE_MAX) {
		r->at = end = r->text.len;
	} else {
		r->at = end + 1;
		if (end > from && p[end - 1] == '\r')
			end--;
	}
	while (end > from && (p[end - 1] == ' ' || p[end - 1] == '\t'))
		end--;
	*ret = mr_str_sub(r->text, from, end);
	*ret_from = from;
	return true;
}

/* The label of a line `<mark><label>-----`. */
static bool read_mark(struct mr_str line, struct mr_str mark, struct mr_str *ret_label)
{
	if (!mr_str_starts(line, mark))
		return false;
	struct mr_str rest = mr_str_sub(line, mark.len, line.len);
	if (!mr_str_ends(rest, DASHES))
		return false;
	*ret_label = mr_str_sub(rest, 0, rest.len - DASHES.len);
	return true;
}

/* A failed body may leave bytes behind the buffer's end, which are not committed. */
static bool decode_body(struct mr_str body, struct mr_buf *out)
{
	const struct mr_base64_rules rules = { .alphabet = MR_BASE64_STANDARD,
		.skip_blanks = true };
	uint8_t *to = mr_buf_reserve(out, mr_base64_decoded_max(body));
	size_t len, bad;

	if (!to || !mr_base64_decode_raw(body, rules, to, &len, &bad))
		return false;
	mr_buf_commit(out, len);
	return true;
}

static bool has_colon(struct mr_str line)
{
	return mr_str_find(line, ':', 0) != SIZE_MAX;
}

/* An END line: does it complete the open block? The bytes are then appended. */
static bool close_block(struct reader *r, struct mr_str line, size_t from, struct mr_buf *out)
{
	struct mr_str label;

	if (!r->open || !read_mark(line, END_MARK, &label) || !mr_str_eq(label, r->label))
		return false;
	/* Broken for Go: headers alone, and an END line that reads like one more header. */
	if (r->in_headers && (r->has_headers || has_colon(line)))
		return false;
	return decode_body(mr_str_sub(r->text, r->in_headers ? from : r->body, from), out);
}

static void read_content(struct reader *r, struct mr_str line, size_t from)
{
	if (!r->in_headers)
		return;
	if (has_colon(line)) {
		r->has_headers = true;
	} else {
		r->in_headers = false;
		r->body = from;
	}
}

mr_result mr_pem_decode(struct mr_str text, struct mr_str *ret_label, struct mr_buf *ret_der,
	struct mr_str *ret_rest, struct mr_error *err)
{
	struct reader r = { .text = text };
	struct mr_str line, label;
	size_t from;

	while (next_line(&r, &line, &from)) {
		if (read_mark(line, BEGIN_MARK, &label)) {
			/* A block in a block would make the outer one broken anyway. */
			r.open = r.in_headers = true;
			r.has_headers = false;
			r.label = label;
		} else if (!mr_str_starts(line, END_MARK)) {
			read_content(&r, line, from);
		} else if (close_block(&r, line, from, ret_der)) {
			*ret_label = r.label;
			*ret_rest = mr_str_sub(text, r.at, text.len);
			return MR_OK;
		} else {
			MR_TRY(mr_buf_status(ret_der, err));
			r.open = r.in_headers = false;
		}
	}
	return mr_fail(err, MR_CODE_NOT_FOUND, "no PEM block found");
}
