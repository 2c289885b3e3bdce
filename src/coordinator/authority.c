/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/authority.h"

#include <stdlib.h>

#include "codec/pem.h"
#include "crypto/der.h"

#define ROOT_NAME MR_STR("MarbleRun Coordinator")
#define INTERMEDIATE_NAME MR_STR("MarbleRun Coordinator - Intermediate CA")

/* Peers with a lagging clock would refuse a certificate issued "in the future" (30 §3.1 BEYOND). */
#define BACK_DATE_SECONDS 300

/* 10 §7.5: digitalSignature with keyCertSign for CAs, with keyAgreement for leaves. */
enum { CA_KEY_USAGE = 1 | 32, LEAF_KEY_USAGE = 1 | 16 };
enum { CERTIFICATE_MAX = 1 << 20, MAX_ALT_NAMES = MR_CERT_MAX_NAMES + 2 };

static const uint8_t loopback4[] = { 127, 0, 0, 1 };
static const uint8_t loopback6[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };

/* Names of a CA certificate: DNS names, the two loopback addresses, then further addresses (30 §3.3). */
struct ca_names {
	struct mr_alt_name list[MAX_ALT_NAMES + 2];
	size_t count;
};

static void destroy(struct mr_shared *shared)
{
	struct mr_authority *a = MR_CONTAINER_OF(shared, struct mr_authority, shared);

	mr_cert_done(&a->root);
	mr_cert_done(&a->intermediate);
	mr_cert_done(&a->marble_root);
	mr_key_unref(a->root_key);
	mr_key_unref(a->intermediate_key);
	mr_tls_identity_unref(a->root_identity);
	mr_tls_identity_unref(a->marble_identity);
	mr_buf_done(&a->root_pem);
	mr_buf_done(&a->intermediate_pem);
	mr_buf_done(&a->marble_root_pem);
	mr_buf_done(&a->leaf_head);
	free(a);
}

void mr_authority_unref(struct mr_authority *authority)
{
	if (authority)
		mr_shared_unref(&authority->shared);
}

static mr_result allocate(struct mr_authority **ret, struct mr_error *err)
{
	struct mr_authority *a = calloc(1, sizeof *a);

	if (!a)
		return mr_fail_nomem(err);
	mr_shared_init(&a->shared, destroy);
	mr_buf_init(&a->root_pem, CERTIFICATE_MAX * 2);
	mr_buf_init(&a->intermediate_pem, CERTIFICATE_MAX * 2);
	mr_buf_init(&a->marble_root_pem, CERTIFICATE_MAX * 2);
	mr_buf_init(&a->leaf_head, CERTIFICATE_MAX);
	*ret = a;
	return MR_OK;
}

static void put_server_and_client_usage(struct mr_buf *b)
{
	const struct mr_bytes purposes[] = { MR_OID_SERVER_AUTH, MR_OID_CLIENT_AUTH };

	mr_ext_put_ext_key_usage(b, purposes, MR_COUNT(purposes));
}

/* One CA certificate. `parent` NULL: self-signed, then `parent_key` is the subject's own key. */
static mr_result make_ca(struct mr_str name, const struct mr_key *key, const struct mr_cert *parent,
	const struct mr_key *parent_key, const struct ca_names *names, int64_t now,
	struct mr_cert *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf subject = { 0 };
	MR_AUTO(buf) struct mr_buf extensions = { 0 };
	MR_AUTO(buf) struct mr_buf der = { 0 };
	struct mr_bytes parent_id;
	uint8_t id[20];

	mr_buf_init(&subject, 1024);
	mr_buf_init(&extensions, CERTIFICATE_MAX);
	mr_buf_init(&der, CERTIFICATE_MAX);
	MR_TRY(mr_key_identifier(key, id, err));
	mr_name_put_common_name(&subject, name);
	mr_ext_put_key_usage(&extensions, CA_KEY_USAGE);
	put_server_and_client_usage(&extensions);
	mr_ext_put_basic_constraints(&extensions, true, -1);
	mr_ext_put_subject_key_id(&extensions, mr_bytes_of(id, sizeof id));
	if (parent && mr_cert_key_id(parent, &parent_id))
		mr_ext_put_authority_key_id(&extensions, parent_id);
	mr_ext_put_alt_names(&extensions, names->list, names->count, false);
	MR_TRY(mr_buf_status(&subject, err));
	MR_TRY(mr_buf_status(&extensions, err));
	const struct mr_cert_profile profile = {
		.issuer = parent ? parent->subject : mr_buf_bytes(&subject),
		.subject = mr_buf_bytes(&subject),
		.not_before = now - BACK_DATE_SECONDS,
		.not_after = now + MR_NO_EXPIRY_SECONDS,
		.spki = mr_key_spki(key),
		.extensions = mr_buf_bytes(&extensions),
	};
	MR_TRY(mr_cert_issue(&profile, parent_key, &der, err));
	return mr_cert_parse(mr_buf_bytes(&der), ret, err);
}

/* What every leaf has, whatever its request: made once an authority (30 §3.4). */
static mr_result prepare_leaf_head(struct mr_authority *a, struct mr_error *err)
{
	struct mr_bytes id;

	mr_ext_put_key_usage(&a->leaf_head, LEAF_KEY_USAGE);
	put_server_and_client_usage(&a->leaf_head);
	mr_ext_put_basic_constraints(&a->leaf_head, false, -1);
	if (!mr_cert_key_id(&a->marble_root, &id))
		return mr_fail(err, MR_CODE_INVALID,
			"marble root certificate has no subject key identifier");
	mr_ext_put_authority_key_id(&a->leaf_head, id);
	return mr_buf_status(&a->leaf_head, err);
}

static mr_result make_identity(const struct mr_cert *cert, struct mr_key *key,
	struct mr_tls_identity **ret, struct mr_error *err)
{
	return mr_tls_identity_new(&cert->der, 1, key, ret, err);
}

/* The parts that follow from certificates and keys. */
static mr_result prepare(struct mr_authority *a, struct mr_error *err)
{
	MR_TRY(make_identity(&a->root, a->root_key, &a->root_identity, err));
	MR_TRY(make_identity(&a->marble_root, a->intermediate_key, &a->marble_identity, err));
	mr_pem_encode(&a->root_pem, "CERTIFICATE", a->root.der);
	mr_pem_encode(&a->intermediate_pem, "CERTIFICATE", a->intermediate.der);
	mr_pem_encode(&a->marble_root_pem, "CERTIFICATE", a->marble_root.der);
	MR_TRY(mr_buf_status(&a->root_pem, err));
	MR_TRY(mr_buf_status(&a->intermediate_pem, err));
	MR_TRY(mr_buf_status(&a->marble_root_pem, err));
	return prepare_leaf_head(a, err);
}

static mr_result make_intermediate(
	struct mr_authority *a, const struct ca_names *names, int64_t now, struct mr_error *err)
{
	MR_TRY(mr_key_generate(MR_KEY_EC_P384, 0, &a->intermediate_key, err));
	MR_TRY(make_ca(INTERMEDIATE_NAME, a->intermediate_key, &a->root, a->root_key, names, now,
		&a->intermediate, err));
	return make_ca(INTERMEDIATE_NAME, a->intermediate_key, NULL, a->intermediate_key, names,
		now, &a->marble_root, err);
}

static bool is_loopback(const struct mr_alt_name *name)
{
	return mr_bytes_eq(name->value, mr_bytes_of(loopback4, sizeof loopback4)) ||
	       mr_bytes_eq(name->value, mr_bytes_of(loopback6, sizeof loopback6));
}

static void arrange_names(const struct mr_alt_name *given, size_t count, struct ca_names *ret)
{
	ret->count = 0;
	for (size_t i = 0; i < count; i++)
		if (given[i].tag == 2)
			ret->list[ret->count++] = given[i];
	ret->list[ret->count++] = (struct mr_alt_name){ 7,
		mr_bytes_of(loopback4, sizeof loopback4) };
	ret->list[ret->count++] = (struct mr_alt_name){ 7,
		mr_bytes_of(loopback6, sizeof loopback6) };
	for (size_t i = 0; i < count; i++)
		if (given[i].tag == 7 && !is_loopback(&given[i]))
			ret->list[ret->count++] = given[i];
}

static struct mr_str trimmed(struct mr_str name)
{
	while (name.len && (name.ptr[name.len - 1] == ' ' || name.ptr[name.len - 1] == '\t'))
		name.len--;
	while (name.len && (name.ptr[0] == ' ' || name.ptr[0] == '\t'))
		name = mr_str_sub(name, 1, name.len);
	return name;
}

/* A list is taken without blanks around its elements and without empty ones (40 §2.2 BEYOND); a single name stays as it
 * is written (30 §3.1). */
static void put_names(struct mr_str list, struct mr_buf *out)
{
	bool is_list = mr_str_find(list, ',', 0) != SIZE_MAX;

	for (size_t at = 0; at < list.len;) {
		size_t comma = mr_str_find(list, ',', at);
		size_t end = comma == SIZE_MAX ? list.len : comma;
		struct mr_str name = mr_str_sub(list, at, end);
		at = end + 1;
		if (is_list)
			name = trimmed(name);
		if (!name.len)
			continue;
		if (out->len)
			mr_buf_put_u8(out, ',');
		mr_buf_put_str(out, name);
	}
}

/* `kept` is what the names point into. */
static mr_result parse_names(
	struct mr_str list, struct mr_buf *kept, struct mr_san_list *ret, struct mr_error *err)
{
	put_names(list, kept);
	MR_TRY(mr_buf_status(kept, err));
	return kept->len ? mr_san_list_parse(mr_buf_str(kept), ret, err) : MR_OK;
}

mr_result mr_authority_new(
	struct mr_str dns_names, int64_t now, struct mr_authority **ret, struct mr_error *err)
{
	MR_AUTO(authority) struct mr_authority *a = NULL;
	struct mr_san_list *given = calloc(1, sizeof *given);
	struct ca_names *names = calloc(1, sizeof *names);
	MR_AUTO(buf) struct mr_buf kept = { 0 };
	mr_result r = MR_OK;

	mr_buf_init(&kept, CERTIFICATE_MAX);
	if (!given || !names)
		r = mr_fail_nomem(err);
	if (!mr_failed(r))
		r = parse_names(dns_names, &kept, given, err);
	if (!mr_failed(r)) {
		arrange_names(given->names, given->count, names);
		r = allocate(&a, err);
	}
	if (!mr_failed(r))
		r = mr_key_generate(MR_KEY_EC_P384, 0, &a->root_key, err);
	if (!mr_failed(r))
		r = make_ca(ROOT_NAME, a->root_key, NULL, a->root_key, names, now, &a->root, err);
	if (!mr_failed(r))
		r = make_intermediate(a, names, now, err);
	free(given);
	free(names);
	MR_TRY(r);
	MR_TRY(prepare(a, err));
	*ret = a;
	a = NULL;
	return MR_OK;
}

mr_result mr_authority_renew(const struct mr_authority *old, int64_t now, struct mr_authority **ret,
	struct mr_error *err)
{
	MR_AUTO(authority) struct mr_authority *a = NULL;
	struct mr_alt_name given[MAX_ALT_NAMES];
	struct ca_names names;
	struct mr_bytes value;
	size_t count = 0;

	if (mr_cert_extension(&old->root, MR_OID_SUBJECT_ALT_NAME, &value, NULL))
		MR_TRY(mr_alt_names_parse(value, given, MR_COUNT(given), &count, err));
	arrange_names(given, count, &names);
	MR_TRY(allocate(&a, err));
	a->root_key = mr_key_ref(old->root_key);
	MR_TRY(mr_cert_parse(old->root.der, &a->root, err));
	MR_TRY(make_intermediate(a, &names, now, err));
	MR_TRY(prepare(a, err));
	*ret = a;
	a = NULL;
	return MR_OK;
}

static mr_result load_cert(
	const struct mr_state *state, struct mr_str key, struct mr_cert *ret, struct mr_error *err)
{
	struct mr_bytes der;

	if (!mr_state_get(state, key, &der))
		return mr_fail(
			err, MR_CODE_NOT_FOUND, "%.*s: requested value not set", MR_STR_ARGS(key));
	return mr_wrap(err, mr_cert_parse(der, ret, err), "%.*s", MR_STR_ARGS(key));
}

static mr_result load_key(
	const struct mr_state *state, struct mr_str key, struct mr_key **ret, struct mr_error *err)
{
	struct mr_bytes der;

	if (!mr_state_get(state, key, &der))
		return mr_fail(
			err, MR_CODE_NOT_FOUND, "%.*s: requested value not set", MR_STR_ARGS(key));
	return mr_wrap(err, mr_key_from_sec1(der, ret, err), "%.*s", MR_STR_ARGS(key));
}

static mr_result check_pair(const struct mr_cert *cert, const struct mr_key *key, const char *what,
	struct mr_error *err)
{
	if (!mr_bytes_eq(cert->spki, mr_key_spki(key)))
		return mr_fail(
			err, MR_CODE_INVALID, "%s certificate does not fit its private key", what);
	return MR_OK;
}

mr_result mr_authority_load(
	const struct mr_state *state, struct mr_authority **ret, struct mr_error *err)
{
	MR_AUTO(authority) struct mr_authority *a = NULL;

	MR_TRY(allocate(&a, err));
	MR_TRY(load_cert(state, MR_STR("certificate:coordinatorRootCert"), &a->root, err));
	MR_TRY(load_cert(
		state, MR_STR("certificate:coordinatorIntermediateCert"), &a->intermediate, err));
	MR_TRY(load_cert(state, MR_STR("certificate:marbleRootCert"), &a->marble_root, err));
	MR_TRY(load_key(state, MR_STR("privateKey:coordinatorRootKey"), &a->root_key, err));
	MR_TRY(load_key(
		state, MR_STR("privateKey:coordinatorIntermediateKey"), &a->intermediate_key, err));
	MR_TRY(check_pair(&a->root, a->root_key, "root", err));
	MR_TRY(check_pair(&a->intermediate, a->intermediate_key, "intermediate", err));
	MR_TRY(check_pair(&a->marble_root, a->intermediate_key, "marble root", err));
	MR_TRY(prepare(a, err));
	*ret = a;
	a = NULL;
	return MR_OK;
}

mr_result mr_authority_store(const struct mr_authority *a, struct mr_tx *tx, struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret root_key = { NULL, 0 };
	MR_AUTO(secret) struct mr_secret intermediate_key = { NULL, 0 };

	MR_TRY(mr_key_to_sec1(a->root_key, &root_key, err));
	MR_TRY(mr_key_to_sec1(a->intermediate_key, &intermediate_key, err));
	MR_TRY(mr_tx_put(tx, MR_STR("certificate:coordinatorRootCert"), a->root.der, err));
	MR_TRY(mr_tx_put(
		tx, MR_STR("certificate:coordinatorIntermediateCert"), a->intermediate.der, err));
	MR_TRY(mr_tx_put(tx, MR_STR("certificate:marbleRootCert"), a->marble_root.der, err));
	MR_TRY(mr_tx_put(
		tx, MR_STR("privateKey:coordinatorRootKey"), mr_secret_bytes(&root_key), err));
	return mr_tx_put(tx, MR_STR("privateKey:coordinatorIntermediateKey"),
		mr_secret_bytes(&intermediate_key), err);
}
