/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest and the lines of an update log, as a server may send them: the result is JSON again. */
#include "cli/consolidate.h"
#include "codec/json.h"
#include "fuzz.h"

enum { LINES_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_str text = { (const char *)data, size }, lines[LINES_MAX + 1];
	struct mr_error err;
	size_t count = 0;

	if (size > 1 << 16)
		return 0;
	for (size_t from = 0; from <= size && count <= LINES_MAX;) {
		size_t end = size ? mr_str_find(text, '\0', from) : SIZE_MAX;

		end = end == SIZE_MAX ? size : end;
		lines[count++] = mr_str_sub(text, from, end);
		from = end + 1;
	}
	mr_arena_init(&arena, 1 << 26);
	mr_buf_init(&out, 1 << 20);
	if (!mr_failed(mr_consolidate(lines[0], lines + 1, count - 1, &arena, &out, &err)))
		FUZZ_CHECK(mr_json_valid(mr_buf_str(&out)));
	return 0;
}
