/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/client_auth.h"

#include "base/file.h"
#include "cli/pkcs11.h"

#define PEM_FILE_MAX ((size_t)4 << 20)

enum { CHAIN_MAX = 16 };

const struct mr_flag_group mr_client_auth_groups[MR_CLIENT_AUTH_GROUPS] = {
	{ MR_GROUP_TOGETHER, "key cert" },
	{ MR_GROUP_ONE_REQUIRED, "pkcs11-cert-id pkcs11-cert-label cert" },
	{ MR_GROUP_ONE_REQUIRED, "pkcs11-config cert" },
	{ MR_GROUP_ONE_REQUIRED, "pkcs11-config key" },
	{ MR_GROUP_ONE_REQUIRED, "pkcs11-key-id pkcs11-key-label cert" },
	{ MR_GROUP_EXCLUSIVE, "pkcs11-config cert" },
	{ MR_GROUP_EXCLUSIVE, "pkcs11-config key" },
};

struct certs {
	struct mr_cert certs[CHAIN_MAX];
	size_t count;
};

static void certs_done(struct certs *c)
{
	for (size_t i = 0; i < c->count; i++)
		mr_cert_done(&c->certs[i]);
	c->count = 0;
}

MR_DEFINE_AUTO(certs, struct certs, certs_done)

/* Every CERTIFICATE block of the file; the first one is the user's. */
static mr_result read_certs(const char *path, struct certs *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_str rest;

	mr_buf_init(&text, PEM_FILE_MAX);
	MR_TRY(mr_file_read(path, &text, err));
	rest = mr_buf_str(&text);
	while (ret->count < CHAIN_MAX) {
		mr_result r = mr_cert_from_pem(rest, &ret->certs[ret->count], &rest, err);

		if (r.code == MR_CODE_NOT_FOUND)
			break;
		MR_TRY(mr_wrap(err, r, "%s", path));
		ret->count++;
	}
	if (ret->count > 0)
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID, "tls: no certificate in %s", path);
}

static mr_result read_key(const char *path, struct mr_key **ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	mr_result r;

	mr_buf_init_secret(&text, PEM_FILE_MAX);
	MR_TRY(mr_file_read(path, &text, err));
	r = mr_key_from_pem(mr_buf_str(&text), ret, err);
	if (r.code == MR_CODE_NOT_FOUND)
		return mr_fail(err, MR_CODE_INVALID, "tls: no unencrypted private key in %s", path);
	return mr_wrap(err, r, "%s", path);
}

static mr_result check_pair(
	const struct mr_cert *leaf, const struct mr_key *key, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *certified = NULL;

	MR_TRY(mr_cert_key(leaf, &certified, err));
	if (mr_key_same_public(certified, key))
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID, "tls: private key does not match public key");
}

static mr_result load_files(const char *cert_path, const char *key_path,
	struct mr_tls_identity **ret, struct mr_error *err)
{
	MR_AUTO(certs) struct certs certs = { .count = 0 };
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_bytes chain[CHAIN_MAX];

	MR_TRY(read_certs(cert_path, &certs, err));
	MR_TRY(read_key(key_path, &key, err));
	MR_TRY(check_pair(&certs.certs[0], key, err));
	for (size_t i = 0; i < certs.count; i++)
		chain[i] = certs.certs[i].der;
	return mr_tls_identity_new(chain, certs.count, key, ret, err);
}

mr_result mr_client_auth_load(
	const struct mr_args *args, struct mr_tls_identity **ret, struct mr_error *err)
{
	const char *cert = mr_args_text(args, "cert"), *key = mr_args_text(args, "key");

	if (*cert != '\0' && *key != '\0')
		return load_files(cert, key, ret, err);
	if (*mr_args_text(args, "pkcs11-config") != '\0')
		return mr_pkcs11_identity(args, ret, err);
	return mr_fail(err, MR_CODE_INVALID,
		"neither PKCS#11 nor file-based client certificate can be loaded with the provided "
		"flags");
}
