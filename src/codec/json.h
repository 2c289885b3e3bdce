/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON with the decoding rules of Go's encoding/json (10 §2, 20 §3): parse text into an immutable
 * tree, ask the tree the way Go's decoder would fill a record, and write compact JSON in Go's form.
 *
 * The tree keeps what Go's rules need: members in document order with duplicates, numbers as their
 * text (exact 64-bit values, never through double), strings with escapes decoded, invalid UTF-8 and
 * lone surrogates replaced by U+FFFD. Strings without escapes and faults are borrowed from the
 * input, which must outlive the tree.
 */
#ifndef MR_CODEC_JSON_H
#define MR_CODEC_JSON_H

#include "base/arena.h"
#include "base/bytes.h"

#define MR_JSON_MAX_DEPTH 10000 /* as the reference; parsing is not recursive */

enum mr_json_kind {
	MR_JSON_NULL,
	MR_JSON_BOOL,
	MR_JSON_NUMBER,
	MR_JSON_STRING,
	MR_JSON_ARRAY,
	MR_JSON_OBJECT
};

/* A node. Arrays and objects list their children in document order through first/next. */
struct mr_json {
	enum mr_json_kind kind;
	bool boolean;         /* MR_JSON_BOOL */
	struct mr_str name;   /* member name, decoded; empty for array elements and the root */
	struct mr_str text;   /* decoded string, or the number as written */
	struct mr_str source; /* the value's own bytes in the input */
	size_t count;         /* children */
	const struct mr_json *first; /* first child */
	const struct mr_json *next;  /* next sibling */
};

/* Parses exactly one value with optional white space around it; anything behind is an error. The
 * tree lives in `arena`. Errors (MR_CODE_INVALID) with Go's texts: `unexpected end of JSON input`,
 * `invalid character 'x' after top-level value`, …; MR_CODE_LIMIT for depth or memory. */
MR_MUST_USE mr_result mr_json_parse(struct mr_str text, struct mr_arena *arena,
	const struct mr_json **ret, struct mr_error *err);
/* Parses the first value of a stream and ignores what follows (v2 request bodies, 20 §3). Errors as
 * Go's Decoder: `EOF` when there is nothing but white space, `unexpected EOF` when it is cut. */
MR_MUST_USE mr_result mr_json_parse_first(struct mr_str text, struct mr_arena *arena,
	const struct mr_json **ret, struct mr_error *err);
/* Is the text one syntactically valid JSON value? */
bool mr_json_valid(struct mr_str text);

/* --- decoding into records: Go's rules --- */

/* Does a member name match a field's name: exactly, or folded (ASCII case, U+017F = s, U+212A = k)?
 * (10 §2) */
bool mr_json_name_matches(struct mr_str member, struct mr_str field);

/*
 * Decoders of one value. All take null, and a missing value (NULL, as from mr_json_field), as "no
 * effect": they return MR_OK and leave *ret untouched, except where said. A wrong kind or range is
 * MR_CODE_INVALID with the text `json: cannot unmarshal <kind> into Go value of type <type>`.
 */
MR_MUST_USE mr_result mr_json_get_str(
	const struct mr_json *value, struct mr_str *ret, struct mr_error *err);
MR_MUST_USE mr_result mr_json_get_bool(
	const struct mr_json *value, bool *ret, struct mr_error *err);
MR_MUST_USE mr_result mr_json_get_u64(
	const struct mr_json *value, uint64_t *ret, struct mr_error *err);
MR_MUST_USE mr_result mr_json_get_i64(
	const struct mr_json *value, int64_t *ret, struct mr_error *err);
MR_MUST_USE mr_result mr_json_get_u16(
	const struct mr_json *value, uint16_t *ret, struct mr_error *err);
/* Byte string: standard padded base64 text (CR, LF skipped), or an array of integers 0..255.
 * *ret_present is false and *ret empty after null ("absent"), true otherwise ("empty but present"
 * included). Memory from the arena. Error also `illegal base64 data at input byte <n>`. */
MR_MUST_USE mr_result mr_json_get_bytes(const struct mr_json *value, struct mr_arena *arena,
	struct mr_bytes *ret, bool *ret_present, struct mr_error *err);
/* Fails unless the value is null, missing or of this kind; `go_type` is the wanted type in the
 * message. */
MR_MUST_USE mr_result mr_json_want(const struct mr_json *value, enum mr_json_kind kind,
	const char *go_type, struct mr_error *err);
/* The last member of an object with exactly this name, or NULL (for documents whose keys are
 * matched exactly). */
const struct mr_json *mr_json_member(const struct mr_json *object, struct mr_str name);
/* The member that Go would decode last into a field of this name (exact or folded), or NULL; for
 * flat records. Earlier ones of the name are not looked at: where a bad type in them has to fail,
 * or a null behind them must not count, go over the members with mr_json_name_matches. */
const struct mr_json *mr_json_field(const struct mr_json *object, struct mr_str field);

/* --- writing: compact, one token a call --- */

/* Appends a JSON string in quotes, as Go does: <, >, &, U+2028 and U+2029 escaped, each byte that
 * is not part of valid UTF-8 as \ufffd. */
void mr_json_put_str(struct mr_buf *out, struct mr_str s);
/* The update log's form (40 §8): without these escapes, and \u0008, \u000c instead of \b, \f. */
void mr_json_put_str_plain(struct mr_buf *out, struct mr_str s);
/* Appends base64 in quotes. */
void mr_json_put_bytes(struct mr_buf *out, struct mr_bytes bytes);
/* Appends `"name":` for an ASCII literal name that needs no escapes, with a comma in front unless
 * `first`. */
void mr_json_put_name(struct mr_buf *out, const char *name, bool first);

#endif
