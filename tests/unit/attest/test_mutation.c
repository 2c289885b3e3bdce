/* SPDX-License-Identifier: Apache-2.0 */
/* Every bit of good evidence that a signature covers, flipped; every certificate of a chain, replaced. */
#include "attest_test.h"

#include "codec/pem.h"

enum { MAX_REGIONS = 8 };

/* From `from` to `to`: the codes that are right, as bits. */
struct region {
	size_t from, to;
	unsigned codes;
};

#define CODE(name) (1u << MR_ATTEST_##name)
#define SIGNED (CODE(QUOTE_SIGNATURE) | CODE(PARSE) | CODE(UNSUPPORTED))

static void flip_all(struct attest_scene *s, const struct region *regions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t bit = regions[i].from * 8; bit < regions[i].to * 8; bit++) {
			s->evidence.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			enum mr_attest_code code = attest_scene_judge(s);
			s->evidence.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (!(1u << code & regions[i].codes))
				fail_msg("byte %zu bit %zu: %s", bit / 8, bit % 8,
					mr_attest_code_name(code));
		}
	}
	assert_int_equal(attest_scene_judge(s), MR_ATTEST_OK);
}

/* What the signature data of a quote have in common, from their first byte on. */
static void flip_quote(const char *name, size_t signed_size, size_t data, size_t wrapper)
{
	size_t qe = data + 128 + wrapper;
	const struct region regions[] = {
		{ 0, signed_size, SIGNED },
		{ data, data + 64, CODE(QUOTE_SIGNATURE) },
		{ data + 64, data + 128, CODE(QE_BINDING) },
		{ qe, qe + 384, CODE(QE_SIGNATURE) },
		{ qe + 384, qe + 448, CODE(QE_SIGNATURE) },
		{ qe + 450, qe + 450 + 32, CODE(QE_BINDING) },
	};
	struct attest_scene s;

	attest_scene_open(&s, name);
	assert_int_equal(attest_scene_judge(&s), MR_ATTEST_OK);
	flip_all(&s, regions, MR_COUNT(regions));
	attest_scene_close(&s);
}

static void test_sgx_bits(void **state)
{
	(void)state;
	flip_quote("sgx", 432, 436, 0);
}

static void test_tdx_bits(void **state)
{
	(void)state;
	flip_quote("tdx", 702, 706, 6);
}

static void test_snp_bits(void **state)
{
	/* the word that says which key signed decides which certificates are looked for */
	const struct region regions[] = {
		{ 0, 0x48, SIGNED },
		{ 0x48, 0x4c, SIGNED | CODE(CERT_CHAIN) },
		{ 0x4c, 672 + 144, SIGNED },
	};
	struct attest_scene s;

	(void)state;
	attest_scene_open(&s, "snp");
	if (attest_scene_judge(&s) != MR_ATTEST_OK)
		fail_msg("%s", s.err.message);
	flip_all(&s, regions, MR_COUNT(regions));
	attest_scene_close(&s);
}

/* --- certificates --- */

static size_t split(struct mr_str pem, struct mr_cert *ret, size_t max, struct mr_error *err)
{
	size_t count = 0;

	while (count < max && !mr_failed(mr_cert_from_pem(pem, &ret[count], &pem, err)))
		count++;
	return count;
}

static enum mr_attest_code read_chain(struct attest_scene *s, const struct mr_cert *certs,
	size_t count, enum mr_intel_kind kind, size_t place, const struct mr_cert *other)
{
	MR_AUTO(buf) struct mr_buf pem = { 0 };
	MR_AUTO(intel_chain) struct mr_intel_chain chain = { .count = 0 };

	mr_buf_init(&pem, 1 << 16);
	for (size_t i = 0; i < count; i++)
		mr_pem_encode(&pem, "CERTIFICATE", i == place ? other->der : certs[i].der);
	return mr_intel_chain_read(mr_buf_str(&pem), kind, &s->roots, &chain, &s->err);
}

/* Each place of each chain, taken by each certificate of the others. */
static void test_intel_certificates(void **state)
{
	struct attest_scene s;
	struct mr_evidence e;
	struct mr_cert pck[3], tcb[2], ca[2];

	(void)state;
	attest_scene_open(&s, "sgx");
	assert_int_equal(mr_evidence_read(mr_buf_bytes(&s.evidence), &e, &s.err), MR_ATTEST_OK);
	assert_int_equal(split(mr_bytes_str(e.quote.certification_data), pck, 3, &s.err), 3);
	assert_int_equal(split(mr_bytes_str(s.dir.intel.tcb_info_chain), tcb, 2, &s.err), 2);
	assert_int_equal(split(mr_bytes_str(s.dir.intel.pck_crl_chain), ca, 2, &s.err), 2);
	for (size_t place = 0; place < 3; place++) {
		for (size_t other = 0; other < 3; other++) {
			enum mr_attest_code want = place == other ? MR_ATTEST_OK
								  : MR_ATTEST_CERT_CHAIN;

			assert_int_equal(
				read_chain(&s, pck, 3, MR_INTEL_PCK, place, &pck[other]), want);
		}
		assert_int_equal(
			read_chain(&s, pck, 3, MR_INTEL_PCK, place, &tcb[0]), MR_ATTEST_CERT_CHAIN);
	}
	for (size_t place = 0; place < 2; place++) {
		assert_int_equal(read_chain(&s, tcb, 2, MR_INTEL_TCB_SIGNING, place, &pck[1]),
			MR_ATTEST_CERT_CHAIN);
		assert_int_equal(read_chain(&s, ca, 2, MR_INTEL_PCK_CA, place, &tcb[0]),
			MR_ATTEST_CERT_CHAIN);
	}
	for (size_t i = 0; i < 3; i++)
		mr_cert_done(&pck[i]);
	for (size_t i = 0; i < 2; i++) {
		mr_cert_done(&tcb[i]);
		mr_cert_done(&ca[i]);
	}
	attest_scene_close(&s);
}

/* A bit of every byte of a certificate: none is outside of its signature but the signature itself. */
static void test_bits_of_intel_certificates(void **state)
{
	struct attest_scene s;
	struct mr_evidence e;
	struct mr_cert pck[3];

	(void)state;
	attest_scene_open(&s, "sgx");
	assert_int_equal(mr_evidence_read(mr_buf_bytes(&s.evidence), &e, &s.err), MR_ATTEST_OK);
	assert_int_equal(split(mr_bytes_str(e.quote.certification_data), pck, 3, &s.err), 3);
	for (size_t place = 0; place < 3; place++) {
		uint8_t der[4096];
		struct mr_cert changed = { .der = { der, pck[place].der.len } };

		assert_true(pck[place].der.len <= sizeof der);
		memcpy(der, pck[place].der.ptr, pck[place].der.len);
		for (size_t i = 0; i < pck[place].der.len; i++) {
			der[i] ^= (uint8_t)(1u << i % 8);
			if (read_chain(&s, pck, 3, MR_INTEL_PCK, place, &changed) !=
				MR_ATTEST_CERT_CHAIN)
				fail_msg("certificate %zu, byte %zu", place, i);
			der[i] ^= (uint8_t)(1u << i % 8);
		}
		assert_int_equal(
			read_chain(&s, pck, 3, MR_INTEL_PCK, place, &changed), MR_ATTEST_OK);
	}
	for (size_t i = 0; i < 3; i++)
		mr_cert_done(&pck[i]);
	attest_scene_close(&s);
}

static void test_bits_of_a_vcek(void **state)
{
	struct attest_scene s;
	uint8_t der[4096];

	(void)state;
	attest_scene_open(&s, "snp");
	size_t size = s.dir.snp.vek.len;
	assert_true(size <= sizeof der);
	memcpy(der, s.dir.snp.vek.ptr, size);
	s.dir.snp.vek = mr_bytes_of(der, size);
	for (size_t i = 0; i < size; i++) {
		der[i] ^= (uint8_t)(1u << i % 8);
		if (attest_scene_judge(&s) != MR_ATTEST_CERT_CHAIN)
			fail_msg("byte %zu", i);
		der[i] ^= (uint8_t)(1u << i % 8);
	}
	assert_int_equal(attest_scene_judge(&s), MR_ATTEST_OK);
	attest_scene_close(&s);
}

static void test_pinned_roots_decide(void **state)
{
	struct attest_scene s;

	(void)state;
	attest_scene_open(&s, "sgx");
	s.roots.intel_key[40] ^= 1;
	assert_int_equal(attest_scene_judge(&s), MR_ATTEST_CERT_CHAIN);
	attest_scene_close(&s);
	attest_scene_open(&s, "snp");
	s.roots.ark[MR_SNP_MILAN][3] ^= 1;
	assert_int_equal(attest_scene_judge(&s), MR_ATTEST_CERT_CHAIN);
	attest_scene_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sgx_bits),
		cmocka_unit_test(test_tdx_bits),
		cmocka_unit_test(test_snp_bits),
		cmocka_unit_test(test_intel_certificates),
		cmocka_unit_test(test_bits_of_intel_certificates),
		cmocka_unit_test(test_bits_of_a_vcek),
		cmocka_unit_test(test_pinned_roots_decide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
