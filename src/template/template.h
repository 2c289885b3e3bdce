/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Go text/template (10 §6): parse once, run many. A parsed template is immutable and may be run by
 * many threads.
 *
 * The engine knows nothing of secrets: data come in as values and objects with a class of
 * functions, and the encoding functions (`pem`, `hex`, …) are given by the caller as a function
 * table, checked at parse time. Values borrow their memory from the data or from the run's arena.
 * Output goes to a (secret) buffer, whose maximum bounds it.
 *
 * Messages name types and show the template's own text, never values, which may be secrets. What
 * Go prints differently from one run to the next, or need not be offered (10 §6.4), fails with
 * MR_CODE_UNSUPPORTED: whole records, addresses, imaginary numbers, floats with `#`, %x or %b.
 */
#ifndef MR_TEMPLATE_TEMPLATE_H
#define MR_TEMPLATE_TEMPLATE_H

#include "base/arena.h"
#include "base/bytes.h"

enum mr_value_kind {
	MR_VALUE_NONE, /* a missing map entry: prints <no value>, as an argument it is nil */
	MR_VALUE_NIL,  /* the same; what functions get for a missing value or nil */
	MR_VALUE_BOOL,
	MR_VALUE_INT,    /* i */
	MR_VALUE_UINT,   /* u */
	MR_VALUE_FLOAT,  /* f */
	MR_VALUE_STRING, /* str */
	MR_VALUE_BYTES,  /* bytes; go_type tells PrivateKey from []uint8; no pointer: never set */
	MR_VALUE_OBJECT, /* record or map: object */
};

struct mr_value;

enum mr_object_kind { MR_OBJECT_RECORD, MR_OBJECT_MAP };

/* What the engine asks of a record or map. `self` is the pointer of the value. */
struct mr_object_class {
	enum mr_object_kind kind;
	const char *go_type; /* e.g. "manifest.Secret", "map[string]manifest.Secret" */
	/* Field or map entry. *ret is MR_VALUE_NONE for a missing map entry (MR_OK); a missing
	 * record field fails with MR_CODE_NOT_FOUND and the engine writes the message. Other
	 * failures end the run with their message. */
	mr_result (*get)(void *self, struct mr_str name, struct mr_arena *arena,
		struct mr_value *ret, struct mr_error *err);
	/* What `index map "missing"` gives (the zero record), maps only; may be NULL (then an
	 * error). */
	mr_result (*zero)(
		void *self, struct mr_arena *arena, struct mr_value *ret, struct mr_error *err);
	size_t (*count)(void *self);                 /* entries, maps only */
	struct mr_str (*key)(void *self, size_t at); /* keys in byte order, maps only */
};

struct mr_value {
	enum mr_value_kind kind;
	/* The engine's own, 0 from outside: how far behind the end `slice` may come back. */
	uint32_t spare;
	const char *go_type; /* named type for messages and functions, or NULL for the kind's own */
	union {
		bool boolean;
		int64_t i;
		uint64_t u;
		double f;
		struct mr_str str;
		struct mr_bytes bytes;
		struct {
			const struct mr_object_class *class;
			void *self;
		} object;
	};
};

/* A function that the caller gives. Errors come out as `error calling <name>: <message>`. */
struct mr_template_function {
	const char *name;
	size_t min_args, max_args;
	mr_result (*call)(void *context, const struct mr_value *args, size_t count,
		struct mr_arena *arena, struct mr_value *ret, struct mr_error *err);
};

struct mr_template_functions {
	const struct mr_template_function *list;
	size_t count;
};

struct mr_template;

/* Limits of one run; zero means the default named. */
struct mr_template_limits {
	size_t steps;  /* nodes, rounds, commands and operands: 10,000,000 */
	size_t depth;  /* template calls within calls: 10,000 */
	size_t memory; /* bytes of the run's arena: 64 MiB */
	/* Steps for this and later runs together, or NULL: what a run uses is taken off, 16 bytes of
	 * memory or output counting as a step. */
	size_t *left;
};

/* Parses. `text` is copied, `functions` (may be NULL) must outlive the template. Errors: `template:
 * data:LINE: MSG` (10 §6.5); MR_CODE_LIMIT beyond 16 MiB of text, 64 MiB of memory, 1000 open
 * blocks, variables in scope or definitions, 100 open parentheses. */
MR_MUST_USE mr_result mr_template_parse(struct mr_str text,
	const struct mr_template_functions *functions, struct mr_template **ret,
	struct mr_error *err);
void mr_template_free(struct mr_template *t);

/* The text, if the template has no action at all (then running it copies that). */
bool mr_template_is_plain(const struct mr_template *t, struct mr_str *ret);

/* Which entries of `.<root>.<name>` (root "Secrets" or "Previous.Secrets") can a run touch? Calls
 * `visit` for each constant name, from field chains and `index .<root> "name"`, maybe repeatedly;
 * returns false when that cannot be known (a range, a variable, the map or the root value passed
 * on), in which case all must be assumed. Sound, not exact: it may name too many. */
bool mr_template_references(const struct mr_template *t, struct mr_str root,
	void (*visit)(void *context, struct mr_str name), void *context);

/* Runs with `root` as `.` and `$`; output is appended to `out` (cut back to its old length on
 * failure). `context` is passed to the caller's functions. Errors: `template: data:LINE:COL:
 * executing "data" at <…>: MSG`. */
MR_MUST_USE mr_result mr_template_run(const struct mr_template *t, const struct mr_value *root,
	void *context, const struct mr_template_limits *limits, struct mr_buf *out,
	struct mr_error *err);

MR_DEFINE_AUTO_PTR(template, struct mr_template, mr_template_free)

#endif
