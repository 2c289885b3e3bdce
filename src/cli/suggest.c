/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/suggest.h"

enum { NAME_MAX_LEN = 63, NEAR = 2 };

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

size_t mr_suggest_distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LEN + 1], a_len = strlen(a), b_len = strlen(b);

	if (a_len > NAME_MAX_LEN || b_len > NAME_MAX_LEN)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];
			bool same = lower(a[i - 1]) == lower(b[j - 1]);

			row[j] = least(above + 1, row[j - 1] + 1, diagonal + !same);
			diagonal = above;
		}
	}
	return row[b_len];
}

bool mr_suggest_fits(const struct mr_command *command, const char *word)
{
	struct mr_str name = mr_str_of(command->name), start = mr_str_of(word);

	if (command->hidden || strcmp(command->name, "help") == 0)
		return false;
	if (mr_suggest_distance(word, command->name) <= NEAR)
		return true;
	return start.len <= name.len && mr_str_eq_nocase(mr_str_sub(name, 0, start.len), start);
}
