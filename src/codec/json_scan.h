/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar of JSON as a pull scanner: one pass, no recursion, no allocation. json_parse.c makes
 * a tree of the tokens, mr_json_valid looks only whether they end well. Private to this room.
 */
#ifndef MR_CODEC_JSON_SCAN_H
#define MR_CODEC_JSON_SCAN_H

#include "codec/json.h"

enum mr_json_token_kind {
	MR_JSON_TOKEN_VALUE, /* a null, bool, number or string */
	MR_JSON_TOKEN_BEGIN, /* of an array or object */
	MR_JSON_TOKEN_END,
	MR_JSON_TOKEN_NAME, /* of a member, its colon consumed */
	MR_JSON_TOKEN_DONE, /* the value is complete */
};

struct mr_json_token {
	enum mr_json_token_kind kind;
	enum mr_json_kind value_kind; /* of VALUE and BEGIN */
	bool plain;                   /* NAME, strings: no escape, no byte above 0x7F */
	struct mr_str text; /* the token as written; a string's quotes are left out in NAME */
};

enum mr_json_expect {
	MR_JSON_EXPECT_VALUE,
	MR_JSON_EXPECT_VALUE_OR_END,
	MR_JSON_EXPECT_NAME_OR_END,
	MR_JSON_EXPECT_SEPARATOR, /* after a value */
};

struct mr_json_scanner {
	struct mr_str text;
	size_t at;
	bool first_only; /* stop behind the first value; a cut one is `unexpected EOF` */
	enum mr_json_expect expect;
	size_t depth;
	uint8_t in_object[MR_JSON_MAX_DEPTH / 8 + 1]; /* one bit a level */
};

void mr_json_scanner_init(struct mr_json_scanner *s, struct mr_str text, bool first_only);
/* The next token; after DONE there is none. Errors as mr_json_parse and mr_json_parse_first. */
MR_MUST_USE mr_result mr_json_scan(
	struct mr_json_scanner *s, struct mr_json_token *ret, struct mr_error *err);

/* The text that a string between its quotes (checked by the scanner) stands for: borrowed if
 * `plain` or nothing has to change, else from the arena. */
MR_MUST_USE mr_result mr_json_unquote(struct mr_str quoted, bool plain, struct mr_arena *arena,
	struct mr_str *ret, struct mr_error *err);

#endif
