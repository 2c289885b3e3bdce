/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/cert_template.h"

#include "base/arena.h"
#include "crypto/cert_write.h"
#include "crypto/der.h"
#include "crypto/name.h"
#include "manifest/template_extensions.h"

enum {
	DEFAULT_KEY_USAGE = 1 | 32, /* digitalSignature, keyCertSign */
	SIGNATURE_ECDSA_FIRST = 9,
	SIGNATURE_ECDSA_LAST = 12,
	SIGNATURE_LAST = 16,
};

/* 9999-12-31T23:59:59Z: the last time that DER can write. */
static const int64_t last_time = INT64_C(253402300799);

static const struct mr_cert_template empty_template;

static mr_result check_path_len(const struct mr_cert_template *t, struct mr_error *err)
{
	if (t->max_path_len < -1)
		return mr_fail(err, MR_CODE_INVALID,
			"x509: invalid MaxPathLen, must be greater or equal to -1");
	if (!t->is_ca && t->max_path_len != -1 && (t->max_path_len != 0 || t->max_path_len_zero))
		return mr_fail(
			err, MR_CODE_INVALID, "x509: only CAs are allowed to specify MaxPathLen");
	if (t->max_path_len > INT32_MAX)
		return mr_fail(err, MR_CODE_LIMIT, "x509: MaxPathLen is too large");
	return MR_OK;
}

/* Numbers as Go's x509.SignatureAlgorithm: 1 and those above 16 exist for no key. */
static mr_result choose_hash(const struct mr_cert_template *t, const struct mr_key *key,
	enum mr_hash *ret, struct mr_error *err)
{
	static const enum mr_hash hashes[] = { MR_HASH_SHA1, MR_HASH_SHA256, MR_HASH_SHA384,
		MR_HASH_SHA512 };
	int64_t number = t->signature_algorithm;

	if (number == 0) {
		*ret = mr_key_default_hash(key);
		return MR_OK;
	}
	if (number < 0 || number == 1 || number > SIGNATURE_LAST)
		return mr_fail(err, MR_CODE_INVALID, "x509: unknown SignatureAlgorithm");
	if (number < SIGNATURE_ECDSA_FIRST || number > SIGNATURE_ECDSA_LAST)
		return mr_fail(err, MR_CODE_INVALID,
			"x509: requested SignatureAlgorithm does not match private key type");
	*ret = hashes[number - SIGNATURE_ECDSA_FIRST];
	return MR_OK;
}

static bool has_extra_name(const struct mr_subject_template *s, struct mr_bytes oid)
{
	for (size_t i = 0; i < s->extra.count; i++)
		if (mr_bytes_eq(s->extra.items[i].oid, oid))
			return true;
	return false;
}

static mr_result put_attribute(const struct mr_subject_template *s, struct mr_bytes oid,
	const struct mr_str *values, size_t count, struct mr_buf *out, struct mr_error *err)
{
	if (count > MR_NAME_MAX_VALUES)
		return mr_fail(err, MR_CODE_LIMIT,
			"more than %d values of one attribute in the subject", MR_NAME_MAX_VALUES);
	if (!has_extra_name(s, oid))
		mr_name_put_multi_rdn(out, oid, values, count);
	return MR_OK;
}

static mr_result put_extra_names(
	const struct mr_subject_template *s, struct mr_buf *out, struct mr_error *err)
{
	for (size_t i = 0; i < s->extra.count; i++) {
		const struct mr_oid_value *extra = &s->extra.items[i];
		if (extra->oid.len == 0)
			return mr_fail(err, MR_CODE_INVALID,
				"asn1: structure error: invalid object identifier");
		if (!extra->is_text)
			return mr_fail(err, MR_CODE_INVALID,
				"asn1: structure error: the value of an ExtraName is no text");
		mr_name_put_rdn(out, extra->oid, mr_bytes_str(extra->value));
	}
	return MR_OK;
}

/* The common name of a subject that has none (10 §7.4). */
static struct mr_str default_common_name(const struct mr_cert_template *t)
{
	if (!t->dns_names.present)
		return MR_STR("localhost");
	return t->dns_names.count == 1 ? t->dns_names.items[0]
				       : MR_STR("MarbleRun Generated Certificate");
}

static mr_result put_subject(
	const struct mr_cert_template *t, struct mr_buf *out, struct mr_error *err)
{
	const struct mr_bytes oids[MR_SUBJECT_LISTS] = {
		[MR_SUBJECT_COUNTRY] = MR_OID_COUNTRY,
		[MR_SUBJECT_PROVINCE] = MR_OID_PROVINCE,
		[MR_SUBJECT_LOCALITY] = MR_OID_LOCALITY,
		[MR_SUBJECT_STREET_ADDRESS] = MR_OID_STREET,
		[MR_SUBJECT_POSTAL_CODE] = MR_OID_POSTAL_CODE,
		[MR_SUBJECT_ORGANIZATION] = MR_OID_ORGANIZATION,
		[MR_SUBJECT_ORGANIZATIONAL_UNIT] = MR_OID_ORGANIZATIONAL_UNIT,
	};
	const struct mr_subject_template *s = &t->subject;
	struct mr_str common_name = s->common_name.len ? s->common_name : default_common_name(t);

	if (t->raw_subject.len) {
		mr_buf_put_bytes(out, t->raw_subject);
		return mr_buf_status(out, err);
	}
	size_t at = mr_der_open(out, MR_DER_SEQUENCE);
	for (size_t i = 0; i < MR_SUBJECT_LISTS; i++)
		MR_TRY(put_attribute(s, oids[i], s->lists[i].items, s->lists[i].count, out, err));
	MR_TRY(put_attribute(s, MR_OID_COMMON_NAME, &common_name, 1, out, err));
	MR_TRY(put_attribute(
		s, MR_OID_SERIAL_NUMBER, &s->serial_number, s->serial_number.len != 0, out, err));
	MR_TRY(put_extra_names(s, out, err));
	mr_der_close(out, at);
	return mr_buf_status(out, err);
}

static mr_result put_usages(
	const struct mr_cert_template *t, struct mr_buf *out, struct mr_error *err)
{
	const struct mr_bytes defaults[] = { MR_OID_SERVER_AUTH, MR_OID_CLIENT_AUTH };
	struct mr_bytes oids[64];
	size_t count = 0;

	if (!mr_template_overrides(t, MR_OID_KEY_USAGE))
		mr_ext_put_key_usage(
			out, t->key_usage ? (unsigned)(t->key_usage & 0xFFFF) : DEFAULT_KEY_USAGE);
	if (!t->ext_key_usage.present)
		for (; count < MR_COUNT(defaults); count++)
			oids[count] = defaults[count];
	if (count + t->ext_key_usage.count + t->unknown_ext_key_usage.count > MR_COUNT(oids))
		return mr_fail(
			err, MR_CODE_LIMIT, "more than %zu extended key usages", MR_COUNT(oids));
	for (size_t i = 0; i < t->ext_key_usage.count; i++) {
		if (t->ext_key_usage.items[i].len == 0)
			return mr_fail(err, MR_CODE_INVALID, "x509: unknown extended key usage");
		oids[count++] = t->ext_key_usage.items[i];
	}
	for (size_t i = 0; i < t->unknown_ext_key_usage.count; i++) {
		if (t->unknown_ext_key_usage.items[i].len == 0)
			return mr_fail(err, MR_CODE_INVALID,
				"asn1: structure error: invalid object identifier");
		oids[count++] = t->unknown_ext_key_usage.items[i];
	}
	if (count && !mr_template_overrides(t, MR_OID_EXT_KEY_USAGE))
		mr_ext_put_ext_key_usage(out, oids, count);
	return MR_OK;
}

static void put_basic_constraints(const struct mr_cert_template *t, struct mr_buf *out)
{
	bool none = t->max_path_len == -1 || (t->max_path_len == 0 && !t->max_path_len_zero);

	if (!mr_template_overrides(t, MR_OID_BASIC_CONSTRAINTS))
		mr_ext_put_basic_constraints(out, t->is_ca, none ? -1 : (int)t->max_path_len);
}

static mr_result put_key_ids(const struct mr_cert_template *t, const struct mr_cert_issuer *issuer,
	const struct mr_key *key, struct mr_buf *out, struct mr_error *err)
{
	uint8_t computed[20];
	struct mr_bytes id = t->subject_key_id;

	if (id.len == 0 && t->is_ca) {
		MR_TRY(mr_key_identifier(key, computed, err));
		id = mr_bytes_of(computed, sizeof computed);
	}
	if (id.len && !mr_template_overrides(t, MR_OID_SUBJECT_KEY_ID))
		mr_ext_put_subject_key_id(out, id);
	if (issuer->key_id.len && !mr_template_overrides(t, MR_OID_AUTHORITY_KEY_ID))
		mr_ext_put_authority_key_id(out, issuer->key_id);
	return MR_OK;
}

/* The names being gathered; `names` has room for all. */
struct alt_names {
	struct mr_alt_name *names;
	size_t count;
};

static mr_result add_texts(struct alt_names *a, uint8_t tag, const struct mr_str *texts,
	size_t count, struct mr_error *err)
{
	for (size_t i = 0; i < count; i++) {
		MR_TRY(mr_template_check_ia5(texts[i], err));
		a->names[a->count++] = (struct mr_alt_name){ tag, mr_str_bytes(texts[i]) };
	}
	return MR_OK;
}

static mr_result put_alt_names(const struct mr_cert_template *t, bool critical,
	struct mr_arena *scratch, struct mr_buf *out, struct mr_error *err)
{
	static const uint8_t loopback4[] = { 127, 0, 0, 1 };
	static const uint8_t loopback6[16] = { [15] = 1 };
	const struct mr_bytes loopbacks[] = { { loopback4, sizeof loopback4 },
		{ loopback6, sizeof loopback6 } };
	const struct mr_str localhost = MR_STR("localhost");
	const struct mr_bytes *ips = t->ip_addresses.present ? t->ip_addresses.items : loopbacks;
	size_t ip_count = t->ip_addresses.present ? t->ip_addresses.count : MR_COUNT(loopbacks);
	size_t room = t->dns_names.count + t->email_addresses.count + ip_count + t->uris.count + 1;
	struct alt_names a = { mr_arena_array(scratch, room, sizeof *a.names), 0 };

	if (!a.names)
		return mr_arena_fail(scratch, err);
	MR_TRY(t->dns_names.present ? add_texts(&a, 2, t->dns_names.items, t->dns_names.count, err)
				    : add_texts(&a, 2, &localhost, 1, err));
	MR_TRY(add_texts(&a, 1, t->email_addresses.items, t->email_addresses.count, err));
	for (size_t i = 0; i < ip_count; i++)
		a.names[a.count++] = (struct mr_alt_name){ 7, ips[i] };
	for (size_t i = 0; i < t->uris.count; i++) {
		const struct mr_str uri = mr_bytes_str(t->uris.items[i]);
		MR_TRY(add_texts(&a, 6, &uri, 1, err));
	}
	if (!mr_template_overrides(t, MR_OID_SUBJECT_ALT_NAME))
		mr_ext_put_alt_names(out, a.names, a.count, critical);
	return MR_OK;
}

mr_result mr_cert_template_issue(const struct mr_cert_template *t,
	const struct mr_cert_issuer *issuer, const struct mr_key *subject_key, int64_t not_before,
	int64_t not_after, struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena scratch = { 0 };
	MR_AUTO(buf) struct mr_buf subject = { 0 };
	MR_AUTO(buf) struct mr_buf extensions = { 0 };
	enum mr_hash hash = MR_HASH_SHA256;

	mr_arena_init(&scratch, MR_CERT_MAX_SIZE);
	mr_buf_init(&subject, MR_CERT_MAX_SIZE);
	mr_buf_init(&extensions, MR_CERT_MAX_SIZE);
	if (!t)
		t = &empty_template;
	MR_TRY(check_path_len(t, err));
	MR_TRY(choose_hash(t, issuer->key, &hash, err));
	if (not_before > last_time || not_after > last_time)
		return mr_fail(err, MR_CODE_INVALID,
			"asn1: structure error: cannot represent time as GeneralizedTime");
	MR_TRY(put_subject(t, &subject, err));
	MR_TRY(put_usages(t, &extensions, err));
	put_basic_constraints(t, &extensions);
	MR_TRY(put_key_ids(t, issuer, subject_key, &extensions, err));
	MR_TRY(mr_template_put_access(t, &extensions, err));
	MR_TRY(put_alt_names(t, subject.len == 2, &scratch, &extensions, err));
	MR_TRY(mr_template_put_policies(t, &extensions, err));
	MR_TRY(mr_template_put_constraints(t, &extensions, err));
	MR_TRY(mr_template_put_crl_points(t, &extensions, err));
	MR_TRY(mr_template_put_extra(t, &extensions, err));
	MR_TRY(mr_buf_status(&extensions, err));
	const struct mr_cert_profile profile = {
		.issuer = issuer->subject,
		.subject = mr_buf_bytes(&subject),
		.not_before = not_before,
		.not_after = not_after,
		.spki = mr_key_spki(subject_key),
		.extensions = mr_buf_bytes(&extensions),
	};
	return mr_cert_issue_with_hash(&profile, issuer->key, hash, out, err);
}
