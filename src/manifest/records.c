/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/records.h"

#include "codec/base64.h"
#include "codec/json.h"
#include "manifest/decode.h"
#include "manifest/package_rules.h"

static void put_str(struct mr_buf *out, const char *name, struct mr_str value, bool first)
{
	mr_json_put_name(out, name, first);
	mr_json_put_str(out, value);
}

static void put_bool(struct mr_buf *out, const char *name, bool value, bool first)
{
	mr_json_put_name(out, name, first);
	mr_buf_put_cstr(out, value ? "true" : "false");
}

static void put_u64(struct mr_buf *out, const char *name, uint64_t value)
{
	mr_json_put_name(out, name, false);
	mr_buf_put_uint(out, value);
}

static void put_opt_u64(struct mr_buf *out, const char *name, struct mr_opt_u64 value)
{
	mr_json_put_name(out, name, false);
	if (value.present)
		mr_buf_put_uint(out, value.value);
	else
		mr_buf_put_cstr(out, "null");
}

static void put_opt_bytes(
	struct mr_buf *out, const char *name, const struct mr_opt_bytes *value, bool first)
{
	mr_json_put_name(out, name, first);
	if (value->present)
		mr_json_put_bytes(out, value->bytes);
	else
		mr_buf_put_cstr(out, "null");
}

static void put_str_list(
	struct mr_buf *out, const char *name, const struct mr_str_list *list, bool first)
{
	mr_json_put_name(out, name, first);
	if (!list->present) {
		mr_buf_put_cstr(out, "null");
		return;
	}
	mr_buf_put_u8(out, '[');
	for (size_t i = 0; i < list->count; i++) {
		if (i)
			mr_buf_put_u8(out, ',');
		mr_json_put_str(out, list->items[i]);
	}
	mr_buf_put_u8(out, ']');
}

void mr_package_encode(struct mr_buf *out, const struct mr_package *p)
{
	mr_buf_put_u8(out, '{');
	put_bool(out, "Debug", p->debug, true);
	put_str(out, "UniqueID", p->unique_id, false);
	put_str(out, "SignerID", p->signer_id, false);
	put_opt_u64(out, "ProductID", p->product_id);
	put_opt_u64(out, "SecurityVersion", p->security_version);
	put_str_list(out, "AcceptedTCBStatuses", &p->accepted_tcb_statuses, false);
	put_str_list(out, "AcceptedAdvisories", &p->accepted_advisories, false);
	if (p->rules)
		mr_package_rules_encode(out, p->rules);
	mr_buf_put_u8(out, '}');
}

void mr_infrastructure_encode(struct mr_buf *out, const struct mr_infrastructure *i)
{
	mr_buf_put_u8(out, '{');
	put_opt_bytes(out, "CPUSVN", &i->cpusvn, true);
	put_opt_u64(out, "QESVN", i->qesvn);
	put_opt_u64(out, "PCESVN", i->pcesvn);
	put_opt_bytes(out, "RootCA", &i->root_ca, false);
	if (i->enforce) {
		put_bool(out, "Enforce", true, false);
		put_str_list(out, "FMSPCs", &i->fmspcs, false);
		put_str_list(out, "PlatformInstanceIDs", &i->platform_instance_ids, false);
		put_u64(out, "MinTCBEvaluationDataNumber", i->min_tcb_evaluation_data_number);
	}
	mr_buf_put_u8(out, '}');
}

static void put_content(struct mr_buf *out, const struct mr_content *c)
{
	mr_buf_put_u8(out, '{');
	mr_json_put_name(out, "Data", true);
	if (c->encoding == MR_CONTENT_BASE64) {
		mr_json_put_bytes(out, c->data);
	} else if (c->encoding == MR_CONTENT_HEX) {
		mr_buf_put_u8(out, '"');
		mr_hex_encode(out, c->data);
		mr_buf_put_u8(out, '"');
	} else {
		mr_json_put_str(out, mr_bytes_str(c->data));
	}
	put_str(out, "Encoding", c->encoding_name, false);
	put_bool(out, "NoTemplates", c->no_templates, false);
	mr_buf_put_u8(out, '}');
}

static void put_contents(
	struct mr_buf *out, const char *name, const struct mr_content_map *map, bool first)
{
	mr_json_put_name(out, name, first);
	if (!map->present) {
		mr_buf_put_cstr(out, "null");
		return;
	}
	mr_buf_put_u8(out, '{');
	for (size_t i = 0; i < map->count; i++) {
		if (i)
			mr_buf_put_u8(out, ',');
		mr_json_put_str(out, map->items[i].name);
		mr_buf_put_u8(out, ':');
		put_content(out, &map->items[i]);
	}
	mr_buf_put_u8(out, '}');
}

void mr_marble_encode(struct mr_buf *out, const struct mr_marble *m)
{
	mr_buf_put_u8(out, '{');
	put_str(out, "Package", m->package, true);
	put_u64(out, "MaxActivations", m->max_activations);
	mr_json_put_name(out, "Parameters", false);
	mr_buf_put_u8(out, '{');
	put_contents(out, "Files", &m->files, true);
	put_contents(out, "Env", &m->env, false);
	put_str_list(out, "Argv", &m->argv, false);
	mr_buf_put_u8(out, '}');
	put_str_list(out, "TLS", &m->tls, false);
	put_bool(out, "DisableSecretBinding", m->disable_secret_binding, false);
	mr_buf_put_u8(out, '}');
}

static void put_tls_entries(
	struct mr_buf *out, const char *name, const struct mr_tls_entries *list, bool first)
{
	mr_json_put_name(out, name, first);
	if (!list->present) {
		mr_buf_put_cstr(out, "null");
		return;
	}
	mr_buf_put_u8(out, '[');
	for (size_t i = 0; i < list->count; i++) {
		const struct mr_tls_entry *e = &list->items[i];
		mr_buf_put_cstr(out, i ? ",{" : "{");
		put_str(out, "Port", e->port, true);
		put_str(out, "Addr", e->addr, false);
		put_str(out, "Cert", e->cert, false);
		put_bool(out, "DisableClientAuth", e->disable_client_auth, false);
		mr_buf_put_u8(out, '}');
	}
	mr_buf_put_u8(out, ']');
}

void mr_tls_tag_encode(struct mr_buf *out, const struct mr_tls_tag *t)
{
	mr_buf_put_u8(out, '{');
	put_tls_entries(out, "Outgoing", &t->outgoing, true);
	put_tls_entries(out, "Incoming", &t->incoming, false);
	mr_buf_put_u8(out, '}');
}

void mr_secret_value_encode(struct mr_buf *out, const struct mr_secret_value *s)
{
	mr_buf_put_u8(out, '{');
	put_str(out, "Type", s->def.type_name, true);
	put_u64(out, "Size", s->def.size);
	put_bool(out, "Shared", s->def.shared, false);
	put_bool(out, "UserDefined", s->def.user_defined, false);
	put_opt_bytes(out, "Cert", &s->cert, false);
	put_u64(out, "ValidFor", s->def.valid_for);
	put_opt_bytes(out, "Private", &s->private_part, false);
	put_opt_bytes(out, "Public", &s->public_part, false);
	mr_buf_put_u8(out, '}');
}

mr_result mr_package_decode(struct mr_bytes json, struct mr_str name, struct mr_arena *arena,
	struct mr_package *ret, struct mr_error *err)
{
	return mr_decode_value(json, &mr_package_record, name, arena, ret, err);
}

mr_result mr_infrastructure_decode(struct mr_bytes json, struct mr_str name, struct mr_arena *arena,
	struct mr_infrastructure *ret, struct mr_error *err)
{
	return mr_decode_value(json, &mr_infrastructure_record, name, arena, ret, err);
}

mr_result mr_marble_decode(struct mr_bytes json, struct mr_str name, struct mr_arena *arena,
	struct mr_marble *ret, struct mr_error *err)
{
	return mr_decode_value(json, &mr_marble_record, name, arena, ret, err);
}

mr_result mr_tls_tag_decode(struct mr_bytes json, struct mr_str name, struct mr_arena *arena,
	struct mr_tls_tag *ret, struct mr_error *err)
{
	return mr_decode_value(json, &mr_tls_tag_record, name, arena, ret, err);
}

mr_result mr_secret_value_decode(struct mr_bytes json, struct mr_str name, struct mr_arena *arena,
	struct mr_secret_value *ret, struct mr_error *err)
{
	return mr_decode_value(json, &mr_secret_record, name, arena, ret, err);
}
