/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/collateral.h"

#include <stdlib.h>

#include "attest/signed_json.h"
#include "codec/base64.h"
#include "codec/pem.h"
#include "crypto/der.h"
#include "crypto/signature_raw.h"

enum { ARENA_MAX = 8 << 20 };

static enum mr_attest_code unreadable(struct mr_error *err, const char *what, const char *member)
{
	return mr_attest_fail(err, MR_ATTEST_COLLATERAL_PARSE, "malformed %s%s%s", what,
		member ? ": " : "", member ? member : "");
}

enum mr_attest_code mr_collateral_crl(
	struct mr_bytes bytes, struct mr_crl *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	struct mr_str label;
	struct mr_str rest;
	mr_result r = MR_OK;

	mr_buf_init(&der, MR_CRL_MAX_SIZE);
	bool is_der = bytes.len > 1 && bytes.ptr[0] == MR_DER_SEQUENCE && (bytes.ptr[1] & 0x80);
	if (is_der) {
		/* stored copies may end with a NUL, which a list's own length tells apart */
		struct mr_cursor c = mr_cursor_of(bytes);
		struct mr_bytes content;
		struct mr_bytes whole;
		uint8_t tag;

		if (!mr_der_next(&c, &tag, &content, &whole) || mr_cursor_left(&c) > 1 ||
			(mr_cursor_left(&c) == 1 && mr_cursor_rest(&c).ptr[0] != '\0'))
			return unreadable(err, "revocation list", NULL);
		mr_buf_put_bytes(&der, whole);
	}
	while (!is_der && bytes.len > 0 &&
		(bytes.ptr[bytes.len - 1] == '\0' || bytes.ptr[bytes.len - 1] == '\n'))
		bytes.len--;
	if (!is_der && mr_str_starts(mr_bytes_str(bytes), MR_STR("-----BEGIN")))
		r = mr_pem_decode(mr_bytes_str(bytes), &label, &der, &rest, err);
	else if (!is_der)
		r = mr_hex_decode(mr_bytes_str(bytes), &der, err);
	if (mr_failed(r) || mr_failed(mr_crl_parse(mr_buf_bytes(&der), ret, err)))
		return unreadable(err, "revocation list", NULL);
	return MR_ATTEST_OK;
}

/* Cuts the document, and checks its signature before its meaning is looked at. */
static enum mr_attest_code open_document(struct mr_bytes text, struct mr_str name,
	const struct mr_intel_chain *signer, struct mr_str *ret, struct mr_error *err)
{
	struct mr_signed_json cut;

	if (!mr_signed_json_cut(mr_bytes_str(text), name, &cut))
		return unreadable(err, name.ptr, NULL);
	enum mr_attest_code code = mr_attest_of(
		mr_key_verify_raw(signer->leaf_key, MR_HASH_SHA256, mr_str_bytes(cut.object),
			mr_bytes_of(cut.signature, 32), mr_bytes_of(cut.signature + 32, 32), err),
		MR_ATTEST_COLLATERAL_SIGNATURE);
	if (code == MR_ATTEST_COLLATERAL_SIGNATURE)
		return mr_attest_fail(err, code, "the signature of %s does not verify", name.ptr);
	MR_ATTEST_TRY(code);
	if (cut.too_deep)
		return unreadable(err, name.ptr, "nested too deeply");
	*ret = cut.object;
	return MR_ATTEST_OK;
}

/* The documents are kept in the arena: what is read from them borrows from them. */
static enum mr_attest_code load_documents(struct mr_collateral *c,
	const struct mr_collateral_files *f, const struct mr_roots *roots, struct mr_error *err)
{
	struct mr_bytes kept;
	struct mr_str object;
	const char *bad;

	MR_ATTEST_TRY(mr_intel_chain_read(mr_bytes_str(f->tcb_info_chain), MR_INTEL_TCB_SIGNING,
		roots, &c->tcb_info_chain, err));
	MR_ATTEST_TRY(mr_attest_of(
		mr_arena_bytes(&c->arena, f->tcb_info, &kept, err), MR_ATTEST_COLLATERAL_PARSE));
	MR_ATTEST_TRY(open_document(kept, MR_STR("tcbInfo"), &c->tcb_info_chain, &object, err));
	if (!mr_tcb_info_read(object, &c->arena, &c->tcb_info, &bad))
		return unreadable(err, "tcbInfo", bad);
	MR_ATTEST_TRY(mr_intel_chain_read(mr_bytes_str(f->qe_identity_chain), MR_INTEL_TCB_SIGNING,
		roots, &c->qe_identity_chain, err));
	MR_ATTEST_TRY(mr_attest_of(
		mr_arena_bytes(&c->arena, f->qe_identity, &kept, err), MR_ATTEST_COLLATERAL_PARSE));
	MR_ATTEST_TRY(open_document(
		kept, MR_STR("enclaveIdentity"), &c->qe_identity_chain, &object, err));
	if (!mr_qe_identity_read(object, &c->arena, &c->qe_identity, &bad))
		return unreadable(err, "enclaveIdentity", bad);
	return MR_ATTEST_OK;
}

static enum mr_attest_code check_list(const struct mr_crl *crl, const struct mr_cert *issuer,
	const struct mr_key *key, const char *name, struct mr_error *err)
{
	enum mr_attest_code code = MR_ATTEST_COLLATERAL_SIGNATURE;

	if (mr_bytes_eq(crl->issuer, issuer->subject))
		code = mr_attest_of(mr_crl_check_signature(crl, key, err), code);
	if (code == MR_ATTEST_COLLATERAL_SIGNATURE)
		return mr_attest_fail(err, code, "the %s is not signed by its issuer", name);
	return code;
}

static enum mr_attest_code load_lists(struct mr_collateral *c, const struct mr_collateral_files *f,
	const struct mr_roots *roots, struct mr_error *err)
{
	const struct mr_intel_chain *ca = &c->pck_crl_chain;
	MR_AUTO(key) struct mr_key *root_key = NULL;

	MR_ATTEST_TRY(mr_intel_chain_read(
		mr_bytes_str(f->pck_crl_chain), MR_INTEL_PCK_CA, roots, &c->pck_crl_chain, err));
	MR_ATTEST_TRY(mr_collateral_crl(f->pck_crl, &c->pck_crl, err));
	MR_ATTEST_TRY(mr_collateral_crl(f->root_crl, &c->root_crl, err));
	MR_ATTEST_TRY(check_list(&c->pck_crl, &ca->cert[0], ca->leaf_key, "PCK list", err));
	MR_ATTEST_TRY(
		mr_attest_of(mr_cert_key(&ca->cert[1], &root_key, err), MR_ATTEST_CERT_CHAIN));
	return check_list(&c->root_crl, &ca->cert[1], root_key, "root's list", err);
}

static bool is_complete(const struct mr_collateral_files *f)
{
	return f->tcb_info.ptr && f->tcb_info_chain.ptr && f->qe_identity.ptr &&
	       f->qe_identity_chain.ptr && f->pck_crl.ptr && f->pck_crl_chain.ptr &&
	       f->root_crl.ptr;
}

static void destroy(struct mr_shared *shared)
{
	struct mr_collateral *c = MR_CONTAINER_OF(shared, struct mr_collateral, shared);

	mr_intel_chain_done(&c->tcb_info_chain);
	mr_intel_chain_done(&c->qe_identity_chain);
	mr_intel_chain_done(&c->pck_crl_chain);
	mr_crl_done(&c->pck_crl);
	mr_crl_done(&c->root_crl);
	mr_arena_done(&c->arena);
	free(c);
}

void mr_collateral_unref(struct mr_collateral *c)
{
	if (c)
		mr_shared_unref(&c->shared);
}

enum mr_attest_code mr_collateral_new(const struct mr_collateral_files *files,
	const struct mr_roots *roots, struct mr_collateral **ret, struct mr_error *err)
{
	if (!is_complete(files))
		return mr_attest_fail(
			err, MR_ATTEST_COLLATERAL_FETCH, "a document of the collateral is missing");
	MR_AUTO(collateral) struct mr_collateral *c = calloc(1, sizeof *c);
	if (!c)
		return mr_attest_of(mr_fail_nomem(err), MR_ATTEST_INTERNAL);
	mr_shared_init(&c->shared, destroy);
	mr_arena_init(&c->arena, ARENA_MAX);
	MR_ATTEST_TRY(load_documents(c, files, roots, err));
	MR_ATTEST_TRY(load_lists(c, files, roots, err));
	*ret = c;
	c = NULL;
	return MR_ATTEST_OK;
}

/* --- at a time --- */

static enum mr_attest_code current(struct mr_collateral_time *time, int64_t from, int64_t to,
	const char *what, struct mr_validity *validity, struct mr_error *err)
{
	/* a date near the end of time needs no grace */
	int64_t end = to < INT64_MAX - time->grace ? to + time->grace : to;

	if (!mr_time_within(time->now, from, end))
		return mr_attest_fail(err, MR_ATTEST_COLLATERAL_EXPIRED,
			"the %s has expired or is not yet valid", what);
	time->grace_used = time->grace_used || time->now > to;
	mr_validity_narrow(validity, from, end);
	return MR_ATTEST_OK;
}

enum mr_attest_code mr_collateral_current(const struct mr_collateral *c,
	struct mr_collateral_time *time, struct mr_validity *validity, struct mr_error *err)
{
	const struct mr_intel_chain *chains[] = { &c->tcb_info_chain, &c->qe_identity_chain,
		&c->pck_crl_chain };

	for (size_t i = 0; i < MR_COUNT(chains); i++)
		MR_ATTEST_TRY(mr_intel_chain_valid_at(chains[i], time->now, validity, err));
	MR_ATTEST_TRY(current(time, c->root_crl.this_update, c->root_crl.next_update,
		"root's revocation list", validity, err));
	MR_ATTEST_TRY(current(time, c->pck_crl.this_update, c->pck_crl.next_update,
		"PCK revocation list", validity, err));
	MR_ATTEST_TRY(current(
		time, c->tcb_info.issue_date, c->tcb_info.next_update, "TCB info", validity, err));
	MR_ATTEST_TRY(current(time, c->qe_identity.issue_date, c->qe_identity.next_update,
		"QE identity", validity, err));
	if (mr_crl_lists(&c->root_crl, &c->tcb_info_chain.cert[0]) ||
		mr_crl_lists(&c->root_crl, &c->qe_identity_chain.cert[0]))
		return mr_attest_fail(
			err, MR_ATTEST_CERT_REVOKED, "a TCB signing certificate is revoked");
	return MR_ATTEST_OK;
}

enum mr_attest_code mr_collateral_check(const struct mr_collateral *c,
	const struct mr_intel_chain *pck, struct mr_collateral_time *time,
	struct mr_validity *validity, struct mr_error *err)
{
	MR_ATTEST_TRY(mr_collateral_current(c, time, validity, err));
	/* the same key, so that another certificate of the same authority is as good */
	if (!mr_bytes_eq(c->pck_crl.issuer, pck->cert[0].issuer) ||
		!mr_bytes_eq(c->pck_crl_chain.cert[0].spki, pck->cert[1].spki))
		return mr_attest_fail(err, MR_ATTEST_COLLATERAL_SIGNATURE,
			"the PCK revocation list is of another authority");
	return MR_ATTEST_OK;
}
