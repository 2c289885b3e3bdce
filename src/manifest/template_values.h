/* SPDX-License-Identifier: Apache-2.0 */
/* Decoders of the value forms that only certificate templates have (10 §7.5); see decode.h. Private
 * to this room. */
#ifndef MR_MANIFEST_TEMPLATE_VALUES_H
#define MR_MANIFEST_TEMPLATE_VALUES_H

#include "manifest/decode.h"

/* An OID as list of integers, and as dotted text; target: struct mr_bytes. */
MR_MUST_USE mr_result mr_decode_oid(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err);
MR_MUST_USE mr_result mr_decode_oid_text(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err);
/* Lists: of OIDs in either form, of numbers of extended key usages (given as OIDs, empty if
 * unknown), of IP addresses, of IP ranges (address and mask behind each other); target: struct
 * mr_bytes_list. */
MR_MUST_USE mr_result mr_decode_oids(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err);
MR_MUST_USE mr_result mr_decode_policies(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err);
MR_MUST_USE mr_result mr_decode_ext_key_usage(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err);
MR_MUST_USE mr_result mr_decode_ips(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err);
MR_MUST_USE mr_result mr_decode_ip_ranges(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err);
/* A list of URIs given by their parts; target: struct mr_bytes_list of their texts. */
MR_MUST_USE mr_result mr_decode_uris(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err);
/* A time in the form of RFC 3339; target: struct mr_opt_time, absent for the zero time. */
MR_MUST_USE mr_result mr_decode_time(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err);
/* The value of a subject's attribute, which may be anything; target: struct mr_oid_value. */
MR_MUST_USE mr_result mr_decode_attribute_value(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err);
/* An integer of any size, and anything at all: nothing is kept. */
MR_MUST_USE mr_result mr_check_integer(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err);
MR_MUST_USE mr_result mr_accept_any(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err);

/* Is this one of the extended key usages that have a number? */
bool mr_ext_key_usage_known(struct mr_bytes oid);

/* Parses the text of a time: `2006-01-02T15:04:05[.999…](Z|±hh:mm)`; false if it is none. Fractions
 * are dropped. */
bool mr_rfc3339_parse(struct mr_str text, int64_t *ret_unix);

#endif
