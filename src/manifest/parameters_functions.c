/* SPDX-License-Identifier: Apache-2.0 */
/* The encoding functions of templates (10 §6.2). */
#include "codec/base64.h"
#include "codec/pem.h"
#include "manifest/parameters_internal.h"

static bool is_object(const struct mr_value *v, const struct mr_object_class *class)
{
	return v->kind == MR_VALUE_OBJECT && v->object.class == class;
}

static bool is_missing(const struct mr_value *v)
{
	return v->kind == MR_VALUE_NONE || v->kind == MR_VALUE_NIL;
}

static mr_result fail_missing(struct mr_error *err)
{
	return mr_fail(err, MR_CODE_INVALID, "secret does not exist");
}

static mr_result check_not_empty(struct mr_bytes bytes, struct mr_error *err)
{
	if (bytes.len)
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID, "tried to parse secret with empty value");
}

/* The bytes that hex, base64 and raw take of a value. */
static mr_result select_bytes(const struct mr_value *v, struct mr_bytes *ret, struct mr_error *err)
{
	if (is_missing(v))
		return fail_missing(err);
	if (v->kind == MR_VALUE_BYTES)
		*ret = v->bytes;
	else if (is_object(v, &mr_certificate_class))
		*ret = ((const struct mr_secret_value *)v->object.self)->cert.bytes;
	else if (is_object(v, &mr_secret_class))
		*ret = ((const struct mr_secret_value *)v->object.self)->public_part.bytes;
	else
		return mr_fail(err, MR_CODE_INVALID, "invalid secret type");
	return check_not_empty(*ret, err);
}

/* A buffer over memory of the arena, which wipes it: never call mr_buf_done on it. */
static mr_result open_text(
	struct mr_arena *arena, size_t size, struct mr_buf *ret, struct mr_error *err)
{
	uint8_t *memory = mr_arena_alloc(arena, size);

	if (!memory)
		return mr_arena_fail(arena, err);
	*ret = (struct mr_buf){ .data = memory, .capacity = size, .max = size, .secret = true };
	return MR_OK;
}

static mr_result close_text(const struct mr_buf *text, struct mr_value *ret, struct mr_error *err)
{
	MR_TRY(mr_buf_status(text, err));
	*ret = (struct mr_value){ .kind = MR_VALUE_STRING, .str = mr_buf_str(text) };
	return MR_OK;
}

static mr_result call_hex(void *context, const struct mr_value *args, size_t count,
	struct mr_arena *arena, struct mr_value *ret, struct mr_error *err)
{
	struct mr_bytes bytes;
	struct mr_buf text;

	(void)context, (void)count;
	MR_TRY(select_bytes(&args[0], &bytes, err));
	MR_TRY(open_text(arena, 2 * bytes.len, &text, err));
	mr_hex_encode(&text, bytes);
	return close_text(&text, ret, err);
}

static mr_result call_base64(void *context, const struct mr_value *args, size_t count,
	struct mr_arena *arena, struct mr_value *ret, struct mr_error *err)
{
	struct mr_bytes bytes;
	struct mr_buf text;

	(void)context, (void)count;
	MR_TRY(select_bytes(&args[0], &bytes, err));
	MR_TRY(open_text(arena, mr_base64_encoded_len(bytes.len), &text, err));
	mr_base64_encode(&text, bytes, MR_BASE64_STANDARD);
	return close_text(&text, ret, err);
}

static mr_result call_raw(void *context, const struct mr_value *args, size_t count,
	struct mr_arena *arena, struct mr_value *ret, struct mr_error *err)
{
	struct mr_bytes bytes;

	(void)context, (void)count, (void)arena;
	MR_TRY(select_bytes(&args[0], &bytes, err));
	*ret = (struct mr_value){ .kind = MR_VALUE_STRING, .str = mr_bytes_str(bytes) };
	return MR_OK;
}

/* The label of what pem takes. */
static mr_result select_pem(const struct mr_value *v, const char **ret_label, struct mr_bytes *ret,
	struct mr_error *err)
{
	if (is_missing(v))
		return fail_missing(err);
	if (is_object(v, &mr_certificate_class)) {
		*ret_label = "CERTIFICATE";
		*ret = ((const struct mr_secret_value *)v->object.self)->cert.bytes;
	} else if (v->kind == MR_VALUE_BYTES && v->go_type == mr_type_public_key) {
		*ret_label = "PUBLIC KEY";
		*ret = v->bytes;
	} else if (v->kind == MR_VALUE_BYTES && v->go_type == mr_type_private_key) {
		*ret_label = "PRIVATE KEY";
		*ret = v->bytes;
	} else {
		return mr_fail(err, MR_CODE_INVALID, "invalid secret type for pem encoding");
	}
	return check_not_empty(*ret, err);
}

static mr_result call_pem(void *context, const struct mr_value *args, size_t count,
	struct mr_arena *arena, struct mr_value *ret, struct mr_error *err)
{
	enum { LINE = 64, MARKERS = 96 };
	const char *label = NULL;
	struct mr_bytes bytes = { NULL, 0 };
	struct mr_buf text;

	(void)context, (void)count;
	MR_TRY(select_pem(&args[0], &label, &bytes, err));
	size_t body = mr_base64_encoded_len(bytes.len);
	MR_TRY(open_text(arena, body + body / LINE + MARKERS, &text, err));
	mr_pem_encode(&text, label, bytes);
	return close_text(&text, ret, err);
}

static mr_result call_string(void *context, const struct mr_value *args, size_t count,
	struct mr_arena *arena, struct mr_value *ret, struct mr_error *err)
{
	const struct mr_secret_value *secret;

	(void)context, (void)count, (void)arena;
	if (is_missing(&args[0]))
		return fail_missing(err);
	secret = is_object(&args[0], &mr_secret_class) ? args[0].object.self : NULL;
	if (!secret || secret->def.type != MR_SECRET_PLAIN)
		return mr_fail(err, MR_CODE_INVALID,
			"only secrets of type plain are allowed to use string encoding for "
			"environment variables");
	struct mr_bytes bytes = secret->public_part.bytes;
	MR_TRY(check_not_empty(bytes, err));
	if (memchr(bytes.ptr, 0, bytes.len))
		return mr_fail(err, MR_CODE_INVALID, "secret contains null bytes");
	*ret = (struct mr_value){ .kind = MR_VALUE_STRING, .str = mr_bytes_str(bytes) };
	return MR_OK;
}

static const struct mr_template_function files_list[] = {
	{ "pem", 1, 1, call_pem },
	{ "hex", 1, 1, call_hex },
	{ "base64", 1, 1, call_base64 },
	{ "raw", 1, 1, call_raw },
};

static const struct mr_template_function env_list[] = {
	{ "pem", 1, 1, call_pem },
	{ "hex", 1, 1, call_hex },
	{ "base64", 1, 1, call_base64 },
	{ "string", 1, 1, call_string },
};

const struct mr_template_functions mr_files_functions = { files_list, MR_COUNT(files_list) };
const struct mr_template_functions mr_env_functions = { env_list, MR_COUNT(env_list) };
