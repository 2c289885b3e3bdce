/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/secret_text.h"

#include "codec/base64.h"

/* --- lines --- */

enum field { TYPE, USER_DEFINED, SIZE, VALID_FOR, CERTIFICATE, PUBLIC_KEY, PRIVATE_KEY, KEY, DATA };

static const char *const labels[] = {
	[TYPE] = "Type:",
	[USER_DEFINED] = "UserDefined:",
	[SIZE] = "Size:",
	[VALID_FOR] = "Valid For:",
	[CERTIFICATE] = "Certificate:",
	[PUBLIC_KEY] = "Public Key:",
	[PRIVATE_KEY] = "Private Key:",
	[KEY] = "Key:",
	[DATA] = "Data:",
};

static const enum field sized_cert[] = { TYPE, USER_DEFINED, SIZE, VALID_FOR, CERTIFICATE,
	PUBLIC_KEY, PRIVATE_KEY };
static const enum field cert[] = { TYPE, USER_DEFINED, VALID_FOR, CERTIFICATE, PUBLIC_KEY,
	PRIVATE_KEY };
static const enum field symmetric_key[] = { TYPE, USER_DEFINED, SIZE, KEY };
static const enum field plain[] = { TYPE, DATA };

static const struct {
	struct mr_str type;
	const enum field *fields;
	size_t count;
} kinds[] = {
	{ MR_STR_INIT("cert-rsa"), sized_cert, MR_COUNT(sized_cert) },
	{ MR_STR_INIT("cert-ecdsa"), sized_cert, MR_COUNT(sized_cert) },
	{ MR_STR_INIT("cert-ed25519"), cert, MR_COUNT(cert) },
	{ MR_STR_INIT("symmetric-key"), symmetric_key, MR_COUNT(symmetric_key) },
	{ MR_STR_INIT("plain"), plain, MR_COUNT(plain) },
};

static void put_base64(struct mr_buf *out, const struct mr_api_bytes *value)
{
	mr_base64_encode(out, value->bytes, MR_BASE64_STANDARD);
}

static void put_value(struct mr_buf *out, const struct mr_api_secret *secret, enum field field)
{
	switch (field) {
	case TYPE:
		mr_buf_put_str(out, secret->type);
		return;
	case USER_DEFINED:
		mr_buf_put_cstr(out, secret->user_defined ? "true" : "false");
		return;
	case SIZE:
		mr_buf_put_uint(out, secret->size);
		return;
	case VALID_FOR:
		mr_buf_put_uint(out, secret->valid_for);
		return;
	case CERTIFICATE:
		put_base64(out, &secret->cert);
		return;
	case PRIVATE_KEY:
		put_base64(out, &secret->private_part);
		return;
	case PUBLIC_KEY:
	case KEY:
	case DATA:
	default:
		put_base64(out, &secret->public_part);
		return;
	}
}

mr_result mr_secret_text_put(
	struct mr_buf *out, const struct mr_api_secret *secret, struct mr_error *err)
{
	size_t kind = 0;

	while (kind < MR_COUNT(kinds) && !mr_str_eq(kinds[kind].type, secret->type))
		kind++;
	if (kind == MR_COUNT(kinds))
		return mr_fail(err, MR_CODE_INVALID, "unknown secret type");
	mr_buf_put_str(out, secret->name);
	mr_buf_put_cstr(out, ":\n");
	for (size_t i = 0; i < kinds[kind].count; i++) {
		mr_buf_printf(out, "\t%-14s ", labels[kinds[kind].fields[i]]);
		put_value(out, secret, kinds[kind].fields[i]);
		mr_buf_put_u8(out, '\n');
	}
	mr_buf_put_u8(out, '\n');
	return mr_buf_status(out, err);
}

/* --- JSON --- */

static void put_bytes(struct mr_buf *out, const char *name, const struct mr_api_bytes *value)
{
	mr_json_put_name(out, name, false);
	if (value->present)
		mr_json_put_bytes(out, value->bytes);
	else
		mr_buf_put_cstr(out, "null");
}

static void put_bool(struct mr_buf *out, const char *name, bool value)
{
	mr_json_put_name(out, name, false);
	mr_buf_put_cstr(out, value ? "true" : "false");
}

static void put_uint(struct mr_buf *out, const char *name, uint64_t value)
{
	mr_json_put_name(out, name, false);
	mr_buf_put_uint(out, value);
}

void mr_secret_json_put(struct mr_buf *out, const struct mr_api_secret *secrets, size_t count)
{
	mr_buf_put_u8(out, '{');
	for (size_t i = 0; i < count; i++) {
		const struct mr_api_secret *secret = &secrets[i];

		if (i > 0)
			mr_buf_put_u8(out, ',');
		mr_json_put_str(out, secret->name);
		mr_buf_put_cstr(out, ":{");
		mr_json_put_name(out, "Type", true);
		mr_json_put_str(out, secret->type);
		put_uint(out, "Size", secret->size);
		put_bool(out, "Shared", secret->shared);
		put_bool(out, "UserDefined", secret->user_defined);
		put_bytes(out, "Cert", &secret->cert);
		put_uint(out, "ValidFor", secret->valid_for);
		put_bytes(out, "Private", &secret->private_part);
		put_bytes(out, "Public", &secret->public_part);
		mr_buf_put_u8(out, '}');
	}
	mr_buf_put_u8(out, '}');
}
