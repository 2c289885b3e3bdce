/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/package_rules.h"

#include "codec/base64.h"
#include "manifest/decode.h"

enum { ALTERNATIVES_MAX = 1024, BYTES_MAX = 64, PRODUCTS_MAX = 3 };

/* One object that is read strictly. */
struct reader {
	struct mr_arena *arena;
	const char *object; /* for messages */
	struct mr_error *err;
};

struct rule {
	const char *name;
	mr_result (*read)(
		struct reader *r, const struct mr_json *value, const struct rule *rule, void *into);
	size_t offset;
	size_t size; /* of bytes; maximum of numbers */
};

static mr_result wrong(struct reader *r, const char *name)
{
	return mr_fail(r->err, MR_CODE_INVALID, "invalid %s in %s", name, r->object);
}

/* Which of the names is it? `count`, if none. */
static unsigned index_of(const struct mr_json *value, const char *const *names, unsigned count)
{
	unsigned i = 0;

	while (i < count &&
		(value->kind != MR_JSON_STRING || !mr_str_eq(value->text, mr_str_of(names[i]))))
		i++;
	return i;
}

static mr_result read_hex(struct reader *r, const struct mr_json *value, const struct rule *rule,
	struct mr_bytes *ret)
{
	MR_AUTO(buf) struct mr_buf bytes = { 0 };
	struct mr_error ignored;

	mr_buf_init(&bytes, BYTES_MAX);
	if (value->kind != MR_JSON_STRING || value->text.len != 2 * rule->size ||
		mr_failed(mr_hex_decode(value->text, &bytes, &ignored)))
		return wrong(r, rule->name);
	return mr_arena_bytes(r->arena, mr_buf_bytes(&bytes), ret, r->err);
}

/* A text, or an array of alternatives, which may not be empty. */
static mr_result read_bytes(
	struct reader *r, const struct mr_json *value, const struct rule *rule, void *into)
{
	struct mr_rule_bytes *ret = into;
	bool many = value->kind == MR_JSON_ARRAY;
	size_t count = many ? value->count : 1;

	if (count == 0 || count > ALTERNATIVES_MAX)
		return wrong(r, rule->name);
	struct mr_bytes *items = mr_arena_array(r->arena, count, sizeof *items);
	if (!items)
		return mr_arena_fail(r->arena, r->err);
	const struct mr_json *at = many ? value->first : value;
	for (size_t i = 0; i < count; i++, at = at->next)
		MR_TRY(read_hex(r, at, rule, &items[i]));
	*ret = (struct mr_rule_bytes){ items, count };
	return MR_OK;
}

static mr_result read_bool(
	struct reader *r, const struct mr_json *value, const struct rule *rule, void *into)
{
	bool *ret = into;

	if (value->kind != MR_JSON_BOOL)
		return wrong(r, rule->name);
	*ret = value->boolean;
	return MR_OK;
}

static mr_result read_number(
	struct reader *r, const struct mr_json *value, const struct rule *rule, void *into)
{
	uint64_t *ret = into;
	struct mr_error ignored;

	if (value->kind != MR_JSON_NUMBER || mr_failed(mr_json_get_u64(value, ret, &ignored)) ||
		*ret > rule->size)
		return wrong(r, rule->name);
	return MR_OK;
}

/* Each member is one of the rules, once. */
static mr_result read_object(struct reader *r, const struct mr_json *value,
	const struct rule *rules, size_t count, void *into)
{
	uint64_t seen = 0;

	if (value->kind != MR_JSON_OBJECT)
		return mr_fail(r->err, MR_CODE_INVALID, "%s is not an object", r->object);
	for (const struct mr_json *at = value->first; at; at = at->next) {
		size_t i = 0;

		while (i < count && !mr_str_eq(at->name, mr_str_of(rules[i].name)))
			i++;
		if (i == count || seen >> i & 1)
			return mr_fail(r->err, MR_CODE_INVALID, "%s key \"%.*s\" in %s",
				i == count ? "unknown" : "repeated", MR_STR_ARGS(at->name),
				r->object);
		seen |= (uint64_t)1 << i;
		MR_TRY(rules[i].read(r, at, &rules[i], (char *)into + rules[i].offset));
	}
	return MR_OK;
}

struct masked_texts {
	struct mr_rule_bytes value, mask;
};

static mr_result read_masked(
	struct reader *r, const struct mr_json *value, const struct rule *rule, void *into)
{
	static const struct rule rules[] = {
		{ "Value", read_bytes, offsetof(struct masked_texts, value), 8 },
		{ "Mask", read_bytes, offsetof(struct masked_texts, mask), 8 },
	};
	struct mr_rule_masked *ret = into;
	struct masked_texts texts = { { NULL, 0 }, { NULL, 0 } };
	struct reader inner = { r->arena, rule->name, r->err };

	MR_TRY(read_object(&inner, value, rules, MR_COUNT(rules), &texts));
	if (texts.value.count != 1 || texts.mask.count != 1)
		return wrong(r, rule->name);
	ret->present = true;
	memcpy(ret->want, texts.value.items[0].ptr, sizeof ret->want);
	memcpy(ret->mask, texts.mask.items[0].ptr, sizeof ret->mask);
	return MR_OK;
}

#define AT(member, text, reader, size)                                                             \
	{                                                                                          \
		text, reader, offsetof(struct mr_tdx_rules, member), size                          \
	}
static const struct rule tdx_rules[] = {
	AT(mr_td, "MRTD", read_bytes, 48),
	AT(rtmr0, "RTMR0", read_bytes, 48),
	AT(rtmr1, "RTMR1", read_bytes, 48),
	AT(rtmr2, "RTMR2", read_bytes, 48),
	AT(rtmr3, "RTMR3", read_bytes, 48),
	AT(mr_config_id, "MRConfigID", read_bytes, 48),
	AT(mr_owner, "MROwner", read_bytes, 48),
	AT(mr_owner_config, "MROwnerConfig", read_bytes, 48),
	AT(mr_service_td, "MRServiceTD", read_bytes, 48),
	AT(mr_seam, "MRSEAM", read_bytes, 48),
	AT(min_tee_tcb_svn, "MinTEETCBSVN", read_bytes, 16),
	AT(attributes, "TDAttributes", read_masked, 0),
	AT(xfam, "XFAM", read_masked, 0),
	AT(require_sept_ve_disable, "RequireSeptVEDisable", read_bool, 0),
	AT(allow_migration, "AllowMigration", read_bool, 0),
};
#undef AT
#define AT(member, text, reader, size)                                                             \
	{                                                                                          \
		text, reader, offsetof(struct mr_snp_rules, member), size                          \
	}

static mr_result read_products(
	struct reader *r, const struct mr_json *value, const struct rule *rule, void *into)
{
	static const char *const names[PRODUCTS_MAX] = { "Milan", "Genoa", "Turin" };
	unsigned *ret = into;

	if (value->kind != MR_JSON_ARRAY || value->count == 0)
		return wrong(r, rule->name);
	for (const struct mr_json *at = value->first; at; at = at->next) {
		unsigned i = index_of(at, names, PRODUCTS_MAX);

		if (i == PRODUCTS_MAX)
			return wrong(r, rule->name);
		*ret |= 1u << i;
	}
	return MR_OK;
}

static mr_result read_signing_key(
	struct reader *r, const struct mr_json *value, const struct rule *rule, void *into)
{
	struct mr_snp_rules *rules = into;
	bool any = mr_str_eq(value->text, MR_STR("any"));

	rules->need_vcek = mr_str_eq(value->text, MR_STR("VCEK"));
	rules->need_vlek = mr_str_eq(value->text, MR_STR("VLEK"));
	if (value->kind != MR_JSON_STRING || (!any && !rules->need_vcek && !rules->need_vlek))
		return wrong(r, rule->name);
	return MR_OK;
}

/* `1.55.22`: three numbers below 256. */
static mr_result read_firmware(
	struct reader *r, const struct mr_json *value, const struct rule *rule, void *into)
{
	struct mr_snp_rules *rules = into;
	unsigned number = 0;
	unsigned digits = 0;
	unsigned part = 0;

	if (value->kind != MR_JSON_STRING)
		return wrong(r, rule->name);
	for (size_t i = 0; i <= value->text.len; i++) {
		char c = i < value->text.len ? value->text.ptr[i] : '.';

		if (c >= '0' && c <= '9' && digits < 3) {
			number = number * 10 + (unsigned)(c - '0');
			digits++;
			continue;
		}
		if (c != '.' || digits == 0 || number > UINT8_MAX || part == 3)
			return wrong(r, rule->name);
		rules->min_firmware[part++] = (uint8_t)number;
		number = digits = 0;
	}
	rules->has_min_firmware = true;
	return part == 3 ? MR_OK : wrong(r, rule->name);
}

static const struct rule tcb_rules[] = {
	AT(min_fmc, "FMC", read_number, UINT8_MAX),
	AT(min_boot_loader, "BootLoader", read_number, UINT8_MAX),
	AT(min_tee, "TEE", read_number, UINT8_MAX),
	AT(min_snp, "SNP", read_number, UINT8_MAX),
	AT(min_microcode, "Microcode", read_number, UINT8_MAX),
};

static mr_result read_tcb(
	struct reader *r, const struct mr_json *value, const struct rule *rule, void *into)
{
	struct reader inner = { r->arena, rule->name, r->err };

	return read_object(&inner, value, tcb_rules, MR_COUNT(tcb_rules), into);
}

static const struct rule snp_rules[] = {
	AT(measurement, "Measurement", read_bytes, 48),
	AT(host_data, "HostData", read_bytes, 32),
	AT(id_key_digest, "IDKeyDigest", read_bytes, 48),
	AT(author_key_digest, "AuthorKeyDigest", read_bytes, 48),
	AT(family_id, "FamilyID", read_bytes, 16),
	AT(image_id, "ImageID", read_bytes, 16),
	AT(chip_ids, "ChipIDs", read_bytes, 64),
	AT(min_guest_svn, "MinGuestSVN", read_number, UINT32_MAX),
	AT(vmpl, "VMPL", read_number, 3),
	AT(products, "Products", read_products, 0),
	{ "SigningKey", read_signing_key, 0, 0 },
	{ "MinTCB", read_tcb, 0, 0 },
	{ "MinFirmware", read_firmware, 0, 0 },
	AT(allow_smt, "AllowSMT", read_bool, 0),
	AT(allow_migration_agent, "AllowMigrationAgent", read_bool, 0),
	AT(require_alias_check, "RequireAliasCheck", read_bool, 0),
	AT(allow_masked_chip_id, "AllowMaskedChipID", read_bool, 0),
	AT(allow_missing_crl, "AllowMissingCRL", read_bool, 0),
};
#undef AT

static mr_result read_tee(const struct mr_json *value, unsigned *ret, struct mr_error *err)
{
	static const char *const names[] = { "SGX", "TDX", "SNP" };
	bool many = value->kind == MR_JSON_ARRAY;

	*ret = 0;
	for (const struct mr_json *at = many ? value->first : value; at;
		at = many ? at->next : NULL) {
		unsigned i = index_of(at, names, MR_COUNT(names));

		if (i == MR_COUNT(names))
			return mr_fail(err, MR_CODE_INVALID, "unknown TEE: it is SGX, TDX or SNP");
		*ret |= 1u << i;
	}
	return *ret ? MR_OK : mr_fail(err, MR_CODE_INVALID, "TEE is empty");
}

static mr_result read_advisory_policy(const struct mr_json *value, bool *ret, struct mr_error *err)
{
	*ret = mr_str_eq(value->text, MR_STR("all"));
	if (value->kind == MR_JSON_STRING && (*ret || mr_str_eq(value->text, MR_STR("reference"))))
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID, "unknown AdvisoryPolicy: it is reference or all");
}

static const char *const member_names[] = { [MR_PACKAGE_TEE] = "TEE",
	[MR_PACKAGE_TDX] = "TDX",
	[MR_PACKAGE_SNP] = "SNP",
	[MR_PACKAGE_ADVISORY_POLICY] = "AdvisoryPolicy" };

static mr_result read_member(struct reader *r, enum mr_package_member member,
	const struct mr_json *value, struct mr_package_rules *rules)
{
	r->object = member_names[member];
	switch (member) {
	case MR_PACKAGE_TEE:
		return read_tee(value, &rules->tees, r->err);
	case MR_PACKAGE_TDX:
		return read_object(r, value, tdx_rules, MR_COUNT(tdx_rules), &rules->tdx);
	case MR_PACKAGE_SNP:
		return read_object(r, value, snp_rules, MR_COUNT(snp_rules), &rules->snp);
	case MR_PACKAGE_ADVISORY_POLICY:
	case MR_PACKAGE_MEMBER_COUNT:
		break;
	}
	return read_advisory_policy(value, &rules->all_advisories, r->err);
}

static const struct mr_package_rules defaults = { .tees = MR_ALLOW_SGX,
	.tdx = { .require_sept_ve_disable = true },
	.snp = { .allow_smt = true } };

const struct mr_package_rules *mr_package_rules_of(const struct mr_package *package)
{
	return package->rules ? package->rules : &defaults;
}

mr_result mr_package_rules_read(const struct mr_json *object, struct mr_arena *arena,
	const struct mr_package_rules **ret, struct mr_error *err)
{
	struct mr_package_rules rules = defaults;
	struct reader reader = { arena, NULL, err };
	bool any = false;

	for (unsigned i = 0; i < MR_PACKAGE_MEMBER_COUNT; i++) {
		const struct mr_json *value = mr_json_field(object, mr_str_of(member_names[i]));

		if (!value || value->kind == MR_JSON_NULL)
			continue;
		MR_TRY(read_member(&reader, (enum mr_package_member)i, value, &rules));
		MR_TRY(mr_arena_str(arena, value->source, &rules.source[i], err));
		any = true;
	}
	*ret = NULL;
	if (!any)
		return MR_OK;
	struct mr_package_rules *kept = mr_arena_array(arena, 1, sizeof *kept);
	if (!kept)
		return mr_arena_fail(arena, err);
	*kept = rules;
	*ret = kept;
	return MR_OK;
}

mr_result mr_package_rules_check(const struct mr_package *package, struct mr_error *err)
{
	const struct mr_package_rules *p = mr_package_rules_of(package);
	bool has_sgx = package->unique_id.len || package->signer_id.len ||
		       package->product_id.present || package->security_version.present;

	if ((p->source[MR_PACKAGE_TDX].len && !(p->tees & MR_ALLOW_TDX)) ||
		(p->source[MR_PACKAGE_SNP].len && !(p->tees & MR_ALLOW_SNP)) ||
		(has_sgx && !(p->tees & MR_ALLOW_SGX)))
		return mr_fail(err, MR_CODE_INVALID,
			"the package has rules for a technology that its TEE does not allow");
	if ((p->tees & MR_ALLOW_TDX) && p->tdx.mr_td.count == 0 && !package->debug)
		return mr_fail(err, MR_CODE_INVALID, "the package has no MRTD");
	if ((p->tees & MR_ALLOW_SNP) && p->snp.measurement.count == 0 && !package->debug)
		return mr_fail(err, MR_CODE_INVALID, "the package has no Measurement");
	return MR_OK;
}

void mr_package_rules_encode(struct mr_buf *out, const struct mr_package_rules *rules)
{
	for (unsigned i = 0; i < MR_PACKAGE_MEMBER_COUNT; i++) {
		if (!rules->source[i].len)
			continue;
		mr_json_put_name(out, member_names[i], false);
		mr_buf_put_str(out, rules->source[i]);
	}
}

mr_result mr_package_parse(
	struct mr_str json, struct mr_arena *arena, struct mr_package *ret, struct mr_error *err)
{
	struct mr_package p = { .debug = false };
	const struct mr_json *root;

	MR_TRY(mr_json_parse(json, arena, &root, err));
	if (root->kind != MR_JSON_OBJECT)
		return mr_fail(err, MR_CODE_INVALID, "a package is a JSON object");
	MR_TRY(mr_decode_value(
		mr_str_bytes(json), &mr_package_record, MR_STR("package"), arena, &p, err));
	MR_TRY(mr_package_rules_check(&p, err));
	if ((mr_package_rules_of(&p)->tees & MR_ALLOW_SGX) && !p.unique_id.len &&
		!p.signer_id.len && !p.debug)
		return mr_fail(
			err, MR_CODE_INVALID, "the package has neither UniqueID nor SignerID");
	*ret = p;
	return MR_OK;
}
