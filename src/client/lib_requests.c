/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of the public interface: status, manifest, updates, secrets (20 §11). */
#include "client/api_secrets.h"
#include "client/api_update.h"
#include "client/lib.h"
#include "codec/base64.h"
#include "crypto/digest.h"

enum { SECRET_MAX = 16 << 20 };

static struct mr_bytes bytes_of(const void *data, size_t size)
{
	return mr_bytes_of(data, size);
}

/* --- lists --- */

static mr_result put_texts(
	marblerun_list *ret, const struct mr_str *texts, size_t count, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };

	mr_lib_scratch(&arena);
	struct mr_lib_entry *entries = mr_arena_array(&arena, count + 1, sizeof *entries);
	if (!entries)
		return mr_arena_fail(&arena, err);
	for (size_t i = 0; i < count; i++)
		entries[i] = (struct mr_lib_entry){ .name = texts[i] };
	return mr_lib_put_list(ret, entries, count, err);
}

static mr_result put_recovery(marblerun_list *ret, const struct mr_recovery_secret *secrets,
	size_t count, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };

	mr_lib_scratch(&arena);
	struct mr_lib_entry *entries = mr_arena_array(&arena, count + 1, sizeof *entries);
	if (!entries)
		return mr_arena_fail(&arena, err);
	for (size_t i = 0; i < count; i++) {
		entries[i] = (struct mr_lib_entry){ .name = secrets[i].name };
		if (secrets[i].present)
			entries[i].data = secrets[i].data;
	}
	return mr_lib_put_list(ret, entries, count, err);
}

/* --- status and manifest --- */

static mr_result get_status(
	marblerun_coordinator *c, int *code, marblerun_bytes *text, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_str message;
	int64_t number;

	mr_lib_scratch(&arena);
	MR_TRY(mr_api_get_status(c->api, &arena, &number, &message, err));
	MR_TRY(mr_lib_put_int(code, number, err));
	return mr_lib_put_bytes(text, mr_str_bytes(message), err);
}

int marblerun_status(
	marblerun_coordinator *c, int *code, marblerun_bytes *text, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(error, get_status(c, code, text, &err), &err);
}

static mr_result get_manifest(marblerun_coordinator *c, marblerun_bytes *manifest,
	marblerun_bytes *hash, marblerun_bytes *signature, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	marblerun_bytes parts[3] = { { NULL, 0 } };
	struct mr_api_manifest m;

	mr_lib_scratch(&arena);
	MR_TRY(mr_api_get_manifest(c->api, &arena, &m, err));
	mr_result r = mr_lib_put_bytes(&parts[0], m.manifest, err);
	if (!mr_failed(r))
		r = mr_lib_put_bytes(&parts[1], mr_str_bytes(m.fingerprint), err);
	if (!mr_failed(r))
		r = mr_lib_put_bytes(&parts[2], m.signature, err);
	marblerun_bytes *const wanted[] = { manifest, hash, signature };
	for (size_t i = 0; i < MR_COUNT(parts); i++) {
		if (wanted[i] && !mr_failed(r))
			*wanted[i] = parts[i];
		else
			marblerun_bytes_free(&parts[i]);
	}
	return r;
}

int marblerun_manifest_get(marblerun_coordinator *c, marblerun_bytes *manifest,
	marblerun_bytes *hash, marblerun_bytes *signature, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(error, get_manifest(c, manifest, hash, signature, &err), &err);
}

/* The fingerprint that the Coordinator tells, and where it shows the manifest, that and the root's word for it. */
static mr_result verify_manifest(
	marblerun_coordinator *c, struct mr_bytes expected, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(buf) struct mr_buf hex = { 0 };
	MR_AUTO(key) struct mr_key *key = NULL;
	uint8_t digest[MR_SHA256_SIZE];
	struct mr_api_manifest m;

	mr_lib_scratch(&arena);
	mr_buf_init(&hex, 2 * MR_SHA256_SIZE);
	MR_TRY(mr_sha256(expected, digest, err));
	mr_hex_encode(&hex, mr_bytes_of(digest, sizeof digest));
	MR_TRY(mr_buf_status(&hex, err));
	MR_TRY(mr_api_get_manifest(c->api, &arena, &m, err));
	if (m.fingerprint.len == 0)
		return mr_fail(err, MR_CODE_STATE, "no manifest is set");
	if (!mr_str_eq_nocase(m.fingerprint, mr_buf_str(&hex)) ||
		(m.manifest.len && !mr_bytes_eq(m.manifest, expected)))
		return mr_fail(err, MR_CODE_DENIED, "the Coordinator has another manifest");
	if (!m.manifest.len || !m.signature.len || !c->chain.root.der.ptr)
		return MR_OK;
	MR_TRY(mr_cert_key(&c->chain.root, &key, err));
	return mr_wrap(err, mr_key_verify(key, MR_HASH_SHA256, m.manifest, m.signature, err),
		"verifying manifest signature");
}

int marblerun_manifest_verify(
	marblerun_coordinator *c, const void *manifest, size_t size, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(error, verify_manifest(c, bytes_of(manifest, size), &err), &err);
}

static mr_result get_log(marblerun_coordinator *c, marblerun_list *lines, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const struct mr_str *texts;
	size_t count;

	mr_lib_scratch(&arena);
	MR_TRY(mr_api_get_update_log(c->api, &arena, &texts, &count, err));
	return put_texts(lines, texts, count, err);
}

int marblerun_manifest_log(marblerun_coordinator *c, marblerun_list *lines, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(error, get_log(c, lines, &err), &err);
}

static mr_result set_manifest(marblerun_coordinator *c, struct mr_bytes manifest,
	marblerun_list *secrets, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const struct mr_recovery_secret *list;
	size_t count;

	mr_lib_scratch(&arena);
	MR_TRY(mr_api_set_manifest(c->api, manifest, &arena, &list, &count, err));
	return put_recovery(secrets, list, count, err);
}

int marblerun_manifest_set(marblerun_coordinator *c, const void *manifest, size_t size,
	marblerun_list *secrets, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(error, set_manifest(c, bytes_of(manifest, size), secrets, &err), &err);
}

/* --- updates --- */

typedef mr_result submit_function(struct mr_api *api, struct mr_bytes manifest,
	struct mr_arena *arena, struct mr_api_update *ret, struct mr_error *err);

static mr_result submit(submit_function *call, marblerun_coordinator *c, struct mr_bytes manifest,
	int *missing, marblerun_list *users, marblerun_list *secrets, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_api_update update;

	mr_lib_scratch(&arena);
	MR_TRY(call(c->api, manifest, &arena, &update, err));
	MR_TRY(mr_lib_put_int(missing, update.missing, err));
	MR_TRY(put_texts(users, update.users, update.user_count, err));
	mr_result r = put_recovery(secrets, update.secrets, update.secret_count, err);
	if (mr_failed(r))
		marblerun_list_free(users);
	return r;
}

int marblerun_update_apply(marblerun_coordinator *c, const void *manifest, size_t size,
	int *missing, marblerun_list *users, marblerun_list *secrets, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(error,
		submit(mr_api_apply_update, c, bytes_of(manifest, size), missing, users, secrets,
			&err),
		&err);
}

int marblerun_update_acknowledge(marblerun_coordinator *c, const void *manifest, size_t size,
	int *missing, marblerun_list *users, marblerun_list *secrets, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(error,
		submit(mr_api_acknowledge_update, c, bytes_of(manifest, size), missing, users,
			secrets, &err),
		&err);
}

static mr_result get_pending(marblerun_coordinator *c, marblerun_bytes *manifest,
	marblerun_list *users, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_api_pending pending;

	mr_lib_scratch(&arena);
	MR_TRY(mr_api_get_pending(c->api, &arena, &pending, err));
	MR_TRY(put_texts(users, pending.users, pending.user_count, err));
	mr_result r = mr_lib_put_bytes(manifest, pending.manifest, err);
	if (mr_failed(r))
		marblerun_list_free(users);
	return r;
}

int marblerun_update_get(marblerun_coordinator *c, marblerun_bytes *manifest, marblerun_list *users,
	marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(error, get_pending(c, manifest, users, &err), &err);
}

int marblerun_update_cancel(marblerun_coordinator *c, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(error, mr_api_cancel_update(c->api, &err), &err);
}

/* --- secrets --- */

static void put_part(struct mr_buf *out, const char *name, const struct mr_api_bytes *part)
{
	mr_json_put_name(out, name, false);
	if (part->present)
		mr_json_put_bytes(out, part->bytes);
	else
		mr_buf_put_cstr(out, "null");
}

static mr_result write_secret(const struct mr_api_secret *s, struct mr_arena *arena,
	struct mr_lib_entry *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf json = { 0 };

	mr_buf_init_secret(&json, SECRET_MAX);
	mr_buf_put_u8(&json, '{');
	mr_json_put_name(&json, "Type", true);
	mr_json_put_str(&json, s->type);
	put_part(&json, "Cert", &s->cert);
	put_part(&json, "Private", &s->private_part);
	put_part(&json, "Public", &s->public_part);
	mr_buf_put_u8(&json, '}');
	MR_TRY(mr_buf_status(&json, err));
	ret->name = s->name;
	return mr_arena_bytes(arena, mr_buf_bytes(&json), &ret->data, err);
}

static mr_result get_secrets(marblerun_coordinator *c, const char *const *names, size_t count,
	marblerun_list *ret, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const struct mr_api_secret *secrets;
	size_t found;

	mr_lib_scratch(&arena);
	MR_TRY(mr_api_get_secrets(c->api, names, count, &arena, &secrets, &found, err));
	struct mr_lib_entry *entries = mr_arena_array(&arena, found + 1, sizeof *entries);
	if (!entries)
		return mr_arena_fail(&arena, err);
	for (size_t i = 0; i < found; i++)
		MR_TRY(write_secret(&secrets[i], &arena, &entries[i], err));
	return mr_lib_put_list(ret, entries, found, err);
}

int marblerun_secrets_get(marblerun_coordinator *c, const char *const *names, size_t count,
	marblerun_list *secrets, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(error, get_secrets(c, names, count, secrets, &err), &err);
}

int marblerun_secrets_set(marblerun_coordinator *c, const char *json, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(error, mr_api_set_secrets(c->api, mr_str_of(json), &err), &err);
}
