/* SPDX-License-Identifier: Apache-2.0 */
/* The `Cert` record of a secret (10 §7.5). What has no effect is decoded all the same: it must be
 * type-correct. */
#include "manifest/cert_template.h"
#include "manifest/decode.h"
#include "manifest/template_values.h"

static const struct mr_field attribute_fields[] = {
	MR_FIELD(struct mr_oid_value, oid, "Type", mr_decode_oid),
	{ MR_STR_INIT("Value"), 0, mr_decode_attribute_value, NULL },
};
static const struct mr_record attribute_record = { "AttributeTypeAndValue",
	sizeof(struct mr_oid_value), attribute_fields, MR_COUNT(attribute_fields), NULL, NULL };

static const struct mr_field extension_fields[] = {
	MR_FIELD(struct mr_oid_value, oid, "Id", mr_decode_oid),
	MR_FIELD(struct mr_oid_value, critical, "Critical", mr_decode_bool),
	MR_FIELD(struct mr_oid_value, value, "Value", mr_decode_bytes),
};
static const struct mr_record extension_record = { "Extension", sizeof(struct mr_oid_value),
	extension_fields, MR_COUNT(extension_fields), NULL, NULL };

/* A subject, and the list that is only checked. */
struct name_record {
	struct mr_subject_template subject;
	struct mr_oid_values ignored;
};

#define NAME_LIST(text, attribute)                                                                 \
	MR_FIELD(struct name_record, subject.lists[attribute], text, mr_decode_str_list)

static const struct mr_field name_fields[] = {
	NAME_LIST("Country", MR_SUBJECT_COUNTRY),
	NAME_LIST("Organization", MR_SUBJECT_ORGANIZATION),
	NAME_LIST("OrganizationalUnit", MR_SUBJECT_ORGANIZATIONAL_UNIT),
	NAME_LIST("Locality", MR_SUBJECT_LOCALITY),
	NAME_LIST("Province", MR_SUBJECT_PROVINCE),
	NAME_LIST("StreetAddress", MR_SUBJECT_STREET_ADDRESS),
	NAME_LIST("PostalCode", MR_SUBJECT_POSTAL_CODE),
	MR_FIELD(struct name_record, subject.serial_number, "SerialNumber", mr_decode_str),
	MR_FIELD(struct name_record, subject.common_name, "CommonName", mr_decode_str),
	MR_FIELD_OF(struct name_record, ignored, "Names", mr_decode_list, &attribute_record),
	MR_FIELD_OF(
		struct name_record, subject.extra, "ExtraNames", mr_decode_list, &attribute_record),
};
static const struct mr_record name_record = { "Name", sizeof(struct name_record), name_fields,
	MR_COUNT(name_fields), NULL, NULL };

static const struct mr_field mapping_fields[] = {
	MR_FIELD(struct mr_oid_value, oid, "IssuerDomainPolicy", mr_decode_oid_text),
	MR_FIELD(struct mr_oid_value, value, "SubjectDomainPolicy", mr_decode_oid_text),
};
static const struct mr_record mapping_record = { "PolicyMapping", sizeof(struct mr_oid_value),
	mapping_fields, MR_COUNT(mapping_fields), NULL, NULL };

/* The template with places for what is only checked. */
struct template_record {
	struct mr_cert_template t;
	struct name_record subject, issuer;
	struct mr_bytes bytes;
	int64_t integer;
	bool boolean;
	struct mr_opt_time time;
	struct mr_bytes_list oids;
	struct mr_oid_values extensions;
};

#define T(member, text, decoder) MR_FIELD(struct template_record, t.member, text, decoder)
#define IGNORED(member, text, decoder) MR_FIELD(struct template_record, member, text, decoder)
#define CONSTRAINTS(kind, member, decoder)                                                         \
	T(member.permitted, "Permitted" kind, decoder), T(member.excluded, "Excluded" kind, decoder)

static const struct mr_field template_fields[] = {
	MR_FIELD_OF(struct template_record, subject, "Subject", mr_decode_inner, &name_record),
	T(raw_subject, "RawSubject", mr_decode_bytes),
	T(not_after, "NotAfter", mr_decode_time),
	T(key_usage, "KeyUsage", mr_decode_i64),
	T(ext_key_usage, "ExtKeyUsage", mr_decode_ext_key_usage),
	T(unknown_ext_key_usage, "UnknownExtKeyUsage", mr_decode_oids),
	T(is_ca, "IsCA", mr_decode_bool),
	T(max_path_len, "MaxPathLen", mr_decode_i64),
	T(max_path_len_zero, "MaxPathLenZero", mr_decode_bool),
	T(subject_key_id, "SubjectKeyId", mr_decode_bytes),
	T(dns_names, "DNSNames", mr_decode_str_list),
	T(email_addresses, "EmailAddresses", mr_decode_str_list),
	T(ip_addresses, "IPAddresses", mr_decode_ips),
	T(uris, "URIs", mr_decode_uris),
	T(ocsp_server, "OCSPServer", mr_decode_str_list),
	T(issuing_certificate_url, "IssuingCertificateURL", mr_decode_str_list),
	T(crl_distribution_points, "CRLDistributionPoints", mr_decode_str_list),
	CONSTRAINTS("DNSDomains", dns_domains, mr_decode_str_list),
	CONSTRAINTS("EmailAddresses", email_constraints, mr_decode_str_list),
	CONSTRAINTS("URIDomains", uri_domains, mr_decode_str_list),
	T(permitted_ip_ranges, "PermittedIPRanges", mr_decode_ip_ranges),
	T(excluded_ip_ranges, "ExcludedIPRanges", mr_decode_ip_ranges),
	T(name_constraints_critical, "PermittedDNSDomainsCritical", mr_decode_bool),
	T(policies, "Policies", mr_decode_policies),
	MR_FIELD_OF(struct template_record, t.extra_extensions, "ExtraExtensions", mr_decode_list,
		&extension_record),
	T(signature_algorithm, "SignatureAlgorithm", mr_decode_i64),
	MR_FIELD_OF(struct template_record, issuer, "Issuer", mr_decode_inner, &name_record),
	MR_FIELD_OF(struct template_record, extensions, "Extensions", mr_decode_list,
		&extension_record),
	MR_FIELD_OF(struct template_record, extensions, "PolicyMappings", mr_decode_list,
		&mapping_record),
	IGNORED(oids, "PolicyIdentifiers", mr_decode_oids),
	IGNORED(oids, "UnhandledCriticalExtensions", mr_decode_oids),
	IGNORED(bytes, "AuthorityKeyId", mr_decode_bytes),
	IGNORED(bytes, "Raw", mr_decode_bytes),
	IGNORED(bytes, "RawTBSCertificate", mr_decode_bytes),
	IGNORED(bytes, "RawSubjectPublicKeyInfo", mr_decode_bytes),
	IGNORED(bytes, "RawIssuer", mr_decode_bytes),
	IGNORED(bytes, "Signature", mr_decode_bytes),
	IGNORED(integer, "PublicKeyAlgorithm", mr_decode_i64),
	IGNORED(integer, "Version", mr_decode_i64),
	IGNORED(integer, "SerialNumber", mr_check_integer),
	IGNORED(integer, "InhibitAnyPolicy", mr_decode_i64),
	IGNORED(integer, "InhibitPolicyMapping", mr_decode_i64),
	IGNORED(integer, "RequireExplicitPolicy", mr_decode_i64),
	IGNORED(boolean, "InhibitAnyPolicyZero", mr_decode_bool),
	IGNORED(boolean, "InhibitPolicyMappingZero", mr_decode_bool),
	IGNORED(boolean, "RequireExplicitPolicyZero", mr_decode_bool),
	IGNORED(boolean, "BasicConstraintsValid", mr_decode_bool),
	IGNORED(time, "NotBefore", mr_decode_time),
	IGNORED(integer, "PublicKey", mr_accept_any),
};
static const struct mr_record template_record = { "Certificate", sizeof(struct template_record),
	template_fields, MR_COUNT(template_fields), NULL, NULL };

mr_result mr_cert_template_decode(struct mr_decoder *d, const struct mr_json *value,
	struct mr_cert_template *t, struct mr_error *err)
{
	struct template_record record = { .t = *t };

	record.subject.subject = t->subject;
	MR_TRY(mr_decode_members(d, value, &template_record, &record, err));
	*t = record.t;
	t->subject = record.subject.subject;
	return MR_OK;
}
