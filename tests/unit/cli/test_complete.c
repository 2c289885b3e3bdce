/* SPDX-License-Identifier: Apache-2.0 */
/* Completion: candidates and directives, and that each script asks the right command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/completion_script.h"
#include "cli_test.h"

static void test_candidates(void **state)
{
	static const struct {
		const char *line, *out;
	} rows[] = {
		{ "manifest u", "update\n:4\n" },
		{ "manifest up", "update\n:4\n" },
		{ "manifest update ''", "apply\nacknowledge\ncancel\nget\n:4\n" },
		{ "manifest x", ":4\n" },
		{ "-n ns cert", "certificate\n:4\n" },
		{ "-i manifest si", "signature\n:4\n" },
		{ "foo ''", ":0\n" },
		{ "manifest foo ''", ":0\n" },
		{ "help certificate r", "root\n:4\n" },
		{ "help foo ''", ":4\n" },
		{ "help certificate foo ''", ":4\n" },
		/* a command that has commands, and arguments of its own */
		{ "recover-with-signature p", "public-key\n:4\n" },
		{ "recover-with-signature my", ":0\n" },
		{ "recover-with-signature file ''", ":0\n" },
		/* values */
		{ "status --coordinator-cert x", "pem\ncrt\n:8\n" },
		{ "status --coordinator-cert=x", "pem\ncrt\n:8\n" },
		{ "status --insecure=", ":0\n" },
		{ "status --foo=", ":0\n" },
		{ "manifest get -o ''", ":0\n" },
		{ "manifest get -so ''", ":0\n" },
		{ "secret get --pkcs11-config ''", "json\n:8\n" },
		/* a flag's value that looks like a flag */
		{ "manifest get -o -o --keep", "--keep-cert\n:4\n" },
		/* flags */
		{ "status --in", "--insecure\n:4\n" },
		{ "status -i --in", ":4\n" },
		{ "status --accepted-advisories x --accepted-ad", "--accepted-advisories\n:4\n" },
		{ "manifest get -s", "-s\n:4\n" },
		{ "manifest set --rec", "--recoverydata\n:4\n" },
		{ "manifest get -oout --o", ":4\n" },
		/* behind an error of the line */
		{ "status --foo --in", "--insecure\n:4\n" },
		{ "status -- --in", ":0\n" },
		{ "status -x ''", ":0\n" },
		{ "status -", ":4\n" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(arena) struct mr_arena arena = { 0 };
		MR_AUTO(buf) struct mr_buf out = { 0 };
		struct mr_error err;
		size_t count;
		const char *const *words;

		mr_arena_init(&arena, 1 << 20);
		mr_buf_init(&out, 1 << 16);
		words = cli_test_words(&arena, rows[i].line, &count);
		assert_false(mr_failed(mr_complete(&mr_cmd_root, words, count, false, &out, &err)));
		mr_buf_put_u8(&out, 0);
		if (strcmp(words[count - 1], "-") == 0)
			assert_non_null(strstr((const char *)out.data, "-i\n--insecure\n"));
		else
			assert_string_equal((const char *)out.data, rows[i].out);
	}
}

static void test_commands(void **state)
{
	(void)state;
	cli_test_expect(
		&mr_cmd_root, "__complete manifest si", 0, "signature\tShow the signature ...", "");
	cli_test_expect(&mr_cmd_root, "__completeNoDesc manifest si", 0, "signature\n:4\n", "");
	cli_test_expect(&mr_cmd_root, "__complete status --help", 0, "--help\thelp ...", "");
	cli_test_expect(&mr_cmd_root, "__complete", 1, "Usage:\n...",
		"Error: requires at least 1 arg(s), only received 0\n");
	cli_test_expect(&mr_cmd_root, "completion bash x", 1, "Usage:\n...",
		"Error: unknown command \"x\" for \"marblerun completion bash\"\n");
	cli_test_expect(&mr_cmd_root, "completion zsh", 0,
		"#compdef marblerun\ncompdef _marblerun ...", "");
	cli_test_expect(&mr_cmd_root, "completion fish", 0, "# fish completion ...", "");
	cli_test_expect(&mr_cmd_root, "completion powershell", 0, "# PowerShell ...", "");
}

static void test_scripts(void **state)
{
	static const char *const names[] = { "bash", "zsh", "fish", "powershell" };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(names); i++) {
		char line[64];
		struct cli_test_run run;

		assert_non_null(strstr(mr_completion_script((enum mr_shell)i), "@ASK@"));
		(void)snprintf(line, sizeof line, "completion %s", names[i]);
		cli_test_run(&run, &mr_cmd_root, line);
		assert_non_null(strstr((const char *)run.out.data, " __complete "));
		assert_null(strstr((const char *)run.out.data, "@ASK@"));
		cli_test_run_done(&run);
		(void)snprintf(line, sizeof line, "completion %s --no-descriptions", names[i]);
		cli_test_run(&run, &mr_cmd_root, line);
		assert_non_null(strstr((const char *)run.out.data, " __completeNoDesc "));
		assert_null(strstr((const char *)run.out.data, " __complete "));
		cli_test_run_done(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_scripts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
