/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration of collateral services, addresses, and what is asked for at them. */
#include "attest_test.h"

#include <stdio.h>

#include "attest/amd_source.h"
#include "attest/pccs.h"

#define URL "https://pccs.example.com:8081/sgx/certification/v4/"
#define PCCS "\"pccs_url\":\"" URL "\""

static const struct {
	const char *text;
	const char *endpoint; /* of collateral; NULL: refused */
	const char *path;
	bool secure, early, api_31;
	unsigned retry_times, retry_delay;
	int64_t cache_seconds;
} files[] = {
	{ "", "localhost:8081", "/sgx/certification/v4/", true, false, false, 0, 0, 0 },
	{ "{}", "localhost:8081", "/sgx/certification/v4/", true, false, false, 0, 0, 0 },
	{ "{" PCCS "}", "pccs.example.com:8081", "/sgx/certification/v4/", true, false, false, 0, 0,
		0 },
	{ " \n\t{" PCCS ",\"use_secure_cert\":false}", "pccs.example.com:8081",
		"/sgx/certification/v4/", false, false, false, 0, 0, 0 },
	{ "// c\n/* { */{" PCCS ",\"collateral_service\":\"https://other/v4\"} // end", "other",
		"/v4/", true, false, false, 0, 0, 0 },
	{ "{" PCCS ",\"tcb_update_type\":\"Early\",\"pccs_api_version\":\"3.1\",\"retry_times\":3,"
	  "\"retry_delay\":7,\"verify_collateral_cache_expire_hours\":1.5}",
		"pccs.example.com:8081", "/sgx/certification/v4/", true, true, true, 3, 7, 5400 },
	{ "{" PCCS ",\"retry_times\":1000,\"retry_delay\":1000,"
	  "\"verify_collateral_cache_expire_hours\":100000}",
		"pccs.example.com:8081", "/sgx/certification/v4/", true, false, false, 10, 60,
		2160 * 3600 },
	/* keys are exact, wrong types are ignored */
	{ "{\"PCCS_URL\":\"" URL "\",\"retry_times\":\"3\",\"use_secure_cert\":\"no\"}",
		"localhost:8081", "/sgx/certification/v4/", true, false, false, 0, 0, 0 },
	{ "#c\r\nPCCS_URL = https://a/b \nUSE_SECURE_CERT=FALSE\nRETRY_TIMES=2\nOTHER=1\n", "a",
		"/b/", false, false, false, 2, 0, 0 },
	{ "PCCS_URL=https://a/b\nCOLLATERAL_SERVICE=https://c\nPCCS_API_VERSION=3.1", "c", "/",
		true, false, true, 0, 0, 0 },
	{ "{" PCCS, NULL, NULL, false, false, false, 0, 0, 0 },
	{ "{" PCCS "} x", NULL, NULL, false, false, false, 0, 0, 0 },
	{ "{" PCCS " /* }", NULL, NULL, false, false, false, 0, 0, 0 },
	{ "/", NULL, NULL, false, false, false, 0, 0, 0 },
	{ "PCCS_URL", NULL, NULL, false, false, false, 0, 0, 0 },
	{ "{\"tcb_update_type\":\"late\"}", NULL, NULL, false, false, false, 0, 0, 0 },
	{ "{\"pccs_url\":\"ftp://a/\"}", NULL, NULL, false, false, false, 0, 0, 0 },
	{ "{\"collateral_service\":\"http://a/\"}", NULL, NULL, false, false, false, 0, 0, 0 },
};

static void test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(files); i++) {
		struct mr_qcnl q;
		struct mr_error err;

		mr_result r = mr_qcnl_parse(mr_str_of(files[i].text), &q, &err);
		if (mr_failed(r) != (files[i].endpoint == NULL))
			fail_msg("%s: %s", files[i].text, mr_failed(r) ? err.message : "accepted");
		if (!files[i].endpoint)
			continue;
		assert_string_equal(q.collateral.endpoint, files[i].endpoint);
		assert_string_equal(q.collateral.path, files[i].path);
		assert_int_equal(q.use_secure_cert, files[i].secure);
		assert_int_equal(q.early, files[i].early);
		assert_int_equal(q.api_31, files[i].api_31);
		assert_int_equal(q.retry_times, files[i].retry_times);
		assert_int_equal(q.retry_delay, files[i].retry_delay);
		assert_int_equal(q.cache_seconds, files[i].cache_seconds);
	}
}

static void test_addresses(void **state)
{
	static const char *const bad[] = { "", "https://", "https:///x", "pccs.example.com",
		"http://pccs.example.com/", "http://10.0.0.1/", "http://127.0.0.1.example.com/",
		"https://a/ b", "https://a/?b", "https://a/#b", "https://u@a/", "https://a:x/",
		"https://a/\x80", "HTTPS://a/" };
	static const char *const good[] = { "https://a", "https://[::1]:8/",
		"http://127.0.0.9:80/x", "http://[::1]/", "http://localhost" };
	struct mr_service_url url;
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(bad); i++)
		if (!mr_failed(mr_service_url_parse(mr_str_of(bad[i]), &url, &err)))
			fail_msg("accepted: %s", bad[i]);
	for (size_t i = 0; i < MR_COUNT(good); i++)
		if (mr_failed(mr_service_url_parse(mr_str_of(good[i]), &url, &err)))
			fail_msg("%s: %s", good[i], err.message);
	assert_true(url.plain);
	assert_string_equal(url.path, "/");
}

static void test_escapes(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: malformed */
	} rows[] = { { "a%0Ab", "a\nb" }, { "a+b%2B%2b", "a+b++" }, { "%4", NULL }, { "%", NULL },
		{ "%zz", NULL }, { "%a", NULL }, { "", "" } };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };

		mr_buf_init(&out, 100);
		assert_int_equal(
			mr_percent_decode(&out, mr_str_of(rows[i].text)), rows[i].want != NULL);
		if (rows[i].want)
			assert_true(mr_str_eq(mr_buf_str(&out), mr_str_of(rows[i].want)));
	}
}

static const char *target(const char *config, const struct mr_pccs_request *request)
{
	static char text[2048];
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_qcnl q;
	struct mr_error err;

	OK(mr_qcnl_parse(mr_str_of(config), &q, &err));
	mr_buf_init(&out, sizeof text - 1);
	mr_result r = mr_pccs_put_target(&out, &q, request, &err);
	(void)snprintf(text, sizeof text, "%.*s", MR_STR_ARGS(mr_buf_str(&out)));
	return mr_failed(r) ? NULL : text;
}

#define BASE "/sgx/certification/v4/"
#define INTEL "{\"pccs_url\":\"https://api.trustedservices.intel.com/sgx/certification/v4\"}"

static void test_targets(void **state)
{
	static const char plain[] = "{" PCCS "}";
	static const char newer[] = "{" PCCS
				    ",\"pccs_api_version\":\"3.1\",\"tcb_update_type\":\"early\"}";
	struct mr_pccs_request r = { .kind = MR_PCCS_TCB_INFO, .fmspc = { 0, 0xa1, 0x6c, 0x3f } };

	(void)state;
	assert_string_equal(target(plain, &r), BASE "tcb?fmspc=00a16c3f0000");
	assert_string_equal(target(newer, &r), BASE "tcb?fmspc=00a16c3f0000&update=early");
	r.is_td = true;
	assert_string_equal(target(plain, &r), "/tdx/certification/v4/tcb?fmspc=00a16c3f0000");
	assert_null(target("{\"pccs_url\":\"https://a/other/\"}", &r));
	r.kind = MR_PCCS_QE_IDENTITY;
	assert_string_equal(target(plain, &r), "/tdx/certification/v4/qe/identity");
	r.kind = MR_PCCS_PCK_CRL;
	assert_string_equal(target(plain, &r), BASE "pckcrl?ca=processor");
	r.is_platform_ca = true;
	assert_string_equal(target(newer, &r), BASE "pckcrl?ca=platform&encoding=der");
	assert_string_equal(target(INTEL, &r), BASE "pckcrl?ca=platform&encoding=der");
	r.kind = MR_PCCS_ROOT_CRL;
	assert_string_equal(target(plain, &r), BASE "rootcacrl");
	assert_string_equal(target(newer, &r), BASE
		"crl?uri=https%3A%2F%2Fcertificates.trustedservices.intel.com%2FIntelSGXRootCA.der");
	assert_string_equal(target(INTEL, &r), "/IntelSGXRootCA.der");
}

static const char *amd_target(const struct mr_amd_request *request)
{
	static char text[2048];
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	mr_buf_init(&out, sizeof text - 1);
	mr_result r = mr_amd_put_target(&out, request, &err);
	(void)snprintf(text, sizeof text, "%.*s", MR_STR_ARGS(mr_buf_str(&out)));
	return mr_failed(r) ? NULL : text;
}

/* Numbers are decimal, and Turin has parts of its own. */
static void test_amd_targets(void **state)
{
	static const uint8_t chip[64] = { 0xab, 1, 2, 3, 4, 5, 6, 7, 8 };
	static const uint8_t none[64] = { 0 };
	static const uint8_t milan[8] = { 2, 0, 0, 0, 0, 0, 5, 68 };
	static const uint8_t turin[8] = { 1, 2, 3, 4, 0, 0, 0, 200 };
	struct mr_snp_report report = { .chip_id = { chip, 64 }, .reported_tcb = { milan, 8 } };
	struct mr_amd_request r = { .what = MR_AMD_VCEK, .line = MR_SNP_MILAN, .report = &report };

	(void)state;
	const char *vcek = amd_target(&r);
	assert_memory_equal(vcek, "vcek/v1/Milan/ab0102030405060708", 32);
	assert_string_equal(strchr(vcek, '?'), "?blSPL=02&teeSPL=00&snpSPL=05&ucodeSPL=68");
	r.line = MR_SNP_TURIN;
	report.reported_tcb = mr_bytes_of(turin, 8);
	assert_string_equal(amd_target(&r), "vcek/v1/Turin/ab01020304050607"
					    "?fmcSPL=01&blSPL=02&teeSPL=03&snpSPL=04&ucodeSPL=200");
	report.chip_key_masked = true;
	assert_null(amd_target(&r));
	report.chip_key_masked = false;
	report.chip_id = mr_bytes_of(none, 64);
	assert_null(amd_target(&r));
	r.what = MR_AMD_CHAIN;
	assert_string_equal(amd_target(&r), "vcek/v1/Turin/cert_chain");
	r.is_vlek = true;
	assert_string_equal(amd_target(&r), "vlek/v1/Turin/cert_chain");
	r.what = MR_AMD_CRL;
	assert_string_equal(amd_target(&r), "vcek/v1/Turin/crl");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_amd_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
