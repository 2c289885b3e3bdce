/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/intel_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "codec/base64.h"

enum { LOAD_MS = 30000, TCB_INFOS_MAX = 64, MAX_AGE_MIN = 60 };

/* One document as it was received. Freed by whoever takes it out. */
struct document {
	bool present;
	struct mr_pccs_document text;
	int64_t refresh_at; /* Unix seconds */
};

struct tcb_slot {
	struct mr_collateral_key key; /* is_platform_ca is 0 */
	uint64_t used;
	struct document document;
};

struct mr_intel_source {
	struct mr_intel_source_config config;
	struct mr_pccs *pccs;
	struct document root_crl, pck_crl[2], qe_identity[2];
	struct tcb_slot tcb_info[TCB_INFOS_MAX];
	uint64_t uses;
};

enum part { ROOT_CRL, PCK_CRL, TCB_INFO, QE_IDENTITY, PART_COUNT };

/* One load: where each document is kept, and what replaces it when all is good. */
struct load {
	struct document *kept[PART_COUNT];
	struct document fresh[PART_COUNT];
	struct tcb_slot *slot;
};

static void document_done(struct document *d)
{
	mr_pccs_document_done(&d->text);
	*d = (struct document){ .present = false };
}

static void load_done(struct load *l)
{
	for (size_t i = 0; i < PART_COUNT; i++)
		document_done(&l->fresh[i]);
}

mr_result mr_intel_source_new(const struct mr_intel_source_config *config,
	struct mr_intel_source **ret, struct mr_error *err)
{
	MR_AUTO(intel_source) struct mr_intel_source *s = calloc(1, sizeof *s);

	if (!s)
		return mr_fail_nomem(err);
	s->config = *config;
	MR_TRY(mr_pccs_new(&config->qcnl, config->stop, &s->pccs, err));
	*ret = s;
	s = NULL;
	return MR_OK;
}

void mr_intel_source_free(struct mr_intel_source *s)
{
	if (!s)
		return;
	mr_pccs_free(s->pccs);
	document_done(&s->root_crl);
	for (size_t i = 0; i < 2; i++) {
		document_done(&s->pck_crl[i]);
		document_done(&s->qe_identity[i]);
	}
	for (size_t i = 0; i < TCB_INFOS_MAX; i++)
		document_done(&s->tcb_info[i].document);
	free(s);
}

static bool is_of(const struct tcb_slot *slot, const struct mr_collateral_key *key)
{
	return slot->document.present && slot->key.is_td == key->is_td &&
	       memcmp(slot->key.fmspc, key->fmspc, sizeof key->fmspc) == 0;
}

/* The slot of this key, or the one that was not used for the longest time. */
static struct tcb_slot *find_slot(struct mr_intel_source *s, const struct mr_collateral_key *key)
{
	struct tcb_slot *oldest = &s->tcb_info[0];

	for (size_t i = 0; i < TCB_INFOS_MAX; i++) {
		struct tcb_slot *slot = &s->tcb_info[i];

		if (is_of(slot, key))
			return slot;
		if (slot->used < oldest->used)
			oldest = slot;
	}
	return oldest;
}

static void begin(struct mr_intel_source *s, const struct mr_collateral_key *key, struct load *l)
{
	static struct document none;

	l->slot = find_slot(s, key);
	l->kept[ROOT_CRL] = &s->root_crl;
	l->kept[PCK_CRL] = &s->pck_crl[key->is_platform_ca];
	l->kept[TCB_INFO] = is_of(l->slot, key) ? &l->slot->document : &none;
	l->kept[QE_IDENTITY] = &s->qe_identity[key->is_td];
}

/* Fetches what is not there or due. */
static enum mr_attest_code fetch(struct mr_intel_source *s, const struct mr_collateral_key *key,
	int64_t now, struct load *l, struct mr_error *err)
{
	static const enum mr_pccs_kind kinds[] = { [ROOT_CRL] = MR_PCCS_ROOT_CRL,
		[PCK_CRL] = MR_PCCS_PCK_CRL,
		[TCB_INFO] = MR_PCCS_TCB_INFO,
		[QE_IDENTITY] = MR_PCCS_QE_IDENTITY };
	struct mr_pccs_request request = { .is_platform_ca = key->is_platform_ca,
		.is_td = key->is_td };
	int64_t deadline_ms = mr_clock_monotonic_ms() + LOAD_MS;

	memcpy(request.fmspc, key->fmspc, sizeof request.fmspc);
	for (size_t i = 0; i < PART_COUNT; i++) {
		if (l->kept[i]->present && l->kept[i]->refresh_at > now)
			continue;
		request.kind = kinds[i];
		MR_ATTEST_TRY(
			mr_pccs_fetch(s->pccs, &request, deadline_ms, &l->fresh[i].text, err));
		l->fresh[i].present = true;
	}
	return MR_ATTEST_OK;
}

static const struct mr_pccs_document *text_of(const struct load *l, enum part part)
{
	return l->fresh[part].present ? &l->fresh[part].text : &l->kept[part]->text;
}

static enum mr_attest_code build(const struct mr_intel_source *s, const struct load *l,
	struct mr_collateral **ret, struct mr_error *err)
{
	const struct mr_collateral_files files = {
		.tcb_info = mr_buf_bytes(&text_of(l, TCB_INFO)->body),
		.tcb_info_chain = mr_buf_bytes(&text_of(l, TCB_INFO)->chain),
		.qe_identity = mr_buf_bytes(&text_of(l, QE_IDENTITY)->body),
		.qe_identity_chain = mr_buf_bytes(&text_of(l, QE_IDENTITY)->chain),
		.pck_crl = mr_buf_bytes(&text_of(l, PCK_CRL)->body),
		.pck_crl_chain = mr_buf_bytes(&text_of(l, PCK_CRL)->chain),
		.root_crl = mr_buf_bytes(&text_of(l, ROOT_CRL)->body),
	};

	return mr_collateral_new(&files, s->config.roots, ret, err);
}

int64_t mr_collateral_not_after(const struct mr_collateral *c)
{
	int64_t ends[] = { c->root_crl.next_update, c->pck_crl.next_update, c->tcb_info.next_update,
		c->qe_identity.next_update };
	int64_t first = ends[0];

	for (size_t i = 1; i < MR_COUNT(ends); i++)
		first = ends[i] < first ? ends[i] : first;
	return first;
}

static enum mr_attest_code refuse_older(struct mr_watermarks *w, const char *name, uint64_t number,
	const char *what, struct mr_error *err)
{
	if (mr_watermarks_raise(w, name, number))
		return MR_ATTEST_OK;
	return mr_attest_fail(err, MR_ATTEST_COLLATERAL_EXPIRED,
		"the %s is older than one that was seen before", what);
}

/* Of the platforms that the document says, not of those that it was asked for: who sends the wrong one must not set a mark
 * for others. */
static enum mr_attest_code check_tcb_info(
	struct mr_watermarks *w, const struct mr_tcb_info *info, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf name = { 0 };

	mr_buf_init(&name, 64);
	mr_buf_printf(&name, "tcb-%s-", info->is_tdx ? "tdx" : "sgx");
	mr_hex_encode(&name, mr_bytes_of(info->fmspc, sizeof info->fmspc));
	mr_buf_put_u8(&name, 0);
	MR_ATTEST_TRY(mr_attest_of(mr_buf_status(&name, err), MR_ATTEST_INTERNAL));
	return refuse_older(w, (const char *)name.data, info->evaluation_number, "TCB info", err);
}

static enum mr_attest_code check_qe_identity(
	struct mr_watermarks *w, const struct mr_qe_identity *identity, struct mr_error *err)
{
	bool is_td = mr_str_eq(identity->id, MR_STR("TD_QE"));

	/* another enclave's: of no use, whatever its number */
	if (!is_td && !mr_str_eq(identity->id, MR_STR("QE")))
		return MR_ATTEST_OK;
	return refuse_older(
		w, is_td ? "qe-tdx" : "qe-sgx", identity->evaluation_number, "QE identity", err);
}

/* Documents may not go back, and what was signed tells the least time that it can be (70 §18). */
static enum mr_attest_code check_history(
	struct mr_watermarks *w, const struct mr_collateral *c, struct mr_error *err)
{
	if (!w)
		return MR_ATTEST_OK;
	MR_ATTEST_TRY(check_tcb_info(w, &c->tcb_info, err));
	MR_ATTEST_TRY(check_qe_identity(w, &c->qe_identity, err));
	MR_ATTEST_TRY(
		refuse_older(w, c->pck_crl_chain.platform_ca ? "crl-platform" : "crl-processor",
			mr_crl_number(&c->pck_crl), "PCK revocation list", err));
	MR_ATTEST_TRY(refuse_older(
		w, "crl-root", mr_crl_number(&c->root_crl), "root's revocation list", err));
	mr_watermarks_saw_time(w, c->tcb_info.issue_date);
	mr_watermarks_saw_time(w, c->qe_identity.issue_date);
	mr_watermarks_saw_time(w, c->pck_crl.this_update);
	mr_watermarks_saw_time(w, c->root_crl.this_update);
	return MR_ATTEST_OK;
}

static int64_t refresh_at(
	const struct mr_intel_source *s, int64_t now, int64_t not_after, int64_t max_age)
{
	int64_t at = now + (not_after - now) / 2;

	if (s->config.refresh_seconds > 0)
		return now + s->config.refresh_seconds;
	if (max_age < 0 && s->config.qcnl.cache_seconds > 0)
		max_age = s->config.qcnl.cache_seconds;
	if (max_age >= 0 && max_age < MAX_AGE_MIN)
		max_age = MAX_AGE_MIN;
	return max_age >= 0 && now + max_age < at ? now + max_age : at;
}

/* Is the document what it was asked for? What is not is asked for again with the next load. */
static bool fits(const struct mr_collateral_key *key, const struct mr_collateral *c, enum part part)
{
	switch (part) {
	case PCK_CRL:
		return c->pck_crl_chain.platform_ca == key->is_platform_ca;
	case TCB_INFO:
		return c->tcb_info.is_tdx == key->is_td &&
		       memcmp(c->tcb_info.fmspc, key->fmspc, sizeof key->fmspc) == 0;
	case QE_IDENTITY:
		return mr_str_eq(c->qe_identity.id, key->is_td ? MR_STR("TD_QE") : MR_STR("QE"));
	case ROOT_CRL:
	case PART_COUNT:
		break;
	}
	return true;
}

/* All is good: the fresh documents take the place of the kept ones. */
static int64_t keep(struct mr_intel_source *s, const struct mr_collateral_key *key, int64_t now,
	const struct mr_collateral *c, struct load *l)
{
	const int64_t ends[] = { [ROOT_CRL] = c->root_crl.next_update,
		[PCK_CRL] = c->pck_crl.next_update,
		[TCB_INFO] = c->tcb_info.next_update,
		[QE_IDENTITY] = c->qe_identity.next_update };
	int64_t next = INT64_MAX;

	if (l->fresh[TCB_INFO].present) {
		document_done(&l->slot->document);
		l->slot->key = *key;
		l->kept[TCB_INFO] = &l->slot->document;
	}
	l->slot->used = ++s->uses;
	for (size_t i = 0; i < PART_COUNT; i++) {
		if (l->fresh[i].present) {
			l->fresh[i].refresh_at = fits(key, c, (enum part)i)
							 ? refresh_at(s, now, ends[i],
								   l->fresh[i].text.max_age)
							 : now;
			document_done(l->kept[i]);
			*l->kept[i] = l->fresh[i];
			l->fresh[i] = (struct document){ .present = false };
		}
		if (l->kept[i]->refresh_at < next)
			next = l->kept[i]->refresh_at;
	}
	return next;
}

/* Of signers that are revoked, or not current? Whether it is for a platform is judged with the platform. */
static enum mr_attest_code check_current(
	const struct mr_collateral *c, int64_t now, struct mr_error *err)
{
	struct mr_collateral_time time = { .now = now };
	struct mr_validity validity = mr_validity_always();

	return mr_collateral_current(c, &time, &validity, err);
}

enum mr_attest_code mr_intel_source_load(struct mr_intel_source *s,
	const struct mr_collateral_key *key, int64_t now, struct mr_collateral **ret,
	int64_t *ret_refresh_at, struct mr_error *err)
{
	__attribute__((cleanup(load_done))) struct load l = { .slot = NULL };
	MR_AUTO(collateral) struct mr_collateral *c = NULL;

	begin(s, key, &l);
	MR_ATTEST_TRY(fetch(s, key, now, &l, err));
	MR_ATTEST_TRY(build(s, &l, &c, err));
	MR_ATTEST_TRY(check_current(c, now, err));
	MR_ATTEST_TRY(check_history(s->config.watermarks, c, err));
	*ret_refresh_at = keep(s, key, now, c, &l);
	*ret = c;
	c = NULL;
	return MR_ATTEST_OK;
}

enum mr_attest_code mr_intel_source_pck_chain(
	struct mr_intel_source *s, struct mr_str query, struct mr_buf *ret, struct mr_error *err)
{
	const struct mr_pccs_request request = { .kind = MR_PCCS_PCK_CERT, .pck_query = query };
	MR_AUTO(pccs_document) struct mr_pccs_document document = { .max_age = -1 };

	MR_ATTEST_TRY(mr_pccs_fetch(
		s->pccs, &request, mr_clock_monotonic_ms() + LOAD_MS, &document, err));
	mr_buf_put_bytes(ret, mr_buf_bytes(&document.chain));
	return mr_attest_of(mr_buf_status(ret, err), MR_ATTEST_INTERNAL);
}
