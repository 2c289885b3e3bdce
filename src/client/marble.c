/* SPDX-License-Identifier: Apache-2.0 */
/* libmarblerun inside a Marble (30 §8, 20 §6.15, §11). */
#include <marblerun/marble.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/env.h"
#include "base/file.h"
#include "client/api.h"
#include "client/lib.h"
#include "crypto/cert.h"

#define CHAIN_MAX 8
#define ANSWER_MAX ((size_t)1 << 20)

struct marblerun_credentials {
	struct mr_secret key;
	char *chain, *root, *coordinator_root;
	struct mr_cert coordinator_anchor;
	struct mr_tls_identity *identity;
};

const char *marblerun_version(void)
{
	return MR_VERSION;
}

/* --- credentials --- */

static mr_result want(const char *name, const char **ret, struct mr_error *err)
{
	*ret = mr_env_get(name, NULL);
	return *ret ? MR_OK
		    : mr_fail(err, MR_CODE_NOT_FOUND, "environment variable not set: %s", name);
}

static mr_result want_copy(const char *name, char **ret, struct mr_error *err)
{
	const char *value;

	MR_TRY(want(name, &value, err));
	*ret = strdup(value);
	return *ret ? MR_OK : mr_fail_nomem(err);
}

static mr_result want_key(const char *name, struct mr_secret *ret, struct mr_error *err)
{
	const char *value;

	MR_TRY(want(name, &value, err));
	size_t size = strlen(value) + 1;
	MR_TRY(mr_secret_new(size, ret, err));
	memcpy(ret->ptr, value, size);
	return MR_OK;
}

static mr_result read_chain(
	const char *pem, struct mr_cert list[static CHAIN_MAX], size_t *count, struct mr_error *err)
{
	struct mr_str rest = mr_str_of(pem);

	while (*count < CHAIN_MAX) {
		mr_result r = mr_cert_from_pem(rest, &list[*count], &rest, err);
		if (mr_failed(r) && r.code == MR_CODE_NOT_FOUND && *count > 0)
			return MR_OK;
		if (mr_failed(r) && r.code == MR_CODE_NOT_FOUND)
			return mr_fail(err, MR_CODE_INVALID, "no certificate");
		MR_TRY(r);
		++*count;
	}
	return MR_OK;
}

static mr_result make_identity(struct marblerun_credentials *c, const struct mr_cert *list,
	size_t count, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(key) struct mr_key *certified = NULL;
	struct mr_bytes ders[CHAIN_MAX];

	MR_TRY(mr_wrap(err, mr_key_from_pem(mr_str_of((const char *)c->key.ptr), &key, err),
		"private key"));
	MR_TRY(mr_cert_key(&list[0], &certified, err));
	if (!mr_key_same_public(key, certified))
		return mr_fail(err, MR_CODE_INVALID, "the key is not the certificate's");
	for (size_t i = 0; i < count; i++)
		ders[i] = list[i].der;
	return mr_tls_identity_new(ders, count, key, &c->identity, err);
}

static mr_result check(struct marblerun_credentials *c, struct mr_error *err)
{
	struct mr_cert list[CHAIN_MAX] = { 0 };
	MR_AUTO(cert) struct mr_cert root = { 0 };
	size_t count = 0;

	mr_result r = mr_wrap(err, read_chain(c->chain, list, &count, err), "certificate chain");
	if (!mr_failed(r))
		r = make_identity(c, list, count, err);
	for (size_t i = 0; i < count; i++)
		mr_cert_done(&list[i]);
	MR_TRY(r);
	MR_TRY(mr_wrap(err, mr_cert_from_pem(mr_str_of(c->root), &root, NULL, err), "root"));
	return mr_wrap(err,
		mr_cert_from_pem(mr_str_of(c->coordinator_root), &c->coordinator_anchor, NULL, err),
		"Coordinator's root");
}

static mr_result load(struct marblerun_credentials *c, struct mr_error *err)
{
	MR_TRY(want_copy("MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN", &c->chain, err));
	MR_TRY(want_copy("MARBLE_PREDEFINED_ROOT_CA", &c->root, err));
	MR_TRY(want_key("MARBLE_PREDEFINED_PRIVATE_KEY", &c->key, err));
	MR_TRY(want_copy("MARBLE_PREDEFINED_COORDINATOR_ROOT_CA", &c->coordinator_root, err));
	mr_result r = check(c, err);
	/* a text without a PEM block is no missing variable */
	if (mr_failed(r) && r.code == MR_CODE_NOT_FOUND)
		r.code = MR_CODE_INVALID;
	return r;
}

marblerun_credentials *marblerun_credentials_from_env(marblerun_error *error)
{
	struct marblerun_credentials *c = calloc(1, sizeof *c);
	struct mr_error err;
	mr_result r = c ? load(c, &err) : mr_fail_nomem(&err);

	(void)mr_lib_result(error, r, &err);
	if (!mr_failed(r))
		return c;
	marblerun_credentials_free(c);
	return NULL;
}

void marblerun_credentials_free(marblerun_credentials *credentials)
{
	if (!credentials)
		return;
	mr_tls_identity_unref(credentials->identity);
	mr_cert_done(&credentials->coordinator_anchor);
	mr_secret_done(&credentials->key);
	free(credentials->chain);
	free(credentials->root);
	free(credentials->coordinator_root);
	free(credentials);
}

const char *marblerun_credentials_chain(const marblerun_credentials *credentials)
{
	return credentials->chain;
}

const char *marblerun_credentials_key(const marblerun_credentials *credentials)
{
	return (const char *)credentials->key.ptr;
}

const char *marblerun_credentials_root(const marblerun_credentials *credentials)
{
	return credentials->root;
}

const char *marblerun_credentials_coordinator_root(const marblerun_credentials *credentials)
{
	return credentials->coordinator_root;
}

/* --- files --- */

/* Written beside and renamed: who reads it sees the old file or the new one. */
static mr_result write_one(
	const char *folder, const char *name, const char *text, struct mr_error *err)
{
	char path[PATH_MAX], beside[PATH_MAX];
	int n = snprintf(beside, sizeof beside, "%s/.%s.new", folder, name);

	if (n < 0 || (size_t)n >= sizeof beside)
		return mr_fail(err, MR_CODE_LIMIT, "the folder's path is too long");
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	(void)unlink(beside);
	MR_TRY(mr_file_create(beside, mr_str_bytes(mr_str_of(text)), 0600, err));
	if (rename(beside, path) == 0)
		return MR_OK;
	mr_result r = mr_fail_errno(err, errno, "rename %s", path);
	(void)unlink(beside);
	return r;
}

static mr_result write_all(
	const struct marblerun_credentials *c, const char *folder, struct mr_error *err)
{
	MR_TRY(write_one(folder, "cert.pem", c->chain, err));
	MR_TRY(write_one(folder, "key.pem", (const char *)c->key.ptr, err));
	MR_TRY(write_one(folder, "ca.pem", c->root, err));
	return write_one(folder, "coordinator-ca.pem", c->coordinator_root, err);
}

int marblerun_credentials_write(
	const marblerun_credentials *credentials, const char *folder, marblerun_error *error)
{
	struct mr_error err;
	mr_result r = write_all(credentials, folder, &err);

	(void)mr_lib_result(error, r, &err);
	return mr_failed(r) ? -1 : 0;
}

/* --- counters --- */

static mr_result read_previous(struct mr_str data, uint64_t *ret, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const struct mr_json *object;

	mr_arena_init(&arena, ANSWER_MAX);
	MR_TRY(mr_api_parse(data, &arena, &object, err));
	const struct mr_json *value = mr_json_field(object, MR_STR("value"));
	if (!value)
		return mr_fail(err, MR_CODE_INVALID, "the Coordinator's answer has no value");
	return mr_json_get_u64(value, ret, err);
}

static mr_result count(const struct marblerun_credentials *c, const char *endpoint,
	const char *name, uint64_t value, uint64_t *previous, struct mr_error *err)
{
	const struct mr_api_config config = {
		.endpoint = endpoint, .root = &c->coordinator_anchor, .identity = c->identity
	};
	MR_AUTO(api) struct mr_api *api = NULL;
	MR_AUTO(buf) struct mr_buf body = { 0 };
	MR_AUTO(buf) struct mr_buf data = { 0 };

	mr_buf_init(&body, ANSWER_MAX);
	mr_buf_init(&data, ANSWER_MAX);
	mr_buf_put_cstr(&body, "{\"name\":");
	mr_json_put_str(&body, mr_str_of(name));
	mr_buf_put_cstr(&body, ",\"value\":");
	mr_buf_put_uint(&body, value);
	mr_buf_put_u8(&body, '}');
	MR_TRY(mr_buf_status(&body, err));
	MR_TRY(mr_api_new(&config, &api, err));
	const struct mr_api_request request = {
		.method = "POST", .path = "/api/v2/monotonic-counter", .body = mr_buf_bytes(&body)
	};
	MR_TRY(mr_api_call(api, &request, NULL, &data, NULL, err));
	return read_previous(mr_buf_str(&data), previous, err);
}

int marblerun_monotonic_counter(const marblerun_credentials *credentials, const char *endpoint,
	const char *name, uint64_t value, uint64_t *previous, marblerun_error *error)
{
	struct mr_error err;
	uint64_t before = 0;
	mr_result r = count(credentials, endpoint, name, value, &before, &err);

	(void)mr_lib_result(error, r, &err);
	if (mr_failed(r))
		return -1;
	if (previous)
		*previous = before;
	return 0;
}
