/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/dcap_quote.h"

enum {
	HEADER_SIZE = 48,
	KEY_ECDSA_P256 = 2,
	TEE_SGX = 0,
	TEE_TDX = 0x81,
	BODY_SGX = 1,
	BODY_TD10 = 2,
	BODY_TD15 = 3,
	TRAILING_ZEROS_MAX = 4096,
};

static const uint8_t vendor_intel[16] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94,
	0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 };

static enum mr_attest_code malformed(struct mr_error *err, const char *what)
{
	return mr_attest_fail(err, MR_ATTEST_PARSE, "malformed quote: %s", what);
}

static enum mr_attest_code read_header(
	struct mr_cursor *c, struct mr_dcap_quote *q, struct mr_error *err)
{
	uint16_t key_type;
	uint32_t tee;
	struct mr_bytes vendor;

	if (mr_cursor_left(c) < HEADER_SIZE || !mr_cursor_u16le(c, &q->version) ||
		!mr_cursor_u16le(c, &key_type) || !mr_cursor_u32le(c, &tee) ||
		!mr_cursor_skip(c, 4) || !mr_cursor_take(c, sizeof vendor_intel, &vendor) ||
		!mr_cursor_skip(c, 20))
		return malformed(err, "too short");
	if (q->version < 3 || q->version > 5)
		return mr_attest_fail(err, MR_ATTEST_UNSUPPORTED,
			"quote version %u is not supported", q->version);
	if (key_type != KEY_ECDSA_P256)
		return mr_attest_fail(err, MR_ATTEST_UNSUPPORTED,
			"attestation key type %u is not supported", key_type);
	if (tee != TEE_SGX && (tee != TEE_TDX || q->version == 3))
		return mr_attest_fail(
			err, MR_ATTEST_UNSUPPORTED, "TEE type 0x%x is not supported", tee);
	if (!mr_bytes_eq(vendor, mr_bytes_of(vendor_intel, sizeof vendor_intel)))
		return mr_attest_fail(
			err, MR_ATTEST_UNSUPPORTED, "the quoting enclave is not of a known vendor");
	q->is_td = tee == TEE_TDX;
	return MR_ATTEST_OK;
}

/* Version 5 says what its body is, and how long. */
static enum mr_attest_code read_body_type(
	struct mr_cursor *c, struct mr_dcap_quote *q, size_t *ret_size, struct mr_error *err)
{
	static const size_t sizes[] = { 0, MR_SGX_REPORT_SIZE, MR_TD10_REPORT_SIZE,
		MR_TD15_REPORT_SIZE };
	uint16_t type;
	uint32_t size;

	if (!mr_cursor_u16le(c, &type) || !mr_cursor_u32le(c, &size))
		return malformed(err, "too short");
	if (type < BODY_SGX || type > BODY_TD15)
		return mr_attest_fail(
			err, MR_ATTEST_UNSUPPORTED, "quote body type %u is not supported", type);
	if ((type != BODY_SGX) != q->is_td)
		return malformed(err, "body type and TEE type differ");
	if (size != sizes[type])
		return malformed(err, "the body's size is not that of its type");
	*ret_size = size;
	return MR_ATTEST_OK;
}

static enum mr_attest_code read_td(
	struct mr_bytes body, struct mr_dcap_quote *q, struct mr_error *err)
{
	if (!mr_td_report_read(body, &q->td))
		return malformed(err, "body");
	if (!mr_td_report_reserved_zero(&q->td))
		return malformed(err, "reserved attribute bits of the trust domain are set");
	return MR_ATTEST_OK;
}

/* Each size in a branch of its own: so it is one number for an analyzer, too. */
static enum mr_attest_code read_body(
	struct mr_cursor *c, struct mr_dcap_quote *q, struct mr_error *err)
{
	size_t size = q->is_td ? MR_TD10_REPORT_SIZE : MR_SGX_REPORT_SIZE;
	struct mr_bytes body;

	if (q->version == 5)
		MR_ATTEST_TRY(read_body_type(c, q, &size, err));
	if (!q->is_td) {
		if (!mr_cursor_take(c, MR_SGX_REPORT_SIZE, &body))
			return malformed(err, "too short");
		return mr_sgx_report_read(body, &q->sgx) ? MR_ATTEST_OK : malformed(err, "body");
	}
	if (size == MR_TD15_REPORT_SIZE) {
		if (!mr_cursor_take(c, MR_TD15_REPORT_SIZE, &body))
			return malformed(err, "too short");
		return read_td(body, q, err);
	}
	if (!mr_cursor_take(c, MR_TD10_REPORT_SIZE, &body))
		return malformed(err, "too short");
	return read_td(body, q, err);
}

/* PPID, clear or encrypted, CPUSVN, PCESVN and PCEID; a sample of Intel's leaves out the last. */
static bool ppid_fits(uint16_t type, uint32_t size)
{
	static const uint32_t sizes[] = { 0, 16 + 20, 256 + 20, 384 + 20 };

	if (type < MR_DCAP_PPID_FIRST || type > MR_DCAP_PPID_LAST)
		return true;
	return size == sizes[type] || (type == MR_DCAP_PPID_FIRST && size == sizes[type] - 2);
}

/* From the QE report to the certification data, which must end where `c` ends. */
static enum mr_attest_code read_qe_part(
	struct mr_cursor *c, struct mr_dcap_quote *q, struct mr_error *err)
{
	uint16_t auth_size;
	uint32_t size;

	if (!mr_cursor_take(c, MR_SGX_REPORT_SIZE, &q->qe_report_body) ||
		!mr_sgx_report_read(q->qe_report_body, &q->qe_report) ||
		!mr_cursor_take(c, 64, &q->qe_signature) || !mr_cursor_u16le(c, &auth_size) ||
		!mr_cursor_take(c, auth_size, &q->qe_auth_data) ||
		!mr_cursor_u16le(c, &q->certification_type) || !mr_cursor_u32le(c, &size) ||
		!mr_cursor_take(c, size, &q->certification_data) || mr_cursor_left(c) != 0)
		return malformed(err, "the sizes in the signature data do not fit");
	if (!ppid_fits(q->certification_type, size))
		return malformed(err, "the size of the certification data");
	if (q->certification_type == MR_DCAP_PCK_CHAIN ||
		(q->certification_type >= MR_DCAP_PPID_FIRST &&
			q->certification_type <= MR_DCAP_PPID_LAST))
		return MR_ATTEST_OK;
	return mr_attest_fail(err, MR_ATTEST_UNSUPPORTED,
		"certification data type %u is not supported", q->certification_type);
}

static enum mr_attest_code read_signature(
	struct mr_cursor *c, struct mr_dcap_quote *q, struct mr_error *err)
{
	struct mr_cursor in;
	uint32_t size;
	uint16_t outer;

	if (!mr_cursor_u32le(c, &size) || !mr_cursor_enter(c, size, &in))
		return malformed(err, "the signature data are longer than the quote");
	if (!mr_cursor_take(&in, 64, &q->signature) ||
		!mr_cursor_take(&in, 64, &q->attestation_key))
		return malformed(err, "the signature data are too short");
	if (q->version == 3)
		return read_qe_part(&in, q, err);
	if (!mr_cursor_u16le(&in, &outer) || !mr_cursor_u32le(&in, &size))
		return malformed(err, "the signature data are too short");
	if (outer != MR_DCAP_QE_REPORT)
		return mr_attest_fail(err, MR_ATTEST_UNSUPPORTED,
			"outer certification data type %u is not supported", outer);
	if (size != mr_cursor_left(&in))
		return malformed(err, "the sizes in the signature data do not fit");
	return read_qe_part(&in, q, err);
}

/* Occlum announces more than a quote has; nothing but zeros may be hidden there. */
static bool is_padding(struct mr_cursor rest)
{
	uint8_t byte;

	if (mr_cursor_left(&rest) > TRAILING_ZEROS_MAX)
		return false;
	while (mr_cursor_u8(&rest, &byte)) {
		if (byte != 0)
			return false;
	}
	return true;
}

enum mr_attest_code mr_dcap_quote_read(
	struct mr_cursor raw, struct mr_dcap_quote *ret, struct mr_error *err)
{
	struct mr_cursor signed_part = raw;
	struct mr_cursor c = raw;
	struct mr_dcap_quote q = { .version = 0 };

	MR_ATTEST_TRY(read_header(&c, &q, err));
	MR_ATTEST_TRY(read_body(&c, &q, err));
	signed_part.end = c.at;
	q.signed_bytes = mr_cursor_rest(&signed_part);
	MR_ATTEST_TRY(read_signature(&c, &q, err));
	if (!q.is_td && !is_padding(c))
		return malformed(err, "bytes behind the signature data");
	*ret = q;
	return MR_ATTEST_OK;
}
