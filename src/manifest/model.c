/* SPDX-License-Identifier: Apache-2.0 */
/* The records of 10 §3, but for secrets and contents of files. */
#include "manifest/decode.h"
#include "manifest/package_rules.h"

static mr_result skip(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	(void)d;
	(void)value;
	(void)field;
	(void)target;
	(void)err;
	return MR_OK;
}

static const struct mr_field package_fields[] = {
	MR_FIELD(struct mr_package, debug, "Debug", mr_decode_bool),
	MR_FIELD(struct mr_package, unique_id, "UniqueID", mr_decode_str),
	MR_FIELD(struct mr_package, signer_id, "SignerID", mr_decode_str),
	MR_FIELD(struct mr_package, product_id, "ProductID", mr_decode_opt_u64),
	MR_FIELD(struct mr_package, security_version, "SecurityVersion", mr_decode_opt_u64),
	MR_FIELD(struct mr_package, accepted_tcb_statuses, "AcceptedTCBStatuses",
		mr_decode_str_list),
	MR_FIELD(struct mr_package, accepted_advisories, "AcceptedAdvisories", mr_decode_str_list),
	/* known names, read below */
	{ MR_STR_INIT("TEE"), 0, skip, NULL },
	{ MR_STR_INIT("TDX"), 0, skip, NULL },
	{ MR_STR_INIT("SNP"), 0, skip, NULL },
	{ MR_STR_INIT("AdvisoryPolicy"), 0, skip, NULL },
};

static const struct mr_record package_members = { "Package", sizeof(struct mr_package),
	package_fields, MR_COUNT(package_fields), NULL, NULL };

static mr_result decode_package(
	struct mr_decoder *d, const struct mr_json *value, void *record, struct mr_error *err)
{
	struct mr_package *p = record;

	MR_TRY(mr_decode_members(d, value, &package_members, p, err));
	return mr_package_rules_read(value, d->arena, &p->rules, err);
}

const struct mr_record mr_package_record = { "Package", sizeof(struct mr_package), NULL, 0,
	decode_package, NULL };

/* The last four are ignored by the reference, which accepts any value there; so a document that it
 * accepts may fail here only over members that say how to enforce (70 §3.3). */
static const struct mr_field infrastructure_fields[] = {
	MR_FIELD(struct mr_infrastructure, cpusvn, "CPUSVN", mr_decode_opt_bytes),
	MR_FIELD(struct mr_infrastructure, qesvn, "QESVN", mr_decode_opt_u16),
	MR_FIELD(struct mr_infrastructure, pcesvn, "PCESVN", mr_decode_opt_u16),
	MR_FIELD(struct mr_infrastructure, root_ca, "RootCA", mr_decode_opt_bytes),
	MR_FIELD(struct mr_infrastructure, enforce, "Enforce", mr_decode_bool),
	MR_FIELD(struct mr_infrastructure, fmspcs, "FMSPCs", mr_decode_str_list),
	MR_FIELD(struct mr_infrastructure, platform_instance_ids, "PlatformInstanceIDs",
		mr_decode_str_list),
	MR_FIELD(struct mr_infrastructure, min_tcb_evaluation_data_number,
		"MinTCBEvaluationDataNumber", mr_decode_u64),
};

const struct mr_record mr_infrastructure_record = { "InfrastructureProperties",
	sizeof(struct mr_infrastructure), infrastructure_fields, MR_COUNT(infrastructure_fields),
	NULL, NULL };

/* Members of `Parameters`, which lie in the Marble itself. */
static const struct mr_field parameters_fields[] = {
	MR_FIELD_OF(struct mr_marble, files, "Files", mr_decode_map, &mr_content_record),
	MR_FIELD_OF(struct mr_marble, env, "Env", mr_decode_map, &mr_content_record),
	MR_FIELD(struct mr_marble, argv, "Argv", mr_decode_str_list),
};

static const struct mr_record parameters_record = { "Parameters", sizeof(struct mr_marble),
	parameters_fields, MR_COUNT(parameters_fields), NULL, NULL };

static const struct mr_field marble_fields[] = {
	MR_FIELD(struct mr_marble, package, "Package", mr_decode_str),
	MR_FIELD(struct mr_marble, max_activations, "MaxActivations", mr_decode_u64),
	{ MR_STR_INIT("Parameters"), 0, mr_decode_inner, &parameters_record },
	MR_FIELD(struct mr_marble, tls, "TLS", mr_decode_str_list),
	MR_FIELD(struct mr_marble, disable_secret_binding, "DisableSecretBinding", mr_decode_bool),
};

static mr_result finish_marble(struct mr_decoder *d, void *record, struct mr_error *err)
{
	struct mr_marble *m = record;

	MR_TRY(mr_names_sort(
		m->files.items, &m->files.count, sizeof *m->files.items, d->scratch, err));
	return mr_names_sort(m->env.items, &m->env.count, sizeof *m->env.items, d->scratch, err);
}

const struct mr_record mr_marble_record = { "Marble", sizeof(struct mr_marble), marble_fields,
	MR_COUNT(marble_fields), NULL, finish_marble };

static const struct mr_field user_fields[] = {
	MR_FIELD(struct mr_manifest_user, certificate, "Certificate", mr_decode_str),
	MR_FIELD(struct mr_manifest_user, roles, "Roles", mr_decode_str_list),
};

const struct mr_record mr_user_record = { "User", sizeof(struct mr_manifest_user), user_fields,
	MR_COUNT(user_fields), NULL, NULL };

static const struct mr_field role_fields[] = {
	MR_FIELD(struct mr_manifest_role, resource_type, "ResourceType", mr_decode_str),
	MR_FIELD(struct mr_manifest_role, resource_names, "ResourceNames", mr_decode_str_list),
	MR_FIELD(struct mr_manifest_role, actions, "Actions", mr_decode_str_list),
};

const struct mr_record mr_role_record = { "Role", sizeof(struct mr_manifest_role), role_fields,
	MR_COUNT(role_fields), NULL, NULL };

static mr_result decode_recovery_key(
	struct mr_decoder *d, const struct mr_json *value, void *record, struct mr_error *err)
{
	struct mr_recovery_key *key = record;

	return mr_decode_str(d, value, NULL, &key->pem, err);
}

const struct mr_record mr_recovery_key_record = { "RecoveryKey", sizeof(struct mr_recovery_key),
	NULL, 0, decode_recovery_key, NULL };

static const struct mr_field tls_entry_fields[] = {
	MR_FIELD(struct mr_tls_entry, port, "Port", mr_decode_str),
	MR_FIELD(struct mr_tls_entry, addr, "Addr", mr_decode_str),
	MR_FIELD(struct mr_tls_entry, cert, "Cert", mr_decode_str),
	MR_FIELD(struct mr_tls_entry, disable_client_auth, "DisableClientAuth", mr_decode_bool),
};

static const struct mr_record tls_entry_record = { "TLSTagEntry", sizeof(struct mr_tls_entry),
	tls_entry_fields, MR_COUNT(tls_entry_fields), NULL, NULL };

static const struct mr_field tls_tag_fields[] = {
	MR_FIELD_OF(struct mr_tls_tag, outgoing, "Outgoing", mr_decode_list, &tls_entry_record),
	MR_FIELD_OF(struct mr_tls_tag, incoming, "Incoming", mr_decode_list, &tls_entry_record),
};

const struct mr_record mr_tls_tag_record = { "TLStag", sizeof(struct mr_tls_tag), tls_tag_fields,
	MR_COUNT(tls_tag_fields), NULL, NULL };

static const struct mr_field attestation_fields[] = {
	MR_FIELD(struct mr_manifest_config, collateral_grace_seconds, "CollateralGraceSeconds",
		mr_decode_u64),
	MR_FIELD(struct mr_manifest_config, min_tcb_evaluation_data_number,
		"MinTCBEvaluationDataNumber", mr_decode_u64),
};

static const struct mr_record attestation_record = { "Attestation",
	sizeof(struct mr_manifest_config), attestation_fields, MR_COUNT(attestation_fields), NULL,
	NULL };

static const struct mr_field config_fields[] = {
	MR_FIELD(struct mr_manifest_config, seal_mode, "SealMode", mr_decode_str),
	MR_FIELD(struct mr_manifest_config, feature_gates, "FeatureGates", mr_decode_str_list),
	MR_FIELD(struct mr_manifest_config, update_threshold, "UpdateThreshold", mr_decode_u64),
	MR_FIELD(struct mr_manifest_config, recovery_threshold, "RecoveryThreshold", mr_decode_u64),
	MR_FIELD(struct mr_manifest_config, rotate_root_secret, "RotateRootSecret", mr_decode_bool),
	{ MR_STR_INIT("Attestation"), 0, mr_decode_inner, &attestation_record },
};

const struct mr_record mr_config_record = { "Config", sizeof(struct mr_manifest_config),
	config_fields, MR_COUNT(config_fields), NULL, NULL };
