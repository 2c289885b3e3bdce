/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

/* --- records --- */

static mr_result no_field(struct mr_error *err)
{
	return mr_fail(err, MR_CODE_NOT_FOUND, "no such field");
}

static struct mr_value of_bytes(const char *type, struct mr_bytes bytes)
{
	return (struct mr_value){ .kind = MR_VALUE_BYTES, .go_type = type, .bytes = bytes };
}

static struct mr_value of_object(const struct mr_object_class *class, void *self)
{
	return (struct mr_value){ .kind = MR_VALUE_OBJECT, .object = { class, self } };
}

static bool is(struct mr_str name, const char *literal)
{
	return mr_str_eq(name, mr_str_of(literal));
}

static mr_result certificate_get(void *self, struct mr_str name, struct mr_arena *arena,
	struct mr_value *ret, struct mr_error *err)
{
	const struct mr_bytes *raw = self;

	(void)arena;
	if (!is(name, "Raw"))
		return no_field(err);
	*ret = of_bytes(NULL, *raw);
	return MR_OK;
}

static const struct mr_object_class certificate_class = {
	.kind = MR_OBJECT_RECORD,
	.go_type = "main.Certificate",
	.get = certificate_get,
};

static mr_result secret_get(void *self, struct mr_str name, struct mr_arena *arena,
	struct mr_value *ret, struct mr_error *err)
{
	struct model_secret *s = self;

	(void)arena;
	if (is(name, "Type"))
		*ret = (struct mr_value){ .kind = MR_VALUE_STRING, .str = s->type };
	else if (is(name, "Size"))
		*ret = (struct mr_value){ .kind = MR_VALUE_UINT, .u = s->size };
	else if (is(name, "ValidFor"))
		*ret = (struct mr_value){ .kind = MR_VALUE_UINT, .u = s->valid_for };
	else if (is(name, "Shared"))
		*ret = (struct mr_value){ .kind = MR_VALUE_BOOL, .boolean = s->shared };
	else if (is(name, "UserDefined"))
		*ret = (struct mr_value){ .kind = MR_VALUE_BOOL, .boolean = s->user_defined };
	else if (is(name, "Cert"))
		*ret = of_object(&certificate_class, &s->certificate);
	else if (is(name, "Private"))
		*ret = of_bytes("main.PrivateKey", s->private_key);
	else if (is(name, "Public"))
		*ret = of_bytes("main.PublicKey", s->public_key);
	else
		return no_field(err);
	return MR_OK;
}

static const struct mr_object_class secret_class = {
	.kind = MR_OBJECT_RECORD,
	.go_type = "main.Secret",
	.get = secret_get,
};

/* --- maps --- */

static mr_result map_get(void *self, struct mr_str name, struct mr_arena *arena,
	struct mr_value *ret, struct mr_error *err)
{
	struct model_map *map = self;

	(void)arena;
	(void)err;
	if (map->touched)
		map->touched(map->context, name);
	*ret = (struct mr_value){ .kind = MR_VALUE_NONE };
	for (size_t i = 0; i < map->count; i++)
		if (mr_str_eq(map->list[i].name, name))
			*ret = of_object(&secret_class, &map->list[i].secret);
	return MR_OK;
}

static mr_result map_zero(
	void *self, struct mr_arena *arena, struct mr_value *ret, struct mr_error *err)
{
	struct model_secret *zero = mr_arena_alloc(arena, sizeof(*zero));

	(void)self;
	if (!zero)
		return mr_arena_fail(arena, err);
	*ret = of_object(&secret_class, zero);
	return MR_OK;
}

static size_t map_count(void *self)
{
	const struct model_map *map = self;

	return map->count;
}

static struct mr_str map_key(void *self, size_t at)
{
	const struct model_map *map = self;

	return map->list[at].name;
}

static const struct mr_object_class map_class = {
	.kind = MR_OBJECT_MAP,
	.go_type = "map[string]main.Secret",
	.get = map_get,
	.zero = map_zero,
	.count = map_count,
	.key = map_key,
};

/* --- the records above --- */

static mr_result previous_get(void *self, struct mr_str name, struct mr_arena *arena,
	struct mr_value *ret, struct mr_error *err)
{
	struct model *m = self;

	(void)arena;
	if (!is(name, "Secrets"))
		return no_field(err);
	*ret = of_object(&map_class, &m->previous);
	return MR_OK;
}

static mr_result reserved_get(void *self, struct mr_str name, struct mr_arena *arena,
	struct mr_value *ret, struct mr_error *err)
{
	struct model *m = self;

	(void)arena;
	if (is(name, "RootCA"))
		*ret = of_object(&secret_class, &m->root_ca);
	else if (is(name, "MarbleCert"))
		*ret = of_object(&secret_class, &m->marble_cert);
	else if (is(name, "CoordinatorRoot"))
		*ret = of_object(&secret_class, &m->coordinator_root);
	else if (is(name, "CoordinatorIntermediate"))
		*ret = of_object(&secret_class, &m->coordinator_intermediate);
	else
		return no_field(err);
	return MR_OK;
}

static const struct mr_object_class previous_class = {
	.kind = MR_OBJECT_RECORD,
	.go_type = "main.Previous",
	.get = previous_get,
};

static const struct mr_object_class reserved_class = {
	.kind = MR_OBJECT_RECORD,
	.go_type = "main.Reserved",
	.get = reserved_get,
};

static mr_result root_get(void *self, struct mr_str name, struct mr_arena *arena,
	struct mr_value *ret, struct mr_error *err)
{
	struct model *m = self;

	(void)arena;
	if (is(name, "Secrets"))
		*ret = of_object(&map_class, &m->secrets);
	else if (is(name, "Previous"))
		*ret = of_object(&previous_class, m);
	else if (is(name, "MarbleRun"))
		*ret = of_object(&reserved_class, m);
	else
		return no_field(err);
	return MR_OK;
}

static const struct mr_object_class root_class = {
	.kind = MR_OBJECT_RECORD,
	.go_type = "main.Root",
	.get = root_get,
};

struct mr_value model_value(struct model *m)
{
	return of_object(&root_class, m);
}

/* --- stand-ins of the encoding functions --- */

static mr_result select_bytes(const struct mr_value *v, struct mr_bytes *ret,
	const char **ret_label, struct mr_error *err)
{
	*ret_label = NULL;
	if (v->kind == MR_VALUE_NIL)
		return mr_fail(err, MR_CODE_INVALID, "secret does not exist");
	if (v->kind == MR_VALUE_BYTES) {
		*ret = v->bytes;
		if (v->go_type && strcmp(v->go_type, "main.PrivateKey") == 0)
			*ret_label = "PRIVATE KEY";
		else if (v->go_type && strcmp(v->go_type, "main.PublicKey") == 0)
			*ret_label = "PUBLIC KEY";
	} else if (v->kind == MR_VALUE_OBJECT && v->object.class == &secret_class) {
		*ret = ((struct model_secret *)v->object.self)->public_key;
	} else if (v->kind == MR_VALUE_OBJECT && v->object.class == &certificate_class) {
		*ret = *(struct mr_bytes *)v->object.self;
		*ret_label = "CERTIFICATE";
	} else {
		return mr_fail(err, MR_CODE_INVALID, "invalid secret type");
	}
	return MR_OK;
}

static mr_result check_some(struct mr_bytes bytes, struct mr_error *err)
{
	if (bytes.len > 0)
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID, "tried to parse secret with empty value");
}

static mr_result room(struct mr_arena *arena, size_t size, struct mr_value *ret, char **ret_text,
	struct mr_error *err)
{
	*ret_text = mr_arena_alloc(arena, size);
	if (!*ret_text)
		return mr_arena_fail(arena, err);
	*ret = (struct mr_value){ .kind = MR_VALUE_STRING, .str = { *ret_text, size } };
	return MR_OK;
}

static mr_result encode_hex(void *context, const struct mr_value *args, size_t count,
	struct mr_arena *arena, struct mr_value *ret, struct mr_error *err)
{
	static const char digits[] = "0123456789abcdef";
	struct mr_bytes bytes;
	const char *label;
	char *text;

	(void)context;
	(void)count;
	MR_TRY(select_bytes(args, &bytes, &label, err));
	MR_TRY(check_some(bytes, err));
	MR_TRY(room(arena, bytes.len * 2, ret, &text, err));
	for (size_t i = 0; i < bytes.len; i++) {
		text[2 * i] = digits[bytes.ptr[i] >> 4];
		text[2 * i + 1] = digits[bytes.ptr[i] & 15];
	}
	return MR_OK;
}

/* Base64 of up to three bytes. */
static void quartet(struct mr_bytes bytes, size_t at, char out[static 4])
{
	static const char set[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t left = bytes.len - at;
	uint32_t v = (uint32_t)bytes.ptr[at] << 16 |
		     (left > 1 ? (uint32_t)bytes.ptr[at + 1] << 8 : 0) |
		     (left > 2 ? bytes.ptr[at + 2] : 0u);

	out[0] = set[v >> 18];
	out[1] = set[v >> 12 & 63];
	out[2] = left > 1 ? set[v >> 6 & 63] : '=';
	out[3] = left > 2 ? set[v & 63] : '=';
}

static mr_result encode_base64(void *context, const struct mr_value *args, size_t count,
	struct mr_arena *arena, struct mr_value *ret, struct mr_error *err)
{
	struct mr_bytes bytes;
	const char *label;
	char *text;

	(void)context;
	(void)count;
	MR_TRY(select_bytes(args, &bytes, &label, err));
	MR_TRY(check_some(bytes, err));
	MR_TRY(room(arena, (bytes.len + 2) / 3 * 4, ret, &text, err));
	for (size_t at = 0; at < bytes.len; at += 3, text += 4)
		quartet(bytes, at, text);
	return MR_OK;
}

static mr_result encode_pem(void *context, const struct mr_value *args, size_t count,
	struct mr_arena *arena, struct mr_value *ret, struct mr_error *err)
{
	struct mr_bytes bytes;
	const char *label = NULL;
	char four[4];

	(void)context;
	(void)count;
	mr_result r = select_bytes(args, &bytes, &label, err);
	if (mr_failed(r) && args->kind == MR_VALUE_NIL)
		return r;
	if (mr_failed(r) || !label)
		return mr_fail(err, MR_CODE_INVALID, "invalid secret type for pem encoding");
	MR_TRY(check_some(bytes, err));
	MR_AUTO(buf) struct mr_buf out = { 0 };
	mr_buf_init(&out, (size_t)1 << 24);
	mr_buf_printf(&out, "-----BEGIN %s-----\n", label);
	for (size_t at = 0; at < bytes.len; at += 3) {
		quartet(bytes, at, four);
		mr_buf_put(&out, four, sizeof(four));
		if (at % 48 == 45 || at + 3 >= bytes.len)
			mr_buf_put_u8(&out, '\n');
	}
	mr_buf_printf(&out, "-----END %s-----\n", label);
	MR_TRY(mr_buf_status(&out, err));
	*ret = (struct mr_value){ .kind = MR_VALUE_STRING };
	return mr_arena_str(arena, mr_buf_str(&out), &ret->str, err);
}

static mr_result encode_raw(void *context, const struct mr_value *args, size_t count,
	struct mr_arena *arena, struct mr_value *ret, struct mr_error *err)
{
	struct mr_bytes bytes;
	const char *label;

	(void)context;
	(void)count;
	(void)arena;
	MR_TRY(select_bytes(args, &bytes, &label, err));
	MR_TRY(check_some(bytes, err));
	*ret = (struct mr_value){ .kind = MR_VALUE_STRING, .str = mr_bytes_str(bytes) };
	return MR_OK;
}

static mr_result encode_string(void *context, const struct mr_value *args, size_t count,
	struct mr_arena *arena, struct mr_value *ret, struct mr_error *err)
{
	bool secret = args->kind == MR_VALUE_OBJECT && args->object.class == &secret_class;
	struct model_secret *s = secret ? args->object.self : NULL;

	(void)context;
	(void)count;
	(void)arena;
	if (args->kind == MR_VALUE_NIL)
		return mr_fail(err, MR_CODE_INVALID, "secret does not exist");
	if (!s || !is(s->type, "plain"))
		return mr_fail(err, MR_CODE_INVALID, "only secrets of type plain are allowed");
	MR_TRY(check_some(s->public_key, err));
	*ret = (struct mr_value){ .kind = MR_VALUE_STRING, .str = mr_bytes_str(s->public_key) };
	return MR_OK;
}

static const struct mr_template_function list[] = {
	{ "pem", 1, 1, encode_pem },
	{ "hex", 1, 1, encode_hex },
	{ "base64", 1, 1, encode_base64 },
	{ "raw", 1, 1, encode_raw },
	{ "string", 1, 1, encode_string },
};

const struct mr_template_functions model_functions = { list, MR_COUNT(list) };

/* --- the sample --- */

#define BYTES(literal)                                                                             \
	{                                                                                          \
		(const uint8_t *)"" literal, sizeof(literal) - 1                                   \
	}
#define TEXT(literal)                                                                              \
	{                                                                                          \
		"" literal, sizeof(literal) - 1                                                    \
	}

struct model *model_sample(void)
{
	static struct model_entry secrets[] = {
		{ TEXT("a-b"), { .type = TEXT("plain"),
				       .private_key = BYTES("Z"),
				       .public_key = BYTES("Z") } },
		{ TEXT("big"),
			{ .type = TEXT("symmetric-key"),
				.size = 384,
				.shared = true,
				.private_key = BYTES(
					"0123456789abcdef0123456789abcdef0123456789abcdef"),
				.public_key = BYTES(
					"0123456789abcdef0123456789abcdef0123456789abcdef") } },
		{ TEXT("crt"), { .type = TEXT("cert-ecdsa"),
				       .size = 256,
				       .valid_for = 365,
				       .certificate = BYTES("\x30\x82\x01\x02"),
				       .private_key = BYTES("\x30\x81\x03"),
				       .public_key = BYTES("\x30\x04") } },
		{ TEXT("empty"), { .type = TEXT("plain"),
					 .private_key = BYTES(""),
					 .public_key = BYTES("") } },
		{ TEXT("k"), { .type = TEXT("symmetric-key"),
				     .size = 24,
				     .user_defined = true,
				     .private_key = BYTES("\x00\x01\xfe"),
				     .public_key = BYTES("\x00\x01\xfe") } },
		{ TEXT("na\xC3\xAFve_1"),
			{ .type = TEXT("plain"), .public_key = BYTES("accent") } },
		{ TEXT("p"), { .type = TEXT("plain"),
				     .private_key = BYTES("s3cr3t"),
				     .public_key = BYTES("s3cr3t") } },
		{ TEXT("unset"), { .type = TEXT("plain"), .user_defined = true } },
	};
	static struct model sample = {
		.secrets = { .list = secrets, .count = MR_COUNT(secrets) },
		.previous = { .list = secrets + 4, .count = 1 },
		.root_ca = { .certificate = BYTES("\x30\x01") },
	};

	return &sample;
}
