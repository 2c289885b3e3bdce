/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/check.h"

#include "manifest/cert_template.h"
#include "manifest/check_internal.h"
#include "manifest/package_rules.h"
#include "manifest/secret.h"

/* Rules 4 and 5. */
static mr_result check_package(const struct mr_package *p, struct mr_error *err)
{
	const char *missing = NULL;

	if (p->unique_id.len) {
		if (p->signer_id.len || p->product_id.present || p->security_version.present)
			return mr_fail(err, MR_CODE_INVALID,
				"manifest specifies both UniqueID *and* "
				"SignerID/ProductID/SecurityVersion in package %.*s",
				MR_STR_ARGS(p->name));
		return MR_OK;
	}
	if (!p->signer_id.len)
		missing = "SignerID";
	else if (!p->product_id.present)
		missing = "ProductID";
	else if (!p->security_version.present)
		missing = "SecurityVersion";
	if (!missing)
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID, "manifest misses value for %s in package %.*s",
		missing, MR_STR_ARGS(p->name));
}

/* Rules 3 to 6. */
static mr_result check_marble(const struct mr_manifest *m, const struct mr_marble *marble,
	const struct mr_warn *warn, struct mr_error *err)
{
	const struct mr_package *package = mr_manifest_package(m, marble->package);
	struct mr_error remark;

	if (!package)
		return mr_fail(err, MR_CODE_INVALID,
			"manifest does not contain marble package %.*s",
			MR_STR_ARGS(marble->package));
	MR_TRY(mr_wrap(err, mr_package_rules_check(package, err), "package %.*s",
		MR_STR_ARGS(package->name)));
	/* rules for enclaves are looked at where enclaves may pass */
	mr_result sgx = mr_package_rules_of(package)->tees & MR_ALLOW_SGX
				? check_package(package, &remark)
				: MR_OK;
	if (mr_failed(sgx) && !package->debug)
		return mr_fail(err, sgx.code, "%s", remark.message);
	if (mr_failed(sgx))
		mr_warn_say(warn, "%s (not checked, since it is a debug package)", remark.message);
	for (size_t i = 0; i < marble->tls.count; i++)
		if (!mr_manifest_tls_tag(m, marble->tls.items[i]))
			return mr_fail(err, MR_CODE_INVALID, "manifest misses TLS entry for %.*s",
				MR_STR_ARGS(marble->tls.items[i]));
	return MR_OK;
}

/* Rules 7 to 10, and that the certificate is one. */
static mr_result check_incoming(const struct mr_manifest *m, struct mr_str tag,
	const struct mr_tls_entry *e, struct mr_error *err)
{
	const struct mr_secret_value *secret = mr_manifest_secret(m, e->cert);

	if (!e->port.len)
		return mr_fail(err, MR_CODE_INVALID, "manifest misses Port in TLS.Incoming.%.*s",
			MR_STR_ARGS(tag));
	if (e->cert.len && !secret)
		return mr_fail(err, MR_CODE_INVALID,
			"TLS.Incoming.%.*s references undefined secret %.*s", MR_STR_ARGS(tag),
			MR_STR_ARGS(e->cert));
	if (e->cert.len && !e->disable_client_auth)
		return mr_fail(err, MR_CODE_INVALID,
			"TLS.Incoming.%.*s defines Cert but does not disable client authentication",
			MR_STR_ARGS(tag));
	if (!e->cert.len && e->disable_client_auth)
		return mr_fail(err, MR_CODE_INVALID,
			"TLS.Incoming.%.*s disables client authentication", MR_STR_ARGS(tag));
	if (e->cert.len && !mr_secret_type_is_cert(secret->def.type))
		return mr_fail(err, MR_CODE_INVALID,
			"TLS.Incoming.%.*s references secret %.*s, which is no certificate",
			MR_STR_ARGS(tag), MR_STR_ARGS(e->cert));
	return MR_OK;
}

/* Rule 11. */
static mr_result check_outgoing(
	struct mr_str tag, const struct mr_tls_entry *e, struct mr_error *err)
{
	const char *missing = !e->addr.len ? "Addr" : !e->port.len ? "Port" : NULL;

	if (!missing)
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID, "manifest misses %s in TLS.Outgoing.%.*s", missing,
		MR_STR_ARGS(tag));
}

static mr_result check_tls(const struct mr_manifest *m, struct mr_error *err)
{
	for (size_t i = 0; i < m->tls_tags_count; i++) {
		const struct mr_tls_tag *tag = &m->tls_tags[i];
		for (size_t j = 0; j < tag->incoming.count; j++)
			MR_TRY(check_incoming(m, tag->name, &tag->incoming.items[j], err));
		for (size_t j = 0; j < tag->outgoing.count; j++)
			MR_TRY(check_outgoing(tag->name, &tag->outgoing.items[j], err));
	}
	return MR_OK;
}

/* Rules 22 and 23. */
static mr_result check_secret(const struct mr_secret_def *def, struct mr_error *err)
{
	if (def->type == MR_SECRET_UNKNOWN)
		return mr_fail(err, MR_CODE_INVALID, "unknown type: %.*s for secret: %.*s",
			MR_STR_ARGS(def->type_name), MR_STR_ARGS(def->name));
	if (mr_secret_type_is_cert(def->type) && def->valid_for != 0 && def->cert_template &&
		def->cert_template->not_after.present)
		return mr_fail(err, MR_CODE_INVALID,
			"ambiguous certificate validity duration for secret: %.*s, both NotAfter "
			"and ValidFor are specified",
			MR_STR_ARGS(def->name));
	return MR_OK;
}

/* An RSA key takes up to seconds, and who sets the first manifest may be anybody: in all they may take as long as so
 * many of 4096 bits. The time grows with the third power of the size, or faster. */
static mr_result check_rsa_keys(const struct mr_manifest *m, struct mr_error *err)
{
	const uint64_t most = 128;
	const uint64_t unit = 4096 / 256;
	uint64_t sum = 0;

	for (size_t i = 0; i < m->secrets_count; i++) {
		const struct mr_secret_def *def = &m->secrets[i].def;
		if (def->type != MR_SECRET_CERT_RSA || def->user_defined ||
			def->size > MR_SECRET_MAX_RSA)
			continue;
		uint64_t size = (def->size + 255) / 256;
		sum += size * size * size;
	}
	if (sum > most * unit * unit * unit)
		return mr_fail(err, MR_CODE_LIMIT,
			"secrets need more RSA keys than %d of 4096 bits", (int)most);
	return MR_OK;
}

mr_result mr_manifest_check(const struct mr_manifest *m,
	const char *(*env)(const char *name, const char *fallback), const struct mr_warn *warn,
	struct mr_error *err)
{
	if (m->packages_count == 0)
		return mr_fail(err, MR_CODE_INVALID, "no allowed packages defined");
	if (m->marbles_count == 0)
		return mr_fail(err, MR_CODE_INVALID, "no allowed marbles defined");
	for (size_t i = 0; i < m->marbles_count; i++)
		MR_TRY(check_marble(m, &m->marbles[i], warn, err));
	MR_TRY(check_tls(m, err));
	MR_TRY(mr_check_users(m, err));
	MR_TRY(mr_check_roles(m, err));
	for (size_t i = 0; i < m->secrets_count; i++)
		MR_TRY(check_secret(&m->secrets[i].def, err));
	MR_TRY(check_rsa_keys(m, err));
	MR_TRY(mr_check_config(m, env, err));
	mr_check_remarks(m, warn);
	return MR_OK;
}
