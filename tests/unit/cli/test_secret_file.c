/* SPDX-License-Identifier: Apache-2.0 */
/* Files of secrets: what of JSON and of PEM becomes the map that is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../net/test_identity.h"
#include "base/secret.h"
#include "cli/secret_file.h"
#include "codec/base64.h"
#include "codec/pem.h"

#define TEXT_MAX_SIZE ((size_t)1 << 20)

static void expect(mr_result r, const struct mr_error *err, struct mr_buf *out, const char *want,
	const char *error)
{
	if (error) {
		assert_true(mr_failed(r));
		if (!mr_str_starts(mr_str_of(err->message), mr_str_of(error)))
			fail_msg("%s\nis not: %s", err->message, error);
		return;
	}
	if (mr_failed(r))
		fail_msg("%s", err->message);
	mr_buf_put_u8(out, 0);
	assert_string_equal((const char *)out->data, want);
}

static void test_json(void **state)
{
	static const struct {
		const char *text, *out, *error;
	} rows[] = {
		{ "{}", "{}", NULL },
		{ "null", "{}", NULL },
		{ "{\"b\":{\"Key\":\"AAEC\"},\"a\":{}}",
			"{\"a\":{\"Cert\":null,\"Private\":null,\"Key\":null},"
			"\"b\":{\"Cert\":null,\"Private\":null,\"Key\":\"AAEC\"}}",
			NULL },
		{ "{\"<\":{\"kEY\":\"\",\"private\":\"A\\nA==\",\"Note\":[1]}}",
			"{\"\\u003c\":{\"Cert\":null,\"Private\":\"AA==\",\"Key\":\"\"}}", NULL },
		{ "{\"a\":null,\"b\":{\"Cert\":{\"x\":1},\"Key\":null}}",
			"{\"a\":{\"Cert\":null,\"Private\":null,\"Key\":null},"
			"\"b\":{\"Cert\":null,\"Private\":null,\"Key\":null}}",
			NULL },
		/* of entries, and of parts, that come twice the last counts */
		{ "{\"a\":{\"Key\":\"AA==\"},\"a\":{\"Private\":\"AQ==\",\"private\":\"Ag==\"}}",
			"{\"a\":{\"Cert\":null,\"Private\":\"Ag==\",\"Key\":null}}", NULL },
		{ "", NULL, "unexpected end of JSON input" },
		{ "{} {}", NULL, "invalid character '{' after top-level value" },
		{ "[]", NULL, "json: cannot unmarshal array" },
		{ "{\"a\":1}", NULL, "a: json: cannot unmarshal number" },
		{ "{\"a\":{\"Key\":5},\"a\":{}}", NULL, "a: Key: json: cannot unmarshal number" },
		{ "{\"a\":{\"Private\":\"!\"}}", NULL, "a: Private: illegal base64 data" },
		{ "{\"a\":{\"Cert\":\"no base64\"}}", NULL, "a: Cert: illegal base64 data" },
		{ "{\"a\":{\"Cert\":\"AAEC\"}}", NULL, "a: Cert: x509: " },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		struct mr_error err = { 0 };

		mr_buf_init_secret(&out, TEXT_MAX_SIZE);
		expect(mr_secret_file_from_json(mr_str_of(rows[i].text), &out, &err), &err, &out,
			rows[i].out, rows[i].error);
	}
}

/* --- PEM --- */

struct material {
	struct test_identity first, second;
	struct mr_secret pkcs8, sec1;
};

static int make(void **state)
{
	static struct material m;
	struct mr_error err;

	test_identity_make(&m.first, &(struct test_profile){ .name = "first" });
	test_identity_make(&m.second, &(struct test_profile){ .name = "second" });
	assert_false(mr_failed(mr_key_to_pkcs8(m.first.key, &m.pkcs8, &err)));
	assert_false(mr_failed(mr_key_to_sec1(m.first.key, &m.sec1, &err)));
	*state = &m;
	return 0;
}

static int drop(void **state)
{
	struct material *m = *state;

	test_identity_done(&m->first);
	test_identity_done(&m->second);
	mr_secret_done(&m->pkcs8);
	mr_secret_done(&m->sec1);
	return 0;
}

/* Blocks by letter: the certificates 1 and 2, the key as (p)kcs8, (s)ec1, (e)ncrypted, some (o)ther
 * private key, (P)arameters, a public (k)ey, (b)ad certificate, t(ext). */
static void put_block(const struct material *m, char letter, struct mr_buf *out)
{
	static const uint8_t bytes[] = { 1, 2, 3 };
	struct mr_bytes other = { bytes, sizeof bytes };

	switch (letter) {
	case '1':
		mr_pem_encode(out, "CERTIFICATE", m->first.cert.der);
		return;
	case '2':
		mr_pem_encode(out, "CERTIFICATE", m->second.cert.der);
		return;
	case 'p':
		mr_pem_encode(out, "PRIVATE KEY", mr_secret_bytes(&m->pkcs8));
		return;
	case 's':
		mr_pem_encode(out, "EC PRIVATE KEY", mr_secret_bytes(&m->sec1));
		return;
	case 'e':
		mr_pem_encode(out, "ENCRYPTED PRIVATE KEY", other);
		return;
	case 'r':
		mr_pem_encode(out, "RSA PRIVATE KEY", other);
		return;
	case 'o':
		mr_pem_encode(out, "SOME PRIVATE THING", other);
		return;
	case 'P':
		mr_pem_encode(out, "EC PARAMETERS", other);
		return;
	case 'k':
		mr_pem_encode(out, "PUBLIC KEY", other);
		return;
	case 'b':
		mr_pem_encode(out, "CERTIFICATE", other);
		return;
	default:
		mr_buf_put_cstr(out, "Bag Attributes\n");
	}
}

/* In `want`: c is the first certificate, k its key in PKCS#8, o the other one, - nothing. */
static void put_part(const struct material *m, const char *name, char part, struct mr_buf *out)
{
	mr_buf_printf(out, "\"%s\":", name);
	if (part == '-') {
		mr_buf_put_cstr(out, "null");
		return;
	}
	mr_buf_put_u8(out, '"');
	if (part == 'c')
		mr_base64_encode(out, m->first.cert.der, MR_BASE64_STANDARD);
	else if (part == 'k')
		mr_base64_encode(out, mr_secret_bytes(&m->pkcs8), MR_BASE64_STANDARD);
	else
		mr_buf_put_cstr(out, "AQID");
	mr_buf_put_u8(out, '"');
}

static void check_pem(
	const struct material *m, const char *blocks, const char *want, const char *error)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	MR_AUTO(buf) struct mr_buf out = { 0 };
	MR_AUTO(buf) struct mr_buf wanted = { 0 };
	struct mr_error err = { 0 };
	mr_result r;

	mr_buf_init(&text, TEXT_MAX_SIZE);
	mr_buf_init(&out, TEXT_MAX_SIZE);
	mr_buf_init(&wanted, TEXT_MAX_SIZE);
	for (; *blocks; blocks++)
		put_block(m, *blocks, &text);
	mr_buf_put_cstr(&wanted, "{\"ä/\\u003c\":{");
	put_part(m, "Cert", want ? want[0] : '-', &wanted);
	mr_buf_put_u8(&wanted, ',');
	put_part(m, "Private", want ? want[1] : '-', &wanted);
	mr_buf_put_cstr(&wanted, ",\"Key\":null}}");
	mr_buf_put_u8(&wanted, 0);
	r = mr_secret_file_from_pem(mr_buf_str(&text), MR_STR("ä/<"), &out, &err);
	expect(r, &err, &out, (const char *)wanted.data, error);
}

static void test_pem(void **state)
{
	static const struct {
		const char *blocks, *want, *error;
	} rows[] = {
		{ "1p", "ck", NULL },
		{ "p1", "ck", NULL },
		{ "t1tPts", "ck", NULL },
		{ "12p", "ck", NULL },
		{ "po1", "ck", NULL },
		{ "1", "c-", NULL },
		{ "12", "c-", NULL },
		{ "p", "-k", NULL },
		{ "Ps", "-k", NULL },
		{ "o", "-o", NULL },
		/* behind a pair nothing is looked at */
		{ "1pk", "ck", NULL },
		{ "p1b", "ck", NULL },
		{ "", NULL, "found no certificate or private key in PEM data" },
		{ "t", NULL, "found no certificate or private key in PEM data" },
		{ "P", NULL, "found no certificate or private key in PEM data" },
		{ "1kp", NULL, "unrecognized PEM type for secret: PUBLIC KEY" },
		{ "1e", NULL, "the private key in the PEM data is encrypted" },
		{ "r", NULL, "x509: " },
		{ "b", NULL, "x509: " },
	};
	const struct material *m = *state;

	for (size_t i = 0; i < MR_COUNT(rows); i++)
		check_pem(m, rows[i].blocks, rows[i].want, rows[i].error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_pem),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
