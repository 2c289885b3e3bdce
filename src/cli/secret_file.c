/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/secret_file.h"

#include <stdlib.h>

#include "base/secret.h"
#include "codec/json.h"
#include "codec/pem.h"
#include "crypto/cert.h"

#define TREE_MAX ((size_t)256 << 20)

struct part {
	struct mr_bytes bytes;
	bool present;
};

struct entry {
	struct mr_str name;
	struct part cert, private_part, key;
};

/* --- writing --- */

static void put_part(struct mr_buf *out, const char *name, const struct part *part, bool first)
{
	mr_json_put_name(out, name, first);
	if (part->present)
		mr_json_put_bytes(out, part->bytes);
	else
		mr_buf_put_cstr(out, "null");
}

static void put_entry(struct mr_buf *out, const struct entry *entry)
{
	mr_json_put_str(out, entry->name);
	mr_buf_put_cstr(out, ":{");
	put_part(out, "Cert", &entry->cert, true);
	put_part(out, "Private", &entry->private_part, false);
	put_part(out, "Key", &entry->key, false);
	mr_buf_put_u8(out, '}');
}

/* --- JSON --- */

static mr_result check_cert(struct mr_bytes der, struct mr_error *err)
{
	MR_AUTO(cert) struct mr_cert cert = { 0 };

	return mr_cert_parse(der, &cert, err);
}

/* Older clients wrote an object where there was no certificate. */
static mr_result read_cert(
	const struct mr_json *value, struct mr_arena *arena, struct part *ret, struct mr_error *err)
{
	if (value->kind == MR_JSON_OBJECT) {
		ret->present = false;
		return MR_OK;
	}
	MR_TRY(mr_json_get_bytes(value, arena, &ret->bytes, &ret->present, err));
	return ret->present ? check_cert(ret->bytes, err) : MR_OK;
}

static mr_result read_member(const struct mr_json *member, struct mr_arena *arena,
	struct entry *entry, struct mr_error *err)
{
	struct part *part = NULL;

	if (mr_json_name_matches(member->name, MR_STR("Cert")))
		return read_cert(member, arena, &entry->cert, err);
	if (mr_json_name_matches(member->name, MR_STR("Private")))
		part = &entry->private_part;
	else if (mr_json_name_matches(member->name, MR_STR("Key")))
		part = &entry->key;
	return part ? mr_json_get_bytes(member, arena, &part->bytes, &part->present, err) : MR_OK;
}

static mr_result read_entry(const struct mr_json *value, struct mr_arena *arena, struct entry *ret,
	struct mr_error *err)
{
	ret->name = value->name;
	MR_TRY(mr_json_want(value, MR_JSON_OBJECT, "a secret", err));
	for (const struct mr_json *at = value->first; at; at = at->next)
		MR_TRY(mr_wrap(
			err, read_member(at, arena, ret, err), "%.*s", MR_STR_ARGS(at->name)));
	return MR_OK;
}

/* By name; of equal ones the later goes last. */
static int by_name(const void *a, const void *b)
{
	const struct mr_json *const *left = a, *const *right = b;
	int names = mr_str_cmp((*left)->name, (*right)->name);

	return names ? names : (*left)->source.ptr < (*right)->source.ptr ? -1 : 1;
}

/* Every entry is read, so that a wrong one fails though a later one has its name. */
static mr_result put_entries(
	const struct mr_json *map, struct mr_arena *arena, struct mr_buf *out, struct mr_error *err)
{
	const struct mr_json **sorted = mr_arena_array(
		arena, map->count + 1, sizeof(const struct mr_json *));
	size_t count = 0;
	bool first = true;

	if (!sorted)
		return mr_arena_fail(arena, err);
	for (const struct mr_json *at = map->first; at; at = at->next)
		sorted[count++] = at;
	qsort(sorted, count, sizeof(const struct mr_json *), by_name);
	for (size_t i = 0; i < count; i++) {
		struct entry entry = { .name = { NULL, 0 } };

		MR_TRY(mr_wrap(err, read_entry(sorted[i], arena, &entry, err), "%.*s",
			MR_STR_ARGS(sorted[i]->name)));
		if (i + 1 < count && mr_str_eq(sorted[i]->name, sorted[i + 1]->name))
			continue;
		if (!first)
			mr_buf_put_u8(out, ',');
		first = false;
		put_entry(out, &entry);
	}
	return MR_OK;
}

mr_result mr_secret_file_from_json(struct mr_str text, struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const struct mr_json *map;

	mr_arena_init(&arena, TREE_MAX);
	MR_TRY(mr_json_parse(text, &arena, &map, err));
	MR_TRY(mr_json_want(map, MR_JSON_OBJECT, "a map of secrets", err));
	mr_buf_put_u8(out, '{');
	MR_TRY(put_entries(map, &arena, out, err));
	mr_buf_put_u8(out, '}');
	return mr_buf_status(out, err);
}

/* --- PEM --- */

/* The pair as far as it was found. */
struct pair {
	struct mr_buf cert;
	struct mr_secret key;
	bool has_cert, has_key;
};

static void pair_done(struct pair *pair)
{
	mr_buf_done(&pair->cert);
	mr_secret_done(&pair->key);
}

MR_DEFINE_AUTO(pair, struct pair, pair_done)

static bool contains(struct mr_str text, struct mr_str part)
{
	for (size_t i = 0; i + part.len <= text.len; i++) {
		if (mr_str_eq(mr_str_sub(text, i, i + part.len), part))
			return true;
	}
	return false;
}

/* The server takes PKCS#8; a key labelled as such is left as it is. */
static mr_result take_key(
	struct mr_str label, struct mr_bytes der, struct mr_secret *ret, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *key = NULL;

	if (contains(label, MR_STR("ENCRYPTED")))
		return mr_fail(
			err, MR_CODE_UNSUPPORTED, "the private key in the PEM data is encrypted");
	if (mr_str_eq(label, MR_STR("EC PRIVATE KEY")))
		MR_TRY(mr_key_from_sec1(der, &key, err));
	else if (mr_str_eq(label, MR_STR("RSA PRIVATE KEY")))
		MR_TRY(mr_key_from_pkcs1(der, &key, err));
	else
		return mr_secret_copy(der, ret, err);
	return mr_key_to_pkcs8(key, ret, err);
}

/* Of what comes twice the first one counts: a chain begins with the certificate of the key. */
static mr_result take_block(
	struct pair *pair, struct mr_str label, const struct mr_buf *der, struct mr_error *err)
{
	if (mr_str_eq(label, MR_STR("EC PARAMETERS")))
		return MR_OK;
	if (mr_str_eq(label, MR_STR("CERTIFICATE"))) {
		if (pair->has_cert)
			return MR_OK;
		MR_TRY(check_cert(mr_buf_bytes(der), err));
		mr_buf_put_bytes(&pair->cert, mr_buf_bytes(der));
		pair->has_cert = true;
		return mr_buf_status(&pair->cert, err);
	}
	if (!contains(label, MR_STR("PRIVATE")))
		return mr_fail(err, MR_CODE_INVALID, "unrecognized PEM type for secret: %.*s",
			MR_STR_ARGS(label));
	if (pair->has_key)
		return MR_OK;
	MR_TRY(take_key(label, mr_buf_bytes(der), &pair->key, err));
	pair->has_key = true;
	return MR_OK;
}

/* Blocks behind a complete pair are not looked at. */
static mr_result find_pair(struct mr_str text, struct pair *pair, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };

	mr_buf_init_secret(&der, MR_SECRET_FILE_MAX);
	while (!pair->has_cert || !pair->has_key) {
		struct mr_str label;
		mr_result r;

		mr_buf_clear(&der);
		r = mr_pem_decode(text, &label, &der, &text, err);
		if (r.code == MR_CODE_NOT_FOUND)
			break;
		MR_TRY(r);
		MR_TRY(take_block(pair, label, &der, err));
	}
	if (pair->has_cert || pair->has_key)
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID, "found no certificate or private key in PEM data");
}

mr_result mr_secret_file_from_pem(
	struct mr_str text, struct mr_str name, struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(pair) struct pair pair = { .has_cert = false };
	struct entry entry = { .name = name };

	mr_buf_init(&pair.cert, MR_SECRET_FILE_MAX);
	MR_TRY(find_pair(text, &pair, err));
	entry.cert = (struct part){ mr_buf_bytes(&pair.cert), pair.has_cert };
	entry.private_part = (struct part){ mr_secret_bytes(&pair.key), pair.has_key };
	mr_buf_put_u8(out, '{');
	put_entry(out, &entry);
	mr_buf_put_u8(out, '}');
	return mr_buf_status(out, err);
}
