/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template_values.h"

#include "crypto/cert_write.h"
#include "manifest/cert_template.h"
#include "manifest/oid.h"
#include "manifest/url.h"

/* 0001-01-01T00:00:00Z: what Go writes for a time that is not set. */
static const int64_t zero_time = INT64_C(-62135596800);

mr_result mr_decode_time(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	struct mr_opt_time *t = target;
	int64_t seconds;

	(void)d;
	if (value->kind == MR_JSON_NULL)
		return MR_OK;
	MR_TRY(mr_json_want(value, MR_JSON_STRING, "time.Time", err));
	if (!mr_rfc3339_parse(value->text, &seconds))
		return mr_fail(err, MR_CODE_INVALID, "parsing time \"%.*s\" of %s: not RFC 3339",
			MR_STR_ARGS(value->text), field->name.ptr);
	*t = (struct mr_opt_time){ seconds, seconds != zero_time };
	return MR_OK;
}

mr_result mr_decode_oid(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	uint64_t components[MR_OID_MAX_COMPONENTS];
	size_t count = 0;
	bool negative = false;

	(void)field;
	MR_TRY(mr_json_want(value, MR_JSON_ARRAY, "asn1.ObjectIdentifier", err));
	if (value->count > MR_OID_MAX_COMPONENTS)
		return mr_fail(
			err, MR_CODE_LIMIT, "object identifier of %zu components", value->count);
	for (const struct mr_json *item = value->first; item; item = item->next) {
		int64_t component = 0;
		MR_TRY(mr_json_get_i64(item, &component, err));
		negative |= component < 0;
		components[count++] = (uint64_t)component;
	}
	return mr_oid_from_components(components, negative ? 0 : count, d->arena, target, err);
}

mr_result mr_decode_oid_text(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	(void)field;
	if (value->kind == MR_JSON_NULL)
		return MR_OK;
	MR_TRY(mr_json_want(value, MR_JSON_STRING, "x509.OID", err));
	return mr_oid_from_text(value->text, d->arena, target, err);
}

/* Decodes each item of a list by `item`. */
static mr_result decode_list_of(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target,
	mr_result (*decode)(struct mr_decoder *, const struct mr_json *, const struct mr_field *,
		void *, struct mr_error *),
	struct mr_error *err)
{
	struct mr_bytes_list out = { NULL, 0, value->kind == MR_JSON_ARRAY };

	MR_TRY(mr_json_want(value, MR_JSON_ARRAY, field->name.ptr, err));
	MR_TRY(mr_decode_limit(value->count, field->name.ptr, err));
	if (value->first) {
		out.items = mr_arena_array(d->arena, value->count, sizeof *out.items);
		if (!out.items)
			return mr_arena_fail(d->arena, err);
	}
	for (const struct mr_json *item = value->first; item; item = item->next)
		MR_TRY(decode(d, item, field, &out.items[out.count++], err));
	memcpy(target, &out, sizeof out);
	return MR_OK;
}

mr_result mr_decode_oids(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	return decode_list_of(d, value, field, target, mr_decode_oid, err);
}

mr_result mr_decode_policies(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	return decode_list_of(d, value, field, target, mr_decode_oid_text, err);
}

/* OIDs of Go's numbers of extended key usages; the last byte of the first ones is the number. */
static const struct mr_str usage_oids[] = {
	MR_STR_INIT("\x55\x1D\x25\x00"),
	MR_STR_INIT("\x2B\x06\x01\x05\x05\x07\x03\x01"),
	MR_STR_INIT("\x2B\x06\x01\x05\x05\x07\x03\x02"),
	MR_STR_INIT("\x2B\x06\x01\x05\x05\x07\x03\x03"),
	MR_STR_INIT("\x2B\x06\x01\x05\x05\x07\x03\x04"),
	MR_STR_INIT("\x2B\x06\x01\x05\x05\x07\x03\x05"),
	MR_STR_INIT("\x2B\x06\x01\x05\x05\x07\x03\x06"),
	MR_STR_INIT("\x2B\x06\x01\x05\x05\x07\x03\x07"),
	MR_STR_INIT("\x2B\x06\x01\x05\x05\x07\x03\x08"),
	MR_STR_INIT("\x2B\x06\x01\x05\x05\x07\x03\x09"),
	MR_STR_INIT("\x2B\x06\x01\x04\x01\x82\x37\x0A\x03\x03"),
	MR_STR_INIT("\x60\x86\x48\x01\x86\xF8\x42\x04\x01"),
	MR_STR_INIT("\x2B\x06\x01\x04\x01\x82\x37\x02\x01\x16"),
	MR_STR_INIT("\x2B\x06\x01\x04\x01\x82\x37\x3D\x01\x01"),
};

bool mr_ext_key_usage_known(struct mr_bytes oid)
{
	for (size_t i = 0; i < MR_COUNT(usage_oids); i++)
		if (mr_str_eq(usage_oids[i], mr_bytes_str(oid)))
			return true;
	return false;
}

static mr_result decode_usage(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	struct mr_bytes *oid = target;
	int64_t number = 0;

	(void)d, (void)field;
	MR_TRY(mr_json_get_i64(value, &number, err));
	if (number >= 0 && (uint64_t)number < MR_COUNT(usage_oids))
		*oid = mr_str_bytes(usage_oids[number]);
	return MR_OK;
}

mr_result mr_decode_ext_key_usage(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	return decode_list_of(d, value, field, target, decode_usage, err);
}

static mr_result decode_ip(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	uint8_t ip[16];

	(void)field;
	if (value->kind == MR_JSON_NULL)
		return MR_OK;
	MR_TRY(mr_json_want(value, MR_JSON_STRING, "net.IP", err));
	size_t size = mr_ip_parse(value->text, ip);
	if (size == 0 && value->text.len != 0)
		return mr_fail(
			err, MR_CODE_INVALID, "invalid IP address: %.*s", MR_STR_ARGS(value->text));
	return mr_arena_bytes(d->arena, mr_bytes_of(ip, size), target, err);
}

mr_result mr_decode_ips(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	return decode_list_of(d, value, field, target, decode_ip, err);
}

struct ip_range {
	struct mr_bytes ip;
	struct mr_bytes mask;
};

static const struct mr_field ip_range_fields[] = {
	MR_FIELD(struct ip_range, ip, "IP", decode_ip),
	MR_FIELD(struct ip_range, mask, "Mask", mr_decode_bytes),
};
static const struct mr_record ip_range_record = { "IPNet", sizeof(struct ip_range), ip_range_fields,
	MR_COUNT(ip_range_fields), NULL, NULL };

/* The masked address, in the size of the mask as far as that is possible, and the mask. */
static mr_result join_range(const struct ip_range *r, struct mr_arena *arena, struct mr_bytes *ret,
	struct mr_error *err)
{
	uint8_t joined[32] = { 0 };
	size_t size = r->mask.len;

	if (r->ip.len == 0 || (size != 4 && size != 16) || r->ip.len > size)
		return mr_fail(err, MR_CODE_INVALID, "invalid IP range");
	if (r->ip.len < size)
		memset(joined + 10, 0xFF, 2);
	memcpy(joined + size - r->ip.len, r->ip.ptr, r->ip.len);
	for (size_t i = 0; i < size; i++)
		joined[i] &= r->mask.ptr[i];
	memcpy(joined + size, r->mask.ptr, size);
	return mr_arena_bytes(arena, mr_bytes_of(joined, 2 * size), ret, err);
}

static mr_result decode_ip_range(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	struct ip_range range = { { NULL, 0 }, { NULL, 0 } };

	(void)field;
	MR_TRY(mr_decode_members(d, value, &ip_range_record, &range, err));
	return join_range(&range, d->arena, target, err);
}

mr_result mr_decode_ip_ranges(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	return decode_list_of(d, value, field, target, decode_ip_range, err);
}

static mr_result decode_user(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	bool *has_user = target;

	(void)d, (void)field;
	MR_TRY(mr_json_want(value, MR_JSON_OBJECT, "url.Userinfo", err));
	*has_user = value->kind == MR_JSON_OBJECT;
	return MR_OK;
}

static const struct mr_field url_fields[] = {
	MR_FIELD(struct mr_url, scheme, "Scheme", mr_decode_str),
	MR_FIELD(struct mr_url, opaque, "Opaque", mr_decode_str),
	MR_FIELD(struct mr_url, has_user, "User", decode_user),
	MR_FIELD(struct mr_url, host, "Host", mr_decode_str),
	MR_FIELD(struct mr_url, path, "Path", mr_decode_str),
	MR_FIELD(struct mr_url, raw_path, "RawPath", mr_decode_str),
	MR_FIELD(struct mr_url, omit_host, "OmitHost", mr_decode_bool),
	MR_FIELD(struct mr_url, force_query, "ForceQuery", mr_decode_bool),
	MR_FIELD(struct mr_url, raw_query, "RawQuery", mr_decode_str),
	MR_FIELD(struct mr_url, fragment, "Fragment", mr_decode_str),
	MR_FIELD(struct mr_url, raw_fragment, "RawFragment", mr_decode_str),
};
static const struct mr_record url_record = { "URL", sizeof(struct mr_url), url_fields,
	MR_COUNT(url_fields), NULL, NULL };

static mr_result decode_uri(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_url url = { 0 };

	(void)field;
	if (value->kind == MR_JSON_NULL)
		return mr_fail(err, MR_CODE_INVALID, "invalid URI: null");
	MR_TRY(mr_decode_members(d, value, &url_record, &url, err));
	mr_buf_init(&text, (size_t)1 << 16);
	mr_url_put(&text, &url);
	MR_TRY(mr_buf_status(&text, err));
	return mr_arena_bytes(d->arena, mr_buf_bytes(&text), target, err);
}

mr_result mr_decode_uris(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	return decode_list_of(d, value, field, target, decode_uri, err);
}

mr_result mr_decode_attribute_value(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	struct mr_oid_value *attribute = target;
	struct mr_str text;

	(void)field;
	attribute->is_text = value->kind == MR_JSON_STRING;
	if (!attribute->is_text)
		return MR_OK;
	MR_TRY(mr_decode_copy(d, value->text, &text, err));
	attribute->value = mr_str_bytes(text);
	return MR_OK;
}

mr_result mr_check_integer(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	(void)d, (void)field, (void)target;
	MR_TRY(mr_json_want(value, MR_JSON_NUMBER, "big.Int", err));
	for (size_t i = 0; value->kind == MR_JSON_NUMBER && i < value->text.len; i++)
		if (value->text.ptr[i] == '.' || (value->text.ptr[i] | 0x20) == 'e')
			return mr_fail(err, MR_CODE_INVALID,
				"math/big: cannot unmarshal \"%.*s\" into a *big.Int",
				MR_STR_ARGS(value->text));
	return MR_OK;
}

mr_result mr_accept_any(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	(void)d, (void)value, (void)field, (void)target, (void)err;
	return MR_OK;
}
