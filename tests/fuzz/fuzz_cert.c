/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates: whatever parses answers every question, within its own bytes. */
#include "crypto/cert.h"
#include "crypto/name.h"
#include "fuzz.h"

static struct mr_alt_name names[MR_CERT_MAX_NAMES];

static void check_inside(const struct mr_cert *c, struct mr_bytes part)
{
	FUZZ_CHECK(part.len == 0 ||
		   (part.ptr >= c->der.ptr && part.ptr + part.len <= c->der.ptr + c->der.len));
}

static void ask_names(const struct mr_cert *c)
{
	struct mr_error err;
	struct mr_bytes value;
	struct mr_str text;
	size_t count = 0;
	bool critical;

	if (mr_cert_common_name(c, &text))
		check_inside(c, mr_str_bytes(text));
	if (!mr_cert_extension(c, MR_OID_SUBJECT_ALT_NAME, &value, &critical))
		FUZZ_CHECK(!mr_cert_matches_host(c, MR_STR("localhost")));
	else if (!mr_failed(mr_alt_names_parse(value, names, MR_CERT_MAX_NAMES, &count, &err)))
		for (size_t i = 0; i < count; i++)
			check_inside(c, names[i].value);
	for (size_t i = 0; i < count; i++)
		(void)mr_cert_matches_host(c, mr_bytes_str(names[i].value));
	(void)mr_cert_matches_host(c, MR_STR("127.0.0.1"));
}

static void ask_key(const struct mr_cert *c)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_error err;

	if (mr_failed(mr_cert_key(c, &key, &err)))
		return;
	FUZZ_CHECK(mr_bytes_eq(mr_key_spki(key), c->spki));
	(void)mr_failed(mr_cert_check_signature(c, key, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MR_AUTO(cert) struct mr_cert c = { .version = 0 };
	MR_AUTO(cert) struct mr_cert from_pem = { .version = 0 };
	struct mr_bytes id;
	struct mr_str rest;
	struct mr_error err;

	if (!mr_failed(mr_cert_from_pem(
		    mr_bytes_str(mr_bytes_of(data, size)), &from_pem, &rest, &err)))
		ask_names(&from_pem);
	if (mr_failed(mr_cert_parse(mr_bytes_of(data, size), &c, &err)))
		return 0;
	FUZZ_CHECK(c.version >= 1 && c.version <= 3);
	check_inside(&c, c.tbs);
	check_inside(&c, c.serial);
	check_inside(&c, c.signature_algorithm);
	check_inside(&c, c.issuer);
	check_inside(&c, c.subject);
	check_inside(&c, c.spki);
	check_inside(&c, c.signature);
	check_inside(&c, c.extensions);
	if (mr_cert_key_id(&c, &id))
		check_inside(&c, id);
	(void)mr_cert_is_ca(&c);
	(void)mr_cert_allows_purpose(&c, MR_OID_SERVER_AUTH);
	ask_names(&c);
	ask_key(&c);
	return 0;
}
