/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/snp_report.h"

enum {
	VERSION_FIRST = 2,
	VERSION_LAST = 5,
	ECDSA_P384_SHA384 = 1,
	KEY_VCEK = 0,
	KEY_VLEK = 1,
};

#define POLICY_ONE ((uint64_t)1 << 17)
#define POLICY_RESERVED (~(((uint64_t)1 << 26) - 1))

static enum mr_attest_code malformed(struct mr_error *err, const char *what)
{
	return mr_attest_fail(err, MR_ATTEST_PARSE, "malformed SNP report: %s", what);
}

static bool read_first_half(struct mr_cursor *c, struct mr_snp_report *r, uint32_t *algorithm,
	uint32_t *signer, uint32_t *reserved)
{
	return mr_cursor_u32le(c, &r->version) && mr_cursor_u32le(c, &r->guest_svn) &&
	       mr_cursor_u64le(c, &r->policy) && mr_cursor_take(c, 16, &r->family_id) &&
	       mr_cursor_take(c, 16, &r->image_id) && mr_cursor_u32le(c, &r->vmpl) &&
	       mr_cursor_u32le(c, algorithm) && mr_cursor_take(c, 8, &r->current_tcb) &&
	       mr_cursor_u64le(c, &r->platform_info) && mr_cursor_u32le(c, signer) &&
	       mr_cursor_u32le(c, reserved) && mr_cursor_take(c, 64, &r->report_data) &&
	       mr_cursor_take(c, 48, &r->measurement) && mr_cursor_take(c, 32, &r->host_data) &&
	       mr_cursor_take(c, 48, &r->id_key_digest) &&
	       mr_cursor_take(c, 48, &r->author_key_digest) &&
	       mr_cursor_take(c, 32, &r->report_id) && mr_cursor_skip(c, 32);
}

static bool read_second_half(struct mr_cursor *c, struct mr_snp_report *r, struct mr_bytes *padding)
{
	return mr_cursor_take(c, 8, &r->reported_tcb) && mr_cursor_u8(c, &r->family) &&
	       mr_cursor_u8(c, &r->model) && mr_cursor_skip(c, 22) &&
	       mr_cursor_take(c, 64, &r->chip_id) && mr_cursor_take(c, 8, &r->committed_tcb) &&
	       mr_cursor_skip(c, 4) && mr_cursor_u8(c, &r->committed.build) &&
	       mr_cursor_u8(c, &r->committed.minor) && mr_cursor_u8(c, &r->committed.major) &&
	       mr_cursor_skip(c, 1) && mr_cursor_take(c, 8, &r->launch_tcb) &&
	       mr_cursor_skip(c, 168) && mr_cursor_take(c, 72, &r->r) &&
	       mr_cursor_take(c, 72, &r->s) && mr_cursor_take(c, 368, padding);
}

static enum mr_attest_code check_signer(
	uint32_t signer, struct mr_snp_report *r, struct mr_error *err)
{
	uint32_t key = signer >> 2 & 7;

	if (signer >> 5)
		return malformed(err, "reserved bits of the signer are set");
	if (key != KEY_VCEK && key != KEY_VLEK)
		return mr_attest_fail(
			err, MR_ATTEST_UNSUPPORTED, "SNP signing key %u is not supported", key);
	r->is_vlek = key == KEY_VLEK;
	r->chip_key_masked = (signer & 2) != 0;
	return MR_ATTEST_OK;
}

enum mr_attest_code mr_snp_report_read(
	struct mr_bytes raw, struct mr_snp_report *ret, struct mr_error *err)
{
	struct mr_cursor c = mr_cursor_of(raw);
	struct mr_snp_report r = { .version = 0 };
	struct mr_bytes padding;
	uint32_t algorithm;
	uint32_t signer;
	uint32_t reserved;

	if (raw.len != MR_SNP_REPORT_SIZE ||
		!read_first_half(&c, &r, &algorithm, &signer, &reserved) ||
		!read_second_half(&c, &r, &padding))
		return malformed(err, "wrong length");
	if (r.version < VERSION_FIRST || r.version > VERSION_LAST)
		return mr_attest_fail(err, MR_ATTEST_UNSUPPORTED,
			"SNP report version %u is not supported", r.version);
	if (algorithm != ECDSA_P384_SHA384)
		return mr_attest_fail(err, MR_ATTEST_UNSUPPORTED,
			"SNP signature algorithm %u is not supported", algorithm);
	if (!(r.policy & POLICY_ONE) || (r.policy & POLICY_RESERVED))
		return malformed(err, "reserved bits of the policy");
	if (reserved != 0 || !mr_bytes_is_zero(padding))
		return malformed(err, "reserved bytes are not zero");
	MR_ATTEST_TRY(check_signer(signer, &r, err));
	r.has_cpuid = r.version >= 3;
	r.signed_bytes = mr_bytes_of(raw.ptr, MR_SNP_SIGNED_SIZE);
	*ret = r;
	return MR_ATTEST_OK;
}

enum mr_snp_line mr_snp_line_of(const struct mr_snp_report *report)
{
	if (!report->has_cpuid)
		return MR_SNP_UNKNOWN;
	if (report->family == 0x19 && report->model <= 0x0f)
		return MR_SNP_MILAN;
	if (report->family == 0x19 && ((report->model >= 0x10 && report->model <= 0x1f) ||
					      (report->model >= 0xa0 && report->model <= 0xaf)))
		return MR_SNP_GENOA;
	if (report->family == 0x1a && report->model <= 0x11)
		return MR_SNP_TURIN;
	return MR_SNP_UNKNOWN;
}

const char *mr_snp_line_name(enum mr_snp_line line)
{
	static const char *const names[] = { "Milan", "Genoa", "Turin", "", "unknown" };

	return names[line];
}

struct mr_snp_tcb mr_snp_tcb_of(enum mr_snp_line line, struct mr_bytes version)
{
	const uint8_t *v = version.ptr;

	if (line == MR_SNP_TURIN)
		return (struct mr_snp_tcb){ v[0], v[1], v[2], v[3], v[7] };
	return (struct mr_snp_tcb){ 0, v[0], v[1], v[6], v[7] };
}

bool mr_snp_tcb_at_most(const struct mr_snp_tcb *a, const struct mr_snp_tcb *b)
{
	return a->fmc <= b->fmc && a->boot_loader <= b->boot_loader && a->tee <= b->tee &&
	       a->snp <= b->snp && a->microcode <= b->microcode;
}

bool mr_snp_tcb_eq(const struct mr_snp_tcb *a, const struct mr_snp_tcb *b)
{
	return mr_snp_tcb_at_most(a, b) && mr_snp_tcb_at_most(b, a);
}
