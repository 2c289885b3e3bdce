/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/tcb_info.h"

#include <stdio.h>
#include <stdlib.h>

static void read_components(struct mr_document *d, const struct mr_json *tcb, const char *name,
	uint8_t out[MR_TCB_COMPONENTS])
{
	const struct mr_json *list = mr_document_array(d, tcb, name, MR_TCB_COMPONENTS);
	size_t count = 0;

	if (d->bad)
		return;
	for (const struct mr_json *at = list->first; at && !d->bad; at = at->next) {
		if (at->kind != MR_JSON_OBJECT)
			d->bad = name;
		out[count++] = (uint8_t)mr_document_number(d, at, "svn", UINT8_MAX);
	}
	if (!d->bad && count != MR_TCB_COMPONENTS)
		d->bad = name;
}

/* Version 2 has a member for each component. */
static void read_old_components(
	struct mr_document *d, const struct mr_json *tcb, uint8_t out[MR_TCB_COMPONENTS])
{
	static const char *const names[MR_TCB_COMPONENTS] = { "sgxtcbcomp01svn", "sgxtcbcomp02svn",
		"sgxtcbcomp03svn", "sgxtcbcomp04svn", "sgxtcbcomp05svn", "sgxtcbcomp06svn",
		"sgxtcbcomp07svn", "sgxtcbcomp08svn", "sgxtcbcomp09svn", "sgxtcbcomp10svn",
		"sgxtcbcomp11svn", "sgxtcbcomp12svn", "sgxtcbcomp13svn", "sgxtcbcomp14svn",
		"sgxtcbcomp15svn", "sgxtcbcomp16svn" };

	for (size_t i = 0; i < MR_TCB_COMPONENTS; i++)
		out[i] = (uint8_t)mr_document_number(d, tcb, names[i], UINT8_MAX);
}

/* Newest first: by the components as a string, then by the SVN of the PCE. */
static int newer_first(const void *a_, const void *b_)
{
	const struct mr_tcb_level *a = a_;
	const struct mr_tcb_level *b = b_;
	int order = memcmp(b->sgx, a->sgx, sizeof a->sgx);

	if (order == 0)
		order = memcmp(b->tdx, a->tdx, sizeof a->tdx);
	return order ? order : (int)b->svn - (int)a->svn;
}

static void read_levels(struct mr_document *d, const struct mr_json *root, uint64_t version,
	struct mr_tcb_info *info)
{
	const struct mr_json *list = mr_document_array(
		d, root, "tcbLevels", MR_DOCUMENT_MAX_LEVELS);

	if (d->bad)
		return;
	struct mr_tcb_level *levels = mr_arena_array(d->arena, list->count + 1, sizeof *levels);
	if (!levels) {
		d->bad = "tcbLevels";
		return;
	}
	for (const struct mr_json *at = list->first; at && !d->bad; at = at->next) {
		struct mr_tcb_level *level = &levels[info->level_count++];

		mr_document_level(d, at, level);
		const struct mr_json *tcb = mr_document_object(d, at, "tcb");
		level->svn = (uint16_t)mr_document_number(d, tcb, "pcesvn", UINT16_MAX);
		if (version == 2)
			read_old_components(d, tcb, level->sgx);
		else
			read_components(d, tcb, "sgxtcbcomponents", level->sgx);
		if (info->is_tdx)
			read_components(d, tcb, "tdxtcbcomponents", level->tdx);
	}
	if (!d->bad)
		qsort(levels, info->level_count, sizeof *levels, newer_first);
	info->levels = levels;
}

static void read_module(
	struct mr_document *d, const struct mr_json *object, struct mr_tdx_module *ret)
{
	mr_document_hex(d, object, "mrsigner", ret->mr_signer, sizeof ret->mr_signer);
	mr_document_hex(d, object, "attributes", ret->attributes, sizeof ret->attributes);
	mr_document_hex(
		d, object, "attributesMask", ret->attributes_mask, sizeof ret->attributes_mask);
}

static void read_identities(
	struct mr_document *d, const struct mr_json *root, struct mr_tcb_info *info)
{
	static const char name[] = "tdxModuleIdentities";

	if (d->bad || !mr_json_member(root, MR_STR("tdxModuleIdentities")))
		return;
	const struct mr_json *list = mr_document_array(d, root, name, MR_MODULE_MAX_IDENTITIES);
	if (d->bad)
		return;
	struct mr_tdx_module *modules = mr_arena_array(d->arena, list->count + 1, sizeof *modules);
	if (!modules) {
		d->bad = name;
		return;
	}
	for (const struct mr_json *at = list->first; at && !d->bad; at = at->next) {
		struct mr_tdx_module *module = &modules[info->identity_count++];

		if (at->kind != MR_JSON_OBJECT)
			d->bad = name;
		module->id = mr_document_text(d, at, "id");
		read_module(d, at, module);
		module->levels = mr_document_isv_levels(d, at, &module->level_count);
	}
	info->identities = modules;
}

static void read_kind(struct mr_document *d, const struct mr_json *root, uint64_t version,
	struct mr_tcb_info *info)
{
	if (!d->bad && version != 2 && version != 3)
		d->bad = "version";
	if (d->bad || version == 2)
		return;
	struct mr_str id = mr_document_text(d, root, "id");
	info->is_tdx = mr_str_eq(id, MR_STR("TDX"));
	if (!info->is_tdx && !mr_str_eq(id, MR_STR("SGX")))
		d->bad = "id";
}

bool mr_tcb_info_read(
	struct mr_str object, struct mr_arena *arena, struct mr_tcb_info *ret, const char **ret_bad)
{
	struct mr_document d = { arena, NULL };
	struct mr_tcb_info info = { .is_tdx = false };
	const struct mr_json *root;
	struct mr_error ignored;

	*ret_bad = NULL;
	if (mr_failed(mr_json_parse(object, arena, &root, &ignored)) ||
		root->kind != MR_JSON_OBJECT)
		return false;
	uint64_t version = mr_document_number(&d, root, "version", UINT16_MAX);
	read_kind(&d, root, version, &info);
	info.issue_date = mr_document_date(&d, root, "issueDate");
	info.next_update = mr_document_date(&d, root, "nextUpdate");
	mr_document_hex(&d, root, "fmspc", info.fmspc, sizeof info.fmspc);
	mr_document_hex(&d, root, "pceId", info.pce_id, sizeof info.pce_id);
	info.tcb_type = mr_document_number(&d, root, "tcbType", UINT32_MAX);
	info.evaluation_number = mr_document_number(
		&d, root, "tcbEvaluationDataNumber", UINT32_MAX);
	read_levels(&d, root, version, &info);
	if (info.is_tdx) {
		const struct mr_json *module = mr_document_object(&d, root, "tdxModule");

		read_module(&d, module, &info.module);
		read_identities(&d, root, &info);
	}
	*ret_bad = d.bad;
	*ret = info;
	return !d.bad;
}

const struct mr_tdx_module *mr_tcb_info_module(const struct mr_tcb_info *info, uint8_t major)
{
	char id[16];

	int len = snprintf(id, sizeof id, "TDX_%02x", major);
	for (size_t i = 0; i < info->identity_count; i++) {
		if (mr_str_eq_nocase(info->identities[i].id, (struct mr_str){ id, (size_t)len }))
			return &info->identities[i];
	}
	return NULL;
}
