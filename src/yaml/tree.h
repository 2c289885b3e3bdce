/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of yaml_json.h: the values of a document, shared by all aliases of an anchor. */
#ifndef MR_YAML_TREE_H
#define MR_YAML_TREE_H

#include "base/arena.h"
#include "yaml/yaml_json.h"

enum mr_yaml_kind {
	MR_YAML_NULL,
	MR_YAML_BOOL,
	MR_YAML_INT,
	MR_YAML_FLOAT,
	MR_YAML_STRING,
	MR_YAML_SEQUENCE,
	MR_YAML_MAPPING,
};

struct mr_yaml_node;

/* A child; in sequences the name is empty. */
struct mr_yaml_member {
	struct mr_str name;
	const struct mr_yaml_node *value;
	size_t line; /* of the key, from 1 */
};

struct mr_yaml_node {
	enum mr_yaml_kind kind;
	bool boolean;
	bool negative; /* MR_YAML_INT: sign and magnitude */
	uint64_t magnitude;
	double real;
	struct mr_str text;
	const struct mr_yaml_member *members; /* of a mapping: sorted by name */
	size_t count;
	unsigned height; /* levels of collections, itself included */
	bool open;       /* its end has not been read yet */
};

/* A scalar as the parser gives it. */
struct mr_yaml_scalar {
	struct mr_str text;
	const char *tag; /* NULL: none */
	bool plain;      /* not quoted */
};

/* Composes the first document. */
MR_MUST_USE mr_result mr_yaml_compose(struct mr_bytes yaml, struct mr_arena *arena,
	const struct mr_yaml_node **ret, struct mr_error *err);
/* What a scalar is: by its tag, or by its form when it is plain. Texts are borrowed, or in the arena.
 * Errors without a prefix: "cannot decode !!str `x` as a !!int". */
MR_MUST_USE mr_result mr_yaml_resolve(const struct mr_yaml_scalar *scalar, struct mr_arena *arena,
	struct mr_yaml_node *ret, struct mr_error *err);
/* Appends number or word of a scalar that is no string; false for .inf and .nan. */
bool mr_yaml_put_scalar(struct mr_buf *out, const struct mr_yaml_node *node);

#endif
