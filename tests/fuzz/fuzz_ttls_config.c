/* SPDX-License-Identifier: Apache-2.0 */
/* MARBLE_TTLS_CONFIG: what is accepted answers questions; what is not says why, without a value. */
#include <string.h>

#include "fuzz.h"
#include "ttls/config.h"

static void ask(const struct mr_ttls_config *config)
{
	struct in6_addr address;

	for (unsigned port = 0; port < 100; port++) {
		const struct mr_ttls_entry *in = mr_ttls_config_incoming(config, (uint16_t)port);
		const struct mr_ttls_entry *out = mr_ttls_config_by_name(
			config, MR_STR("localhost"), (uint16_t)port);
		FUZZ_CHECK(!in || (in->port == port && in->context && !in->host));
		FUZZ_CHECK(!out || (out->port == port && out->context && !out->numeric));
		FUZZ_CHECK(!out || mr_ttls_config_name(config, MR_STR("LOCALHOST.")) != NULL);
		FUZZ_CHECK(mr_ttls_address_parse(MR_STR("::1"), &address));
		out = mr_ttls_config_by_address(config, &address, (uint16_t)port);
		FUZZ_CHECK(!out || (out->port == port && out->numeric));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MR_AUTO(ttls_config) struct mr_ttls_config *config = NULL;
	struct in6_addr address;
	struct mr_error err;

	if (mr_ttls_address_parse((struct mr_str){ (const char *)data, size }, &address))
		FUZZ_CHECK(size >= 2 && size < 64);
	if (!mr_failed(mr_ttls_config_parse(
		    (struct mr_str){ (const char *)data, size }, &config, &err))) {
		ask(config);
		return 0;
	}
	FUZZ_CHECK(!config);
	FUZZ_CHECK(strncmp(err.message, "MARBLE_TTLS_CONFIG: ", 20) == 0);
	return 0;
}
