/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling records from JSON the way Go's decoder does (10 §2), driven by tables: each record names
 * its fields, where they are and how one is decoded. Private to this room.
 */
#ifndef MR_MANIFEST_DECODE_H
#define MR_MANIFEST_DECODE_H

#include "codec/json.h"
#include "manifest/manifest.h"

struct mr_cert_template;
struct mr_record;

/* One run of the decoder. */
struct mr_decoder {
	struct mr_arena *arena;     /* what is decoded, its text included */
	struct mr_arena *scratch;   /* the tree and what is needed meanwhile */
	const struct mr_warn *warn; /* may be NULL */
	unsigned warnings;
	bool templates; /* make templates of certificates */
};

struct mr_field {
	struct mr_str name;
	size_t offset; /* in the record */
	/* Decodes `value` into `target`, which holds the default or what an earlier member gave. */
	mr_result (*decode)(struct mr_decoder *d, const struct mr_json *value,
		const struct mr_field *field, void *target, struct mr_error *err);
	const struct mr_record *record; /* of records, and of the entries of maps and lists */
};

struct mr_record {
	const char *title; /* in messages */
	size_t size;
	const struct mr_field *fields;
	size_t count; /* at most 64 */
	/* Decodes a whole entry when it is no plain record; may be NULL. */
	mr_result (*decode)(struct mr_decoder *d, const struct mr_json *value, void *record,
		struct mr_error *err);
	/* Called when a record is complete, duplicates included; may be NULL. */
	mr_result (*finish)(struct mr_decoder *d, void *record, struct mr_error *err);
};

#define MR_FIELD(type, member, text, decoder)                                                      \
	{                                                                                          \
		MR_STR_INIT(text), offsetof(type, member), decoder, NULL                           \
	}
#define MR_FIELD_OF(type, member, text, decoder, record)                                           \
	{                                                                                          \
		MR_STR_INIT(text), offsetof(type, member), decoder, record                         \
	}

/* Applies the members of an object to a record, in document order; null does nothing. Without
 * finish. */
MR_MUST_USE mr_result mr_decode_members(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_record *record, void *target, struct mr_error *err);
/* A whole entry: mr_record.decode or the members, then finish. */
MR_MUST_USE mr_result mr_decode_entry(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_record *record, void *target, struct mr_error *err);

/* Decoders of fields; the target's type is behind each. */
MR_MUST_USE mr_result mr_decode_str(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err); /* struct mr_str */
MR_MUST_USE mr_result mr_decode_bool(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err); /* bool */
MR_MUST_USE mr_result mr_decode_u64(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err); /* uint64_t */
MR_MUST_USE mr_result mr_decode_i64(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err); /* int64_t */
MR_MUST_USE mr_result mr_decode_opt_u64(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err); /* struct mr_opt_u64 */
MR_MUST_USE mr_result mr_decode_opt_u16(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err); /* struct mr_opt_u64 */
MR_MUST_USE mr_result mr_decode_opt_bytes(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err); /* struct mr_opt_bytes */
MR_MUST_USE mr_result mr_decode_bytes(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err); /* struct mr_bytes */
MR_MUST_USE mr_result mr_decode_str_list(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err); /* struct mr_str_list */
/* A record in a record, merged; finish is not called. */
MR_MUST_USE mr_result mr_decode_inner(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err);
/* Entries of a map (of records that begin with their name), in order of the document: a pointer and
 * a count, and `bool present` behind them with _map. Sort them in finish. */
MR_MUST_USE mr_result mr_decode_section(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err);
MR_MUST_USE mr_result mr_decode_map(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err);
/* A list of records: pointer, count, present. */
MR_MUST_USE mr_result mr_decode_list(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err);

/* Copies text into the arena; an empty one needs no memory. */
MR_MUST_USE mr_result mr_decode_copy(
	struct mr_decoder *d, struct mr_str from, struct mr_str *ret, struct mr_error *err);
/* A remark, formatted as `<what> "<name>" in <where>`. */
void mr_decode_warn(struct mr_decoder *d, const char *what, struct mr_str name, const char *where);
/* Fails when there are more than MR_MANIFEST_MAX_ENTRIES. */
MR_MUST_USE mr_result mr_decode_limit(size_t count, const char *where, struct mr_error *err);

/* Sorts records by name; of several with one name the last one stays. */
MR_MUST_USE mr_result mr_names_sort(
	void *records, size_t *count, size_t size, struct mr_arena *scratch, struct mr_error *err);

/* The DER of a certificate written in base64: absent if the text is no base64, an error if it is no
 * certificate. */
MR_MUST_USE mr_result mr_decode_certificate(struct mr_str base64, struct mr_arena *arena,
	struct mr_opt_bytes *ret, struct mr_error *err);

/* Decodes a `Cert` record (10 §7.5) on top of what *t already says (duplicate members merge). */
MR_MUST_USE mr_result mr_cert_template_decode(struct mr_decoder *d, const struct mr_json *value,
	struct mr_cert_template *t, struct mr_error *err);

/* Parses JSON and decodes one record of the state with its `name`, by means of a tree that goes
 * away. */
MR_MUST_USE mr_result mr_decode_value(struct mr_bytes json, const struct mr_record *record,
	struct mr_str name, struct mr_arena *arena, void *target, struct mr_error *err);

extern const struct mr_record mr_package_record, mr_infrastructure_record, mr_marble_record,
	mr_secret_record, mr_user_record, mr_role_record, mr_recovery_key_record, mr_tls_tag_record,
	mr_config_record, mr_content_record;

#endif
