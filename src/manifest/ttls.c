/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/ttls.h"

#include "codec/json.h"
#include "codec/pem.h"
#include "manifest/decode.h"

static size_t count_entries(const struct mr_tls_tag *tag, bool incoming)
{
	return !tag ? 0 : incoming ? tag->incoming.count : tag->outgoing.count;
}

static mr_result make_key(struct mr_str addr, struct mr_str port, struct mr_arena *arena,
	struct mr_str *ret, struct mr_error *err)
{
	char *text = mr_arena_alloc(arena, addr.len + port.len + 2);

	if (!text)
		return mr_arena_fail(arena, err);
	memcpy(text, addr.ptr, addr.len);
	text[addr.len] = ':';
	memcpy(text + addr.len + 1, port.ptr, port.len);
	*ret = (struct mr_str){ text, addr.len + 1 + port.len };
	return MR_OK;
}

static mr_result add_tag(const struct mr_tls_tag *tag, bool incoming, struct mr_arena *arena,
	struct mr_ttls_connection *list, size_t *count, struct mr_error *err)
{
	for (size_t i = 0; i < count_entries(tag, incoming); i++) {
		const struct mr_tls_entry *e = incoming ? &tag->incoming.items[i]
							: &tag->outgoing.items[i];
		struct mr_ttls_connection *c = &list[(*count)++];
		MR_TRY(make_key(incoming ? MR_STR("*") : e->addr, e->port, arena, &c->key, err));
		c->cert = incoming ? e->cert : MR_STR("");
		c->client_auth = incoming && !(e->cert.len && e->disable_client_auth);
	}
	return MR_OK;
}

static mr_result compile_side(const struct mr_marble *marble, const struct mr_tls_tag *tags,
	size_t tags_count, bool incoming, struct mr_arena *arena, struct mr_ttls_connection **ret,
	size_t *ret_count, struct mr_error *err)
{
	size_t room = 0, count = 0;

	for (size_t i = 0; i < marble->tls.count; i++)
		room += count_entries(
			mr_names_find(tags, tags_count, sizeof *tags, marble->tls.items[i]),
			incoming);
	MR_TRY(mr_decode_limit(room, "TLS tags of a Marble", err));
	if (room == 0)
		return MR_OK;
	struct mr_ttls_connection *list = mr_arena_array(arena, room, sizeof *list);
	if (!list)
		return mr_arena_fail(arena, err);
	for (size_t i = 0; i < marble->tls.count; i++)
		MR_TRY(add_tag(mr_names_find(tags, tags_count, sizeof *tags, marble->tls.items[i]),
			incoming, arena, list, &count, err));
	MR_TRY(mr_names_sort(list, &count, sizeof *list, arena, err));
	*ret = list;
	*ret_count = count;
	return MR_OK;
}

mr_result mr_ttls_compile(const struct mr_marble *marble, const struct mr_tls_tag *tags,
	size_t tags_count, struct mr_arena *arena, struct mr_ttls *ret, struct mr_error *err)
{
	struct mr_ttls out = { 0 };

	MR_TRY(compile_side(
		marble, tags, tags_count, true, arena, &out.incoming, &out.incoming_count, err));
	MR_TRY(compile_side(
		marble, tags, tags_count, false, arena, &out.outgoing, &out.outgoing_count, err));
	*ret = out;
	return MR_OK;
}

/* Appends a PEM block as JSON text; `pem` is that block if it is ready, else empty. */
static mr_result put_pem(struct mr_buf *out, const char *label, struct mr_bytes der,
	struct mr_str pem, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf made = { 0 };

	if (!pem.len) {
		mr_buf_init_secret(&made, out->max);
		mr_pem_encode(&made, label, der);
		MR_TRY(mr_buf_status(&made, err));
		pem = mr_buf_str(&made);
	}
	mr_json_put_str(out, pem);
	return mr_buf_status(out, err);
}

/* What most connections show, written once. */
struct own_texts {
	struct mr_buf ca, cert, key;
};

static mr_result prepare(const struct mr_ttls_source *source, size_t max, struct own_texts *own,
	struct mr_error *err)
{
	mr_buf_init_secret(&own->ca, max);
	mr_buf_init_secret(&own->cert, max);
	mr_buf_init_secret(&own->key, max);
	MR_TRY(put_pem(&own->ca, "CERTIFICATE", source->marble_root, source->marble_root_pem, err));
	MR_TRY(put_pem(&own->cert, "CERTIFICATE", source->marble_cert, MR_STR(""), err));
	return put_pem(&own->key, "PRIVATE KEY", source->marble_private, MR_STR(""), err);
}

static mr_result find_secret(const struct mr_ttls_connection *c,
	const struct mr_ttls_source *source, const struct mr_secret_value **ret,
	struct mr_error *err)
{
	*ret = NULL;
	MR_TRY(source->secret(source->self, c->cert, ret, err));
	if (!*ret || !(*ret)->cert.present || !(*ret)->private_part.present)
		return mr_fail(err, MR_CODE_STATE, "TLS certificate secret %.*s has no value",
			MR_STR_ARGS(c->cert));
	return MR_OK;
}

static mr_result put_connection(const struct mr_ttls_connection *c, bool incoming,
	const struct mr_ttls_source *source, const struct own_texts *own, struct mr_buf *out,
	struct mr_error *err)
{
	const struct mr_secret_value *secret = NULL;

	if (c->cert.len)
		MR_TRY(find_secret(c, source, &secret, err));
	mr_json_put_str(out, c->key);
	mr_buf_put_cstr(out, ":{");
	mr_json_put_name(out, "cacrt", true);
	mr_buf_put_str(out, mr_buf_str(&own->ca));
	mr_json_put_name(out, "clicrt", false);
	if (secret)
		MR_TRY(put_pem(out, "CERTIFICATE", secret->cert.bytes, MR_STR(""), err));
	else
		mr_buf_put_str(out, mr_buf_str(&own->cert));
	if (incoming) {
		mr_json_put_name(out, "clientAuth", false);
		mr_buf_put_cstr(out, c->client_auth ? "true" : "false");
	}
	mr_json_put_name(out, "clikey", false);
	if (secret)
		MR_TRY(put_pem(out, "PRIVATE KEY", secret->private_part.bytes, MR_STR(""), err));
	else
		mr_buf_put_str(out, mr_buf_str(&own->key));
	mr_buf_put_u8(out, '}');
	return MR_OK;
}

static mr_result put_side(const struct mr_ttls_connection *list, size_t count, bool incoming,
	const struct mr_ttls_source *source, const struct own_texts *own, struct mr_buf *out,
	struct mr_error *err)
{
	mr_buf_put_u8(out, '{');
	for (size_t i = 0; i < count; i++) {
		if (i)
			mr_buf_put_u8(out, ',');
		MR_TRY(put_connection(&list[i], incoming, source, own, out, err));
	}
	mr_buf_put_u8(out, '}');
	return MR_OK;
}

static mr_result put_sides(const struct mr_ttls *ttls, const struct mr_ttls_source *source,
	const struct own_texts *own, struct mr_buf *out, struct mr_error *err)
{
	mr_buf_put_cstr(out, "{\"tls\":{\"Incoming\":");
	MR_TRY(put_side(ttls->incoming, ttls->incoming_count, true, source, own, out, err));
	mr_buf_put_cstr(out, ",\"Outgoing\":");
	MR_TRY(put_side(ttls->outgoing, ttls->outgoing_count, false, source, own, out, err));
	mr_buf_put_cstr(out, "}}");
	return mr_buf_status(out, err);
}

mr_result mr_ttls_write(const struct mr_ttls *ttls, const struct mr_ttls_source *source,
	struct mr_buf *out, struct mr_error *err)
{
	struct own_texts own = { 0 };
	mr_result r = MR_OK;

	if (ttls->incoming_count + ttls->outgoing_count > 0)
		r = prepare(source, out->max, &own, err);
	if (!mr_failed(r))
		r = put_sides(ttls, source, &own, out, err);
	mr_buf_done(&own.ca);
	mr_buf_done(&own.cert);
	mr_buf_done(&own.key);
	return r;
}
