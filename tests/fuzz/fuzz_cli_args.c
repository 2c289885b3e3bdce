/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines, a word a line: finding, parsing and checking them, the help of what was found, and
 * what could come next. */
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/help.h"
#include "cli/suggest.h"
#include "fuzz.h"

enum { WORDS_MAX = 64, ROOM = 1 << 20 };

static size_t split(char *text, size_t size, const char **words)
{
	size_t count = 0;

	for (size_t from = 0; from <= size && count < WORDS_MAX; from++) {
		words[count++] = text + from;
		while (from < size && text[from] != '\n')
			from++;
		text[from] = '\0';
	}
	return count;
}

static void check_found(struct mr_args *args, size_t count)
{
	const struct mr_command *command = mr_args_command(args);
	MR_AUTO(buf) struct mr_buf help = { 0 };
	struct mr_error err;

	FUZZ_CHECK(args->depth >= 1 && args->depth <= MR_COMMAND_DEPTH);
	FUZZ_CHECK(args->token_count + args->depth - 1 == count);
	FUZZ_CHECK(!args->unknown || args->depth == 1);
	mr_result r = mr_args_parse(args, &err);
	FUZZ_CHECK(args->word_count <= args->token_count);
	mr_buf_init(&help, ROOM);
	mr_help_put(args, &help);
	FUZZ_CHECK(help.failure == MR_CODE_OK && help.len > 0);
	if (mr_failed(r))
		return;
	if (!mr_failed(mr_args_check_count(args, &err)))
		FUZZ_CHECK(args->word_count >= (size_t)command->min_words);
	(void)mr_failed(mr_args_check_flags(args, &err));
}

/* Lines, the last of which is a directive. */
static void check_completion(const char *const *words, size_t count)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;
	struct mr_str text;

	mr_buf_init(&out, ROOM);
	FUZZ_CHECK(!mr_failed(mr_complete(&mr_cmd_root, words, count, true, &out, &err)));
	text = mr_buf_str(&out);
	FUZZ_CHECK(mr_str_ends(text, MR_STR(":0\n")) || mr_str_ends(text, MR_STR(":4\n")) ||
		   mr_str_ends(text, MR_STR(":8\n")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MR_AUTO(args) struct mr_args args = { 0 };
	const char *words[WORDS_MAX];
	struct mr_error err;
	char *text;

	if (size > 1 << 14)
		return 0;
	text = malloc(size + 1);
	FUZZ_CHECK(text);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	size_t count = split(text, size, words);
	mr_args_init(&args);
	FUZZ_CHECK(!mr_failed(mr_args_find(&args, &mr_cmd_root, words, count, &err)));
	check_found(&args, count);
	check_completion(words, count);
	for (size_t i = 0; i < mr_cmd_root.command_count; i++)
		(void)mr_suggest_fits(mr_cmd_root.commands[i], words[0]);
	free(text);
	return 0;
}
