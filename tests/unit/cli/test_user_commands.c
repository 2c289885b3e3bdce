/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of users and of the owners of recovery keys, against a Coordinator that answers from a
 * table: updates, their log, secrets, recovery. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/secret.h"
#include "cli_test.h"
#include "codec/base64.h"
#include "codec/pem.h"
#include "fake_coordinator.h"

#define SKIPPED "Warning: skipping quote verification\n"
#define UNVERIFIED "Warning: the Coordinator was not verified\n"
#define USER " -c u.crt -k u.key"
#define TEXT_MAX_SIZE ((size_t)1 << 16)
/* of `{}`, and the body that carries it */
#define EMPTY_JSON "e30="
#define EMPTY_BODY "{\"manifest\":\"" EMPTY_JSON "\"}"

struct world {
	struct fake fake;
	struct test_identity user, other;
	struct mr_key *rsa;
};

static void write_pem(const char *path, const char *label, struct mr_bytes der)
{
	MR_AUTO(buf) struct mr_buf pem = { 0 };
	struct mr_error err;

	mr_buf_init_secret(&pem, TEXT_MAX_SIZE);
	mr_pem_encode(&pem, label, der);
	assert_false(mr_failed(mr_file_write(path, mr_buf_bytes(&pem), 0600, &err)));
}

static void write_key(const char *path, const struct mr_key *key)
{
	MR_AUTO(secret) struct mr_secret der = { 0 };
	struct mr_error err;

	assert_false(mr_failed(mr_key_to_pkcs8(key, &der, &err)));
	write_pem(path, "PRIVATE KEY", mr_secret_bytes(&der));
}

/* --- who asks --- */

static void test_client_files(void **state)
{
	struct world *w = *state;
	struct fake *fake = &w->fake;

	fake_expect(fake, "manifest update cancel HOST -c none -k u.key", 1, "",
		"Error: open none: no such file or directory\n");
	fake_expect(fake, "manifest update cancel HOST -c u.crt -k none", 1, "",
		"Error: open none: no such file or directory\n");
	fake_expect(fake, "manifest update cancel HOST -c u.key -k u.key", 1, "",
		"Error: tls: no certificate in u.key\n");
	fake_expect(fake, "manifest update cancel HOST -c u.crt -k u.crt", 1, "",
		"Error: tls: no unencrypted private key in u.crt\n");
	write_key("o.key", w->other.key);
	fake_expect(fake, "manifest update cancel HOST -c u.crt -k o.key", 1, "",
		"Error: tls: private key does not match public key\n");
	cli_test_write("bad", "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n");
	fake_expect(
		fake, "manifest update cancel HOST -c bad -k u.key", 1, "", "Error: bad: x509...");
	cli_test_write("bad", "-----BEGIN PRIVATE KEY-----\nAAEC\n-----END PRIVATE KEY-----\n");
	fake_expect(
		fake, "manifest update cancel HOST -c u.crt -k bad", 1, "", "Error: bad: x509...");
	fake_expect(fake, "manifest update cancel HOST -c= -k=", 1, "",
		"Error: neither PKCS#11 nor file-based client certificate can be loaded with the "
		"provided flags\n");
	fake_expect(fake, "manifest update cancel HOST", 1, "",
		"Error: at least one of the flags in the group [pkcs11-cert-id pkcs11-cert-label "
		"cert] is required\n");
	fake_expect(fake, "secret get s HOST -k u.key", 1, "",
		"Error: if any flags in the group [key cert] are set they must all be set; "
		"missing [cert]\n");
	fake_expect(fake,
		"secret get s HOST --pkcs11-config=t --pkcs11-cert-id=c "
		"--pkcs11-key-label=k",
		1, "", "Error: could not open config file: t: open t: no such file or directory\n");
	cli_test_write("t", "{\"Path\":\"/nowhere.so\",\"SlotNumber\":1}");
	fake_expect(fake,
		"secret get s HOST --pkcs11-config=t --pkcs11-cert-id=c "
		"--pkcs11-key-label=k",
		1, "", "Error: could not open PKCS#11: /nowhere.so: cannot open ...");
	fake_check_seen(fake, "");
}

static void test_a_chain_of_certificates(void **state)
{
	static const struct fake_route routes[] = {
		{ "POST /api/v2/update-cancel", 200, "null", NULL },
	};
	struct world *w = *state;
	MR_AUTO(buf) struct mr_buf chain = { 0 };
	struct mr_error err;

	mr_buf_init(&chain, TEXT_MAX_SIZE);
	mr_pem_encode(&chain, "CERTIFICATE", w->user.cert.der);
	mr_buf_put_cstr(&chain, "an issuer\n");
	mr_pem_encode(&chain, "CERTIFICATE", w->other.cert.der);
	assert_false(mr_failed(mr_file_write("u.crt", mr_buf_bytes(&chain), 0600, &err)));
	fake_set(&w->fake, routes, MR_COUNT(routes));
	fake_expect(
		&w->fake, "manifest update cancel HOST" USER, 0, "Cancellation successful\n", "");
	fake_check_seen(&w->fake, "POST /api/v2/update-cancel\n");
	fake_expect(&w->fake, "manifest update cancel HOST -i" USER, 0, "Cancellation successful\n",
		UNVERIFIED);
}

/* --- updates --- */

#define APPLY "manifest update apply m.json HOST" USER
#define ACKNOWLEDGE "manifest update acknowledge m.json HOST" USER

static void test_apply(void **state)
{
	static const struct {
		const char *data, *out;
	} rows[] = {
		{ "null", "Update manifest set successfully\n" },
		{ "{\"missingAcknowledgments\":0}", "Update manifest set successfully\n" },
		{ "{\"missingAcknowledgments\":1,\"missingUsers\":[\"ann\",\"bob\"]}",
			"Update manifest submitted successfully.\n"
			"Changes are pending and have not been applied yet.\n"
			"1 user still needs to acknowledge the update manifest.\n"
			"The following users may acknowledge the update: ann, bob\n" },
		{ "{\"recoverySecrets\":{\"b\":\"AA==\",\"a\":null}}",
			"Update manifest set successfully\n"
			"{\"RecoverySecrets\":{\"a\":null,\"b\":\"AA==\"}}\n" },
	};
	struct fake *fake = &((struct world *)*state)->fake;

	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		const struct fake_route route = { "POST /api/v2/update", 200, rows[i].data, NULL };

		fake_set(fake, &route, 1);
		fake_expect(fake, APPLY, 0, rows[i].out, "");
		fake_check_seen(fake, "POST /api/v2/update " EMPTY_BODY "\n");
		fake_set(fake, NULL, 0);
	}
}

static void test_acknowledge(void **state)
{
	static const struct {
		const char *data, *out, *err;
	} rows[] = {
		{ "{\"missingAcknowledgments\":0}",
			"Acknowledgement successful:\nAll users have acknowledged the update "
			"manifest. Update successfully applied\n",
			NULL },
		{ "{\"missingAcknowledgments\":2,\"missingUsers\":[\"ann\",\"bob\"]}",
			"Acknowledgement successful:\n"
			"2 users still need to acknowledge the update manifest.\n"
			"The following users have not yet accepted: ann, bob\n",
			NULL },
		{ "null", "", "unexpected end of JSON input\n" },
		{ "{\"missingAcknowledgments\":\"1\"}", "", "json: cannot unmarshal ..." },
		{ "{\"missingUsers\":{}}", "", "json: cannot unmarshal ..." },
		{ "{\"missingUsers\":[1]}", "", "json: cannot unmarshal ..." },
		{ "{\"recoverySecrets\":{\"a\":\"!\"}}", "", "illegal base64 ..." },
	};
	struct fake *fake = &((struct world *)*state)->fake;

	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		const struct fake_route route = { "POST /api/v2/update-manifest", 200, rows[i].data,
			NULL };
		char error[512] = "";

		if (rows[i].err)
			(void)snprintf(error, sizeof error,
				"Error: acknowledging update manifest: sending manifest update "
				"acknowledgement: unmarshalling Coordinator response: %s",
				rows[i].err);
		fake_set(fake, &route, 1);
		fake_expect(fake, ACKNOWLEDGE, rows[i].err != NULL, rows[i].out, error);
		fake_set(fake, NULL, 0);
	}
}

static void test_updates_of_api_v1(void **state)
{
	static const struct {
		const char *sentence, *out, *err;
	} rows[] = {
		{ "\"All users have acknowledged\"",
			"All users have acknowledged the update manifest. Update successfully "
			"applied\n",
			NULL },
		{ "\"2 users\"",
			"2 users still need to acknowledge the update manifest.\n"
			"The following users have not yet accepted: User0, User1\n",
			NULL },
		{ "\"\"", NULL, "\"\"" },
		{ "\"no number\"", NULL, "\"no number\"" },
		{ "\"-1 users\"", NULL, "\"-1 users\"" },
		{ "\"100001 users\"", NULL, "\"100001 users\"" },
	};
	struct fake *fake = &((struct world *)*state)->fake;

	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		const struct fake_route routes[] = {
			{ "POST /api/v2/update", 405, "", NULL },
			{ "POST /update", 200, "\"x\"", NULL },
			{ "POST /api/v2/update-manifest", 405, "", NULL },
			{ "POST /update-manifest", 200, rows[i].sentence, NULL },
		};
		char out[512] = "", error[512] = "";

		if (rows[i].out)
			(void)snprintf(
				out, sizeof out, "Acknowledgement successful:\n%s", rows[i].out);
		else
			(void)snprintf(error, sizeof error,
				"Error: acknowledging update manifest: sending manifest update "
				"acknowledgement: unmarshalling Coordinator response: no number of "
				"users in %s\n",
				rows[i].err);
		fake_set(fake, routes, MR_COUNT(routes));
		fake_expect(fake, ACKNOWLEDGE, rows[i].err != NULL, out, error);
		fake_check_seen(fake,
			"POST /api/v2/update-manifest " EMPTY_BODY "\nPOST /update-manifest {}\n");
		fake_expect(fake, APPLY, 0, "Update manifest set successfully\n", "");
		fake_set(fake, NULL, 0);
	}
}

static void test_recovery_data_of_updates(void **state)
{
	static const struct fake_route routes[] = {
		{ "POST /api/v2/update", 200, "{\"recoverySecrets\":{\"a\":\"AA==\"}}", NULL },
	};
	struct fake *fake = &((struct world *)*state)->fake;

	fake_set(fake, routes, MR_COUNT(routes));
	fake_expect(fake, APPLY " --recovery-data rec", 0,
		"Update manifest set successfully\nRecovery data saved to: rec\n", "");
	cli_test_check_file("rec", "{\"RecoverySecrets\":{\"a\":\"AA==\"}}", 0600);
	fake_expect(fake, APPLY " -i -r no/file", 1,
		"Update manifest set successfully\n"
		"Error: Failed saving recovery data to file.\n"
		"Ensure the following is stored in a secure location:\n\"a\": \"AA==\"\n",
		UNVERIFIED "Error: open no/file: no such file or directory\n");
}

static void test_pending(void **state)
{
	static const struct fake_route routes[] = {
		{ "GET /api/v2/update-manifest", 200,
			"{\"manifest\":\"" EMPTY_JSON "\",\"missingUsers\":[\"ann\",\"bob\"]}",
			NULL },
	};
	struct fake *fake = &((struct world *)*state)->fake;

	fake_expect(fake, "manifest update get HOST -o out", 1, "",
		"Error: retrieving pending update manifest: retrieving pending manifest update: "
		"GET https://HOST/api/v2/update-manifest: 404 Not Found: : \n");
	assert_false(cli_test_exists("out"));
	fake_set(fake, routes, MR_COUNT(routes));
	fake_expect(fake, "manifest update get HOST", 0, "{}", "");
	fake_expect(fake, "manifest update get HOST -o -", 0, "{}", "");
	fake_expect(fake, "manifest update get HOST -i -o out", 0, "", UNVERIFIED);
	cli_test_check_file("out", "{}", 0);
	fake_expect(fake, "manifest update get HOST --missing", 0,
		"The following users have not yet acknowledged the update: [ann bob]\n", "");
	fake_expect(fake, "manifest update get HOST -o no/file", 1, "", "Error: open no/file: ...");
}

static void test_log(void **state)
{
	static const struct fake_route routes[] = {
		{ "GET /api/v2/update", 200, "{\"updateLog\":[\"one\",\"two\"]}", NULL },
	};
	static const char said[] = "Successfully verified Coordinator, now requesting update log\n";
	struct fake *fake = &((struct world *)*state)->fake;

	fake_set(fake, routes, MR_COUNT(routes));
	fake_expect(fake, "manifest log HOST", 0,
		"Successfully verified Coordinator, now requesting update log\n"
		"Update log:\none\ntwo\n",
		"");
	fake_expect(fake, "manifest log HOST -o log", 0, said, "");
	cli_test_check_file("log", "one\ntwo", 0600);
	fake_expect(fake, "manifest log HOST -o -", 0, "one\ntwo", said);
	fake_set(fake, NULL, 0);
	fake_expect(fake, "manifest log HOST", 1, said,
		"Error: retrieving update log: retrieving Coordinator update log: GET ...");
}

/* --- secrets --- */

#define SECRET(type, size, cert)                                                                   \
	"{\"Type\":\"" type "\",\"Size\":" size                                                    \
	",\"Shared\":true,\"UserDefined\":false,\"Cert\":" cert                                    \
	",\"ValidFor\":7,\"Private\":\"\",\"Public\":\"AA==\"}"

static void test_get_secrets(void **state)
{
	static const char a[] = SECRET("plain", "0", "null");
	static const struct fake_route routes[] = {
		{ "GET /api/v2/secrets?s=k&s=a&s=a&s=x", 200,
			"{\"secrets\":{\"k\":1,\"k\":" SECRET("symmetric-key", "128",
				"null") ",\"a\":" SECRET("plain", "0", "null") "}}",
			NULL },
		{ "GET /api/v2/secrets?s=r+s", 200,
			"{\"secrets\":{\"r s\":" SECRET("cert-rsa", "2048", "\"AQ==\"") "}}",
			NULL },
		{ "GET /api/v2/secrets?s=old", 405, "", NULL },
		{ "GET /secrets?s=old", 200,
			"{\"old\":" SECRET("cert-ed25519", "0", "\"AQ==\"") "}", NULL },
		{ "GET /api/v2/secrets?s=odd", 200,
			"{\"secrets\":{\"odd\":" SECRET("odd", "0", "null") "}}", NULL },
		{ "GET /api/v2/secrets?s=bad", 200, "{\"secrets\":{\"bad\":{\"Size\":-1}}}", NULL },
		{ "GET /api/v2/secrets?s=list", 200, "{\"secrets\":[]}", NULL },
	};
	struct fake *fake = &((struct world *)*state)->fake;
	char json[512];

	fake_set(fake, routes, MR_COUNT(routes));
	fake_expect(fake, "secret get k a a x HOST" USER, 0,
		"k:\n\tType:          symmetric-key\n\tUserDefined:   false\n"
		"\tSize:          128\n\tKey:           AA==\n\n"
		"a:\n\tType:          plain\n\tData:          AA==\n\n",
		"");
	fake_expect(fake, "secret get k a a x HOST -o out" USER, 0, "Saved secrets to: out\n", "");
	(void)snprintf(json, sizeof json, "{\"a\":%s,\"k\":%s}", a,
		SECRET("symmetric-key", "128", "null"));
	cli_test_check_file("out", json, 0600);
	fake_expect(fake, "secret get k a a x HOST -i -o -" USER, 0, json, UNVERIFIED);
	fake_expect(fake, "secret get old HOST" USER, 0,
		"old:\n\tType:          cert-ed25519\n\tUserDefined:   false\n"
		"\tValid For:     7\n\tCertificate:   AQ==\n\tPublic Key:    AA==\n"
		"\tPrivate Key:   \n\n",
		"");
	fake_expect(fake, "secret get odd HOST" USER, 1, "", "Error: unknown secret type\n");
	fake_expect(fake, "secret get bad HOST" USER, 1, "",
		"Error: retrieving secrets: retrieving secrets: unmarshalling Coordinator "
		"response: json: ...");
	fake_expect(fake, "secret get list HOST" USER, 1, "",
		"Error: retrieving secrets: retrieving secrets: unmarshalling Coordinator "
		"response: json: ...");
}

static void test_set_secrets(void **state)
{
	static const struct fake_route routes[] = {
		{ "POST /api/v2/secrets", 200, "null", NULL },
	};
	static const struct fake_route old[] = {
		{ "POST /api/v2/secrets", 405, "", NULL },
		{ "POST /secrets", 200, "null", NULL },
	};
	static const struct fake_route refused[] = {
		{ "POST /api/v2/secrets", 400, "{\"status\":\"error\",\"message\":\"size\"}",
			NULL },
	};
	struct fake *fake = &((struct world *)*state)->fake;

	fake_set(fake, routes, MR_COUNT(routes));
	cli_test_write("s", "{\"a\":{\"Key\":\"AA==\"}}");
	fake_expect(fake, "secret set s HOST" USER, 0, "Secret successfully set\n", "");
	fake_check_seen(fake, "POST /api/v2/secrets {\"secrets\":{\"a\":{\"Cert\":null,"
			      "\"Private\":null,\"Key\":\"AA==\"}}}\n");
	fake_expect(fake, "secret set s HOST --from-pem a" USER, 1, "",
		"Error: found no certificate or private key in PEM data\n");
	fake_expect(fake, "secret set none HOST -c none -k none", 1, "",
		"Error: open none: no such file or directory\n");
	fake_expect(fake, "secret set u.crt HOST -i --from-pem a" USER, 0,
		"Secret successfully set\n", UNVERIFIED);
	fake_set(fake, old, MR_COUNT(old));
	fake_expect(fake, "secret set s HOST" USER, 0, "Secret successfully set\n", "");
	fake_set(fake, refused, MR_COUNT(refused));
	fake_expect(fake, "secret set s HOST" USER, 1, "",
		"Error: setting secrets: POST https://HOST/api/v2/secrets: 400 Bad Request: "
		"error: size\n");
}

/* --- recovery --- */

#define PLAIN "0123456789abcdef"

static void test_recover(void **state)
{
	static const struct fake_route done[] = {
		{ "POST /api/v2/recover", 200, "{\"remaining\":0}", NULL },
	};
	static const struct fake_route more[] = {
		{ "POST /api/v2/recover", 200, "{\"remaining\":2}", NULL },
	};
	struct world *w = *state;
	struct fake *fake = &w->fake;

	write_key("r.key", w->rsa);
	cli_test_write("s", PLAIN);
	fake_set(fake, done, MR_COUNT(done));
	fake_expect(fake, "recover s HOST -i -k r.key --save-sgx-quote q", 0,
		SKIPPED "Recovery successful.\n", "");
	cli_test_check_file("q", "quote", 0600);
	fake_set(fake, more, MR_COUNT(more));
	fake_expect(fake, "recover-with-signature s HOST -i -s s", 0,
		SKIPPED "Secret was processed successfully. Upload the next secret. Remaining "
			"secrets: 2\n",
		"");
	fake_check_seen(fake, "GET /api/v2/quote\nPOST /api/v2/recover "
			      "{\"recoverySecret\":\"MDEyMzQ1Njc4OWFiY2RlZg==\","
			      "\"recoverySecretSignature\":\"MDEyMzQ1Njc4OWFiY2RlZg==\"}\n");
	fake_set(fake, NULL, 0);
	fake_expect(fake, "recover s HOST -i -k r.key", 1, SKIPPED,
		"Error: sending recovery request: POST https://HOST/api/v2/recover: 404 ...");
	fake_expect(fake, "recover-with-signature s HOST -i -s none", 1, "",
		"Error: open none: no such file or directory\n");
	fake_expect(fake, "recover-with-signature none HOST -i -s s", 1, "",
		"Error: open none: no such file or directory\n");
}

static void test_recovery_keys(void **state)
{
	static const char *const lines[] = {
		"recover s HOST -i -k k.pem",
		"recover-with-signature sign-secret s -k k.pem -o out",
	};
	struct world *w = *state;
	struct fake *fake = &w->fake;

	cli_test_write("s", PLAIN);
	for (size_t i = 0; i < MR_COUNT(lines); i++) {
		const char *out = i == 0 ? SKIPPED : "";

		cli_test_write("k.pem", "no PEM");
		fake_expect(fake, lines[i], 1, out,
			"Error: \"k.pem\" did not contain a valid PEM block\n");
		cli_test_write("k.pem", "-----BEGIN X-----\nAAEC\n-----END X-----\n");
		fake_expect(fake, lines[i], 1, out,
			"Error: parsing private key: tried PKCS #1 format: x509: ...");
		write_key("k.pem", w->other.key);
		fake_expect(fake, lines[i], 1, out,
			"Error: loaded private key does not fulfill required interface\n");
	}
	fake_expect(fake, "recover s HOST -i --pkcs11-config c --pkcs11-key-id k", 1, SKIPPED,
		"Error: could not open config file: c: open c: no such file or directory\n");
	fake_expect(fake, "recover s HOST -i --pkcs11-key-id k", 1, SKIPPED,
		"Error: signing requires setting either \"--key\" or \"--pkcs11-config\"\n");
	cli_test_write("s", PLAIN "0");
	fake_expect(fake, "recover s HOST -i --pkcs11-key-id k", 1, SKIPPED,
		"Error: recovery key appears to be encrypted, but no \"--key\" or "
		"\"--pkcs11-config\" flag was set to load a private key for decryption\n");
	write_key("k.pem", w->rsa);
	fake_expect(fake, "recover s HOST -i -k k.pem", 1, SKIPPED,
		"Error: decrypting recovery secret: ...");
	assert_false(cli_test_exists("out"));
	fake_check_seen(fake, "");
}

/* What encrypt-secret writes is what sign-secret reads. */
static void test_recovery_tools(void **state)
{
	struct world *w = *state;
	struct fake *fake = &w->fake;
	MR_AUTO(buf) struct mr_buf first = { 0 };
	MR_AUTO(buf) struct mr_buf second = { 0 };
	struct mr_error err;

	write_key("r.key", w->rsa);
	write_pem("r.pub", "PUBLIC KEY", mr_key_spki(w->rsa));
	write_pem("e.pub", "PUBLIC KEY", mr_key_spki(w->other.key));
	cli_test_write("s", PLAIN);
	fake_expect(fake,
		"recover-with-signature encrypt-secret s --coordinator-pub-key r.pub -o e", 0, "",
		"");
	fake_expect(fake, "recover-with-signature sign-secret s -k r.key -o one", 0, "", "");
	fake_expect(fake, "recover-with-signature sign-secret e -k r.key -o two", 0, "", "");
	mr_buf_init(&first, TEXT_MAX_SIZE);
	mr_buf_init(&second, TEXT_MAX_SIZE);
	assert_false(mr_failed(mr_file_read("one", &first, &err)));
	assert_false(mr_failed(mr_file_read("two", &second, &err)));
	assert_true(first.len > 0 && mr_bytes_eq(mr_buf_bytes(&first), mr_buf_bytes(&second)));
	assert_false(mr_failed(mr_key_verify(
		w->rsa, MR_HASH_SHA256, mr_bytes_of(PLAIN, 16), mr_buf_bytes(&first), &err)));
	fake_expect(fake, "recover-with-signature sign-secret s -k r.key -o one", 1, "",
		"Error: writing signature to file: open one: file exists\n");
	fake_expect(fake,
		"recover-with-signature encrypt-secret s --coordinator-pub-key r.pub -o e", 1, "",
		"Error: writing encrypted secret to file: open e: file exists\n");
	fake_expect(fake,
		"recover-with-signature encrypt-secret s --coordinator-pub-key e.pub -o f", 1, "",
		"Error: expected RSA public key, got ECDSA\n");
	fake_expect(fake,
		"recover-with-signature encrypt-secret s --coordinator-pub-key r.key -o f", 1, "",
		"Error: parsing public key: x509: ...");
	fake_expect(fake, "recover-with-signature encrypt-secret s --coordinator-pub-key s -o f", 1,
		"", "Error: \"s\" did not contain a valid PEM block\n");
}

static void test_public_key(void **state)
{
	struct world *w = *state;
	struct fake *fake = &w->fake;
	MR_AUTO(buf) struct mr_buf data = { 0 };
	MR_AUTO(buf) struct mr_buf pem = { 0 };
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct fake_route route = { "GET /api/v2/recover/public-key", 200, NULL, NULL };
	static const struct fake_route bad[] = {
		{ "GET /api/v2/recover/public-key", 200, "{}", NULL },
	};

	mr_buf_init(&data, TEXT_MAX_SIZE);
	mr_buf_init(&pem, TEXT_MAX_SIZE);
	mr_buf_init(&out, TEXT_MAX_SIZE);
	mr_buf_put_cstr(&data, "{\"ephemeralPublicKey\":\"");
	mr_base64_encode(&data, mr_key_spki(w->rsa), MR_BASE64_STANDARD);
	mr_buf_put(&data, "\"}", 3);
	mr_pem_encode(&pem, "PUBLIC KEY", mr_key_spki(w->rsa));
	mr_buf_put_u8(&pem, 0);
	mr_buf_printf(&out, SKIPPED "%s\n", (const char *)pem.data);
	mr_buf_put_u8(&out, 0);
	route.body = (const char *)data.data;
	fake_set(fake, &route, 1);
	fake_expect(
		fake, "recover-with-signature public-key HOST -i", 0, (const char *)out.data, "");
	fake_expect(fake, "recover-with-signature public-key HOST -i -o -", 0,
		(const char *)pem.data, SKIPPED);
	fake_expect(fake, "recover-with-signature public-key HOST -i -o k", 0, SKIPPED, "");
	cli_test_check_file("k", (const char *)pem.data, 0600);
	fake_expect(fake, "recover-with-signature public-key HOST -i -o k", 1, SKIPPED,
		"Error: writing public key to file: open k: file exists\n");
	fake_set(fake, bad, MR_COUNT(bad));
	fake_expect(fake, "recover-with-signature public-key HOST -i", 1, SKIPPED,
		"Error: retrieving recovery public key: retrieving recovery public key: parsing "
		"public key: x509: ...");
}

/* --- the whole --- */

static int start(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct mr_error err;

	if (!w)
		return -1;
	fake_start(&w->fake);
	test_identity_make(&w->user, &(struct test_profile){ .name = "user" });
	test_identity_make(&w->other, &(struct test_profile){ .name = "other" });
	assert_false(mr_failed(mr_key_generate(MR_KEY_RSA, 2048, &w->rsa, &err)));
	*state = w;
	return 0;
}

static int stop(void **state)
{
	struct world *w = *state;

	fake_stop(&w->fake);
	test_identity_done(&w->user);
	test_identity_done(&w->other);
	mr_key_unref(w->rsa);
	free(w);
	return 0;
}

static int enter(void **state)
{
	struct world *w = *state;

	cli_test_enter_folder();
	fake_set(&w->fake, NULL, 0);
	w->fake.quote = "cXVvdGU=";
	fake_trust(&w->fake);
	write_pem("u.crt", "CERTIFICATE", w->user.cert.der);
	write_key("u.key", w->user.key);
	cli_test_write("m.json", "{}");
	return 0;
}

static int leave(void **state)
{
	(void)state;
	cli_test_leave_folder();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_client_files),
		TEST(test_a_chain_of_certificates),
		TEST(test_apply),
		TEST(test_acknowledge),
		TEST(test_updates_of_api_v1),
		TEST(test_recovery_data_of_updates),
		TEST(test_pending),
		TEST(test_log),
		TEST(test_get_secrets),
		TEST(test_set_secrets),
		TEST(test_recover),
		TEST(test_recovery_keys),
		TEST(test_recovery_tools),
		TEST(test_public_key),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
