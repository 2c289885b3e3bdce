/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pkcs11.h"

#include "cli/pkcs11_token.h"
#include "codec/base64.h"

#define MEMORY_MAX ((size_t)4 << 20)
#define NAME_MAX_LEN ((size_t)4096)

/* A name as it is given on the command line, and what it stands for. */
struct given {
	struct mr_buf id;
	struct mr_pkcs11_name name;
};

static void given_done(struct given *g)
{
	mr_buf_done(&g->id);
}

MR_DEFINE_AUTO(given, struct given, given_done)

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Bytes as %xx, as RFC 7512 writes ids; false if the text has none. */
static bool percent_decode(struct mr_str text, struct mr_buf *out)
{
	bool any = false;

	for (size_t i = 0; i < text.len; i++) {
		bool coded = text.ptr[i] == '%' && i + 2 < text.len &&
			     hex_digit(text.ptr[i + 1]) >= 0 && hex_digit(text.ptr[i + 2]) >= 0;
		if (!coded) {
			mr_buf_put_u8(out, (uint8_t)text.ptr[i]);
			continue;
		}
		mr_buf_put_u8(out,
			(uint8_t)(hex_digit(text.ptr[i + 1]) * 16 + hex_digit(text.ptr[i + 2])));
		i += 2;
		any = true;
	}
	return any;
}

/* An id is its literal bytes, unless it is written as 0x… or with %xx. */
static mr_result read_id(struct mr_str text, struct given *g, struct mr_error *err)
{
	mr_buf_init(&g->id, NAME_MAX_LEN);
	if (text.len == 0)
		return MR_OK;
	if (mr_str_starts(text, MR_STR("0x")))
		MR_TRY(mr_wrap(err, mr_hex_decode(mr_str_sub(text, 2, text.len), &g->id, err),
			"id \"%.*s\"", MR_STR_ARGS(text)));
	else if (!percent_decode(text, &g->id)) {
		mr_buf_clear(&g->id);
		mr_buf_put_str(&g->id, text);
	}
	MR_TRY(mr_buf_status(&g->id, err));
	g->name.id = mr_bytes_of(g->id.data ? g->id.data : (const uint8_t *)"", g->id.len);
	return MR_OK;
}

static mr_result read_name(const struct mr_args *args, const char *id, const char *label,
	struct given *g, struct mr_error *err)
{
	struct mr_str text = mr_str_of(mr_args_text(args, label));

	if (text.len > 0)
		g->name.label = mr_str_bytes(text);
	return read_id(mr_str_of(mr_args_text(args, id)), g, err);
}

static mr_result open_token(
	const struct mr_args *args, struct mr_pkcs11_token **ret, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_pkcs11_config config;

	mr_arena_init(&arena, MEMORY_MAX);
	MR_TRY(mr_pkcs11_config_read(mr_args_text(args, "pkcs11-config"), &arena, &config, err));
	return mr_pkcs11_token_open(&config, ret, err);
}

static mr_result find_certificate(const struct mr_args *args, struct mr_pkcs11_token *token,
	struct mr_buf *der, struct mr_error *err)
{
	MR_AUTO(given) struct given given = { 0 };

	MR_TRY(read_name(args, "pkcs11-cert-id", "pkcs11-cert-label", &given, err));
	mr_result r = mr_pkcs11_certificate(token, &given.name, der, err);
	if (mr_failed(r) && r.code == MR_CODE_NOT_FOUND)
		return mr_fail(err, MR_CODE_NOT_FOUND,
			"no certificate found for id \"%s\" and label \"%s\"",
			mr_args_text(args, "pkcs11-cert-id"),
			mr_args_text(args, "pkcs11-cert-label"));
	return r;
}

static mr_result find_key(const struct mr_args *args, struct mr_pkcs11_token *token_owned,
	struct mr_key **ret, struct mr_error *err)
{
	MR_AUTO(given) struct given given = { 0 };
	mr_result r = read_name(args, "pkcs11-key-id", "pkcs11-key-label", &given, err);

	if (!mr_failed(r))
		return mr_pkcs11_private_key(token_owned, &given.name, ret, err);
	mr_pkcs11_token_close(token_owned);
	return r;
}

static mr_result make_identity(
	struct mr_bytes der, struct mr_key *key, struct mr_tls_identity **ret, struct mr_error *err)
{
	MR_AUTO(cert) struct mr_cert cert = { 0 };
	MR_AUTO(key) struct mr_key *certified = NULL;

	MR_TRY(mr_cert_parse(der, &cert, err));
	MR_TRY(mr_cert_key(&cert, &certified, err));
	if (!mr_key_same_public(certified, key))
		return mr_fail(err, MR_CODE_INVALID, "tls: private key does not match public key");
	return mr_tls_identity_new(&der, 1, key, ret, err);
}

mr_result mr_pkcs11_identity(
	const struct mr_args *args, struct mr_tls_identity **ret, struct mr_error *err)
{
	MR_AUTO(pkcs11_token) struct mr_pkcs11_token *token = NULL;
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(buf) struct mr_buf der = { .max = MR_CERT_MAX_SIZE };
	struct mr_error no_certificate;

	MR_TRY(open_token(args, &token, err));
	/* the key is asked for first, and named first when both are missing */
	mr_result certificate = find_certificate(args, token, &der, &no_certificate);
	struct mr_pkcs11_token *given = token;
	token = NULL;
	MR_TRY(find_key(args, given, &key, err));
	if (mr_failed(certificate)) {
		*err = no_certificate;
		return certificate;
	}
	return make_identity(mr_buf_bytes(&der), key, ret, err);
}

mr_result mr_pkcs11_key(const struct mr_args *args, struct mr_key **ret, struct mr_error *err)
{
	MR_AUTO(pkcs11_token) struct mr_pkcs11_token *token = NULL;
	MR_AUTO(key) struct mr_key *key = NULL;

	MR_TRY(open_token(args, &token, err));
	struct mr_pkcs11_token *given = token;
	token = NULL;
	MR_TRY(find_key(args, given, &key, err));
	if (mr_key_type_of(key) != MR_KEY_RSA)
		return mr_fail(
			err, MR_CODE_INVALID, "loaded private key does not support decryption");
	*ret = key;
	key = NULL;
	return MR_OK;
}
