/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other end of manifest/main.go: decodes manifests on standard input until it ends. A request
 * is the size of a document (u32, little endian) and the document; an answer is a size and the
 * text: "!" and the message of an error, or the decoded manifest as manifest/dump.go writes it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "manifest/cert_template.h"
#include "manifest/manifest.h"

enum { DOCUMENT_MAX = 1 << 20, ANSWER_MAX = 1 << 26 };

/* --- values: a name, a blank, the value, a line feed --- */

static void put_name(struct mr_buf *out, const char *name)
{
	mr_buf_put_cstr(out, name);
	mr_buf_put_u8(out, ' ');
}

static void put_counted(struct mr_buf *out, struct mr_str text)
{
	mr_buf_put_uint(out, text.len);
	mr_buf_put_u8(out, ':');
	mr_buf_put_str(out, text);
}

static void put_text(struct mr_buf *out, const char *name, struct mr_str text)
{
	put_name(out, name);
	put_counted(out, text);
	mr_buf_put_u8(out, '\n');
}

static void put_bytes(struct mr_buf *out, const char *name, struct mr_bytes bytes)
{
	put_text(out, name, mr_bytes_str(bytes));
}

static void put_absent(struct mr_buf *out, const char *name)
{
	put_name(out, name);
	mr_buf_put_cstr(out, "-\n");
}

static void put_number(struct mr_buf *out, const char *name, uint64_t number)
{
	put_name(out, name);
	mr_buf_put_uint(out, number);
	mr_buf_put_u8(out, '\n');
}

static void put_signed(struct mr_buf *out, const char *name, int64_t number)
{
	put_name(out, name);
	mr_buf_printf(out, "%lld\n", (long long)number);
}

static void put_bool(struct mr_buf *out, const char *name, bool value)
{
	put_number(out, name, value);
}

static void put_opt_number(struct mr_buf *out, const char *name, struct mr_opt_u64 number)
{
	if (number.present)
		put_number(out, name, number.value);
	else
		put_absent(out, name);
}

static void put_opt_bytes(struct mr_buf *out, const char *name, struct mr_opt_bytes bytes)
{
	if (bytes.present)
		put_bytes(out, name, bytes.bytes);
	else
		put_absent(out, name);
}

static void put_list(struct mr_buf *out, const char *name, const struct mr_str_list *list)
{
	if (!list->present) {
		put_absent(out, name);
		return;
	}
	put_number(out, name, list->count);
	for (size_t i = 0; i < list->count; i++)
		put_text(out, "-", list->items[i]);
}

static void put_bytes_list(struct mr_buf *out, const char *name, const struct mr_bytes_list *list)
{
	if (!list->present) {
		put_absent(out, name);
		return;
	}
	put_number(out, name, list->count);
	for (size_t i = 0; i < list->count; i++)
		put_bytes(out, "-", list->items[i]);
}

/* --- certificate templates --- */

static void put_oid_values(
	struct mr_buf *out, const char *name, const struct mr_oid_values *list, bool attributes)
{
	if (!list->present) {
		put_absent(out, name);
		return;
	}
	put_number(out, name, list->count);
	for (size_t i = 0; i < list->count; i++) {
		const struct mr_oid_value *v = &list->items[i];
		put_bytes(out, "OID", v->oid);
		put_bool(out, "Flag", attributes ? v->is_text : v->critical);
		if (!attributes || v->is_text)
			put_bytes(out, "Value", v->value);
	}
}

/* Only what has an effect: a raw subject stands for all of the subject. */
static void put_subject(struct mr_buf *out, const struct mr_cert_template *t)
{
	static const char *const names[MR_SUBJECT_LISTS] = {
		[MR_SUBJECT_COUNTRY] = "Country",
		[MR_SUBJECT_PROVINCE] = "Province",
		[MR_SUBJECT_LOCALITY] = "Locality",
		[MR_SUBJECT_STREET_ADDRESS] = "StreetAddress",
		[MR_SUBJECT_POSTAL_CODE] = "PostalCode",
		[MR_SUBJECT_ORGANIZATION] = "Organization",
		[MR_SUBJECT_ORGANIZATIONAL_UNIT] = "OrganizationalUnit",
	};

	put_bytes(out, "RawSubject", t->raw_subject);
	if (t->raw_subject.len)
		return;
	for (size_t i = 0; i < MR_SUBJECT_LISTS; i++)
		put_list(out, names[i], &t->subject.lists[i]);
	put_text(out, "CommonName", t->subject.common_name);
	put_text(out, "SerialNumber", t->subject.serial_number);
	put_oid_values(out, "ExtraNames", &t->subject.extra, true);
}

static void put_constraints(struct mr_buf *out, const struct mr_cert_template *t)
{
	put_list(out, "PermittedDNSDomains", &t->dns_domains.permitted);
	put_list(out, "ExcludedDNSDomains", &t->dns_domains.excluded);
	put_list(out, "PermittedEmailAddresses", &t->email_constraints.permitted);
	put_list(out, "ExcludedEmailAddresses", &t->email_constraints.excluded);
	put_list(out, "PermittedURIDomains", &t->uri_domains.permitted);
	put_list(out, "ExcludedURIDomains", &t->uri_domains.excluded);
	put_bytes_list(out, "PermittedIPRanges", &t->permitted_ip_ranges);
	put_bytes_list(out, "ExcludedIPRanges", &t->excluded_ip_ranges);
	put_bool(out, "PermittedDNSDomainsCritical", t->name_constraints_critical);
}

static void put_template(struct mr_buf *out, const struct mr_cert_template *t)
{
	static const struct mr_cert_template none;

	if (!t)
		t = &none;
	put_subject(out, t);
	if (t->not_after.present)
		put_signed(out, "NotAfter", t->not_after.value);
	else
		put_absent(out, "NotAfter");
	put_signed(out, "KeyUsage", t->key_usage);
	put_bytes_list(out, "ExtKeyUsage", &t->ext_key_usage);
	put_bytes_list(out, "UnknownExtKeyUsage", &t->unknown_ext_key_usage);
	put_bool(out, "IsCA", t->is_ca);
	put_signed(out, "MaxPathLen", t->max_path_len);
	put_bool(out, "MaxPathLenZero", t->max_path_len_zero);
	put_bytes(out, "SubjectKeyId", t->subject_key_id);
	put_list(out, "DNSNames", &t->dns_names);
	put_list(out, "EmailAddresses", &t->email_addresses);
	put_bytes_list(out, "IPAddresses", &t->ip_addresses);
	put_bytes_list(out, "URIs", &t->uris);
	put_list(out, "OCSPServer", &t->ocsp_server);
	put_list(out, "IssuingCertificateURL", &t->issuing_certificate_url);
	put_list(out, "CRLDistributionPoints", &t->crl_distribution_points);
	put_constraints(out, t);
	put_bytes_list(out, "Policies", &t->policies);
	put_oid_values(out, "ExtraExtensions", &t->extra_extensions, false);
	put_signed(out, "SignatureAlgorithm", t->signature_algorithm);
}

/* --- sections --- */

static void put_packages(struct mr_buf *out, const struct mr_manifest *m)
{
	put_number(out, "Packages", m->packages_count);
	for (size_t i = 0; i < m->packages_count; i++) {
		const struct mr_package *p = &m->packages[i];
		put_text(out, "Name", p->name);
		put_bool(out, "Debug", p->debug);
		put_text(out, "UniqueID", p->unique_id);
		put_text(out, "SignerID", p->signer_id);
		put_opt_number(out, "ProductID", p->product_id);
		put_opt_number(out, "SecurityVersion", p->security_version);
		put_list(out, "AcceptedTCBStatuses", &p->accepted_tcb_statuses);
		put_list(out, "AcceptedAdvisories", &p->accepted_advisories);
	}
}

static void put_infrastructures(struct mr_buf *out, const struct mr_manifest *m)
{
	put_number(out, "Infrastructures", m->infrastructures_count);
	for (size_t i = 0; i < m->infrastructures_count; i++) {
		const struct mr_infrastructure *f = &m->infrastructures[i];
		put_text(out, "Name", f->name);
		put_opt_bytes(out, "CPUSVN", f->cpusvn);
		put_opt_number(out, "QESVN", f->qesvn);
		put_opt_number(out, "PCESVN", f->pcesvn);
		put_opt_bytes(out, "RootCA", f->root_ca);
		put_bool(out, "Enforce", f->enforce);
		put_list(out, "FMSPCs", &f->fmspcs);
		put_list(out, "PlatformInstanceIDs", &f->platform_instance_ids);
		put_number(out, "MinTCBEvaluationDataNumber", f->min_tcb_evaluation_data_number);
	}
}

static void put_contents(
	struct mr_buf *out, const char *name, const struct mr_content_map *contents)
{
	if (!contents->present) {
		put_absent(out, name);
		return;
	}
	put_number(out, name, contents->count);
	for (size_t i = 0; i < contents->count; i++) {
		const struct mr_content *c = &contents->items[i];
		put_text(out, "Name", c->name);
		put_bytes(out, "Data", c->data);
		put_text(out, "Encoding", c->encoding_name);
		put_bool(out, "NoTemplates", c->no_templates);
	}
}

static void put_marbles(struct mr_buf *out, const struct mr_manifest *m)
{
	put_number(out, "Marbles", m->marbles_count);
	for (size_t i = 0; i < m->marbles_count; i++) {
		const struct mr_marble *b = &m->marbles[i];
		put_text(out, "Name", b->name);
		put_text(out, "Package", b->package);
		put_number(out, "MaxActivations", b->max_activations);
		put_contents(out, "Files", &b->files);
		put_contents(out, "Env", &b->env);
		put_list(out, "Argv", &b->argv);
		put_list(out, "TLS", &b->tls);
		put_bool(out, "DisableSecretBinding", b->disable_secret_binding);
	}
}

static void put_secrets(struct mr_buf *out, const struct mr_manifest *m)
{
	put_number(out, "Secrets", m->secrets_count);
	for (size_t i = 0; i < m->secrets_count; i++) {
		const struct mr_secret_value *s = &m->secrets[i];
		put_text(out, "Name", s->def.name);
		put_text(out, "Type", s->def.type_name);
		put_number(out, "Size", s->def.size);
		put_bool(out, "Shared", s->def.shared);
		put_bool(out, "UserDefined", s->def.user_defined);
		put_number(out, "ValidFor", s->def.valid_for);
		put_opt_bytes(out, "Cert", s->cert);
		put_template(out, s->def.cert_template);
		put_opt_bytes(out, "Private", s->private_part);
		put_opt_bytes(out, "Public", s->public_part);
	}
}

static void put_people(struct mr_buf *out, const struct mr_manifest *m)
{
	put_number(out, "Users", m->users_count);
	for (size_t i = 0; i < m->users_count; i++) {
		put_text(out, "Name", m->users[i].name);
		put_text(out, "Certificate", m->users[i].certificate);
		put_list(out, "Roles", &m->users[i].roles);
	}
	put_number(out, "Roles", m->roles_count);
	for (size_t i = 0; i < m->roles_count; i++) {
		put_text(out, "Name", m->roles[i].name);
		put_text(out, "ResourceType", m->roles[i].resource_type);
		put_list(out, "ResourceNames", &m->roles[i].resource_names);
		put_list(out, "Actions", &m->roles[i].actions);
	}
	put_number(out, "RecoveryKeys", m->recovery_keys_count);
	for (size_t i = 0; i < m->recovery_keys_count; i++) {
		put_text(out, "Name", m->recovery_keys[i].name);
		put_text(out, "Key", m->recovery_keys[i].pem);
	}
}

static void put_tls_entries(
	struct mr_buf *out, const char *name, const struct mr_tls_entries *entries)
{
	if (!entries->present) {
		put_absent(out, name);
		return;
	}
	put_number(out, name, entries->count);
	for (size_t i = 0; i < entries->count; i++) {
		put_text(out, "Port", entries->items[i].port);
		put_text(out, "Addr", entries->items[i].addr);
		put_text(out, "Cert", entries->items[i].cert);
		put_bool(out, "DisableClientAuth", entries->items[i].disable_client_auth);
	}
}

static void put_tags_and_config(struct mr_buf *out, const struct mr_manifest *m)
{
	const struct mr_manifest_config *c = &m->config;

	put_number(out, "TLS", m->tls_tags_count);
	for (size_t i = 0; i < m->tls_tags_count; i++) {
		put_text(out, "Name", m->tls_tags[i].name);
		put_tls_entries(out, "Incoming", &m->tls_tags[i].incoming);
		put_tls_entries(out, "Outgoing", &m->tls_tags[i].outgoing);
	}
	put_text(out, "SealMode", c->seal_mode);
	put_list(out, "FeatureGates", &c->feature_gates);
	put_number(out, "UpdateThreshold", c->update_threshold);
	put_number(out, "RecoveryThreshold", c->recovery_threshold);
	put_bool(out, "RotateRootSecret", c->rotate_root_secret);
	put_number(out, "CollateralGraceSeconds", c->collateral_grace_seconds);
	put_number(out, "MinTCBEvaluationDataNumber", c->min_tcb_evaluation_data_number);
}

/* --- requests --- */

static void decode(struct mr_bytes document, struct mr_buf *out)
{
	MR_AUTO(manifest) struct mr_manifest *m = NULL;
	struct mr_error err;

	if (mr_failed(mr_manifest_decode(document, NULL, &m, &err))) {
		mr_buf_put_u8(out, '!');
		mr_buf_put_cstr(out, err.message);
		return;
	}
	put_packages(out, m);
	put_infrastructures(out, m);
	put_marbles(out, m);
	put_secrets(out, m);
	put_people(out, m);
	put_tags_and_config(out, m);
}

static bool answer(const uint8_t *document, size_t size)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;
	uint8_t head[4];

	mr_buf_init(&out, ANSWER_MAX);
	decode(mr_bytes_of(document, size), &out);
	if (mr_failed(mr_buf_status(&out, &err)))
		return false;
	for (size_t i = 0; i < sizeof head; i++)
		head[i] = (uint8_t)(out.len >> 8 * i);
	return fwrite(head, sizeof head, 1, stdout) == 1 &&
	       fwrite(out.data, out.len, 1, stdout) == 1 && fflush(stdout) == 0;
}

int main(void)
{
	uint8_t head[4];

	while (fread(head, sizeof head, 1, stdin) == 1) {
		struct mr_cursor c = { head, 0, sizeof head };
		uint32_t size = 0;
		if (!mr_cursor_u32le(&c, &size) || size > DOCUMENT_MAX)
			return 1;
		/* as large as the document, so that sanitizers see reads beyond it */
		uint8_t *document = malloc(size ? size : 1);
		bool good = document && fread(document, 1, size, stdin) == size &&
			    answer(document, size);
		free(document);
		if (!good)
			return 1;
	}
	return 0;
}
