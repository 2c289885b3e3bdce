/* SPDX-License-Identifier: Apache-2.0 */
/* The data model of templates (10 §6.1) as objects of the template engine. */
#include "crypto/cert.h"
#include "manifest/parameters_internal.h"

const char mr_type_private_key[] = "manifest.PrivateKey";
const char mr_type_public_key[] = "manifest.PublicKey";
const char mr_type_secret[] = "manifest.Secret";
const char mr_type_certificate[] = "manifest.Certificate";

/* The engine hands `self` back unchanged, and nothing here writes to a secret. */
static void *as_self(const void *object)
{
	void *self;

	memcpy(&self, &object, sizeof self);
	return self;
}

static struct mr_value object_value(const struct mr_object_class *class, const void *self)
{
	struct mr_value v = { .kind = MR_VALUE_OBJECT, .go_type = class->go_type };

	v.object.class = class;
	v.object.self = as_self(self);
	return v;
}

static struct mr_value bytes_value(const char *go_type, struct mr_bytes bytes)
{
	return (struct mr_value){ .kind = MR_VALUE_BYTES, .go_type = go_type, .bytes = bytes };
}

static struct mr_value str_value(struct mr_str text)
{
	return (struct mr_value){ .kind = MR_VALUE_STRING, .str = text };
}

static struct mr_value uint_value(uint64_t u)
{
	return (struct mr_value){ .kind = MR_VALUE_UINT, .go_type = "uint", .u = u };
}

static struct mr_value bool_value(bool b)
{
	return (struct mr_value){ .kind = MR_VALUE_BOOL, .boolean = b };
}

static mr_result no_field(struct mr_str name, struct mr_error *err)
{
	return mr_fail(err, MR_CODE_NOT_FOUND, "no field %.*s", MR_STR_ARGS(name));
}

/* A subject as far as templates use it. */
static mr_result subject_get(void *self, struct mr_str name, struct mr_arena *arena,
	struct mr_value *ret, struct mr_error *err)
{
	const struct mr_secret_value *s = self;
	MR_AUTO(cert) struct mr_cert c = { 0 };
	struct mr_str common_name = MR_STR("");
	struct mr_error ignored;

	if (!mr_str_eq(name, MR_STR("CommonName")))
		return no_field(name, err);
	if (!mr_failed(mr_cert_parse(s->cert.bytes, &c, &ignored)) &&
		mr_cert_common_name(&c, &common_name))
		MR_TRY(mr_arena_str(arena, common_name, &common_name, err));
	else
		common_name = MR_STR("");
	*ret = str_value(common_name);
	return MR_OK;
}

static const struct mr_object_class subject_class = {
	.kind = MR_OBJECT_RECORD,
	.go_type = "pkix.Name",
	.get = subject_get,
};

static mr_result certificate_get(void *self, struct mr_str name, struct mr_arena *arena,
	struct mr_value *ret, struct mr_error *err)
{
	const struct mr_secret_value *s = self;

	(void)arena;
	if (mr_str_eq(name, MR_STR("Raw")))
		*ret = bytes_value(NULL, s->cert.bytes);
	else if (mr_str_eq(name, MR_STR("Subject")))
		*ret = object_value(&subject_class, s);
	else
		return no_field(name, err);
	return MR_OK;
}

const struct mr_object_class mr_certificate_class = {
	.kind = MR_OBJECT_RECORD,
	.go_type = mr_type_certificate,
	.get = certificate_get,
};

static mr_result secret_get(void *self, struct mr_str name, struct mr_arena *arena,
	struct mr_value *ret, struct mr_error *err)
{
	const struct mr_secret_value *s = self;

	(void)arena;
	if (mr_str_eq(name, MR_STR("Private")))
		*ret = bytes_value(mr_type_private_key, s->private_part.bytes);
	else if (mr_str_eq(name, MR_STR("Public")))
		*ret = bytes_value(mr_type_public_key, s->public_part.bytes);
	else if (mr_str_eq(name, MR_STR("Cert")))
		*ret = object_value(&mr_certificate_class, s);
	else if (mr_str_eq(name, MR_STR("Type")))
		*ret = str_value(s->def.type_name);
	else if (mr_str_eq(name, MR_STR("Size")))
		*ret = uint_value(s->def.size);
	else if (mr_str_eq(name, MR_STR("ValidFor")))
		*ret = uint_value(s->def.valid_for);
	else if (mr_str_eq(name, MR_STR("Shared")))
		*ret = bool_value(s->def.shared);
	else if (mr_str_eq(name, MR_STR("UserDefined")))
		*ret = bool_value(s->def.user_defined);
	else
		return no_field(name, err);
	return MR_OK;
}

const struct mr_object_class mr_secret_class = {
	.kind = MR_OBJECT_RECORD,
	.go_type = mr_type_secret,
	.get = secret_get,
};

static mr_result map_get(void *self, struct mr_str name, struct mr_arena *arena,
	struct mr_value *ret, struct mr_error *err)
{
	const struct mr_secrets_map *map = self;
	const struct mr_secret_value *secret = NULL;

	(void)arena;
	MR_TRY(map->source->secret(map->source->self, map->epoch, name, &secret, err));
	*ret = secret ? object_value(&mr_secret_class, secret)
		      : (struct mr_value){ .kind = MR_VALUE_NONE };
	return MR_OK;
}

static mr_result map_zero(
	void *self, struct mr_arena *arena, struct mr_value *ret, struct mr_error *err)
{
	static const struct mr_secret_value zero;

	(void)self, (void)arena, (void)err;
	*ret = object_value(&mr_secret_class, &zero);
	return MR_OK;
}

static size_t map_count(void *self)
{
	const struct mr_secrets_map *map = self;

	return map->source->count(map->source->self, map->epoch);
}

static struct mr_str map_key(void *self, size_t at)
{
	const struct mr_secrets_map *map = self;

	return map->source->name(map->source->self, map->epoch, at);
}

static const struct mr_object_class map_class = {
	.kind = MR_OBJECT_MAP,
	.go_type = "map[string]manifest.Secret",
	.get = map_get,
	.zero = map_zero,
	.count = map_count,
	.key = map_key,
};

static const struct mr_str reserved_names[MR_RESERVED_SECRETS] = {
	MR_STR_INIT("RootCA"),
	MR_STR_INIT("MarbleCert"),
	MR_STR_INIT("CoordinatorRoot"),
	MR_STR_INIT("CoordinatorIntermediate"),
};

static mr_result marblerun_get(void *self, struct mr_str name, struct mr_arena *arena,
	struct mr_value *ret, struct mr_error *err)
{
	const struct mr_template_data *data = self;

	(void)arena;
	for (size_t i = 0; i < MR_RESERVED_SECRETS; i++) {
		if (!mr_str_eq(name, reserved_names[i]))
			continue;
		*ret = object_value(&mr_secret_class, &data->reserved[i]);
		return MR_OK;
	}
	return no_field(name, err);
}

static const struct mr_object_class marblerun_class = {
	.kind = MR_OBJECT_RECORD,
	.go_type = "manifest.ReservedSecrets",
	.get = marblerun_get,
};

static mr_result previous_get(void *self, struct mr_str name, struct mr_arena *arena,
	struct mr_value *ret, struct mr_error *err)
{
	const struct mr_template_data *data = self;

	(void)arena;
	if (!mr_str_eq(name, MR_STR("Secrets")))
		return no_field(name, err);
	*ret = object_value(&map_class, &data->previous);
	return MR_OK;
}

static const struct mr_object_class previous_class = {
	.kind = MR_OBJECT_RECORD,
	.go_type = "manifest.PreviousSecrets",
	.get = previous_get,
};

static mr_result root_get(void *self, struct mr_str name, struct mr_arena *arena,
	struct mr_value *ret, struct mr_error *err)
{
	const struct mr_template_data *data = self;

	(void)arena;
	if (mr_str_eq(name, MR_STR("Secrets")))
		*ret = object_value(&map_class, &data->current);
	else if (mr_str_eq(name, MR_STR("Previous")))
		*ret = object_value(&previous_class, data);
	else if (mr_str_eq(name, MR_STR("MarbleRun")))
		*ret = object_value(&marblerun_class, data);
	else
		return no_field(name, err);
	return MR_OK;
}

static const struct mr_object_class root_class = {
	.kind = MR_OBJECT_RECORD,
	.go_type = "manifest.TemplateData",
	.get = root_get,
};

static struct mr_opt_bytes part(struct mr_bytes bytes)
{
	return (struct mr_opt_bytes){ bytes, bytes.len != 0 };
}

void mr_template_data_init(struct mr_template_data *data, const struct mr_parameters_source *source)
{
	const struct mr_reserved_values *r = source->reserved;

	*data = (struct mr_template_data){
		.current = { source, MR_SECRETS_CURRENT },
		.previous = { source, MR_SECRETS_PREVIOUS },
		.reserved = {
			{ .cert = part(r->marble_root) },
			{
				.cert = part(r->marble_cert),
				.private_part = part(r->marble_private),
				.public_part = part(r->marble_public),
			},
			{ .cert = part(r->coordinator_root) },
			{ .cert = part(r->coordinator_intermediate) },
		},
	};
}

struct mr_value mr_template_data_root(struct mr_template_data *data)
{
	return object_value(&root_class, data);
}
