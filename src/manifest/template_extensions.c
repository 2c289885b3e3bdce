/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template_extensions.h"

#include "base/utf8.h"
#include "crypto/cert_write.h"
#include "crypto/der.h"

#define OID(name, bytes)                                                                           \
	const struct mr_bytes name = { (const uint8_t *)"" bytes, sizeof(bytes) - 1 }

OID(MR_OID_AUTHORITY_INFO_ACCESS, "\x2B\x06\x01\x05\x05\x07\x01\x01");
OID(MR_OID_ACCESS_OCSP, "\x2B\x06\x01\x05\x05\x07\x30\x01");
OID(MR_OID_ACCESS_CA_ISSUERS, "\x2B\x06\x01\x05\x05\x07\x30\x02");
OID(MR_OID_CERTIFICATE_POLICIES, "\x55\x1D\x20");
OID(MR_OID_NAME_CONSTRAINTS, "\x55\x1D\x1E");
OID(MR_OID_CRL_DISTRIBUTION_POINTS, "\x55\x1D\x1F");

enum { NAME_EMAIL = 1, NAME_DNS = 2, NAME_URI = 6, NAME_IP = 7 };

bool mr_template_overrides(const struct mr_cert_template *t, struct mr_bytes oid)
{
	for (size_t i = 0; i < t->extra_extensions.count; i++)
		if (mr_bytes_eq(t->extra_extensions.items[i].oid, oid))
			return true;
	return false;
}

mr_result mr_template_check_ia5(struct mr_str text, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf quoted = { 0 };
	bool ascii = true;

	for (size_t i = 0; i < text.len; i++)
		ascii &= (unsigned char)text.ptr[i] < 0x80;
	if (ascii)
		return MR_OK;
	mr_buf_init(&quoted, MR_ERROR_MAX);
	mr_utf8_put_quoted(&quoted, text);
	return mr_fail(err, MR_CODE_INVALID, "x509: %.*s cannot be encoded as an IA5String",
		MR_STR_ARGS(mr_buf_str(&quoted)));
}

static mr_result put_names(
	const struct mr_str_list *names, uint8_t tag, struct mr_buf *out, struct mr_error *err)
{
	for (size_t i = 0; i < names->count; i++) {
		MR_TRY(mr_template_check_ia5(names->items[i], err));
		mr_der_put(out, (uint8_t)(MR_DER_CONTEXT | tag), mr_str_bytes(names->items[i]));
	}
	return MR_OK;
}

/* Wraps what was written behind `value` into an Extension of `out`. */
static mr_result finish(struct mr_buf *value, struct mr_bytes oid, bool critical,
	struct mr_buf *out, struct mr_error *err)
{
	MR_TRY(mr_buf_status(value, err));
	mr_ext_put(out, oid, critical, mr_buf_bytes(value));
	return mr_buf_status(out, err);
}

static mr_result put_access_list(const struct mr_str_list *urls, struct mr_bytes method,
	struct mr_buf *out, struct mr_error *err)
{
	for (size_t i = 0; i < urls->count; i++) {
		const struct mr_str_list one = { &urls->items[i], 1, true };
		size_t at = mr_der_open(out, MR_DER_SEQUENCE);
		mr_der_put_oid(out, method);
		MR_TRY(put_names(&one, NAME_URI, out, err));
		mr_der_close(out, at);
	}
	return MR_OK;
}

mr_result mr_template_put_access(
	const struct mr_cert_template *t, struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf value = { 0 };

	if (t->ocsp_server.count + t->issuing_certificate_url.count == 0 ||
		mr_template_overrides(t, MR_OID_AUTHORITY_INFO_ACCESS))
		return MR_OK;
	mr_buf_init(&value, MR_CERT_MAX_SIZE);
	size_t at = mr_der_open(&value, MR_DER_SEQUENCE);
	MR_TRY(put_access_list(&t->ocsp_server, MR_OID_ACCESS_OCSP, &value, err));
	MR_TRY(put_access_list(&t->issuing_certificate_url, MR_OID_ACCESS_CA_ISSUERS, &value, err));
	mr_der_close(&value, at);
	return finish(&value, MR_OID_AUTHORITY_INFO_ACCESS, false, out, err);
}

static mr_result fail_oid(struct mr_error *err)
{
	return mr_fail(err, MR_CODE_INVALID, "asn1: structure error: invalid object identifier");
}

mr_result mr_template_put_policies(
	const struct mr_cert_template *t, struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf value = { 0 };

	if (t->policies.count == 0 || mr_template_overrides(t, MR_OID_CERTIFICATE_POLICIES))
		return MR_OK;
	mr_buf_init(&value, MR_CERT_MAX_SIZE);
	size_t at = mr_der_open(&value, MR_DER_SEQUENCE);
	for (size_t i = 0; i < t->policies.count; i++) {
		if (t->policies.items[i].len == 0)
			return fail_oid(err);
		size_t policy = mr_der_open(&value, MR_DER_SEQUENCE);
		mr_der_put_oid(&value, t->policies.items[i]);
		mr_der_close(&value, policy);
	}
	mr_der_close(&value, at);
	return finish(&value, MR_OID_CERTIFICATE_POLICIES, false, out, err);
}

static mr_result put_subtrees(
	const struct mr_str_list *names, uint8_t tag, struct mr_buf *out, struct mr_error *err)
{
	for (size_t i = 0; i < names->count; i++) {
		const struct mr_str_list one = { &names->items[i], 1, true };
		size_t at = mr_der_open(out, MR_DER_SEQUENCE);
		MR_TRY(put_names(&one, tag, out, err));
		mr_der_close(out, at);
	}
	return MR_OK;
}

/* One side of the constraints; nothing when it is empty. */
static mr_result put_side(uint8_t tag, const struct mr_str_list *dns,
	const struct mr_bytes_list *ips, const struct mr_str_list *emails,
	const struct mr_str_list *uris, struct mr_buf *out, struct mr_error *err)
{
	if (dns->count + ips->count + emails->count + uris->count == 0)
		return MR_OK;
	size_t at = mr_der_open(out, (uint8_t)(MR_DER_CONTEXT_CONSTRUCTED | tag));
	MR_TRY(put_subtrees(dns, NAME_DNS, out, err));
	for (size_t i = 0; i < ips->count; i++) {
		size_t subtree = mr_der_open(out, MR_DER_SEQUENCE);
		mr_der_put(out, MR_DER_CONTEXT | NAME_IP, ips->items[i]);
		mr_der_close(out, subtree);
	}
	MR_TRY(put_subtrees(emails, NAME_EMAIL, out, err));
	MR_TRY(put_subtrees(uris, NAME_URI, out, err));
	mr_der_close(out, at);
	return MR_OK;
}

mr_result mr_template_put_constraints(
	const struct mr_cert_template *t, struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf value = { 0 };

	mr_buf_init(&value, MR_CERT_MAX_SIZE);
	size_t at = mr_der_open(&value, MR_DER_SEQUENCE);
	size_t empty = value.len;
	MR_TRY(put_side(0, &t->dns_domains.permitted, &t->permitted_ip_ranges,
		&t->email_constraints.permitted, &t->uri_domains.permitted, &value, err));
	MR_TRY(put_side(1, &t->dns_domains.excluded, &t->excluded_ip_ranges,
		&t->email_constraints.excluded, &t->uri_domains.excluded, &value, err));
	if (value.len == empty || mr_template_overrides(t, MR_OID_NAME_CONSTRAINTS))
		return mr_buf_status(&value, err);
	mr_der_close(&value, at);
	return finish(&value, MR_OID_NAME_CONSTRAINTS, t->name_constraints_critical, out, err);
}

mr_result mr_template_put_crl_points(
	const struct mr_cert_template *t, struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf value = { 0 };

	if (t->crl_distribution_points.count == 0 ||
		mr_template_overrides(t, MR_OID_CRL_DISTRIBUTION_POINTS))
		return MR_OK;
	mr_buf_init(&value, MR_CERT_MAX_SIZE);
	size_t at = mr_der_open(&value, MR_DER_SEQUENCE);
	for (size_t i = 0; i < t->crl_distribution_points.count; i++) {
		const struct mr_str_list one = { &t->crl_distribution_points.items[i], 1, true };
		size_t point = mr_der_open(&value, MR_DER_SEQUENCE);
		size_t name = mr_der_open(&value, MR_DER_CONTEXT_CONSTRUCTED | 0);
		size_t full = mr_der_open(&value, MR_DER_CONTEXT_CONSTRUCTED | 0);
		MR_TRY(put_names(&one, NAME_URI, &value, err));
		mr_der_close(&value, full);
		mr_der_close(&value, name);
		mr_der_close(&value, point);
	}
	mr_der_close(&value, at);
	return finish(&value, MR_OID_CRL_DISTRIBUTION_POINTS, false, out, err);
}

mr_result mr_template_put_extra(
	const struct mr_cert_template *t, struct mr_buf *out, struct mr_error *err)
{
	for (size_t i = 0; i < t->extra_extensions.count; i++) {
		const struct mr_oid_value *extra = &t->extra_extensions.items[i];
		if (extra->oid.len == 0)
			return fail_oid(err);
		mr_ext_put(out, extra->oid, extra->critical, extra->value);
	}
	return mr_buf_status(out, err);
}
