/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of command lines: which command, its flags and positionals, values, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cli/args_value.h"
#include "cli_test.h"

/* --- finding the command --- */

struct found {
	const char *line, *path, *tokens, *unknown;
};

static const struct found found_rows[] = {
	{ "", "prog", "", NULL },
	{ "leaf x", "prog leaf", "x ", NULL },
	{ "group inner deep x", "prog group inner deep", "x ", NULL },
	{ "group nothing deep", "prog group", "nothing deep ", NULL },
	{ "both-a-command-and-a-group none", "prog both-a-command-and-a-group none", "", NULL },
	{ "both-a-command-and-a-group x none", "prog both-a-command-and-a-group", "x none ", NULL },
	{ "nothing leaf", "prog", "nothing leaf ", "nothing" },
	{ "LEAF", "prog", "LEAF ", "LEAF" },
	/* flags in front and between */
	{ "-i leaf x", "prog leaf", "-i x ", NULL },
	{ "--text leaf leaf x", "prog leaf", "--text leaf x ", NULL },
	{ "--text=v leaf", "prog leaf", "--text=v ", NULL },
	{ "-t v leaf", "prog leaf", "-t v ", NULL },
	{ "-tv leaf", "prog leaf", "-tv ", NULL },
	{ "-t=v leaf", "prog leaf", "-t=v ", NULL },
	{ "-it v leaf", "prog leaf", "-it v ", NULL },
	{ "-itv leaf", "prog leaf", "-itv ", NULL },
	{ "-i=false leaf", "prog leaf", "-i=false ", NULL },
	{ "group --shared none none", "prog group none", "--shared none ", NULL },
	{ "--help leaf", "prog leaf", "--help ", NULL },
	{ "-h leaf", "prog leaf", "-h ", NULL },
	/* flags of commands that are not known yet */
	{ "--missing group inner deep", "prog group inner deep", "--missing ", NULL },
	{ "--key v strict f", "prog strict", "--key v f ", NULL },
	{ "-c v strict f", "prog strict", "-c v f ", NULL },
	{ "--shared v group", "prog group", "--shared v ", NULL },
	/* a switch here, a value there: a value, unless the command at hand knows better */
	{ "--switch leaf leaf", "prog leaf", "--switch leaf ", NULL },
	{ "leaf -s leaf", "prog leaf", "-s leaf ", NULL },
	/* unknown to all */
	{ "--foo leaf", "prog leaf", "--foo ", NULL },
	{ "-x leaf", "prog leaf", "-x ", NULL },
	{ "-xt leaf", "prog leaf", "-xt ", NULL },
	{ "--text", "prog", "--text ", NULL },
	{ "-", "prog", "- ", "-" },
	/* `--` */
	{ "-- leaf", "prog", "-- leaf ", NULL },
	{ "leaf -- -i --", "prog leaf", "-- -i -- ", NULL },
	{ "--text -- leaf", "prog leaf", "--text -- ", NULL },
};

static void test_find(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(found_rows); i++) {
		const struct found *row = &found_rows[i];
		MR_AUTO(args) struct mr_args args = { 0 };
		MR_AUTO(buf) struct mr_buf text = { 0 };
		const char *const *words;
		struct mr_error err;
		size_t count;

		mr_args_init(&args);
		mr_buf_init(&text, 4096);
		words = cli_test_words(&args.arena, row->line, &count);
		assert_false(mr_failed(mr_args_find(&args, &cli_test_tree, words, count, &err)));
		mr_args_put_path(&args, args.depth, &text);
		mr_buf_put_u8(&text, '|');
		for (size_t j = 0; j < args.token_count; j++)
			mr_buf_printf(&text, "%s ", args.tokens[j]);
		mr_buf_put_u8(&text, 0);
		if (strncmp((char *)text.data, row->path, strlen(row->path)) != 0 ||
			text.data[strlen(row->path)] != '|' ||
			strcmp((char *)text.data + strlen(row->path) + 1, row->tokens) != 0)
			fail_msg("%s: %s", row->line, (char *)text.data);
		if (!row->unknown)
			assert_null(args.unknown);
		else
			assert_string_equal(args.unknown, row->unknown);
	}
}

/* --- flags --- */

#define LEAF(text, switched, rest) "leaf text=" text " switch=" switched "\n" rest
#define AB "item=a\nitem=b\n"

static void test_good_lines(void **state)
{
	static const struct {
		const char *line, *out;
	} rows[] = {
		{ "leaf x", LEAF("", "0", AB "word=x\n") },
		{ "leaf x y", LEAF("", "0", AB "word=x\nword=y\n") },
		{ "leaf --text v x", LEAF("v", "0", AB "word=x\n") },
		{ "leaf --text=v x", LEAF("v", "0", AB "word=x\n") },
		{ "leaf --text= x", LEAF("", "0", AB "word=x\n") },
		{ "leaf --text '' x", LEAF("", "0", AB "word=x\n") },
		{ "leaf --text --switch x", LEAF("--switch", "0", AB "word=x\n") },
		{ "leaf --text a=b --text c=d x", LEAF("c=d", "0", AB "word=x\n") },
		{ "leaf -t v x", LEAF("v", "0", AB "word=x\n") },
		{ "leaf -tv x", LEAF("v", "0", AB "word=x\n") },
		{ "leaf -t=v x", LEAF("v", "0", AB "word=x\n") },
		{ "leaf -t= x", LEAF("", "0", AB "word=x\n") },
		{ "leaf -st v x", LEAF("v", "1", AB "word=x\n") },
		{ "leaf -istv x", LEAF("v", "1", AB "word=x\n") },
		{ "leaf -s=false x", LEAF("", "0", AB "word=x\n") },
		{ "leaf -is=T x", LEAF("", "1", AB "word=x\n") },
		{ "leaf x --switch", LEAF("", "1", AB "word=x\n") },
		{ "leaf --switch=false --switch x", LEAF("", "1", AB "word=x\n") },
		{ "leaf --switch --switch=0 x", LEAF("", "0", AB "word=x\n") },
		{ "leaf --switch=t x", LEAF("", "1", AB "word=x\n") },
		{ "leaf --switch=True x", LEAF("", "1", AB "word=x\n") },
		{ "leaf --switch true x", LEAF("", "1", AB "word=true\nword=x\n") },
		{ "leaf -- -s --", LEAF("", "0", AB "word=-s\nword=--\n") },
		{ "leaf -", LEAF("", "0", AB "word=-\n") },
		{ "leaf ''", LEAF("", "0", AB "word=\n") },
		{ "-t v leaf x", LEAF("v", "0", AB "word=x\n") },
		/* lists */
		{ "leaf --list c x", LEAF("", "0", "item=c\nword=x\n") },
		{ "leaf -l c,d --list=e x", LEAF("", "0", "item=c\nitem=d\nitem=e\nword=x\n") },
		{ "leaf --list '' x", LEAF("", "0", "word=x\n") },
		{ "leaf --list '' -l c x", LEAF("", "0", "item=c\nword=x\n") },
		{ "leaf --list , x", LEAF("", "0", "item=\nitem=\nword=x\n") },
		{ "leaf --list \"a,b\",\"c\"\"d\",\"\" x",
			LEAF("", "0", "item=a,b\nitem=c\"d\nitem=\nword=x\n") },
		{ "leaf --also-list c --list d x", LEAF("", "0", "item=c\nitem=d\nword=x\n") },
		/* numbers */
		{ "leaf --uint 16 x", LEAF("", "0", AB "uint=16\nword=x\n") },
		{ "leaf -u0x1F x", LEAF("", "0", AB "uint=31\nword=x\n") },
		{ "leaf --uint=0b101 x", LEAF("", "0", AB "uint=5\nword=x\n") },
		{ "leaf --uint=0o17 x", LEAF("", "0", AB "uint=15\nword=x\n") },
		{ "leaf --uint=017 x", LEAF("", "0", AB "uint=15\nword=x\n") },
		{ "leaf --uint=0X_ff x", LEAF("", "0", AB "uint=255\nword=x\n") },
		{ "leaf --uint=1_000 x", LEAF("", "0", AB "uint=1000\nword=x\n") },
		{ "leaf --uint=18446744073709551615 x",
			LEAF("", "0", AB "uint=18446744073709551615\nword=x\n") },
		{ "leaf --int=-0x10 x", LEAF("", "0", AB "int=-16\nword=x\n") },
		{ "leaf --int +7 x", LEAF("", "0", AB "int=7\nword=x\n") },
		{ "leaf --int -0 x", LEAF("", "0", AB "int=0\nword=x\n") },
		{ "leaf --int=-9223372036854775808 x",
			LEAF("", "0", AB "int=-9223372036854775808\nword=x\n") },
		/* a flag of the command hides the one above */
		{ "group inner deep", "deep text=own switch=0\n" },
		{ "group inner deep --text v -s x", "deep text=v switch=0\n" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		cli_test_expect(&cli_test_tree, rows[i].line, 0, rows[i].out, "");
}

static void test_bad_lines(void **state)
{
	static const struct {
		const char *line, *error;
	} rows[] = {
		{ "leaf --foo", "unknown flag: --foo" },
		{ "leaf --foo=bar x", "unknown flag: --foo" },
		{ "leaf --tex v x", "unknown flag: --tex" },
		{ "leaf -x", "unknown shorthand flag: 'x' in -x" },
		{ "leaf -isxz", "unknown shorthand flag: 'x' in -xz" },
		{ "leaf -=x", "unknown shorthand flag: '=' in -=x" },
		{ "leaf -\xC3\xA4", "unknown shorthand flag: '\\xc3' in -\xC3\xA4" },
		{ "leaf --text", "flag needs an argument: --text" },
		{ "leaf x -t", "flag needs an argument: 't' in -t" },
		{ "leaf x -st", "flag needs an argument: 't' in -t" },
		{ "leaf --=x", "bad flag syntax: --=x" },
		{ "leaf ---x", "bad flag syntax: ---x" },
		{ "leaf --switch=maybe",
			"invalid argument \"maybe\" for \"-s, --switch\" flag: strconv.ParseBool: "
			"parsing \"maybe\": invalid syntax" },
		{ "leaf --switch=", "invalid argument \"\" for \"-s, --switch\" flag: ..." },
		{ "leaf -s=tRUE", "invalid argument \"tRUE\" for \"-s, --switch\" flag: ..." },
		{ "leaf --on=yes", "invalid argument \"yes\" for \"--on\" flag: ..." },
		{ "leaf --uint abc",
			"invalid argument \"abc\" for \"-u, --uint\" flag: strconv.ParseUint: "
			"parsing \"abc\": invalid syntax" },
		{ "leaf --uint=-1", "invalid argument \"-1\" for ..." },
		{ "leaf --uint=+1", "invalid argument \"+1\" for ..." },
		{ "leaf --uint=", "invalid argument \"\" for ..." },
		{ "leaf --uint=1.5", "invalid argument \"1.5\" for ..." },
		{ "leaf --uint=0x", "invalid argument \"0x\" for ..." },
		{ "leaf --uint=1_", "invalid argument \"1_\" for ..." },
		{ "leaf --uint=_1", "invalid argument \"_1\" for ..." },
		{ "leaf --uint=1__1", "invalid argument \"1__1\" for ..." },
		{ "leaf --uint=08", "invalid argument \"08\" for ..." },
		{ "leaf --uint=0b2", "invalid argument \"0b2\" for ..." },
		{ "leaf --uint=0o8", "invalid argument \"0o8\" for ..." },
		{ "leaf --uint=18446744073709551616",
			"invalid argument \"18446744073709551616\" for \"-u, --uint\" flag: "
			"strconv.ParseUint: parsing \"18446744073709551616\": value out of range" },
		{ "leaf --int=9223372036854775808",
			"invalid argument \"9223372036854775808\" for \"--int\" flag: "
			"strconv.ParseInt: parsing \"9223372036854775808\": value out of range" },
		{ "leaf --int=-9223372036854775809",
			"invalid argument \"-9223372036854775809\" for ..." },
		{ "leaf --int=-", "invalid argument \"-\" for ..." },
		{ "leaf --list a\"b",
			"invalid argument \"a\\\"b\" for \"-l, --list\" flag: bare \" in "
			"non-quoted field" },
		{ "leaf --list \"a\"b",
			"invalid argument \"\\\"a\\\"b\" for \"-l, --list\" flag: extraneous or "
			"missing \" in quoted-field" },
		{ "leaf --list \"a", "invalid argument \"\\\"a\" for ..." },
		{ "leaf --list a\nb",
			"invalid argument \"a\\nb\" for \"-l, --list\" flag: line break in list" },
		{ "leaf --uint \xFF\\\t\x01\x7F",
			"invalid argument \"\\xff\\\\\\t\\x01\\x7f\" for ..." },
		/* positionals */
		{ "leaf", "requires at least 1 arg(s), only received 0" },
		{ "leaf a b c", "accepts at most 2 arg(s), received 3" },
		{ "strict", "accepts 1 arg(s), received 0" },
		{ "strict a b", "accepts 1 arg(s), received 2" },
		{ "many a", "requires at least 2 arg(s), only received 1" },
		{ "none x", "unknown command \"x\" for \"prog none\"" },
		{ "group none x y", "unknown command \"x\" for \"prog group none\"" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		struct mr_str line = mr_str_of(rows[i].error);
		char error[512];

		/* `...` stays at the end */
		(void)snprintf(error, sizeof error, "Error: %s%s", rows[i].error,
			mr_str_ends(line, MR_STR("...")) ? "" : "\n");
		cli_test_expect(&cli_test_tree, rows[i].line, 1, "Usage:\n  prog ...", error);
	}
}

/* --- rules between flags --- */

static void test_rules(void **state)
{
	static const struct {
		const char *line, *error;
	} rows[] = {
		{ "strict f", "required flag(s) \"must\", \"need\" not set" },
		{ "strict f --need=", "required flag(s) \"must\" not set" },
		{ "strict f --need= --must=",
			"at least one of the flags in the group [key token] is required" },
		{ "strict f --need= --must= -k k",
			"if any flags in the group [key cert] are set they must all be set; "
			"missing [cert]" },
		{ "strict f --need= --must= -c c --token t",
			"if any flags in the group [key cert] are set they must all be set; "
			"missing [key]" },
		{ "strict f --need= --must= -c c -k k --token t",
			"if any flags in the group [token cert] are set none of the others can "
			"be; [cert token] were all set" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		char error[512];

		(void)snprintf(error, sizeof error, "Error: %s\n", rows[i].error);
		cli_test_expect(&cli_test_tree, rows[i].line, 1, "", error);
	}
	cli_test_expect(
		&cli_test_tree, "strict f --need= --must= --cert= --key=", 0, "strict ...", "");
	cli_test_expect(&cli_test_tree, "strict f --need= --must= --token=", 0, "strict ...", "");
}

/* A program's own fault gives the zero value. */
static void test_unknown_names(void **state)
{
	MR_AUTO(args) struct mr_args args = { 0 };
	const char *const line[] = { "none" };
	struct mr_error err;

	(void)state;
	mr_args_init(&args);
	assert_false(mr_failed(mr_args_find(&args, &cli_test_tree, line, 1, &err)));
	assert_false(mr_failed(mr_args_parse(&args, &err)));
	assert_null(mr_args_value(&args, "nothing"));
	assert_false(mr_args_bool(&args, "nothing"));
	assert_false(mr_args_given(&args, "nothing"));
	assert_false(mr_args_given(&args, "text"));
	assert_string_equal(mr_args_text(&args, "nothing"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_good_lines),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_unknown_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
