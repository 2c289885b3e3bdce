/* SPDX-License-Identifier: Apache-2.0 */
/* Help, usage, suggestions, and which of them goes to which stream. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cli/suggest.h"
#include "cli_test.h"

#define GLOBALS                                                                                    \
	"\nGlobal Flags:\n"                                                                        \
	"  -i, --insecure      no checks\n"                                                        \
	"      --made string   worked out (default \"a \\\"made\\\" one\")\n"                      \
	"  -t, --text string   a text\n"

static const char leaf_usage[] = "Usage:\n"
				 "  prog leaf A [B] [flags]\n"
				 "\n"
				 "Examples:\n"
				 "  prog leaf a\n"
				 "\n"
				 "Flags:\n"
				 "  -h, --help           help for leaf\n"
				 "      --int int        another number\n"
				 "  -l, --list strings   a list (default [a,b])\n"
				 "      --on             is on (default true)\n"
				 "  -s, --switch         a switch\n"
				 "  -u, --uint uint      a number (default 60)\n" GLOBALS;

static void test_leaf(void **state)
{
	char help[2048], usage[2048];

	(void)state;
	(void)snprintf(help, sizeof help, "A leaf of the tree.\n\n%s", leaf_usage);
	(void)snprintf(usage, sizeof usage, "%s\n", leaf_usage);
	cli_test_expect(&cli_test_tree, "leaf --help", 0, help, "");
	cli_test_expect(&cli_test_tree, "leaf a b c d -h", 0, help, "");
	cli_test_expect(&cli_test_tree, "leaf --foo", 1, usage, "Error: unknown flag: --foo\n");
}

static void test_root(void **state)
{
	static const char help[] =
		"A program\n"
		"\n"
		"Usage:\n"
		"  prog [command]\n"
		"\n"
		"Available Commands:\n"
		"  leaf                       A leaf\n"
		"  strict                     A leaf with rules\n"
		"  none                       Takes nothing\n"
		"  many                       Takes many\n"
		"  group                      A group\n"
		"  both-a-command-and-a-group Runs, and has commands\n"
		"  help                       Help\n"
		"\n"
		"Flags:\n"
		"  -h, --help          help for prog\n"
		"  -i, --insecure      no checks\n"
		"      --made string   worked out (default \"a \\\"made\\\" one\")\n"
		"  -t, --text string   a text\n"
		"\n"
		"Use \"prog [command] --help\" for more information about a command.\n";

	(void)state;
	cli_test_expect(&cli_test_tree, "", 0, help, "");
	cli_test_expect(&cli_test_tree, "--help", 0, help, "");
	cli_test_expect(&cli_test_tree, "-ih", 0, help, "");
}

static void test_groups(void **state)
{
	(void)state;
	cli_test_expect(&cli_test_tree, "group", 0,
		"A group\n"
		"\n"
		"Usage:\n"
		"  prog group [command]\n"
		"\n"
		"Available Commands:\n"
		"  inner       A group in a group\n"
		"  none        Takes nothing\n"
		"\n"
		"Flags:\n"
		"  -h, --help            help for group\n"
		"      --shared string   of the group and below\n" GLOBALS "\n"
		"Use \"prog group [command] --help\" for more information about a command.\n",
		"");
	cli_test_expect(&cli_test_tree, "both-a-command-and-a-group -h", 0,
		"Runs, and has commands\n"
		"\n"
		"Usage:\n"
		"  prog both-a-command-and-a-group FILE [flags]\n"
		"  prog both-a-command-and-a-group [command]\n"
		"\n"
		"Available Commands:\n"
		"  none        Takes nothing\n"
		"...",
		"");
	cli_test_expect(&cli_test_tree, "group none --help", 0,
		"Takes nothing\n"
		"\n"
		"Usage:\n"
		"  prog group none [flags]\n"
		"\n"
		"Flags:\n"
		"  -h, --help   help for none\n"
		"\n"
		"Global Flags:\n"
		"  -i, --insecure        no checks\n"
		"      --made string     worked out (default \"a \\\"made\\\" one\")\n"
		"      --shared string   of the group and below\n"
		"  -t, --text string     a text\n",
		"");
	cli_test_expect(&cli_test_tree, "group inner foo --help", 0, "A group in a group\n...", "");
}

static void test_unknown_commands(void **state)
{
	(void)state;
	cli_test_expect(&cli_test_tree, "frobnicate --help", 1, "",
		"Error: unknown command \"frobnicate\" for \"prog\"\n"
		"Run 'prog --help' for usage.\n");
	cli_test_expect(&cli_test_tree, "mani x", 1, "",
		"Error: unknown command \"mani\" for \"prog\"\n"
		"\n"
		"Did you mean this?\n"
		"\tmany\n"
		"\n"
		"Run 'prog --help' for usage.\n");
	cli_test_expect(&cli_test_tree, "group inne", 1, "",
		"Error: unknown command \"inne\" for \"prog group\"\n"
		"\n"
		"Did you mean this?\n"
		"\tinner\n"
		"\tnone\n"
		"\n"
		"Run 'prog group --help' for usage.\n");
	cli_test_expect(&cli_test_tree, "hel", 1, "",
		"Error: unknown command \"hel\" for \"prog\"\n"
		"Run 'prog --help' for usage.\n");
}

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} rows[] = {
		{ "", "", 0 },
		{ "", "abc", 3 },
		{ "abc", "", 3 },
		{ "abc", "abc", 0 },
		{ "ABC", "abc", 0 },
		{ "sttus", "status", 1 },
		{ "chekc", "check", 2 },
		{ "kitten", "sitting", 3 },
		{ "ab", "ba", 2 },
	};
	char longest[65] = { 0 };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		assert_int_equal(mr_suggest_distance(rows[i].a, rows[i].b), rows[i].distance);
		assert_int_equal(mr_suggest_distance(rows[i].b, rows[i].a), rows[i].distance);
	}
	memset(longest, 'x', 63);
	assert_int_equal(mr_suggest_distance(longest, ""), 63);
	longest[63] = 'x';
	assert_int_equal(mr_suggest_distance(longest, "x"), SIZE_MAX);
	assert_int_equal(mr_suggest_distance("x", longest), SIZE_MAX);
}

static void test_fits(void **state)
{
	const struct mr_command status = { .name = "status" }, help = { .name = "help" };
	const struct mr_command hidden = { .name = "hidden", .hidden = true };

	(void)state;
	assert_true(mr_suggest_fits(&status, "s"));
	assert_true(mr_suggest_fits(&status, "STA"));
	assert_true(mr_suggest_fits(&status, ""));
	assert_true(mr_suggest_fits(&status, "xtatux"));
	assert_false(mr_suggest_fits(&status, "xxatux"));
	assert_false(mr_suggest_fits(&status, "statusxyz"));
	assert_false(mr_suggest_fits(&help, "help"));
	assert_false(mr_suggest_fits(&hidden, "hidden"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaf),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_unknown_commands),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
