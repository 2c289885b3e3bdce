/* SPDX-License-Identifier: Apache-2.0 */
/* sgx_default_qcnl.conf in both forms, and addresses of services. */
#include "attest/qcnl.h"
#include "fuzz.h"

static void check_service(const struct mr_service_url *url)
{
	size_t len = strlen(url->path);

	FUZZ_CHECK(url->endpoint[0] && strlen(url->endpoint) < sizeof url->endpoint);
	FUZZ_CHECK(len >= 1 && len < sizeof url->path);
	FUZZ_CHECK(url->path[0] == '/' && url->path[len - 1] == '/');
	for (size_t i = 0; i < len; i++)
		FUZZ_CHECK(url->path[i] > ' ' && url->path[i] < 0x7f);
}

/* Encoded and decoded again it is what it was. */
static void check_escapes(struct mr_str text)
{
	MR_AUTO(buf) struct mr_buf encoded = { 0 };
	MR_AUTO(buf) struct mr_buf decoded = { 0 };

	mr_buf_init(&encoded, (size_t)1 << 24);
	mr_buf_init(&decoded, (size_t)1 << 24);
	if (mr_percent_decode(&decoded, text))
		FUZZ_CHECK(decoded.len <= text.len);
	mr_buf_clear(&decoded);
	mr_percent_encode(&encoded, text);
	FUZZ_CHECK(mr_percent_decode(&decoded, mr_buf_str(&encoded)));
	FUZZ_CHECK(mr_str_eq(mr_buf_str(&decoded), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_str text = { (const char *)data, size };
	struct mr_service_url url;
	struct mr_qcnl config;
	struct mr_error err;

	check_escapes(text);
	if (!mr_failed(mr_service_url_parse(text, &url, &err)))
		check_service(&url);
	if (!mr_failed(mr_qcnl_of_url(text, &config, &err)))
		check_service(&config.collateral);
	if (mr_failed(mr_qcnl_parse(text, &config, &err))) {
		FUZZ_CHECK(err.message[0]);
		return 0;
	}
	check_service(&config.pccs);
	check_service(&config.collateral);
	FUZZ_CHECK(config.retry_times <= 10 && config.retry_delay <= 60);
	FUZZ_CHECK(config.cache_seconds >= 0 && config.cache_seconds <= 2160 * 3600);
	return 0;
}
