/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/evidence.h"

enum {
	HEADER_SIZE = 16,
	HEADER_VERSION = 1,
	HEADER_REMOTE = 2,
	ENVELOPE_VERSION = 1,
	ITEM_EVIDENCE = 1,
	ITEM_CERTIFICATES = 2,
};

static const uint8_t magic[4] = { 'M', 'R', 'E', 'V' };

static enum mr_attest_code malformed(struct mr_error *err, const char *what)
{
	return mr_attest_fail(err, MR_ATTEST_PARSE, "malformed evidence: %s", what);
}

static bool looks_like_quote(struct mr_cursor c)
{
	uint16_t version;
	uint16_t key_type;

	return mr_cursor_u16le(&c, &version) && mr_cursor_u16le(&c, &key_type) && version >= 3 &&
	       version <= 5 && (key_type == 2 || key_type == 3);
}

static enum mr_attest_code read_raw(
	struct mr_cursor raw, struct mr_evidence *e, struct mr_error *err)
{
	struct mr_bytes report;

	e->raw = mr_cursor_rest(&raw);
	if (looks_like_quote(raw)) {
		MR_ATTEST_TRY(mr_dcap_quote_read(raw, &e->quote, err));
		e->tee = e->quote.is_td ? MR_TEE_TDX : MR_TEE_SGX;
		return MR_ATTEST_OK;
	}
	if (mr_cursor_left(&raw) == MR_SNP_REPORT_SIZE &&
		mr_cursor_take(&raw, MR_SNP_REPORT_SIZE, &report)) {
		e->tee = MR_TEE_SNP;
		return mr_snp_report_read(report, &e->snp, err);
	}
	return malformed(err, mr_cursor_left(&raw) ? "neither a quote nor a report" : "empty");
}

/* The remote report of Open Enclave: its size is that of the rest, exactly. */
static enum mr_attest_code read_header(
	struct mr_cursor c, struct mr_evidence *e, struct mr_error *err)
{
	struct mr_cursor raw;
	uint32_t version;
	uint32_t type;
	uint64_t size;

	e->framing = MR_FRAMING_HEADER;
	if (!mr_cursor_u32le(&c, &version) || !mr_cursor_u32le(&c, &type) ||
		!mr_cursor_u64le(&c, &size) || version != HEADER_VERSION)
		return malformed(err, "report header");
	if (type != HEADER_REMOTE)
		return mr_attest_fail(err, MR_ATTEST_UNSUPPORTED,
			"report type %u is not that of a remote report", type);
	if (size != mr_cursor_left(&c) || !mr_cursor_enter(&c, (size_t)size, &raw))
		return malformed(err, "the report header's size is not that of the report");
	if (!looks_like_quote(raw))
		return malformed(err, "no quote behind the report header");
	return read_raw(raw, e, err);
}

/* An envelope on its way. */
struct envelope {
	struct mr_evidence *e;
	bool has_certificates;
	struct mr_cursor certificates;
};

static enum mr_attest_code keep_certificates(
	struct mr_cursor content, struct envelope *v, struct mr_error *err)
{
	if (v->has_certificates)
		return malformed(err, "two items of certificates");
	v->has_certificates = true;
	v->certificates = content;
	return MR_ATTEST_OK;
}

/* DER and PEM begin so; a table begins with a GUID that does not. */
static bool is_table(struct mr_cursor content)
{
	uint8_t first;

	return mr_cursor_u8(&content, &first) && first != 0x30 && first != '-';
}

static enum mr_attest_code read_certificates(const struct envelope *v, struct mr_error *err)
{
	if (!v->has_certificates)
		return MR_ATTEST_OK;
	if (v->e->tee != MR_TEE_SNP || !is_table(v->certificates)) {
		v->e->certificates = mr_cursor_rest(&v->certificates);
		return MR_ATTEST_OK;
	}
	if (!mr_snp_table_read(v->certificates, &v->e->table))
		return malformed(err, "certificate table");
	return MR_ATTEST_OK;
}

static enum mr_attest_code read_item(
	struct mr_cursor *c, bool first, struct envelope *v, struct mr_error *err)
{
	struct mr_cursor content;
	uint16_t kind;
	uint16_t zero;
	uint32_t length;

	if (!mr_cursor_u16le(c, &kind) || !mr_cursor_u16le(c, &zero) ||
		!mr_cursor_u32le(c, &length) || !mr_cursor_enter(c, length, &content) || zero != 0)
		return malformed(err, "an item of the envelope is cut");
	if (first != (kind == ITEM_EVIDENCE))
		return malformed(err, "the evidence is not the first item, or not the only one");
	if (kind == ITEM_EVIDENCE)
		return read_raw(content, v->e, err);
	return kind == ITEM_CERTIFICATES ? keep_certificates(content, v, err) : MR_ATTEST_OK;
}

static enum mr_attest_code read_envelope(
	struct mr_cursor c, struct mr_evidence *e, struct mr_error *err)
{
	/* until there are certificates, nothing of the same bytes */
	struct envelope v = { .e = e, .certificates = { c.base, c.at, c.at } };
	uint16_t version;
	uint16_t technology;
	uint32_t count;

	e->framing = MR_FRAMING_ENVELOPE;
	if (!mr_cursor_skip(&c, sizeof magic) || !mr_cursor_u16le(&c, &version) ||
		!mr_cursor_u16le(&c, &technology) || !mr_cursor_u32le(&c, &count))
		return malformed(err, "the envelope is cut");
	if (version != ENVELOPE_VERSION)
		return mr_attest_fail(err, MR_ATTEST_UNSUPPORTED,
			"envelope version %u is not supported", version);
	if (count == 0)
		return malformed(err, "an envelope without evidence");
	/* every item takes bytes, so that a huge count ends soon */
	for (uint32_t i = 0; i < count; i++)
		MR_ATTEST_TRY(read_item(&c, i == 0, &v, err));
	if (mr_cursor_left(&c) != 0)
		return malformed(err, "bytes behind the envelope");
	if (technology != (uint16_t)e->tee + 1)
		return malformed(err, "the envelope's technology is not that of the evidence");
	return read_certificates(&v, err);
}

enum mr_attest_code mr_evidence_read(
	struct mr_bytes bytes, struct mr_evidence *ret, struct mr_error *err)
{
	struct mr_cursor c = mr_cursor_of(bytes);
	struct mr_evidence e = { .framing = MR_FRAMING_RAW };

	if (bytes.len > MR_EVIDENCE_MAX)
		return malformed(err, "larger than 1 MiB");
	bool enveloped = bytes.len >= sizeof magic && memcmp(bytes.ptr, magic, sizeof magic) == 0;
	bool headed = bytes.len >= HEADER_SIZE && bytes.ptr[0] == HEADER_VERSION &&
		      bytes.ptr[1] == 0 && bytes.ptr[2] == 0 && bytes.ptr[3] == 0;
	if (enveloped)
		MR_ATTEST_TRY(read_envelope(c, &e, err));
	else if (headed)
		MR_ATTEST_TRY(read_header(c, &e, err));
	else
		MR_ATTEST_TRY(read_raw(c, &e, err));
	*ret = e;
	return MR_ATTEST_OK;
}

const char *mr_tee_name(enum mr_tee tee)
{
	static const char *const names[] = { "SGX", "TDX", "SNP" };

	return names[tee];
}

const char *mr_framing_name(enum mr_framing framing)
{
	static const char *const names[] = { "raw", "header", "envelope" };

	return names[framing];
}

unsigned mr_evidence_version(const struct mr_evidence *e)
{
	return e->tee == MR_TEE_SNP ? e->snp.version : e->quote.version;
}

bool mr_evidence_is_debug(const struct mr_evidence *e)
{
	switch (e->tee) {
	case MR_TEE_SGX:
		return (e->quote.sgx.flags & MR_SGX_FLAG_DEBUG) != 0;
	case MR_TEE_TDX:
		return (e->quote.td.attribute_bits & MR_TD_ATTRIBUTE_DEBUG) != 0;
	case MR_TEE_SNP:
		break;
	}
	return (e->snp.policy & MR_SNP_POLICY_DEBUG) != 0;
}

struct mr_bytes mr_evidence_report_data(const struct mr_evidence *e)
{
	switch (e->tee) {
	case MR_TEE_SGX:
		return e->quote.sgx.report_data;
	case MR_TEE_TDX:
		return e->quote.td.report_data;
	case MR_TEE_SNP:
		break;
	}
	return e->snp.report_data;
}
