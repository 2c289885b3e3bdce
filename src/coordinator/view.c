/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/view.h"

#include <stdlib.h>

#include "base/heap.h"
#include "codec/base64.h"
#include "coordinator/view_tables.h"
#include "crypto/digest.h"

enum { ARENA_MAX = 512 << 20, LARGE = 4 << 20 };

static void destroy(struct mr_shared *shared)
{
	struct mr_view *v = MR_CONTAINER_OF(shared, struct mr_view, shared);
	bool is_large = v->arena.used > LARGE;

	for (size_t i = 0; i < v->marbles_count && v->compiled; i++)
		mr_parameters_free(v->compiled[i].parameters);
	mr_manifest_free(v->manifest);
	mr_authority_unref(v->authority);
	mr_secret_done(&v->root_secret);
	mr_secret_done(&v->previous_root_secret);
	mr_arena_done(&v->arena);
	mr_state_unref(v->source);
	free(v);
	if (is_large)
		mr_heap_trim();
}

struct mr_view *mr_view_ref(struct mr_view *view)
{
	(void)mr_shared_ref(&view->shared);
	return view;
}

void mr_view_unref(struct mr_view *view)
{
	if (view)
		mr_shared_unref(&view->shared);
}

static const char *const state_texts[] = { "0", "1", "2", "3" };

mr_result mr_view_put_state(
	struct mr_tx *tx, enum mr_coordinator_state number, struct mr_error *err)
{
	return mr_tx_put(tx, MR_STR("state"), mr_str_bytes(mr_str_of(state_texts[number])), err);
}

static mr_result read_state_number(struct mr_view *v, struct mr_error *err)
{
	struct mr_bytes text;

	if (!mr_state_get(v->source, MR_STR("state"), &text))
		return mr_fail(err, MR_CODE_NOT_FOUND, "state: requested value not set");
	for (size_t i = 1; i < MR_COUNT(state_texts); i++)
		if (mr_bytes_eq(text, mr_str_bytes(mr_str_of(state_texts[i])))) {
			v->state = (enum mr_coordinator_state)i;
			return MR_OK;
		}
	return mr_fail(err, MR_CODE_INVALID, "state: not a known state number");
}

/* States begun before 1.9 hold no root secret: then it is the root key's scalar (40 §13.5). */
static mr_result read_root_secrets(struct mr_view *v, struct mr_error *err)
{
	struct mr_bytes value;

	if (mr_state_get(v->source, MR_STR("rootSecret"), &value))
		MR_TRY(mr_secret_copy(value, &v->root_secret, err));
	else
		MR_TRY(mr_key_scalar(v->authority->root_key, &v->root_secret, err));
	if (mr_state_get(v->source, MR_STR("previousRootSecret"), &value))
		return mr_secret_copy(value, &v->previous_root_secret, err);
	return mr_secret_copy(mr_secret_bytes(&v->root_secret), &v->previous_root_secret, err);
}

static mr_result read_manifest(struct mr_view *v, struct mr_error *err)
{
	uint8_t hash[MR_SHA256_SIZE];
	struct mr_buf hex;

	if (!mr_state_get(v->source, MR_STR("manifest"), &v->manifest_raw))
		return MR_OK;
	MR_TRY(mr_wrap(err, mr_manifest_decode(v->manifest_raw, NULL, &v->manifest, err),
		"unmarshaling manifest"));
	if (!mr_state_get(v->source, MR_STR("manifestSignature"), &v->manifest_signature))
		return mr_fail(
			err, MR_CODE_NOT_FOUND, "manifestSignature: requested value not set");
	MR_TRY(mr_sha256(v->manifest_raw, hash, err));
	mr_buf_init(&hex, sizeof v->fingerprint);
	mr_hex_encode(&hex, mr_bytes_of(hash, sizeof hash));
	mr_result r = mr_buf_status(&hex, err);
	if (!mr_failed(r))
		memcpy(v->fingerprint, hex.data, hex.len);
	mr_buf_done(&hex);
	return r;
}

static mr_result build(struct mr_view *v, struct mr_error *err)
{
	MR_TRY(read_state_number(v, err));
	MR_TRY(mr_authority_load(v->source, &v->authority, err));
	MR_TRY(read_root_secrets(v, err));
	MR_TRY(read_manifest(v, err));
	if (!v->manifest)
		return MR_OK;
	return mr_view_read_tables(v, err);
}

mr_result mr_view_build(struct mr_state *state, struct mr_view **ret, struct mr_error *err)
{
	struct mr_view *v = calloc(1, sizeof *v);

	if (!v)
		return mr_fail_nomem(err);
	mr_shared_init(&v->shared, destroy);
	mr_arena_init(&v->arena, ARENA_MAX);
	v->source = mr_state_ref(state);
	mr_result r = build(v, err);
	if (mr_failed(r)) {
		mr_view_unref(v);
		return r;
	}
	*ret = v;
	return MR_OK;
}

const struct mr_view_marble *mr_view_marble(const struct mr_view *view, struct mr_str type)
{
	const struct mr_marble *m = mr_names_find(
		view->marbles, view->marbles_count, sizeof *view->marbles, type);

	return m ? &view->compiled[m - view->marbles] : NULL;
}

const struct mr_secret_value *mr_view_secret(
	const struct mr_view *view, enum mr_secret_epoch epoch, struct mr_str name)
{
	return mr_names_find(view->secrets[epoch], view->secrets_count[epoch],
		sizeof *view->secrets[epoch], name);
}

struct mr_str mr_view_key(struct mr_buf *out, const char *kind, struct mr_str name)
{
	mr_buf_clear(out);
	mr_buf_put_cstr(out, kind);
	mr_buf_put_str(out, name);
	return mr_buf_str(out);
}
