/* SPDX-License-Identifier: Apache-2.0 */
/* The groups of rules that check.h is made of. Private to this room. */
#ifndef MR_MANIFEST_CHECK_INTERNAL_H
#define MR_MANIFEST_CHECK_INTERNAL_H

#include "manifest/manifest.h"

/* Rules 12 to 14, and 15 to 21 (10 §4). */
MR_MUST_USE mr_result mr_check_users(const struct mr_manifest *m, struct mr_error *err);
MR_MUST_USE mr_result mr_check_roles(const struct mr_manifest *m, struct mr_error *err);
/* Rules 24 to 29, and the range of Config.Attestation. */
MR_MUST_USE mr_result mr_check_config(const struct mr_manifest *m,
	const char *(*env)(const char *name, const char *fallback), struct mr_error *err);

/* What is allowed but odd (10 §14), and what weakens attestation (70 §18). */
void mr_check_remarks(const struct mr_manifest *m, const struct mr_warn *warn);
/* One remark; `warn` may be NULL. */
MR_PRINTF(2, 3) void mr_warn_say(const struct mr_warn *warn, const char *format, ...);

/* Does the list have this text, in any case? */
bool mr_list_has_nocase(const struct mr_str_list *list, struct mr_str text);

#endif
