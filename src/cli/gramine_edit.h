/* SPDX-License-Identifier: Apache-2.0 */
/* What a Gramine manifest template needs to become a Marble's, as edits of its text (50 §15.3). */
#ifndef MR_CLI_GRAMINE_EDIT_H
#define MR_CLI_GRAMINE_EDIT_H

#include "base/arena.h"
#include "cli/toml.h"

#define MR_GRAMINE_EDITS_MAX 16

struct mr_gramine_edit {
	struct mr_str key;
	struct mr_str value;    /* the new one, as it is written */
	struct mr_str replaces; /* the old one, in the text; ptr NULL: the key is new */
};

struct mr_gramine_edits {
	struct mr_gramine_edit list[MR_GRAMINE_EDITS_MAX]; /* sorted by key */
	size_t count;
};

/* Which edits are needed. Errors: `manifest already contains MarbleRun changes`, `toml: …`, `cannot find libos.entrypoint`. */
MR_MUST_USE mr_result mr_gramine_suggest(struct mr_str text, struct mr_arena *arena,
	struct mr_toml *ret_toml, struct mr_gramine_edits *ret, struct mr_error *err);
/* Appends the edited text. A value is replaced only where its key stands on exactly one flat line: `failed to detect position
 * of config entry`, `found multiple matches for a single entry`. */
MR_MUST_USE mr_result mr_gramine_apply(struct mr_str text, const struct mr_toml *toml,
	const struct mr_gramine_edits *edits, struct mr_buf *out, struct mr_error *err);

#endif
