/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate as template (10 §7.6): what Go's parser would put into the fields of 10 §7.5. */
#include "crypto/cert.h"
#include "crypto/der.h"
#include "manifest/cert_template.h"
#include "manifest/template_extensions.h"
#include "manifest/template_values.h"

enum { MAX_ITEMS = 1024, NAME_EMAIL = 1, NAME_DNS = 2, NAME_URI = 6, NAME_IP = 7 };

struct reader {
	struct mr_arena *arena;
	struct mr_cert_template *t;
	struct mr_error *err;
};

static mr_result invalid(const struct reader *r, const char *what)
{
	return mr_fail(r->err, MR_CODE_INVALID, "x509: invalid %s", what);
}

/* Lists grow by doubling; their items are copies. */
static mr_result add_bytes(const struct reader *r, struct mr_bytes_list *list, struct mr_bytes item)
{
	if (list->count == MAX_ITEMS)
		return mr_fail(r->err, MR_CODE_LIMIT, "x509: more than %d names", MAX_ITEMS);
	if ((list->count & (list->count - 1)) == 0) {
		struct mr_bytes *items = mr_arena_array(
			r->arena, list->count ? 2 * list->count : 1, sizeof *items);
		if (!items)
			return mr_arena_fail(r->arena, r->err);
		if (list->count)
			memcpy(items, list->items, list->count * sizeof *items);
		list->items = items;
	}
	list->present = true;
	return mr_arena_bytes(r->arena, item, &list->items[list->count++], r->err);
}

static mr_result add_text(const struct reader *r, struct mr_str_list *list, struct mr_bytes item)
{
	if (list->count == MAX_ITEMS)
		return mr_fail(r->err, MR_CODE_LIMIT, "x509: more than %d names", MAX_ITEMS);
	if ((list->count & (list->count - 1)) == 0) {
		struct mr_str *items = mr_arena_array(
			r->arena, list->count ? 2 * list->count : 1, sizeof *items);
		if (!items)
			return mr_arena_fail(r->arena, r->err);
		if (list->count)
			memcpy(items, list->items, list->count * sizeof *items);
		list->items = items;
	}
	list->present = true;
	return mr_arena_str(r->arena, mr_bytes_str(item), &list->items[list->count++], r->err);
}

static mr_result read_key_usage(const struct reader *r, struct mr_bytes value)
{
	struct mr_cursor c = mr_cursor_of(value);
	struct mr_bytes bits;

	if (!mr_der_expect(&c, MR_DER_BIT_STRING, &bits) || bits.len < 1)
		return invalid(r, "key usage");
	for (size_t i = 0; i < 9 && i / 8 + 1 < bits.len; i++)
		if (bits.ptr[1 + i / 8] >> (7 - i % 8) & 1)
			r->t->key_usage |= INT64_C(1) << i;
	return MR_OK;
}

static mr_result read_ext_key_usage(const struct reader *r, struct mr_bytes value)
{
	struct mr_cursor c = mr_cursor_of(value), list;
	struct mr_bytes oid;

	if (!mr_der_enter(&c, MR_DER_SEQUENCE, &list))
		return invalid(r, "extended key usages");
	while (mr_cursor_left(&list) > 0) {
		if (!mr_der_expect(&list, MR_DER_OID, &oid))
			return invalid(r, "extended key usages");
		MR_TRY(add_bytes(r,
			mr_ext_key_usage_known(oid) ? &r->t->ext_key_usage
						    : &r->t->unknown_ext_key_usage,
			oid));
	}
	return MR_OK;
}

static mr_result read_basic_constraints(const struct reader *r, struct mr_bytes value)
{
	struct mr_cursor c = mr_cursor_of(value), seq;
	struct mr_bytes boolean;
	uint64_t path_len;

	if (!mr_der_enter(&c, MR_DER_SEQUENCE, &seq))
		return invalid(r, "basic constraints");
	if (mr_der_expect(&seq, MR_DER_BOOLEAN, &boolean))
		r->t->is_ca = boolean.len == 1 && boolean.ptr[0] != 0;
	r->t->max_path_len = -1;
	if (mr_cursor_left(&seq) == 0)
		return MR_OK;
	if (!mr_der_u64(&seq, &path_len) || path_len > INT32_MAX)
		return invalid(r, "basic constraints");
	r->t->max_path_len = (int64_t)path_len;
	r->t->max_path_len_zero = path_len == 0;
	return MR_OK;
}

static mr_result read_key_id(const struct reader *r, struct mr_bytes value)
{
	struct mr_cursor c = mr_cursor_of(value);
	struct mr_bytes id;

	if (!mr_der_expect(&c, MR_DER_OCTET_STRING, &id))
		return invalid(r, "subject key identifier");
	return mr_arena_bytes(r->arena, id, &r->t->subject_key_id, r->err);
}

static mr_result read_alt_names(const struct reader *r, struct mr_bytes value)
{
	struct mr_cursor c = mr_cursor_of(value), names;
	struct mr_bytes name;
	uint8_t tag;

	if (!mr_der_enter(&c, MR_DER_SEQUENCE, &names))
		return invalid(r, "subject alternative names");
	while (mr_cursor_left(&names) > 0) {
		if (!mr_der_next(&names, &tag, &name, NULL))
			return invalid(r, "subject alternative names");
		if (tag == (MR_DER_CONTEXT | NAME_DNS))
			MR_TRY(add_text(r, &r->t->dns_names, name));
		else if (tag == (MR_DER_CONTEXT | NAME_EMAIL))
			MR_TRY(add_text(r, &r->t->email_addresses, name));
		else if (tag == (MR_DER_CONTEXT | NAME_URI))
			MR_TRY(add_bytes(r, &r->t->uris, name));
		else if (tag == (MR_DER_CONTEXT | NAME_IP))
			MR_TRY(add_bytes(r, &r->t->ip_addresses, name));
	}
	return MR_OK;
}

static mr_result read_access(const struct reader *r, struct mr_bytes value)
{
	struct mr_cursor c = mr_cursor_of(value), list, entry;
	struct mr_bytes method, location;
	uint8_t tag;

	if (!mr_der_enter(&c, MR_DER_SEQUENCE, &list))
		return invalid(r, "authority info access");
	while (mr_cursor_left(&list) > 0) {
		if (!mr_der_enter(&list, MR_DER_SEQUENCE, &entry) ||
			!mr_der_expect(&entry, MR_DER_OID, &method) ||
			!mr_der_next(&entry, &tag, &location, NULL))
			return invalid(r, "authority info access");
		if (tag != (MR_DER_CONTEXT | NAME_URI))
			continue;
		if (mr_bytes_eq(method, MR_OID_ACCESS_OCSP))
			MR_TRY(add_text(r, &r->t->ocsp_server, location));
		else if (mr_bytes_eq(method, MR_OID_ACCESS_CA_ISSUERS))
			MR_TRY(add_text(r, &r->t->issuing_certificate_url, location));
	}
	return MR_OK;
}

static mr_result read_policies(const struct reader *r, struct mr_bytes value)
{
	struct mr_cursor c = mr_cursor_of(value), list, entry;
	struct mr_bytes oid;

	if (!mr_der_enter(&c, MR_DER_SEQUENCE, &list))
		return invalid(r, "certificate policies");
	while (mr_cursor_left(&list) > 0) {
		if (!mr_der_enter(&list, MR_DER_SEQUENCE, &entry) ||
			!mr_der_expect(&entry, MR_DER_OID, &oid))
			return invalid(r, "certificate policies");
		MR_TRY(add_bytes(r, &r->t->policies, oid));
	}
	return MR_OK;
}

static mr_result read_subtree(const struct reader *r, struct mr_cursor *subtree, bool permitted)
{
	struct mr_cert_template *t = r->t;
	struct mr_bytes name;
	uint8_t tag;

	if (!mr_der_next(subtree, &tag, &name, NULL))
		return invalid(r, "name constraints");
	if (tag == (MR_DER_CONTEXT | NAME_DNS))
		return add_text(
			r, permitted ? &t->dns_domains.permitted : &t->dns_domains.excluded, name);
	if (tag == (MR_DER_CONTEXT | NAME_EMAIL))
		return add_text(r,
			permitted ? &t->email_constraints.permitted
				  : &t->email_constraints.excluded,
			name);
	if (tag == (MR_DER_CONTEXT | NAME_URI))
		return add_text(
			r, permitted ? &t->uri_domains.permitted : &t->uri_domains.excluded, name);
	if (tag == (MR_DER_CONTEXT | NAME_IP))
		return add_bytes(
			r, permitted ? &t->permitted_ip_ranges : &t->excluded_ip_ranges, name);
	return MR_OK;
}

static mr_result read_constraints(const struct reader *r, struct mr_bytes value)
{
	struct mr_cursor c = mr_cursor_of(value), sides, side, subtree;

	if (!mr_der_enter(&c, MR_DER_SEQUENCE, &sides))
		return invalid(r, "name constraints");
	for (uint8_t excluded = 0; excluded < 2; excluded++) {
		uint8_t tag = (uint8_t)(MR_DER_CONTEXT_CONSTRUCTED | excluded);
		if (!mr_der_peek(&sides, tag))
			continue;
		if (!mr_der_enter(&sides, tag, &side))
			return invalid(r, "name constraints");
		while (mr_cursor_left(&side) > 0) {
			if (!mr_der_enter(&side, MR_DER_SEQUENCE, &subtree))
				return invalid(r, "name constraints");
			MR_TRY(read_subtree(r, &subtree, !excluded));
		}
	}
	return MR_OK;
}

static mr_result read_crl_points(const struct reader *r, struct mr_bytes value)
{
	struct mr_cursor c = mr_cursor_of(value), list, point, name, full;
	struct mr_bytes uri;
	uint8_t tag;

	if (!mr_der_enter(&c, MR_DER_SEQUENCE, &list))
		return invalid(r, "CRL distribution points");
	while (mr_cursor_left(&list) > 0) {
		if (!mr_der_enter(&list, MR_DER_SEQUENCE, &point))
			return invalid(r, "CRL distribution points");
		if (!mr_der_enter(&point, MR_DER_CONTEXT_CONSTRUCTED, &name) ||
			!mr_der_enter(&name, MR_DER_CONTEXT_CONSTRUCTED, &full))
			continue;
		while (mr_cursor_left(&full) > 0) {
			if (!mr_der_next(&full, &tag, &uri, NULL))
				return invalid(r, "CRL distribution points");
			if (tag == (MR_DER_CONTEXT | NAME_URI))
				MR_TRY(add_text(r, &r->t->crl_distribution_points, uri));
		}
	}
	return MR_OK;
}

/* Go's number of a signature algorithm; 0 for one that it does not know. */
static int64_t signature_number(struct mr_bytes algorithm)
{
	static const struct {
		struct mr_str oid;
		int64_t number;
	} known[] = {
		{ MR_STR_INIT("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x04"), 2 },
		{ MR_STR_INIT("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x05"), 3 },
		{ MR_STR_INIT("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B"), 4 },
		{ MR_STR_INIT("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C"), 5 },
		{ MR_STR_INIT("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D"), 6 },
		{ MR_STR_INIT("\x2A\x86\x48\xCE\x38\x04\x03"), 7 },
		{ MR_STR_INIT("\x60\x86\x48\x01\x65\x03\x04\x03\x02"), 8 },
		{ MR_STR_INIT("\x2A\x86\x48\xCE\x3D\x04\x01"), 9 },
		{ MR_STR_INIT("\x2A\x86\x48\xCE\x3D\x04\x03\x02"), 10 },
		{ MR_STR_INIT("\x2A\x86\x48\xCE\x3D\x04\x03\x03"), 11 },
		{ MR_STR_INIT("\x2A\x86\x48\xCE\x3D\x04\x03\x04"), 12 },
		{ MR_STR_INIT("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A"), 13 },
		{ MR_STR_INIT("\x2B\x65\x70"), 16 },
	};
	struct mr_cursor c = mr_cursor_of(algorithm), seq;
	struct mr_bytes oid;

	if (!mr_der_enter(&c, MR_DER_SEQUENCE, &seq) || !mr_der_expect(&seq, MR_DER_OID, &oid))
		return 0;
	for (size_t i = 0; i < MR_COUNT(known); i++)
		if (mr_str_eq(known[i].oid, mr_bytes_str(oid)))
			return known[i].number;
	return 0;
}

static mr_result read_extensions(const struct reader *r, const struct mr_cert *c)
{
	const struct {
		struct mr_bytes oid;
		mr_result (*read)(const struct reader *r, struct mr_bytes value);
	} readers[] = {
		{ MR_OID_KEY_USAGE, read_key_usage },
		{ MR_OID_EXT_KEY_USAGE, read_ext_key_usage },
		{ MR_OID_BASIC_CONSTRAINTS, read_basic_constraints },
		{ MR_OID_SUBJECT_KEY_ID, read_key_id },
		{ MR_OID_SUBJECT_ALT_NAME, read_alt_names },
		{ MR_OID_AUTHORITY_INFO_ACCESS, read_access },
		{ MR_OID_CERTIFICATE_POLICIES, read_policies },
		{ MR_OID_NAME_CONSTRAINTS, read_constraints },
		{ MR_OID_CRL_DISTRIBUTION_POINTS, read_crl_points },
	};

	for (size_t i = 0; i < MR_COUNT(readers); i++) {
		struct mr_bytes value;
		bool critical;
		if (!mr_cert_extension(c, readers[i].oid, &value, &critical))
			continue;
		MR_TRY(readers[i].read(r, value));
		if (readers[i].read == read_constraints)
			r->t->name_constraints_critical = critical;
	}
	return MR_OK;
}

mr_result mr_cert_template_from_der(struct mr_bytes der, struct mr_arena *arena,
	const struct mr_cert_template **ret, struct mr_error *err)
{
	MR_AUTO(cert) struct mr_cert c = { 0 };
	struct mr_cert_template *t = mr_arena_alloc(arena, sizeof *t);
	const struct reader r = { arena, t, err };

	if (!t)
		return mr_arena_fail(arena, err);
	MR_TRY(mr_cert_parse(der, &c, err));
	MR_TRY(mr_arena_bytes(arena, c.subject, &t->raw_subject, err));
	t->not_after = (struct mr_opt_time){ c.not_after, true };
	t->signature_algorithm = signature_number(c.signature_algorithm);
	MR_TRY(read_extensions(&r, &c));
	*ret = t;
	return MR_OK;
}
