/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Marble receives (10 §6): its Files and Env, templates parsed once, rendered at each
 * activation. Compiled parameters are immutable and shared by threads. Secrets are asked for when a
 * template needs them, so that nothing is generated that is not used.
 */
#ifndef MR_MANIFEST_PARAMETERS_H
#define MR_MANIFEST_PARAMETERS_H

#include "codec/marble_msg.h"
#include "manifest/manifest.h"
#include "manifest/ttls.h"

struct mr_compiled_parameters;

/*
 * Parses all templates of a Marble and resolves its TLS tags in `tags` (sorted). `marble` and
 * `tags` must outlive the result. Errors: the template's, behind `file <path>: ` or `env variable
 * <name>: `; a NUL byte in Env data: `env variable: <name>: content contains null bytes`. The dry
 * run puts `in Marble <marble>: ` in front (10 §6.6).
 */
MR_MUST_USE mr_result mr_parameters_compile(const struct mr_marble *marble,
	const struct mr_tls_tag *tags, size_t tags_count, struct mr_compiled_parameters **ret,
	struct mr_error *err);
void mr_parameters_free(struct mr_compiled_parameters *c);

enum mr_secret_epoch { MR_SECRETS_CURRENT, MR_SECRETS_PREVIOUS };

/* Which secrets can a rendering touch? Calls `visit` for each name that may be touched, TTLS
 * certificates included (names may repeat and may name no secret); returns false when any secret
 * may be touched. */
bool mr_parameters_references(const struct mr_compiled_parameters *c, enum mr_secret_epoch epoch,
	void (*visit)(void *context, struct mr_str name), void *context);

/* DER of what `.MarbleRun` shows and of the predefined variables (10 §6.1, §6.7). */
struct mr_reserved_values {
	struct mr_bytes marble_root;
	struct mr_bytes marble_cert;
	struct mr_bytes marble_private; /* PKCS#8 */
	struct mr_bytes marble_public;  /* SubjectPublicKeyInfo */
	struct mr_bytes coordinator_root;
	struct mr_bytes coordinator_intermediate;
	/* The same as PEM, for who keeps it ready across activations; empty: made here. */
	struct mr_str marble_root_pem;
	struct mr_str coordinator_root_pem;
	struct mr_str coordinator_intermediate_pem;
};

/* Where a rendering gets its data. */
struct mr_parameters_source {
	void *self;
	/* The secret, or *ret = NULL (and MR_OK) if there is none. It may be made here, once per
	 * rendering, and must stay valid until the rendering is over. A failure ends the rendering
	 * with its message. */
	mr_result (*secret)(void *self, enum mr_secret_epoch epoch, struct mr_str name,
		const struct mr_secret_value **ret, struct mr_error *err);
	/* The names in byte order, for ranges over all secrets. */
	size_t (*count)(void *self, enum mr_secret_epoch epoch);
	struct mr_str (*name)(void *self, enum mr_secret_epoch epoch, size_t at);
	const struct mr_reserved_values *reserved;
};

/* Most bytes that one rendering may give. */
#define MR_PARAMETERS_MAX_OUTPUT ((size_t)64 << 20)

/*
 * Renders everything a Marble gets: Argv, Files, Env with the predefined variables of 10 §6.7
 * (which win over the manifest's) and, with TLS tags, MARBLE_TTLS_CONFIG. Lists are in `arena`;
 * contents point into the compiled parameters' marble and into `values`, an empty secret buffer of
 * the caller's that must stay untouched as long as *ret is used. Errors: `parsing secrets for file
 * "<path>": …`, `parsing secrets for env variable "<name>": …`.
 */
MR_MUST_USE mr_result mr_parameters_render(const struct mr_compiled_parameters *c,
	const struct mr_parameters_source *source, struct mr_arena *arena, struct mr_buf *values,
	struct mr_parameters *ret, struct mr_error *err);

/*
 * Data of a dry run (10 §6.6). `secrets` (sorted by name) are definitions or values of all secrets
 * of the manifest. A user-defined secret counts with dummies of one byte 0x41, unless it is among
 * `uploaded` (sorted), whose value is used. Other secrets count with their value; those without one
 * (their certificate or key not made yet) with dummies of plausible length.
 */
struct mr_dry_run {
	const struct mr_secret_value *secrets;
	size_t secrets_count;
	const struct mr_secret_value *uploaded;
	size_t uploaded_count;
};

/*
 * Parses and renders all templates of one Marble, or of all, with such data, files first; nothing
 * is kept. Errors: `in Marble <marble>: file <path>: …`, `in Marble <marble>: env variable <name>:
 * …` or `in Marble <marble>: env variable: <name>: content contains null bytes`; without the
 * caller's prefix (`running manifest template dry run: `). All templates together may take so many
 * steps (MR_CODE_LIMIT): who sets the first manifest may be anybody.
 */
MR_MUST_USE mr_result mr_parameters_dry_run(
	const struct mr_marble *marble, const struct mr_dry_run *dry_run, struct mr_error *err);
MR_MUST_USE mr_result mr_parameters_dry_run_all(const struct mr_marble *marbles, size_t count,
	const struct mr_dry_run *dry_run, struct mr_error *err);

MR_DEFINE_AUTO_PTR(parameters, struct mr_compiled_parameters, mr_parameters_free)

#endif
