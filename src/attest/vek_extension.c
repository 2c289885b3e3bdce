/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/vek_extension.h"

#include "crypto/der.h"

enum { CHIP_ID_SIZE = 64, SHORT_CHIP_ID_SIZE = 8 };

/* 1.3.6.1.4.1.3704.1 and what follows */
#define AMD "\x2B\x06\x01\x04\x01\x9C\x78\x01"
#define OID(suffix)                                                                                \
	{                                                                                          \
		(const uint8_t *)(AMD suffix), sizeof(AMD suffix) - 1                              \
	}

static const struct mr_bytes oid_product = OID("\x02"), oid_chip_id = OID("\x04");

static const struct svn {
	struct mr_bytes oid;
	size_t offset;
	bool required;
} svns[] = {
	{ OID("\x03\x01"), offsetof(struct mr_snp_tcb, boot_loader), true },
	{ OID("\x03\x02"), offsetof(struct mr_snp_tcb, tee), true },
	{ OID("\x03\x03"), offsetof(struct mr_snp_tcb, snp), true },
	{ OID("\x03\x08"), offsetof(struct mr_snp_tcb, microcode), true },
	{ OID("\x03\x09"), offsetof(struct mr_snp_tcb, fmc), false },
};

static bool read_svn(const struct mr_cert *c, const struct svn *svn, struct mr_vek_extension *e)
{
	struct mr_bytes value;
	uint64_t n;

	if (!mr_cert_extension(c, svn->oid, &value, NULL))
		return !svn->required;
	struct mr_cursor at = mr_cursor_of(value);
	if (!mr_der_u64(&at, &n) || n > UINT8_MAX || mr_cursor_left(&at) != 0)
		return false;
	((uint8_t *)&e->tcb)[svn->offset] = (uint8_t)n;
	if (!svn->required)
		e->has_fmc = true;
	return true;
}

static bool read_product(const struct mr_cert *c, struct mr_vek_extension *e)
{
	struct mr_bytes value;
	struct mr_bytes text;

	if (!mr_cert_extension(c, oid_product, &value, NULL))
		return false;
	struct mr_cursor at = mr_cursor_of(value);
	if (!mr_der_expect(&at, MR_DER_IA5_STRING, &text) || mr_cursor_left(&at) != 0)
		return false;
	e->product = mr_bytes_str(text);
	return true;
}

const char *mr_vek_extension_read(
	const struct mr_cert *certificate, bool is_vlek, struct mr_vek_extension *ret)
{
	struct mr_vek_extension e = { .has_fmc = false };

	if (!read_product(certificate, &e))
		return "the product name is missing or malformed";
	for (size_t i = 0; i < MR_COUNT(svns); i++) {
		if (!read_svn(certificate, &svns[i], &e))
			return "a TCB component is missing or malformed";
	}
	/* raw bytes, without a DER tag */
	bool has_id = mr_cert_extension(certificate, oid_chip_id, &e.chip_id, NULL);
	if (!is_vlek &&
		(!has_id || (e.chip_id.len != CHIP_ID_SIZE && e.chip_id.len != SHORT_CHIP_ID_SIZE)))
		return "the hardware id is missing or malformed";
	*ret = e;
	return NULL;
}
