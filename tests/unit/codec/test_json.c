/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/macros.h"
#include "codec/json.h"

/* Reads beyond the input are seen by the sanitizers: each text is parsed from a block of its size. */
struct doc {
	struct mr_arena arena;
	char *copy;
	const struct mr_json *root;
	struct mr_error err;
	mr_result result;
};

static void doc_open(struct doc *d, struct mr_str text, bool first_only)
{
	struct mr_str copy = { NULL, text.len };

	*d = (struct doc){ 0 };
	mr_arena_init(&d->arena, 4 << 20);
	if (text.len) {
		d->copy = malloc(text.len);
		assert_non_null(d->copy);
		memcpy(d->copy, text.ptr, text.len);
		copy.ptr = d->copy;
	}
	d->result = (first_only ? mr_json_parse_first : mr_json_parse)(
		copy, &d->arena, &d->root, &d->err);
	if (!first_only)
		assert_int_equal(mr_json_valid(copy), !mr_failed(d->result));
}

static void doc_done(struct doc *d)
{
	mr_arena_done(&d->arena);
	free(d->copy);
}

MR_DEFINE_AUTO(doc, struct doc, doc_done)

static void doc_parse(struct doc *d, struct mr_str text)
{
	doc_open(d, text, false);
	if (mr_failed(d->result))
		fail_msg("%.*s: %s", MR_STR_ARGS(text), d->err.message);
}

/* --- the grammar --- */

/* `first`: what mr_json_parse_first says; NULL if it takes the text. */
static const struct {
	struct mr_str text;
	const char *whole, *first;
} faults[] = {
#define END "unexpected end of JSON input"
#define CUT "unexpected EOF"
#define BAD(c, where) "invalid character '" c "' " where
#define BOTH(c, where) BAD(c, where), BAD(c, where)
	{ MR_STR_INIT(""), END, "EOF" },
	{ MR_STR_INIT(" \t\r\n"), END, "EOF" },
	{ MR_STR_INIT("{"), END, CUT },
	{ MR_STR_INIT("["), END, CUT },
	{ MR_STR_INIT("[1"), END, CUT },
	{ MR_STR_INIT("[1,"), END, CUT },
	{ MR_STR_INIT("{\"a\""), END, CUT },
	{ MR_STR_INIT("{\"a\":"), END, CUT },
	{ MR_STR_INIT("{\"a\":1"), END, CUT },
	{ MR_STR_INIT("{\"a\":1,"), END, CUT },
	{ MR_STR_INIT("{\"a"), END, CUT },
	{ MR_STR_INIT("\""), END, CUT },
	{ MR_STR_INIT("\"a"), END, CUT },
	{ MR_STR_INIT("}"), BOTH("}", "looking for beginning of value") },
	{ MR_STR_INIT("]"), BOTH("]", "looking for beginning of value") },
	{ MR_STR_INIT("x"), BOTH("x", "looking for beginning of value") },
	{ MR_STR_INIT("+1"), BOTH("+", "looking for beginning of value") },
	{ MR_STR_INIT(".5"), BOTH(".", "looking for beginning of value") },
	{ MR_STR_INIT("[,1]"), BOTH(",", "looking for beginning of value") },
	{ MR_STR_INIT("[1,]"), BOTH("]", "looking for beginning of value") },
	{ MR_STR_INIT("[}"), BOTH("}", "looking for beginning of value") },
	{ MR_STR_INIT("{\"a\":}"), BOTH("}", "looking for beginning of value") },
	{ MR_STR_INIT("/* */1"), BOTH("/", "looking for beginning of value") },
	{ MR_STR_INIT("'"), BOTH("\\'", "looking for beginning of value") },
	{ MR_STR_INIT("\\"), BOTH("\\\\", "looking for beginning of value") },
	{ MR_STR_INIT("\0"), BOTH("\\x00", "looking for beginning of value") },
	{ MR_STR_INIT("\x07"), BOTH("\\a", "looking for beginning of value") },
	{ MR_STR_INIT("\x0B"), BOTH("\\v", "looking for beginning of value") },
	{ MR_STR_INIT("\f{}"), BOTH("\\f", "looking for beginning of value") },
	{ MR_STR_INIT("\x1F"), BOTH("\\x1f", "looking for beginning of value") },
	{ MR_STR_INIT("\x7F"), BOTH("\\x7f", "looking for beginning of value") },
	{ MR_STR_INIT("\x80"), BOTH("\\u0080", "looking for beginning of value") },
	{ MR_STR_INIT("\xA0"), BOTH("\\u00a0", "looking for beginning of value") },
	{ MR_STR_INIT("\xAD"), BOTH("\\u00ad", "looking for beginning of value") },
	{ MR_STR_INIT("\xA1"), BOTH("\xC2\xA1", "looking for beginning of value") },
	{ MR_STR_INIT("\xFF"), BOTH("\xC3\xBF", "looking for beginning of value") },
	{ MR_STR_INIT("\xEF\xBB\xBF{}"), BOTH("\xC3\xAF", "looking for beginning of value") },
	{ MR_STR_INIT("{1"), BOTH("1", "looking for beginning of object key string") },
	{ MR_STR_INIT("{,"), BOTH(",", "looking for beginning of object key string") },
	{ MR_STR_INIT("{'a'"), BOTH("\\'", "looking for beginning of object key string") },
	{ MR_STR_INIT("{\"a\":1,}"), BOTH("}", "looking for beginning of object key string") },
	{ MR_STR_INIT("{\"a\" 1"), BOTH("1", "after object key") },
	{ MR_STR_INIT("{\"a\"}"), BOTH("}", "after object key") },
	{ MR_STR_INIT("{\"a\":1]"), BOTH("]", "after object key:value pair") },
	{ MR_STR_INIT("{\"a\":1 \"b\""), BOTH("\"", "after object key:value pair") },
	{ MR_STR_INIT("[1}"), BOTH("}", "after array element") },
	{ MR_STR_INIT("[1 2"), BOTH("2", "after array element") },
	{ MR_STR_INIT("[01]"), BOTH("1", "after array element") },
	{ MR_STR_INIT("[[1]2"), BOTH("2", "after array element") },
	{ MR_STR_INIT("{\"a\":[]:"), BOTH(":", "after object key:value pair") },
	{ MR_STR_INIT("\"\n\""), BOTH("\\n", "in string literal") },
	{ MR_STR_INIT("\"\t"), BOTH("\\t", "in string literal") },
	{ MR_STR_INIT("\"\0"), BOTH("\\x00", "in string literal") },
	{ MR_STR_INIT("\"\\x"), BOTH("x", "in string escape code") },
	{ MR_STR_INIT("\"\\U0041\""), BOTH("U", "in string escape code") },
	{ MR_STR_INIT("\"\\"), BAD(" ", "in string escape code"), CUT },
	{ MR_STR_INIT("\"\\ug"), BOTH("g", "in \\u hexadecimal character escape") },
	{ MR_STR_INIT("\"\\u123g"), BOTH("g", "in \\u hexadecimal character escape") },
	{ MR_STR_INIT("\"\\u12\""), BOTH("\"", "in \\u hexadecimal character escape") },
	{ MR_STR_INIT("\"\\u"), BAD(" ", "in \\u hexadecimal character escape"), CUT },
	{ MR_STR_INIT("\"\\u123"), BAD(" ", "in \\u hexadecimal character escape"), CUT },
	{ MR_STR_INIT("-"), BAD(" ", "in numeric literal"), CUT },
	{ MR_STR_INIT("-x"), BOTH("x", "in numeric literal") },
	{ MR_STR_INIT("-."), BOTH(".", "in numeric literal") },
	{ MR_STR_INIT("1."), BAD(" ", "after decimal point in numeric literal"), CUT },
	{ MR_STR_INIT("1.e1"), BOTH("e", "after decimal point in numeric literal") },
	{ MR_STR_INIT("1e"), BAD(" ", "in exponent of numeric literal"), CUT },
	{ MR_STR_INIT("1E+"), BAD(" ", "in exponent of numeric literal"), CUT },
	{ MR_STR_INIT("1e-x"), BOTH("x", "in exponent of numeric literal") },
	{ MR_STR_INIT("n"), BAD(" ", "in literal null (expecting 'u')"), CUT },
	{ MR_STR_INIT("tru"), BAD(" ", "in literal true (expecting 'e')"), CUT },
	{ MR_STR_INIT("nulx"), BOTH("x", "in literal null (expecting 'l')") },
	{ MR_STR_INIT("tx"), BOTH("x", "in literal true (expecting 'r')") },
	{ MR_STR_INIT("[fals]"), BOTH("]", "in literal false (expecting 'e')") },
	{ MR_STR_INIT("NULL"), BOTH("N", "looking for beginning of value") },
	{ MR_STR_INIT("01"), BAD("1", "after top-level value"), NULL },
	{ MR_STR_INIT("0x1"), BAD("x", "after top-level value"), NULL },
	{ MR_STR_INIT("{}}"), BAD("}", "after top-level value"), NULL },
	{ MR_STR_INIT("{} x"), BAD("x", "after top-level value"), NULL },
	{ MR_STR_INIT("1 2"), BAD("2", "after top-level value"), NULL },
	{ MR_STR_INIT("null,"), BAD(",", "after top-level value"), NULL },
	{ MR_STR_INIT("nulll"), BAD("l", "after top-level value"), NULL },
	{ MR_STR_INIT("\"a\"\"b\""), BAD("\"", "after top-level value"), NULL },
	{ MR_STR_INIT("1.5.2"), BAD(".", "after top-level value"), NULL },
	{ MR_STR_INIT("{}\0"), BAD("\\x00", "after top-level value"), NULL },
};

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(faults); i++) {
		MR_AUTO(doc) struct doc whole = { 0 }, first = { 0 };

		doc_open(&whole, faults[i].text, false);
		assert_int_equal(whole.result.code, MR_CODE_INVALID);
		assert_string_equal(whole.err.message, faults[i].whole);
		assert_null(whole.root);
		doc_open(&first, faults[i].text, true);
		assert_int_equal(mr_failed(first.result), faults[i].first != NULL);
		if (faults[i].first)
			assert_string_equal(first.err.message, faults[i].first);
	}
}

/* Shows kinds, names and texts; not deep. */
static void show(struct mr_buf *out, const struct mr_json *value)
{
	static const char *const kinds[] = { "null", "bool", "number", "string", "array",
		"object" };

	if (value->name.ptr) {
		mr_buf_put_str(out, value->name);
		mr_buf_put_u8(out, '=');
	}
	mr_buf_put_cstr(out, kinds[value->kind]);
	if (value->kind == MR_JSON_BOOL)
		mr_buf_put_cstr(out, value->boolean ? "(true)" : "(false)");
	if (value->text.ptr)
		mr_buf_printf(out, "(%.*s)", MR_STR_ARGS(value->text));
	if (value->kind == MR_JSON_ARRAY || value->kind == MR_JSON_OBJECT)
		mr_buf_printf(out, "%zu<", value->count);
	for (const struct mr_json *child = value->first; child; child = child->next) {
		show(out, child);
		mr_buf_put_cstr(out, child->next ? " " : "");
	}
	if (value->kind == MR_JSON_ARRAY || value->kind == MR_JSON_OBJECT)
		mr_buf_put_u8(out, '>');
}

static void test_trees(void **state)
{
	static const struct {
		struct mr_str text;
		const char *want;
	} rows[] = {
		{ MR_STR_INIT("null"), "null" },
		{ MR_STR_INIT(" true "), "bool(true)" },
		{ MR_STR_INIT("false"), "bool(false)" },
		{ MR_STR_INIT("-0.50e+07"), "number(-0.50e+07)" },
		{ MR_STR_INIT("1e999999"), "number(1e999999)" },
		{ MR_STR_INIT("0"), "number(0)" },
		{ MR_STR_INIT("\"\""), "string()" },
		{ MR_STR_INIT("\"x\""), "string(x)" },
		{ MR_STR_INIT("[]"), "array0<>" },
		{ MR_STR_INIT("{}"), "object0<>" },
		{ MR_STR_INIT("[ ]"), "array0<>" },
		{ MR_STR_INIT("{\t}"), "object0<>" },
		{ MR_STR_INIT("[1,[2,[3]],4]"),
			"array3<number(1) array2<number(2) array1<number(3)>> number(4)>" },
		{ MR_STR_INIT("{\"a\":{\"b\":null},\"\":[{}],\"a\":\"\"}"),
			"object3<a=object1<b=null> =array1<object0<>> a=string()>" },
		{ MR_STR_INIT("\r\n{ \"a\" : [ true , false ] , \"\\u0062\\n\" : 1 }\n"),
			"object2<a=array2<bool(true) bool(false)> b\n=number(1)>" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(doc) struct doc d = { 0 };
		MR_AUTO(buf) struct mr_buf out = { 0 };

		doc_parse(&d, rows[i].text);
		mr_buf_init(&out, 1000);
		show(&out, d.root);
		mr_buf_put_u8(&out, 0);
		assert_string_equal(out.data, rows[i].want);
	}
}

static void test_sources(void **state)
{
	static const struct mr_str text = MR_STR_INIT(
		" {\"a\" : [1, {} ] ,\"b\":\"\\n\", \"c\":{\"d\":-1.0}} ");
	static const struct mr_str want[] = { MR_STR_INIT("[1, {} ]"), MR_STR_INIT("\"\\n\""),
		MR_STR_INIT("{\"d\":-1.0}") };
	MR_AUTO(doc) struct doc d = { 0 };
	size_t at = 0;

	(void)state;
	doc_parse(&d, text);
	assert_true(mr_str_eq(d.root->source, mr_str_sub(text, 1, text.len - 1)));
	for (const struct mr_json *member = d.root->first; member; member = member->next)
		assert_true(mr_str_eq(member->source, want[at++]));
	assert_int_equal(at, MR_COUNT(want));
	const struct mr_json *list = d.root->first;
	assert_true(list && list->first && list->first->next);
	if (!list || !list->first || !list->first->next)
		return;
	assert_true(mr_str_eq(list->first->next->source, MR_STR("{}")));
}

static void test_first_of_a_stream(void **state)
{
	static const struct {
		struct mr_str text, first;
	} rows[] = {
		{ MR_STR_INIT("{} trailing"), MR_STR_INIT("{}") },
		{ MR_STR_INIT("{\"a\":1}{\"a\":7}"), MR_STR_INIT("{\"a\":1}") },
		{ MR_STR_INIT(" [1]]]]"), MR_STR_INIT("[1]") },
		{ MR_STR_INIT("12"), MR_STR_INIT("12") },
		{ MR_STR_INIT("12 x"), MR_STR_INIT("12") },
		{ MR_STR_INIT("1.5.2"), MR_STR_INIT("1.5") },
		{ MR_STR_INIT("\"a\"b"), MR_STR_INIT("\"a\"") },
		{ MR_STR_INIT("nulltrue"), MR_STR_INIT("null") },
		{ MR_STR_INIT("{}\0\xFF"), MR_STR_INIT("{}") },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(doc) struct doc d = { 0 };
		doc_open(&d, rows[i].text, true);
		assert_false(mr_failed(d.result));
		assert_true(mr_str_eq(d.root->source, rows[i].first));
	}
}

#define FFFD "\xEF\xBF\xBD"

static void test_strings(void **state)
{
	static const struct {
		struct mr_str text, want;
	} rows[] = {
		{ MR_STR_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), MR_STR_INIT("\"\\/\b\f\n\r\t") },
		{ MR_STR_INIT("\"\\u0000x\\u0041\\u00e9\\u20AC\\uffff\""),
			MR_STR_INIT("\0xA\xC3\xA9\xE2\x82\xAC\xEF\xBF\xBF") },
		{ MR_STR_INIT("\"\\ud83d\\ude00\\uD83D\\uDE00\""),
			MR_STR_INIT("\xF0\x9F\x98\x80\xF0\x9F\x98\x80") },
		{ MR_STR_INIT("\"a\\ud83db\""), MR_STR_INIT("a" FFFD "b") },
		{ MR_STR_INIT("\"a\\ude00b\""), MR_STR_INIT("a" FFFD "b") },
		{ MR_STR_INIT("\"\\ud83d\\ud83d\\ude00\""), MR_STR_INIT(FFFD "\xF0\x9F\x98\x80") },
		{ MR_STR_INIT("\"\\ud83d\\n\\ud83d\\u0041\""), MR_STR_INIT(FFFD "\n" FFFD "A") },
		{ MR_STR_INIT("\"\\ud83d\""), MR_STR_INIT(FFFD) },
		{ MR_STR_INIT("\"\\ud83d\xFF\""), MR_STR_INIT(FFFD FFFD) },
		{ MR_STR_INIT("\"a\xFF\xFE"
			      "b\""),
			MR_STR_INIT("a" FFFD FFFD "b") },
		{ MR_STR_INIT("\"\xC0\x80\""), MR_STR_INIT(FFFD FFFD) },
		{ MR_STR_INIT("\"\xED\xA0\x80\""), MR_STR_INIT(FFFD FFFD FFFD) },
		{ MR_STR_INIT("\"\xE2\x82\""), MR_STR_INIT(FFFD FFFD) },
		{ MR_STR_INIT("\"\xE2\x82\\n\""), MR_STR_INIT(FFFD FFFD "\n") },
		{ MR_STR_INIT("\"\xF4\x90\x80\x80\""), MR_STR_INIT(FFFD FFFD FFFD FFFD) },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(doc) struct doc d = { 0 };
		doc_parse(&d, rows[i].text);
		assert_int_equal(d.root->kind, MR_JSON_STRING);
		assert_int_equal(d.root->text.len, rows[i].want.len);
		assert_memory_equal(d.root->text.ptr, rows[i].want.ptr, rows[i].want.len);
	}
}

/* What needs no change is not copied. */
static void test_strings_are_borrowed(void **state)
{
	static const struct mr_str texts[] = { MR_STR_INIT("\"plain \x7F\""),
		MR_STR_INIT("\"gr\xC3\xBC\xC3\x9F"
			    "e \xE2\x80\xA8 \xF0\x9F\x98\x80\"") };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(texts); i++) {
		MR_AUTO(doc) struct doc d = { 0 };
		doc_parse(&d, texts[i]);
		assert_ptr_equal(d.root->text.ptr, d.copy + 1);
		assert_int_equal(d.root->text.len, texts[i].len - 2);
	}
}

/* --- bounds --- */

static void put_deep(struct mr_buf *out, size_t depth, bool objects, bool closed)
{
	mr_buf_init(out, 1 << 20);
	for (size_t i = 0; i < depth; i++)
		mr_buf_put_cstr(out, objects ? "{\"a\":" : "[");
	mr_buf_put_u8(out, '1');
	for (size_t i = 0; closed && i < depth; i++)
		mr_buf_put_u8(out, objects ? '}' : ']');
}

static void test_depth(void **state)
{
	(void)state;
	for (int objects = 0; objects < 2; objects++) {
		MR_AUTO(buf) struct mr_buf deepest = { 0 }, deeper = { 0 };
		MR_AUTO(doc) struct doc good = { 0 }, cut = { 0 }, bad = { 0 };
		size_t depth = 0;

		put_deep(&deepest, 10000, objects, true);
		doc_parse(&good, mr_buf_str(&deepest));
		for (const struct mr_json *v = good.root; v->first; v = v->first)
			depth++;
		assert_int_equal(depth, 10000);
		doc_open(&cut, (struct mr_str){ (char *)deepest.data, deepest.len - 1 }, false);
		assert_string_equal(cut.err.message, END);
		put_deep(&deeper, 10001, objects, false);
		doc_open(&bad, mr_buf_str(&deeper), false);
		assert_int_equal(bad.result.code, MR_CODE_LIMIT);
		assert_string_equal(bad.err.message,
			objects ? BAD("{", "exceeded max depth") : BAD("[", "exceeded max depth"));
	}
}

/* Depth counts what is open, not what was. */
static void test_depth_is_released(void **state)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	MR_AUTO(doc) struct doc d = { 0 };

	(void)state;
	mr_buf_init(&text, 1 << 20);
	mr_buf_put_cstr(&text, "[[]");
	for (size_t i = 0; i < 20000; i++)
		mr_buf_put_cstr(&text, i % 2 ? ",[[]]" : ",{}");
	mr_buf_put_u8(&text, ']');
	doc_parse(&d, mr_buf_str(&text));
	assert_int_equal(d.root->count, 20001);
}

static void test_memory_is_bounded(void **state)
{
	static const struct mr_str texts[] = {
		MR_STR_INIT("[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"),
		MR_STR_INIT("[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]"),
		MR_STR_INIT(
			"{\"\\n\":1,\"\\n\":1,\"\\n\":1,\"\\n\":1,\"\\n\":1,\"\\n\":\"\\n\",\"\\n\":1}")
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(texts); i++) {
		/* every limit up to the one that is enough, so that each allocation fails once */
		mr_result r = { MR_CODE_LIMIT };
		for (size_t limit = 0; r.code == MR_CODE_LIMIT && limit < 8192; limit += 16) {
			MR_AUTO(arena) struct mr_arena arena = { 0 };
			const struct mr_json *root = NULL;
			struct mr_error err;
			mr_arena_init(&arena, limit);
			r = mr_json_parse(texts[i], &arena, &root, &err);
			assert_int_equal(root == NULL, mr_failed(r));
		}
		assert_int_equal(r.code, MR_CODE_OK);
	}
}

/* --- names --- */

static void test_names(void **state)
{
	static const struct {
		struct mr_str member, field;
		bool match;
	} rows[] = {
		{ MR_STR_INIT("Packages"), MR_STR_INIT("Packages"), true },
		{ MR_STR_INIT("packages"), MR_STR_INIT("Packages"), true },
		{ MR_STR_INIT("PACKAGES"), MR_STR_INIT("Packages"), true },
		{ MR_STR_INIT("Pac\xE2\x84\xAA"
			      "age\xC5\xBF"),
			MR_STR_INIT("Packages"), true },
		{ MR_STR_INIT("TL\xC5\xBF"), MR_STR_INIT("TLS"), true },
		{ MR_STR_INIT("Package"), MR_STR_INIT("Packages"), false },
		{ MR_STR_INIT("Packagess"), MR_STR_INIT("Packages"), false },
		{ MR_STR_INIT("Packages\0"), MR_STR_INIT("Packages"), false },
		{ MR_STR_INIT("P\xC3\xA4"
			      "ckages"),
			MR_STR_INIT("Packages"), false },
		{ MR_STR_INIT("Package\xC5"), MR_STR_INIT("Packages"), false },
		{ MR_STR_INIT("Pac\xE2\x84"
			      "ages"),
			MR_STR_INIT("Packages"), false },
		{ MR_STR_INIT("\xE2\x84\xAA"), MR_STR_INIT("s"), false },
		{ MR_STR_INIT("\xC5\xBF"), MR_STR_INIT("k"), false },
		{ MR_STR_INIT("a_b"), MR_STR_INIT("a-b"), false },
		{ MR_STR_INIT("@"), MR_STR_INIT("`"), false },
		{ MR_STR_INIT("["), MR_STR_INIT("{"), false },
		{ MR_STR_INIT(""), MR_STR_INIT("a"), false },
		{ MR_STR_INIT("a"), MR_STR_INIT(""), false },
		{ MR_STR_INIT(""), MR_STR_INIT(""), true },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		if (mr_json_name_matches(rows[i].member, rows[i].field) != rows[i].match)
			fail_msg("%.*s", MR_STR_ARGS(rows[i].member));
}

static void test_members(void **state)
{
	MR_AUTO(doc) struct doc d = { 0 };

	(void)state;
	doc_parse(&d, MR_STR("{\"key\":1,\"KEY\":2,\"key\":3,\"Key\":4,\"\":5,\"\\u006bez\":6}"));
	assert_true(mr_str_eq(mr_json_member(d.root, MR_STR("key"))->text, MR_STR("3")));
	assert_true(mr_str_eq(mr_json_field(d.root, MR_STR("key"))->text, MR_STR("4")));
	assert_true(mr_str_eq(mr_json_member(d.root, MR_STR(""))->text, MR_STR("5")));
	assert_true(mr_str_eq(mr_json_field(d.root, MR_STR("KEZ"))->text, MR_STR("6")));
	assert_null(mr_json_member(d.root, MR_STR("KEZ")));
	assert_null(mr_json_field(d.root, MR_STR("other")));
	assert_null(mr_json_member(d.root->first, MR_STR("key")));
	assert_null(mr_json_field(d.root->first, MR_STR("key")));
	assert_null(mr_json_member(NULL, MR_STR("key")));
	assert_null(mr_json_field(NULL, MR_STR("key")));
}

/* --- values --- */

#define MISMATCH(kind, type) "json: cannot unmarshal " kind " into Go value of type " type

/* The default shows where a decoder left its result alone. */
static mr_result decode(
	char type, const struct mr_json *value, struct mr_buf *out, struct mr_error *err)
{
	struct mr_str str = MR_STR("default");
	uint64_t u64 = 77;
	int64_t i64 = 77;
	uint16_t u16 = 77;
	bool flag = true;
	mr_result r = MR_OK;

	switch (type) {
	case 's':
		r = mr_json_get_str(value, &str, err);
		mr_buf_put_str(out, str);
		break;
	case 'b':
		r = mr_json_get_bool(value, &flag, err);
		mr_buf_put_cstr(out, flag ? "true" : "false");
		break;
	case 'u':
		r = mr_json_get_u64(value, &u64, err);
		mr_buf_printf(out, "%" PRIu64, u64);
		break;
	case 'i':
		r = mr_json_get_i64(value, &i64, err);
		mr_buf_printf(out, "%" PRId64, i64);
		break;
	case 'w':
		r = mr_json_get_u16(value, &u16, err);
		mr_buf_printf(out, "%u", u16);
		break;
	case 'm':
		r = mr_json_want(value, MR_JSON_OBJECT, "map[string]string", err);
		break;
	default:
		fail_msg("type %c", type);
	}
	mr_buf_put_u8(out, 0);
	return r;
}

static const struct {
	char type;
	const char *text, *want, *error;
} values[] = {
	{ 's', "\"x\"", "x", NULL },
	{ 's', "\"\"", "", NULL },
	{ 's', "null", "default", NULL },
	{ 's', "1", NULL, MISMATCH("number", "string") },
	{ 's', "true", NULL, MISMATCH("bool", "string") },
	{ 's', "[]", NULL, MISMATCH("array", "string") },
	{ 's', "{}", NULL, MISMATCH("object", "string") },
	{ 'b', "false", "false", NULL },
	{ 'b', "true", "true", NULL },
	{ 'b', "null", "true", NULL },
	{ 'b', "1", NULL, MISMATCH("number", "bool") },
	{ 'b', "\"true\"", NULL, MISMATCH("string", "bool") },
	{ 'u', "0", "0", NULL },
	{ 'u', "18446744073709551615", "18446744073709551615", NULL },
	{ 'u', "null", "77", NULL },
	{ 'u', "18446744073709551616", NULL, MISMATCH("number 18446744073709551616", "uint64") },
	{ 'u', "18446744073709551620", NULL, MISMATCH("number 18446744073709551620", "uint64") },
	{ 'u', "184467440737095516150", NULL, MISMATCH("number 184467440737095516150", "uint64") },
	{ 'u', "-1", NULL, MISMATCH("number -1", "uint64") },
	{ 'u', "-0", NULL, MISMATCH("number -0", "uint64") },
	{ 'u', "3.0", NULL, MISMATCH("number 3.0", "uint64") },
	{ 'u', "1e2", NULL, MISMATCH("number 1e2", "uint64") },
	{ 'u', "\"1\"", NULL, MISMATCH("string", "uint64") },
	{ 'u', "true", NULL, MISMATCH("bool", "uint64") },
	{ 'i', "0", "0", NULL },
	{ 'i', "-0", "0", NULL },
	{ 'i', "null", "77", NULL },
	{ 'i', "-1", "-1", NULL },
	{ 'i', "9223372036854775807", "9223372036854775807", NULL },
	{ 'i', "-9223372036854775808", "-9223372036854775808", NULL },
	{ 'i', "9223372036854775808", NULL, MISMATCH("number 9223372036854775808", "int64") },
	{ 'i', "-9223372036854775809", NULL, MISMATCH("number -9223372036854775809", "int64") },
	{ 'i', "1.5", NULL, MISMATCH("number 1.5", "int64") },
	{ 'i', "-1e2", NULL, MISMATCH("number -1e2", "int64") },
	{ 'i', "[]", NULL, MISMATCH("array", "int64") },
	{ 'w', "65535", "65535", NULL },
	{ 'w', "null", "77", NULL },
	{ 'w', "65536", NULL, MISMATCH("number 65536", "uint16") },
	{ 'w', "-1", NULL, MISMATCH("number -1", "uint16") },
	{ 'w', "{}", NULL, MISMATCH("object", "uint16") },
	{ 'm', "{}", "", NULL },
	{ 'm', "null", "", NULL },
	{ 'm', "[]", NULL, MISMATCH("array", "map[string]string") },
	{ 'm', "1", NULL, MISMATCH("number", "map[string]string") },
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(values); i++) {
		MR_AUTO(doc) struct doc d = { 0 };
		MR_AUTO(buf) struct mr_buf out = { 0 };

		doc_parse(&d, mr_str_of(values[i].text));
		mr_buf_init(&out, 100);
		mr_result r = decode(values[i].type, d.root, &out, &d.err);
		assert_int_equal(mr_failed(r), values[i].error != NULL);
		if (values[i].error) {
			assert_int_equal(r.code, MR_CODE_INVALID);
			assert_string_equal(d.err.message, values[i].error);
		} else {
			assert_string_equal(out.data, values[i].want);
		}
	}
}

static void test_missing_values(void **state)
{
	static const char types[] = "sbuiwm";
	static const char *const want[] = { "default", "true", "77", "77", "77", "" };
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(want); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		mr_buf_init(&out, 100);
		assert_false(mr_failed(decode(types[i], NULL, &out, &err)));
		assert_string_equal(out.data, want[i]);
	}
}

static void test_bytes(void **state)
{
	static const struct {
		const char *text;
		bool present;
		struct mr_str want;
		const char *error;
	} rows[] = {
		{ "null", false, MR_STR_INIT(""), NULL },
		{ "\"\"", true, MR_STR_INIT(""), NULL },
		{ "[]", true, MR_STR_INIT(""), NULL },
		{ "\"AAE=\"", true, MR_STR_INIT("\0\1"), NULL },
		{ "\"AA\\r\\nE=\\n\"", true, MR_STR_INIT("\0\1"), NULL },
		{ "\"\\u0041AE=\"", true, MR_STR_INIT("\0\1"), NULL },
		{ "[0,1,255]", true, MR_STR_INIT("\0\1\xFF"), NULL },
		{ "[null,1]", true, MR_STR_INIT("\0\1"), NULL },
		{ "\"AAE\"", false, MR_STR_INIT(""), "illegal base64 data at input byte 0" },
		{ "\"AA E=\"", false, MR_STR_INIT(""), "illegal base64 data at input byte 2" },
		{ "[256]", false, MR_STR_INIT(""), MISMATCH("number 256", "uint8") },
		{ "[-1]", false, MR_STR_INIT(""), MISMATCH("number -1", "uint8") },
		{ "[1.0]", false, MR_STR_INIT(""), MISMATCH("number 1.0", "uint8") },
		{ "[\"1\"]", false, MR_STR_INIT(""), MISMATCH("string", "uint8") },
		{ "[[1]]", false, MR_STR_INIT(""), MISMATCH("array", "uint8") },
		{ "1", false, MR_STR_INIT(""), MISMATCH("number", "[]uint8") },
		{ "{}", false, MR_STR_INIT(""), MISMATCH("object", "[]uint8") },
		{ "true", false, MR_STR_INIT(""), MISMATCH("bool", "[]uint8") },
	};
	struct mr_error err;
	struct mr_bytes got = { NULL, 7 };
	bool present = true;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(doc) struct doc d = { 0 };

		doc_parse(&d, mr_str_of(rows[i].text));
		present = !rows[i].present;
		mr_result r = mr_json_get_bytes(d.root, &d.arena, &got, &present, &err);
		assert_int_equal(mr_failed(r), rows[i].error != NULL);
		if (rows[i].error) {
			assert_int_equal(r.code, MR_CODE_INVALID);
			assert_string_equal(err.message, rows[i].error);
			continue;
		}
		assert_int_equal(present, rows[i].present);
		assert_true(mr_str_eq(mr_bytes_str(got), rows[i].want));
	}
	present = true;
	assert_false(mr_failed(mr_json_get_bytes(NULL, NULL, &got, &present, &err)));
	assert_false(present);
}

static void test_bytes_memory_is_bounded(void **state)
{
	static const struct mr_str texts[] = { MR_STR_INIT("\"AAAA\""), MR_STR_INIT("[0]") };
	struct mr_error err;
	struct mr_bytes got;
	bool present;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(texts); i++) {
		MR_AUTO(doc) struct doc d = { 0 };
		struct mr_arena full = { 0 };
		doc_parse(&d, texts[i]);
		assert_int_equal(
			mr_json_get_bytes(d.root, &full, &got, &present, &err).code, MR_CODE_LIMIT);
	}
}

/* --- writing --- */

static void test_put_str(void **state)
{
	static const struct {
		struct mr_str text;
		const char *go, *plain;
	} rows[] = {
		{ MR_STR_INIT(""), "\"\"", "\"\"" },
		{ MR_STR_INIT("a\"\\/b"), "\"a\\\"\\\\/b\"", "\"a\\\"\\\\/b\"" },
		{ MR_STR_INIT("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"", "\"\\u0008\\u000c\\n\\r\\t\"" },
		{ MR_STR_INIT("\0\x01\x1F\x7F"), "\"\\u0000\\u0001\\u001f\x7F\"",
			"\"\\u0000\\u0001\\u001f\x7F\"" },
		{ MR_STR_INIT("<x>&"), "\"\\u003cx\\u003e\\u0026\"", "\"<x>&\"" },
		{ MR_STR_INIT("\xE2\x80\xA8\xE2\x80\xA9"), "\"\\u2028\\u2029\"",
			"\"\xE2\x80\xA8\xE2\x80\xA9\"" },
		{ MR_STR_INIT("\xFF\xC0\x80\xE2\x82"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"",
			"\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"" },
		{ MR_STR_INIT(FFFD "\xC3\xA9\xF0\x9F\x98\x80"),
			"\"" FFFD "\xC3\xA9\xF0\x9F\x98\x80\"",
			"\"" FFFD "\xC3\xA9\xF0\x9F\x98\x80\"" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf go = { 0 }, plain = { 0 };

		mr_buf_init(&go, 100);
		mr_json_put_str(&go, rows[i].text);
		mr_buf_put_u8(&go, 0);
		assert_string_equal(go.data, rows[i].go);
		mr_buf_init(&plain, 100);
		mr_json_put_str_plain(&plain, rows[i].text);
		mr_buf_put_u8(&plain, 0);
		assert_string_equal(plain.data, rows[i].plain);
	}
}

static void test_put_record(void **state)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&out, 100);
	mr_buf_put_u8(&out, '{');
	mr_json_put_name(&out, "a", true);
	mr_json_put_bytes(&out, mr_bytes_of("\0\1", 2));
	mr_json_put_name(&out, "b", false);
	mr_json_put_bytes(&out, mr_bytes_of(NULL, 0));
	mr_buf_put_u8(&out, '}');
	assert_false(mr_failed(mr_buf_status(&out, &err)));
	assert_true(mr_str_eq(mr_buf_str(&out), MR_STR("{\"a\":\"AAE=\",\"b\":\"\"}")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_trees),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_first_of_a_stream),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_strings_are_borrowed),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_depth_is_released),
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_missing_values),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_bytes_memory_is_bounded),
		cmocka_unit_test(test_put_str),
		cmocka_unit_test(test_put_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
