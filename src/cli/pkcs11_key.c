/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in a token: their public halves, signatures, decryption. */
#include "cli/pkcs11_internal.h"
#include "codec/base64.h"
#include "crypto/cert.h"
#include "crypto/der.h"

enum { VALUE_MAX = 65536, SIGNATURE_MAX = 2048, PLAIN_MAX = 2048 };

/* --- what the token does --- */

struct pss_hash {
	CK_MECHANISM_TYPE hash;
	CK_RSA_PKCS_MGF_TYPE mgf;
};

static struct pss_hash pss_hash_of(enum mr_hash hash)
{
	switch (hash) {
	case MR_HASH_SHA1:
		return (struct pss_hash){ CKM_SHA_1, CKG_MGF1_SHA1 };
	case MR_HASH_SHA384:
		return (struct pss_hash){ CKM_SHA384, CKG_MGF1_SHA384 };
	case MR_HASH_SHA512:
		return (struct pss_hash){ CKM_SHA512, CKG_MGF1_SHA512 };
	case MR_HASH_SHA256:
		break;
	}
	return (struct pss_hash){ CKM_SHA256, CKG_MGF1_SHA256 };
}

static mr_result sign_with(struct mr_pkcs11_token *t, CK_MECHANISM *mechanism,
	struct mr_bytes input, struct mr_buf *out, struct mr_error *err)
{
	CK_BYTE signature[SIGNATURE_MAX];
	CK_ULONG len = sizeof signature;
	CK_BYTE_PTR data;

	/* the interface has no const; the input is only read */
	memcpy(&data, &input.ptr, sizeof data);
	MR_TRY(mr_pkcs11_check(t->f->C_SignInit(t->session, mechanism, t->key), "signing", err));
	MR_TRY(mr_pkcs11_check(
		t->f->C_Sign(t->session, data, input.len, signature, &len), "signing", err));
	mr_buf_put(out, signature, len);
	return mr_buf_status(out, err);
}

static mr_result sign(void *context, enum mr_key_scheme scheme, enum mr_hash hash,
	struct mr_bytes input, struct mr_buf *out, struct mr_error *err)
{
	struct pss_hash by = pss_hash_of(hash);
	CK_RSA_PKCS_PSS_PARAMS pss = { by.hash, by.mgf, mr_hash_size(hash) };
	CK_MECHANISM mechanism = { 0 };

	switch (scheme) {
	case MR_SCHEME_RSA_PKCS1:
		mechanism.mechanism = CKM_RSA_PKCS;
		break;
	case MR_SCHEME_RSA_PSS:
		mechanism = (CK_MECHANISM){ CKM_RSA_PKCS_PSS, &pss, sizeof pss };
		break;
	case MR_SCHEME_RSA_RAW:
		mechanism.mechanism = CKM_RSA_X_509;
		break;
	case MR_SCHEME_ECDSA:
		mechanism.mechanism = CKM_ECDSA;
		break;
	}
	return sign_with(context, &mechanism, input, out, err);
}

static mr_result decrypt(
	void *context, struct mr_bytes ciphertext, struct mr_secret *ret, struct mr_error *err)
{
	struct mr_pkcs11_token *t = context;
	CK_RSA_PKCS_OAEP_PARAMS oaep = { CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0 };
	CK_MECHANISM mechanism = { CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep };
	MR_AUTO(secret) struct mr_secret plain = { NULL, 0 };
	CK_ULONG len = PLAIN_MAX;
	CK_BYTE_PTR data;

	memcpy(&data, &ciphertext.ptr, sizeof data);
	MR_TRY(mr_secret_new(PLAIN_MAX, &plain, err));
	MR_TRY(mr_pkcs11_check(
		t->f->C_DecryptInit(t->session, &mechanism, t->key), "decrypting", err));
	MR_TRY(mr_pkcs11_check(t->f->C_Decrypt(t->session, data, ciphertext.len, plain.ptr, &len),
		"decrypting", err));
	return mr_secret_copy(mr_bytes_of(plain.ptr, len), ret, err);
}

static void release(void *context)
{
	mr_pkcs11_token_close(context);
}

const struct mr_key_external mr_pkcs11_operations = { sign, decrypt, release };

/* --- public halves --- */

static mr_result rsa_spki(struct mr_pkcs11_token *t, CK_OBJECT_HANDLE object, struct mr_buf *out,
	struct mr_error *err)
{
	static const uint8_t rsa_encryption[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1 };
	MR_AUTO(buf) struct mr_buf modulus = { .max = VALUE_MAX };
	MR_AUTO(buf) struct mr_buf exponent = { .max = VALUE_MAX };
	MR_AUTO(buf) struct mr_buf bits = { .max = VALUE_MAX };

	MR_TRY(mr_pkcs11_attribute(t, object, CKA_MODULUS, &modulus, err));
	MR_TRY(mr_pkcs11_attribute(t, object, CKA_PUBLIC_EXPONENT, &exponent, err));
	size_t at = mr_der_open(&bits, MR_DER_SEQUENCE);
	mr_der_put_unsigned(&bits, mr_buf_bytes(&modulus));
	mr_der_put_unsigned(&bits, mr_buf_bytes(&exponent));
	mr_der_close(&bits, at);
	at = mr_der_open(out, MR_DER_SEQUENCE);
	size_t algorithm = mr_der_open(out, MR_DER_SEQUENCE);
	mr_der_put_oid(out, mr_bytes_of(rsa_encryption, sizeof rsa_encryption));
	mr_der_put(out, MR_DER_NULL, mr_bytes_of(NULL, 0));
	mr_der_close(out, algorithm);
	mr_der_put_bits(out, mr_buf_bytes(&bits), 0);
	mr_der_close(out, at);
	return mr_buf_status(out, err);
}

static mr_result ec_spki(struct mr_pkcs11_token *t, CK_OBJECT_HANDLE object, struct mr_buf *out,
	struct mr_error *err)
{
	static const uint8_t ec_public_key[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1 };
	MR_AUTO(buf) struct mr_buf curve = { .max = VALUE_MAX };
	MR_AUTO(buf) struct mr_buf wrapped = { .max = VALUE_MAX };
	struct mr_bytes point;

	MR_TRY(mr_pkcs11_attribute(t, object, CKA_EC_PARAMS, &curve, err));
	MR_TRY(mr_pkcs11_attribute(t, object, CKA_EC_POINT, &wrapped, err));
	struct mr_cursor c = mr_cursor_of(mr_buf_bytes(&wrapped));
	if (!mr_der_expect(&c, MR_DER_OCTET_STRING, &point))
		return mr_fail(err, MR_CODE_INVALID, "the token's public key is malformed");
	size_t at = mr_der_open(out, MR_DER_SEQUENCE);
	size_t algorithm = mr_der_open(out, MR_DER_SEQUENCE);
	mr_der_put_oid(out, mr_bytes_of(ec_public_key, sizeof ec_public_key));
	mr_buf_put_bytes(out, mr_buf_bytes(&curve));
	mr_der_close(out, algorithm);
	mr_der_put_bits(out, point, 0);
	mr_der_close(out, at);
	return mr_buf_status(out, err);
}

static mr_result from_object(struct mr_pkcs11_token *t, CK_OBJECT_HANDLE object,
	struct mr_key **ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf spki = { .max = VALUE_MAX };
	CK_KEY_TYPE type = 0;
	CK_ATTRIBUTE a = { CKA_KEY_TYPE, &type, sizeof type };

	MR_TRY(mr_pkcs11_check(
		t->f->C_GetAttributeValue(t->session, object, &a, 1), "reading an object", err));
	if (type == CKK_RSA)
		MR_TRY(rsa_spki(t, object, &spki, err));
	else if (type == CKK_EC)
		MR_TRY(ec_spki(t, object, &spki, err));
	else
		return mr_fail(
			err, MR_CODE_UNSUPPORTED, "the token's key is neither RSA nor ECDSA");
	return mr_key_from_spki(mr_buf_bytes(&spki), ret, err);
}

static mr_result from_certificate(struct mr_pkcs11_token *t, const struct mr_pkcs11_name *name,
	struct mr_key **ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf der = { .max = MR_CERT_MAX_SIZE };
	MR_AUTO(cert) struct mr_cert cert = { 0 };

	MR_TRY(mr_pkcs11_certificate(t, name, &der, err));
	MR_TRY(mr_cert_parse(mr_buf_bytes(&der), &cert, err));
	return mr_cert_key(&cert, ret, err);
}

/* By the private key's own id and label, else by the id alone, else from a certificate with that id (50 §6). */
static mr_result public_half(struct mr_pkcs11_token *t, struct mr_key **ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf id = { .max = VALUE_MAX };
	MR_AUTO(buf) struct mr_buf label = { .max = VALUE_MAX };
	CK_OBJECT_HANDLE object;

	MR_TRY(mr_pkcs11_attribute(t, t->key, CKA_ID, &id, err));
	MR_TRY(mr_pkcs11_attribute(t, t->key, CKA_LABEL, &label, err));
	struct mr_pkcs11_name name = { mr_bytes_of(id.data ? id.data : (const uint8_t *)"", id.len),
		mr_bytes_of(label.data ? label.data : (const uint8_t *)"", label.len) };
	if (!mr_failed(mr_pkcs11_find(t, CKO_PUBLIC_KEY, &name, &object, err)))
		return from_object(t, object, ret, err);
	name.label.ptr = NULL;
	if (!mr_failed(mr_pkcs11_find(t, CKO_PUBLIC_KEY, &name, &object, err)))
		return from_object(t, object, ret, err);
	return from_certificate(t, &name, ret, err);
}

static mr_result not_found(const struct mr_pkcs11_name *name, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf id = { .max = 1024 };
	MR_AUTO(buf) struct mr_buf label = { .max = 1024 };

	if (name->id.ptr && name->id.len < 256)
		mr_hex_encode(&id, name->id);
	if (name->label.ptr && name->label.len < 256)
		mr_hex_encode(&label, name->label);
	return mr_fail(err, MR_CODE_NOT_FOUND,
		"key pair with id=%.*s and label=%.*s was not found or is empty",
		MR_STR_ARGS(mr_buf_str(&id)), MR_STR_ARGS(mr_buf_str(&label)));
}

mr_result mr_pkcs11_private_key(struct mr_pkcs11_token *token_owned,
	const struct mr_pkcs11_name *name, struct mr_key **ret, struct mr_error *err)
{
	MR_AUTO(pkcs11_token) struct mr_pkcs11_token *token = token_owned;
	MR_AUTO(key) struct mr_key *half = NULL;

	mr_result r = mr_pkcs11_find(token, CKO_PRIVATE_KEY, name, &token->key, err);
	if (!mr_failed(r))
		r = public_half(token, &half, err);
	if (mr_failed(r))
		return r.code == MR_CODE_NOT_FOUND ? not_found(name, err) : r;
	struct mr_pkcs11_token *given = token;
	token = NULL;
	return mr_key_from_external(half, &mr_pkcs11_operations, given, ret, err);
}
