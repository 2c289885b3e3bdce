/* SPDX-License-Identifier: Apache-2.0 */
#include "marbles.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/random.h"
#include "load.h"

enum { REQUEST_MAX = 1 << 20, ANSWER_MEMORY_MAX = 64 << 20 };

/* --- before the clock --- */

struct making {
	struct mr_load_marble *list;
	const char *type;
};

static mr_result make(void *context, size_t worker, size_t index, struct mr_error *err)
{
	static const struct mr_premain_config config = { .dns_names = "localhost" };
	const struct making *making = context;
	struct mr_load_marble *m = &making->list[index];
	struct mr_uuid uuid;

	(void)worker;
	MR_TRY(mr_premain_make_certificate(&config, mr_clock_wall(), &m->credentials, err));
	MR_TRY(mr_premain_make_csr(&config, &m->credentials, err));
	const struct mr_bytes der = mr_buf_bytes(&m->credentials.certificate);
	MR_TRY(mr_tls_identity_new(&der, 1, m->credentials.key, &m->identity, err));
	MR_TRY(mr_random_uuid(&uuid, err));
	mr_uuid_format(&uuid, m->uuid);
	const struct mr_activation_request request = {
		.csr = mr_buf_bytes(&m->credentials.csr),
		.marble_type = mr_str_of(making->type),
		.uuid = mr_str_of(m->uuid),
	};
	mr_buf_init(&m->request, REQUEST_MAX);
	mr_activation_request_encode(&m->request, &request);
	return mr_buf_status(&m->request, err);
}

mr_result mr_load_marbles_new(
	size_t count, const char *type, struct mr_load_marble **ret, struct mr_error *err)
{
	struct making making = { calloc(count, sizeof *making.list), type };
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (!making.list)
		return mr_fail_nomem(err);
	mr_result r = mr_load_each(cores > 0 ? (size_t)cores : 1, count, make, &making, NULL, err);
	if (mr_failed(r)) {
		mr_load_marbles_free(making.list, count);
		return mr_wrap(err, r, "preparing Marbles");
	}
	*ret = making.list;
	return MR_OK;
}

void mr_load_marbles_free(struct mr_load_marble *marbles, size_t count)
{
	for (size_t i = 0; marbles && i < count; i++) {
		mr_tls_identity_unref(marbles[i].identity);
		mr_premain_credentials_done(&marbles[i].credentials);
		mr_buf_done(&marbles[i].request);
	}
	free(marbles);
}

/* --- behind the clock --- */

void mr_load_grant_done(struct mr_load_grant *grant)
{
	mr_key_unref(grant->key);
	mr_cert_done(&grant->leaf);
	mr_cert_done(&grant->intermediate);
	*grant = (struct mr_load_grant){ 0 };
}

static mr_result need_env(
	const struct mr_parameters *p, struct mr_str name, struct mr_str *ret, struct mr_error *err)
{
	for (size_t i = 0; i < p->env_count; i++) {
		if (mr_str_eq(p->env[i].name, name)) {
			*ret = mr_bytes_str(p->env[i].value);
			return MR_OK;
		}
	}
	return mr_fail(err, MR_CODE_INVALID, "the answer has no %.*s", MR_STR_ARGS(name));
}

static mr_result check_signed_by(
	const struct mr_cert *cert, struct mr_str issuer_pem, struct mr_error *err)
{
	MR_AUTO(cert) struct mr_cert issuer = { 0 };
	MR_AUTO(key) struct mr_key *key = NULL;

	MR_TRY(mr_cert_from_pem(issuer_pem, &issuer, NULL, err));
	if (!mr_bytes_eq(cert->issuer, issuer.subject))
		return mr_fail(err, MR_CODE_INVALID, "a certificate has another issuer");
	MR_TRY(mr_cert_key(&issuer, &key, err));
	return mr_cert_check_signature(cert, key, err);
}

static mr_result check_files(const struct mr_parameters *p, size_t wanted, struct mr_error *err)
{
	if (p->files_count != wanted)
		return mr_fail(
			err, MR_CODE_INVALID, "%zu files instead of %zu", p->files_count, wanted);
	for (size_t i = 0; i < wanted; i++) {
		if (!mr_str_starts(mr_bytes_str(p->files[i].value), MR_STR("-----BEGIN ")))
			return mr_fail(err, MR_CODE_INVALID, "a file is not PEM");
	}
	return MR_OK;
}

static mr_result check(const struct mr_load_marble *m, const struct mr_parameters *p,
	struct mr_load_grant *grant, struct mr_error *err)
{
	struct mr_str chain, rest, key, root, coordinator_root, name;

	MR_TRY(need_env(p, MR_STR("MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"), &chain, err));
	MR_TRY(need_env(p, MR_STR("MARBLE_PREDEFINED_PRIVATE_KEY"), &key, err));
	MR_TRY(need_env(p, MR_STR("MARBLE_PREDEFINED_ROOT_CA"), &root, err));
	MR_TRY(need_env(
		p, MR_STR("MARBLE_PREDEFINED_COORDINATOR_ROOT_CA"), &coordinator_root, err));
	MR_TRY(mr_cert_from_pem(chain, &grant->leaf, &rest, err));
	MR_TRY(mr_cert_from_pem(rest, &grant->intermediate, NULL, err));
	MR_TRY(check_signed_by(&grant->leaf, root, err));
	MR_TRY(check_signed_by(&grant->intermediate, coordinator_root, err));
	if (!mr_cert_common_name(&grant->leaf, &name) || !mr_str_eq(name, mr_str_of(m->uuid)))
		return mr_fail(err, MR_CODE_INVALID, "the leaf names another Marble");
	MR_TRY(mr_key_from_pem(key, &grant->key, err));
	if (mr_key_type_of(grant->key) != MR_KEY_EC_P384 ||
		!mr_bytes_eq(mr_key_spki(grant->key), grant->leaf.spki))
		return mr_fail(err, MR_CODE_INVALID, "the key does not fit the leaf");
	return MR_OK;
}

mr_result mr_load_grant_check(const struct mr_load_marble *marble, struct mr_bytes answer,
	size_t files, struct mr_load_grant *ret, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(load_grant) struct mr_load_grant grant = { 0 };
	struct mr_parameters parameters = { 0 };
	bool present = false;

	mr_arena_init(&arena, ANSWER_MEMORY_MAX);
	MR_TRY(mr_activation_response_decode(answer, &arena, &parameters, &present, err));
	if (!present)
		return mr_fail(err, MR_CODE_INVALID, "the answer has no parameters");
	MR_TRY(check(marble, &parameters, &grant, err));
	MR_TRY(check_files(&parameters, files, err));
	*ret = grant;
	grant = (struct mr_load_grant){ 0 };
	return MR_OK;
}
