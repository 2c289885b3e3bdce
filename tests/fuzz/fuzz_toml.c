/* SPDX-License-Identifier: Apache-2.0 */
/* TOML and the edits of a Gramine manifest: values lie in the text, and an edited text is a good one that is prepared. */
#include "cli/gramine_edit.h"
#include "fuzz.h"

#define ROOM ((size_t)1 << 20)

static void check_edited(struct mr_str edited)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_gramine_edits edits;
	struct mr_toml toml;
	struct mr_error err;

	mr_arena_init(&arena, ROOM << 4);
	FUZZ_CHECK(!mr_failed(mr_toml_parse(edited, &arena, &toml, &err)));
	FUZZ_CHECK(mr_toml_find(&toml, MR_STR("libos.entrypoint")) != NULL);
	FUZZ_CHECK(mr_gramine_suggest(edited, &arena, &toml, &edits, &err).code == MR_CODE_STATE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct mr_str text = { (const char *)data, size };
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(buf) struct mr_buf edited = { 0 };
	struct mr_gramine_edits edits;
	struct mr_toml toml;
	struct mr_error err;

	if (size > ROOM / 8)
		return 0;
	mr_arena_init(&arena, ROOM << 4);
	mr_buf_init(&edited, ROOM);
	if (!mr_failed(mr_toml_parse(text, &arena, &toml, &err))) {
		FUZZ_CHECK(toml.first_table <= size);
		for (const struct mr_toml_entry *e = toml.first; e; e = e->next) {
			FUZZ_CHECK(e->value.len > 0 && e->value.ptr >= text.ptr);
			FUZZ_CHECK(e->value.ptr + e->value.len <= text.ptr + size);
		}
	}
	if (!mr_failed(mr_gramine_suggest(text, &arena, &toml, &edits, &err)) &&
		!mr_failed(mr_gramine_apply(text, &toml, &edits, &edited, &err)))
		check_edited(mr_buf_str(&edited));
	return 0;
}
