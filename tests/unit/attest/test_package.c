/* SPDX-License-Identifier: Apache-2.0 */
/* Packages for confidential VMs: what of their rules is taken, and what evidence matches them. */
#include "attest_test.h"

#include <stdio.h>

#include "attest/package_match.h"
#include "codec/base64.h"

enum { ROOM = 1 << 20 };

#define HEX48                                                                                      \
	"abababababababababababababababababababababababababababababababababababababababababababababababab"

static const struct {
	const char *json;
	const char *message; /* NULL: good */
} table[] = {
	{ "{}", "the package has neither UniqueID nor SignerID" },
	{ "{\"ProductID\":3,\"SecurityVersion\":1}",
		"the package has neither UniqueID nor SignerID" },
	{ "{\"Debug\":true}", NULL },
	{ "{\"SignerID\":\"00\"}", NULL },
	{ "{\"tee\":\"SGX\",\"uniqueid\":\"00\"}", NULL },
	{ "{\"TEE\":\"TDX\",\"TDX\":{\"MRTD\":\"" HEX48 "\"}}", NULL },
	{ "{\"TEE\":\"TDX\",\"Debug\":true}", NULL },
	{ "{\"TEE\":\"SNP\",\"SNP\":{\"Measurement\":[\"" HEX48 "\",\"" HEX48 "\"]}}", NULL },
	{ "[]", "a package is a JSON object" },
	{ "{\"TEE\":\"CCA\"}", "unknown TEE: it is SGX, TDX or SNP" },
	{ "{\"TEE\":[]}", "TEE is empty" },
	{ "{\"TEE\":\"TDX\"}", "the package has no MRTD" },
	{ "{\"TEE\":\"SNP\",\"SNP\":{}}", "the package has no Measurement" },
	{ "{\"TEE\":\"SNP\",\"SNP\":[]}", "SNP is not an object" },
	{ "{\"TEE\":\"TDX\",\"TDX\":{\"MRTD\":\"ab\"}}", "invalid MRTD in TDX" },
	{ "{\"TEE\":\"TDX\",\"TDX\":{\"MRTD\":[]}}", "invalid MRTD in TDX" },
	{ "{\"TEE\":\"TDX\",\"TDX\":{\"mrtd\":\"" HEX48 "\"}}", "unknown key \"mrtd\" in TDX" },
	{ "{\"TEE\":\"TDX\",\"TDX\":{\"AllowMigration\":true,\"AllowMigration\":true}}",
		"repeated key \"AllowMigration\" in TDX" },
	{ "{\"TEE\":\"TDX\",\"TDX\":{\"XFAM\":{\"Value\":\"0000000000000000\"}}}",
		"invalid XFAM in TDX" },
	{ "{\"TEE\":\"SNP\",\"SNP\":{\"VMPL\":4}}", "invalid VMPL in SNP" },
	{ "{\"TEE\":\"SNP\",\"SNP\":{\"MinFirmware\":\"1.55\"}}", "invalid MinFirmware in SNP" },
	{ "{\"TEE\":\"SNP\",\"SNP\":{\"MinFirmware\":\"1.55.256\"}}",
		"invalid MinFirmware in SNP" },
	{ "{\"TEE\":\"SNP\",\"SNP\":{\"MinTCB\":{\"Boot\":1}}}", "unknown key \"Boot\" in MinTCB" },
	{ "{\"TEE\":\"SNP\",\"SNP\":{\"Products\":[\"Rome\"]}}", "invalid Products in SNP" },
	{ "{\"TEE\":\"SNP\",\"SNP\":{\"SigningKey\":1}}", "invalid SigningKey in SNP" },
	{ "{\"UniqueID\":\"00\",\"AdvisoryPolicy\":\"none\"}",
		"unknown AdvisoryPolicy: it is reference or all" },
	{ "{\"UniqueID\":\"00\",\"SNP\":{\"VMPL\":1}}",
		"the package has rules for a technology that its TEE does not allow" },
	{ "{\"TEE\":\"TDX\",\"UniqueID\":\"00\",\"TDX\":{\"MRTD\":\"" HEX48 "\"}}",
		"the package has rules for a technology that its TEE does not allow" },
};

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(table); i++) {
		MR_AUTO(arena) struct mr_arena arena = { 0 };
		struct mr_package package;
		struct mr_error err;

		mr_arena_init(&arena, ROOM);
		mr_result r = mr_package_parse(mr_str_of(table[i].json), &arena, &package, &err);
		if (mr_failed(r) != (table[i].message != NULL))
			fail_msg("%s: %s", table[i].json, mr_failed(r) ? err.message : "accepted");
		if (table[i].message)
			assert_string_equal(err.message, table[i].message);
	}
}

/* The measurement of the scene in a rule, its first byte `off` away. */
static const char *match(struct attest_scene *s, const char *tee, const char *key,
	struct mr_bytes measured, uint8_t off)
{
	MR_AUTO(buf) struct mr_buf json = { 0 };
	struct mr_package package;
	struct mr_evidence e;
	uint8_t bytes[64];

	assert_true(measured.len <= sizeof bytes);
	memcpy(bytes, measured.ptr, measured.len);
	bytes[0] ^= off;
	mr_buf_init(&json, ROOM);
	mr_buf_printf(&json, "{\"TEE\":\"%s\",\"%s\":{\"%s\":\"", tee, tee, key);
	mr_hex_encode(&json, mr_bytes_of(bytes, measured.len));
	mr_buf_put_cstr(&json, "\"}}");
	if (mr_failed(mr_package_parse(mr_buf_str(&json), &s->arena, &package, &s->err)))
		fail_msg("%s", s->err.message);
	assert_int_equal(mr_evidence_read(mr_buf_bytes(&s->evidence), &e, &s->err), MR_ATTEST_OK);
	return mr_package_mismatch(&package, &e, &s->verdict);
}

static void test_match(void **state)
{
	struct attest_scene s;
	struct mr_evidence e;

	(void)state;
	attest_scene_open(&s, "snp");
	assert_int_equal(attest_scene_judge(&s), MR_ATTEST_OK);
	assert_int_equal(mr_evidence_read(mr_buf_bytes(&s.evidence), &e, &s.err), MR_ATTEST_OK);
	assert_null(match(&s, "SNP", "Measurement", e.snp.measurement, 0));
	assert_string_equal(match(&s, "SNP", "Measurement", e.snp.measurement, 1), "Measurement");
	assert_string_equal(match(&s, "TDX", "MRTD", e.snp.measurement, 0), "TEE");
	attest_scene_close(&s);
	attest_scene_open(&s, "tdx");
	assert_int_equal(attest_scene_judge(&s), MR_ATTEST_OK);
	assert_int_equal(mr_evidence_read(mr_buf_bytes(&s.evidence), &e, &s.err), MR_ATTEST_OK);
	assert_null(match(&s, "TDX", "MRTD", e.quote.td.mr_td, 0));
	assert_string_equal(match(&s, "TDX", "MRTD", e.quote.td.mr_td, 0x80), "MRTD");
	assert_string_equal(match(&s, "SNP", "Measurement", e.quote.td.mr_td, 0), "TEE");
	attest_scene_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
