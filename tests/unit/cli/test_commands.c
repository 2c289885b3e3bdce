/* SPDX-License-Identifier: Apache-2.0 */
/* The commands against a Coordinator that answers from a table, and the table of commands itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli_test.h"
#include "codec/base64.h"
#include "fake_coordinator.h"

#define SKIPPED "Warning: skipping quote verification\n"
#define CACHE ".config/marblerun/coordinator-cert.pem"
/* of `{}` */
#define EMPTY_HASH "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define EMPTY_JSON "e30="

static const char *chain_text(const struct fake *fake, struct mr_buf *room)
{
	mr_buf_init(room, 1 << 16);
	fake_put_chain(fake, room);
	mr_buf_put_u8(room, 0);
	return (const char *)room->data;
}

static void check_cache(const struct fake *fake)
{
	MR_AUTO(buf) struct mr_buf room = { 0 };

	cli_test_check_file(CACHE, chain_text(fake, &room), 0600);
}

/* --- the table --- */

static void check_names(const struct mr_flag *flags, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_non_null(flags[i].name);
		assert_true(flags[i].description || flags[i].alias_of);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(flags[i].name, flags[j].name);
	}
}

/* Parses with nothing but the defaults, so that all of them are looked at. */
static void check_defaults(const char *const *path, size_t depth)
{
	MR_AUTO(args) struct mr_args args = { 0 };
	struct mr_error err;

	mr_args_init(&args);
	assert_false(mr_failed(mr_args_find(&args, &mr_cmd_root, path, depth, &err)));
	assert_int_equal(args.depth, depth + 1);
	assert_false(mr_failed(mr_args_parse(&args, &err)));
	for (size_t i = 0; i < args.value_count; i++) {
		const struct mr_flag *flag = args.values[i].flag;

		if (flag->alias_of)
			assert_non_null(mr_args_value(&args, flag->alias_of));
	}
	assert_string_equal(mr_args_text(&args, "namespace"), "marblerun");
	assert_int_equal(mr_args_value(&args, "accepted-tcb-statuses")->item_count, 2);
}

static void check_command(const struct mr_command *command, const char **path, size_t depth)
{
	assert_non_null(command->name);
	assert_non_null(command->summary);
	assert_true(command->run || command->command_count > 0);
	assert_true(command->max_words == MR_ANY_COUNT || command->max_words >= command->min_words);
	assert_true(!command->positionals == (command->max_words == 0));
	check_names(command->flags, command->flag_count);
	check_names(command->persistent, command->persistent_count);
	check_defaults(path, depth);
	for (size_t i = 0; i < command->command_count; i++) {
		path[depth] = command->commands[i]->name;
		check_command(command->commands[i], path, depth + 1);
	}
}

static void test_table(void **state)
{
	const char *path[MR_COMMAND_DEPTH];

	(void)state;
	check_command(&mr_cmd_root, path, 0);
}

static void test_local_commands(void **state)
{
	struct fake *fake = *state;

	fake_expect(fake, "version", 0,
		"CLI Version: v" MR_VERSION " \n"
		"Commit: 0000000000000000000000000000000000000000\n"
		"Unable to find MarbleRun Coordinator\n",
		"");
	fake_expect(fake, "help nothing", 0, "Unknown help topic [`nothing`]\nUsage:\n...", "");
	fake_expect(fake, "help manifest nothing", 0, "Sets, shows and ...", "");
	fake_expect(fake, "help -i manifest set", 0, "Attests a Coordinator, gives ...", "");
	cli_test_write("m.json", "{}");
	cli_test_write("m.yaml", "b: 1\na: yes\n");
	cli_test_write("bad.json", " {\"a\":1,}");
	fake_expect(fake, "manifest signature m.json", 0, EMPTY_HASH "\n", "");
	fake_expect(fake, "manifest signature m.yaml", 0,
		"a3f44886ecd0b8667b0c6a4652d41e1f9e8205fb8d35d299fd20577f5268adb6\n", "");
	fake_expect(fake, "manifest signature bad.json", 0,
		"015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862\n",
		"Warning: bad.json is not valid JSON: ...");
	fake_expect(fake, "manifest signature none", 1, "",
		"Error: open none: no such file or directory\n");
	fake_expect(fake, "manifest signature ''", 1, "", "Error: open : ...");
	cli_test_write("m.yaml", "a: 1\na: 2\n");
	fake_expect(fake, "manifest signature m.yaml", 1, "",
		"Error: yaml: line 2: key \"a\" already set in map\n");
}

static void test_standard_input(void **state)
{
	MR_AUTO(fd) int saved = dup(STDIN_FILENO);
	MR_AUTO(fd) int file = -1;

	cli_test_write("m", "{}");
	file = open("m", O_RDONLY | O_CLOEXEC);
	assert_true(saved >= 0 && file >= 0);
	assert_int_equal(dup2(file, STDIN_FILENO), STDIN_FILENO);
	fake_expect(*state, "manifest signature -", 0, EMPTY_HASH "\n", "");
	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
}

/* --- trust --- */

static void test_flow_a(void **state)
{
	static const struct fake_route broken[] = {
		{ "GET /api/v2/quote", 200, "{\"cert\":\"\",\"quote\":\"\"}", NULL },
	};
	struct fake *fake = *state;
	MR_AUTO(buf) struct mr_buf room = { 0 };

	fake_expect(fake, "certificate chain HOST -i -o c --save-sgx-quote q", 0,
		SKIPPED "Certificate chain written to c\n", "");
	cli_test_check_file("c", chain_text(fake, &room), 0600);
	cli_test_check_file("q", "quote", 0600);
	fake_check_seen(fake, "GET /api/v2/quote\n");
	fake_expect(fake, "certificate root HOST -i --nonce ab?", 0,
		SKIPPED "Root certificate written to marblerunRootCA.crt\n", "");
	fake_check_seen(fake, "GET /api/v2/quote?nonce=YWI_\n");
	fake_expect(fake, "certificate intermediate https://HOST/ -i --nonce a", 0,
		SKIPPED "Intermediate certificate written to marblerunIntermediateCA.crt\n", "");
	fake_check_seen(fake, "GET /api/v2/quote?nonce=YQ%3D%3D\n");
	assert_false(cli_test_exists(CACHE));

	fake_set(fake, broken, MR_COUNT(broken));
	fake_expect(fake, "certificate chain HOST -i", 1, SKIPPED,
		"Error: retrieving certificate from Coordinator: parsing Coordinator certificate "
		"chain: could not parse Coordinator intermediate certificate from PEM data\n");
	fake_expect(fake, "manifest get localhost:x -i", 1, SKIPPED,
		"Error: retrieving Coordinator quote: address localhost:x: invalid port\n");
}

/* What is no evidence proves nothing. */
static void test_flow_a_fails_closed(void **state)
{
	struct fake *fake = *state;

	/* nothing is downloaded here */
	assert_int_equal(setenv("HTTPS_PROXY", "http://127.0.0.1:1", 1), 0);
	assert_int_equal(setenv("KUBECONFIG", "none", 1), 0);
	fake_expect(fake, "manifest get HOST", 1,
		"No era config file specified, getting config from "
		"https://github.com/edgelesssys/marblerun/releases/latest/download/coordinator-era.json\n",
		"Error: downloading era config for version : Get ...");
	fake_check_seen(fake, "");
	cli_test_write("era-config.json", "{\"SignerID\":\"00\"}");
	fake_expect(fake, "certificate root HOST", 1, "Reusing existing config file\n",
		"Error: retrieving certificate from Coordinator: verifying Coordinator quote: "
		"OE_VERIFY_FAILED: parse: malformed evidence: neither a quote nor a report\n");
	fake->quote = "";
	fake_expect(fake, "manifest get HOST --era-config era-config.json", 1, "",
		"Error: verifying Coordinator quote: empty report\n");
	fake_expect(fake, "manifest get HOST --era-config none.json", 1, "",
		"Error: reading era config file: open none.json: no such file or directory\n");
	fake->quote = "!";
	fake_expect(fake, "manifest get HOST -i", 1, SKIPPED,
		"Error: unmarshalling Coordinator response: illegal base64 data at input byte "
		"0\n");
	assert_false(cli_test_exists("marblerunRootCA.crt"));
}

static void test_flow_a_of_api_v1(void **state)
{
	static const struct fake_route old[] = {
		{ "GET /api/v2/quote", 405, "", NULL },
		{ "GET /api/v2/quote?nonce=bg%3D%3D", 405, "", NULL },
		{ "GET /quote", 200, "\"x\"", NULL },
	};
	struct fake *fake = *state;

	fake_set(fake, old, MR_COUNT(old));
	fake_expect(fake, "manifest get HOST -i", 1, SKIPPED,
		"Error: unmarshalling Coordinator response: invalid character 'x' ...");
	fake_check_seen(fake, "GET /api/v2/quote\nGET /quote\n");
	fake_expect(fake, "manifest get HOST -i --nonce n", 1, SKIPPED,
		"Error: using custom nonce requires /api/v2, but the Coordinator does not support "
		"/api/v2\n");
	fake_check_seen(fake, "GET /api/v2/quote?nonce=bg%3D%3D\n");
}

static void test_output_of_certificates(void **state)
{
	struct fake *fake = *state;
	MR_AUTO(buf) struct mr_buf room = { 0 };

	fake_expect(fake, "certificate root HOST -i -o=", 1, "",
		"Error: output flag must not be empty\n");
	fake_expect(fake, "certificate root HOST -i -o no/file", 1, SKIPPED,
		"Error: open no/file: no such file or directory\n");
	fake_expect(fake, "certificate root HOST -i --save-sgx-quote no/file", 1, SKIPPED,
		"Error: open no/file: no such file or directory\n");
	fake_expect(fake, "certificate chain HOST -i -o -", 0, chain_text(fake, &room), SKIPPED);
	assert_false(cli_test_exists("-"));
}

/* --- status --- */

static void test_status(void **state)
{
	static const struct fake_route now[] = {
		{ "GET /api/v2/status", 200, "{\"Code\":-3,\"code\":3,\"message\":\"ok\"}", NULL },
	};
	static const struct fake_route old[] = {
		{ "GET /api/v2/status", 405, "", NULL },
		{ "GET /status", 200, "{\"StatusCode\":2,\"StatusMessage\":\"old\"}", NULL },
	};
	struct fake *fake = *state;

	fake_set(fake, now, MR_COUNT(now));
	fake_expect(fake, "status HOST", 1, "", "Error: open /tmp/cli-test-...");
	fake_expect(fake, "status HOST -i", 0, "3: ok\n",
		"Warning: the Coordinator was not verified\n");
	fake_trust(fake);
	fake_expect(fake, "status HOST", 0, "3: ok\n", "");
	fake_set(fake, old, MR_COUNT(old));
	fake_expect(fake, "status HOST", 0, "2: old\n", "");
	cli_test_write(CACHE, "x");
	fake_expect(fake, "status HOST", 1, "",
		"Error: could not parse Coordinator intermediate certificate from PEM data\n");
	fake_expect(fake, "status HOST --coordinator-cert=", 1, "", "Error: no path for ...");
}

#define STATUS_ERROR "Error: retrieving Coordinator status: "

static void test_errors_of_answers(void **state)
{
	static const struct {
		int status;
		const char *body, *location, *error;
	} rows[] = {
		{ 401, "{\"message\":\"who\"}", NULL,
			"GET https://HOST/api/v2/status: authorizing user: who\n" },
		{ 403, "{\"status\":\"error\",\"message\":\"a\\nb\"}", NULL,
			"GET https://HOST/api/v2/status: 403 Forbidden: error: a\nb\n" },
		{ 404, "{\"status\":\"error\",\"message\":\"a\",\"message\":\"b\"}", NULL,
			"GET https://HOST/api/v2/status: 404 Not Found: error: a\n" },
		{ 500, "{\"Status\":\"error\"}", NULL,
			"GET https://HOST/api/v2/status: 500 Internal Server Error: : \n" },
		{ 502, "[]", NULL, "GET https://HOST/api/v2/status: 502 Bad Gateway: : \n" },
		{ 503, "<html>", NULL,
			"GET https://HOST/api/v2/status: 503 Service Unavailable: : \n" },
		{ 200, "null", NULL,
			"unmarshalling Coordinator response: unexpected end of JSON input\n" },
		{ 200, "[1]", NULL,
			"unmarshalling Coordinator response: json: cannot unmarshal the answer "
			"into an object\n" },
		{ 200, "{\"code\":\"1\"}", NULL, "unmarshalling Coordinator response: json: ..." },
		{ 200, "{\"message\":1}", NULL, "unmarshalling Coordinator response: json: ..." },
		{ 302, "", NULL,
			"GET https://HOST/api/v2/status: refusing the redirect to \"\"\n" },
		{ 302, "", "https://example.com/",
			"GET https://HOST/api/v2/status: refusing the redirect to "
			"\"https://example.com/\"\n" },
		{ 302, "", "//example.com/x", "GET https://HOST/api/v2/status: refusing ..." },
		{ 302, "", "relative", "GET https://HOST/api/v2/status: refusing ..." },
		{ 303, "", "/api/v2/status",
			"GET https://HOST/api/v2/status: stopped after 10 redirects\n" },
	};
	struct fake *fake = *state;

	fake_trust(fake);
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		const struct fake_route route = { "GET /api/v2/status", rows[i].status,
			rows[i].body, rows[i].location };
		char error[512];

		(void)snprintf(error, sizeof error, STATUS_ERROR "%s", rows[i].error);
		fake_set(fake, &route, 1);
		fake_expect(fake, "status HOST", 1, "", error);
	}
	fake_set(fake, NULL, 0);
}

static void test_redirects(void **state)
{
	struct fake *fake = *state;
	char absolute[128];
	const struct fake_route routes[] = {
		{ "GET /api/v2/status", 307, "", "/a?x=1#fragment" },
		{ "GET /a?x=1", 302, "", absolute },
		{ "GET /b", 200, "{\"code\":9,\"message\":\"moved\"}", NULL },
	};

	(void)snprintf(absolute, sizeof absolute, "HTTPS://%s/b", fake->stub.address);
	fake_trust(fake);
	fake_set(fake, routes, MR_COUNT(routes));
	fake_expect(fake, "status HOST", 0, "9: moved\n", "");
	fake_check_seen(fake, "GET /api/v2/status\nGET /a?x=1\nGET /b\n");
	fake_set(fake, NULL, 0);
}

/* --- manifest set --- */

#define VERIFIED SKIPPED "Successfully verified Coordinator, now "
#define UPLOADED                                                                                   \
	VERIFIED "uploading manifest\nManifest signature: " EMPTY_HASH                             \
		 "\nManifest successfully set\n"

static void test_set(void **state)
{
	static const struct fake_route with_secrets[] = {
		{ "POST /api/v2/manifest", 200,
			"{\"recoverysecrets\":{\"b\":\"AQ==\",\"a\":\"eA==\",\"c\":null,\"a\":"
			"\"Ag==\"}}",
			NULL },
	};
	static const struct fake_route without[] = {
		{ "POST /api/v2/manifest", 200, "{\"RecoverySecrets\":{}}", NULL },
	};
	static const struct fake_route old[] = {
		{ "POST /api/v2/manifest", 405, "", NULL },
		{ "POST /manifest", 200, "null", NULL },
	};
	struct fake *fake = *state;

	cli_test_write("m.json", "{}");
	fake_set(fake, with_secrets, 1);
	fake_expect(fake, "manifest set m.json HOST -i", 0,
		UPLOADED "{\"RecoverySecrets\":{\"a\":\"Ag==\",\"b\":\"AQ==\",\"c\":null}}\n", "");
	fake_check_seen(fake,
		"GET /api/v2/quote\nPOST /api/v2/manifest {\"manifest\":\"" EMPTY_JSON "\"}\n");
	check_cache(fake);
	fake_expect(fake, "manifest set m.json HOST -i --recovery-data r --save-sgx-quote q", 0,
		UPLOADED "Recovery data saved to: r\n", "");
	cli_test_check_file(
		"r", "{\"RecoverySecrets\":{\"a\":\"Ag==\",\"b\":\"AQ==\",\"c\":null}}", 0600);
	cli_test_check_file("q", "quote", 0600);
	fake_set(fake, without, 1);
	fake_expect(fake, "manifest set m.json HOST -i -r none", 0, UPLOADED, "");
	assert_false(cli_test_exists("none"));
	fake_set(fake, old, 2);
	fake_expect(fake, "manifest set m.json HOST -i", 0, UPLOADED, "");
	fake_check_seen(fake, "GET /api/v2/quote\nPOST /api/v2/manifest {\"manifest\":\"" EMPTY_JSON
			      "\"}\nPOST /manifest {}\n");
}

static void test_failures_of_set(void **state)
{
	static const struct fake_route refusing[] = {
		{ "POST /api/v2/manifest", 400, "{\"status\":\"error\",\"message\":\"bad\"}",
			NULL },
	};
	static const struct fake_route strange[] = {
		{ "POST /api/v2/manifest", 200, "{\"RecoverySecrets\":[1]}", NULL },
	};
	static const struct fake_route secrets[] = {
		{ "POST /api/v2/manifest", 200, "{\"RecoverySecrets\":{\"k\":\"AA==\"}}", NULL },
	};
	struct fake *fake = *state;

	cli_test_write("m.json", "{}");
	cli_test_write("r", "old");
	fake_set(fake, refusing, 1);
	fake_expect(fake, "manifest set m.json HOST -i -r r --save-sgx-quote q", 1,
		VERIFIED "uploading manifest\nManifest signature: " EMPTY_HASH "\n",
		"Error: setting manifest: setting manifest: POST https://HOST/api/v2/manifest: "
		"400 Bad Request: error: bad\n");
	cli_test_check_file("r", "old", 0600);
	assert_false(cli_test_exists(CACHE) || cli_test_exists("q"));
	fake_expect(fake, "manifest set none HOST -i", 1, VERIFIED "uploading manifest\n",
		"Error: open none: no such file or directory\n");
	/* nothing is sent when the secrets could not be kept */
	fake_set(fake, secrets, 1);
	fake_expect(fake, "manifest set m.json HOST -i -r no/file", 1,
		VERIFIED "uploading manifest\nManifest signature: " EMPTY_HASH "\n",
		"Error: open no/file: no such file or directory\n");
	fake_check_seen(fake, "GET /api/v2/quote\n");
	/* once it is set everything else is done, whatever fails */
	fake_expect(fake, "manifest set m.json HOST -i -r /dev/full --save-sgx-quote no/file", 1,
		UPLOADED "Error: Failed saving recovery data to file.\n"
			 "Ensure the following is stored in a secure location:\n"
			 "\"k\": \"AA==\"\n",
		"Error: write /dev/full: no space left on device\n");
	check_cache(fake);
	fake_set(fake, strange, 1);
	fake_expect(fake, "manifest set m.json HOST -i", 1, VERIFIED "...",
		"Error: setting manifest: setting manifest: unmarshalling Coordinator response: "
		"json: cannot unmarshal array into Go value of type map[string][]uint8\n");
}

/* --- manifest get --- */

static const struct fake_route get_routes[] = {
	{ "GET /api/v2/manifest", 200,
		/* {"Packages":{"p":{}}} */
		"{\"manifest\":\"eyJQYWNrYWdlcyI6eyJwIjp7fX19\",\"manifestFingerprint\":\"ab\"}",
		NULL },
	{ "GET /api/v2/update", 200,
		"{\"updateLog\":[\"{\\\"package\\\":\\\"p\\\",\\\"new version\\\":4}\"]}", NULL },
};

#define GET VERIFIED "requesting manifest\n"
#define MANIFEST "{\"Packages\":{\"p\":{}}}"
#define UPDATED "{\"Packages\":{\"p\":{\"SecurityVersion\":4}}}"

static void test_get(void **state)
{
	struct fake *fake = *state;

	fake_set(fake, get_routes, MR_COUNT(get_routes));
	fake_expect(fake, "manifest get HOST -i", 0, GET MANIFEST "\n", "");
	fake_expect(fake, "manifest get HOST -is", 0,
		GET "{\n\"ManifestSignature\": \"ab\",\n\"Manifest\": " MANIFEST "}\n", "");
	fake_expect(fake, "manifest get HOST -iu", 0, GET UPDATED "\n", "");
	fake_expect(fake, "manifest get HOST -i -o -", 0, MANIFEST, GET);
	assert_false(cli_test_exists(CACHE));
	fake_expect(fake, "manifest get HOST -i -o m --save-sgx-quote q --keep-cert", 0, GET, "");
	cli_test_check_file("m", MANIFEST, 0600);
	cli_test_check_file("q", "quote", 0600);
	check_cache(fake);
}

static void test_update_logs(void **state)
{
	static const struct {
		int status; /* of v2 */
		const char *log, *out, *err;
	} rows[] = {
		{ 200, "{\"updateLog\":null}", GET MANIFEST "\n", "" },
		{ 200, "{}", GET MANIFEST "\n", "" },
		{ 200, "{\"updateLog\":\"x\"}", GET,
			"Error: getting update log: retrieving Coordinator update log: "
			"unmarshalling Coordinator response: json: ..." },
		{ 200, "{\"updateLog\":[1]}", GET, "Error: getting update log: ..." },
		{ 200, "{\"updateLog\":[\"x\"]}", GET,
			"Error: consolidating manifest: parsing update log: ..." },
		{ 405,
			"\"\\n{\\\"package\\\":\\\"p\\\"}\\n{\\\"package\\\":\\\"p\\\",\\\"new "
			"version\\\":4}\\n \"",
			GET UPDATED "\n", "" },
		{ 405, "\"\"", GET MANIFEST "\n", "" },
		{ 405, "null", GET MANIFEST "\n", "" },
	};
	struct fake *fake = *state;

	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		const struct fake_route routes[] = {
			get_routes[0],
			{ "GET /api/v2/update", rows[i].status,
				rows[i].status == 200 ? rows[i].log : "", NULL },
			{ "GET /update", 200, rows[i].log, NULL },
		};

		fake_set(fake, routes, MR_COUNT(routes));
		fake_expect(fake, "manifest get HOST -iu", rows[i].err[0] != '\0', rows[i].out,
			rows[i].err);
	}
	fake_set(fake, NULL, 0);
}

static void test_failures_of_get(void **state)
{
	static const struct fake_route wrong[] = {
		{ "GET /api/v2/manifest", 200, "{\"manifest\":\"!\"}", NULL },
	};
	struct fake *fake = *state;

	fake_expect(fake, "manifest get HOST -i -o m", 1, GET,
		"Error: getting manifest: retrieving Coordinator manifest: GET "
		"https://HOST/api/v2/manifest: 404 Not Found: : \n");
	fake_set(fake, wrong, 1);
	fake_expect(fake, "manifest get HOST -i -o m", 1, GET,
		"Error: getting manifest: retrieving Coordinator manifest: unmarshalling "
		"Coordinator response: illegal base64 data at input byte 0\n");
	assert_false(cli_test_exists("m"));
	fake_set(fake, get_routes, MR_COUNT(get_routes));
	fake_expect(fake, "manifest get HOST -i -o no/file", 1, GET,
		"Error: open no/file: no such file or directory\n");
}

/* --- manifest verify --- */

/* The answer to a request for the manifest `{}`, signed by `key` unless it is NULL. */
static const char *signed_answer(const struct mr_key *key, struct mr_buf *room)
{
	MR_AUTO(buf) struct mr_buf signature = { 0 };
	struct mr_error err;

	mr_buf_init(room, 1 << 16);
	mr_buf_init(&signature, 1 << 10);
	if (key)
		assert_false(mr_failed(mr_key_sign(
			key, MR_HASH_SHA256, mr_str_bytes(MR_STR("{}")), &signature, &err)));
	mr_buf_put_cstr(room,
		"{\"manifest\":\"" EMPTY_JSON "\",\"manifestFingerprint\":\"" EMPTY_HASH
		"\",\"manifestSignatureRootECDSA\":\"");
	mr_base64_encode(room, mr_buf_bytes(&signature), MR_BASE64_STANDARD);
	mr_buf_put_cstr(room, "\"}");
	mr_buf_put_u8(room, 0);
	return (const char *)room->data;
}

#define DIFFERENT                                                                                  \
	"Error: MarbleRun deployment is using a different manifest than expected: manifest hash "  \
	"does not match local hash: "

static void test_verify(void **state)
{
	struct fake *fake = *state;
	MR_AUTO(buf) struct mr_buf good = { 0 };
	MR_AUTO(buf) struct mr_buf forged = { 0 };
	MR_AUTO(buf) struct mr_buf bare = { 0 };
	const struct fake_route routes[] = {
		{ "GET /api/v2/manifest", 200, signed_answer(fake->root.key, &good), NULL },
		{ "GET /api/v2/manifest", 200, signed_answer(fake->intermediate.key, &forged),
			NULL },
		{ "GET /api/v2/manifest", 200, signed_answer(NULL, &bare), NULL },
	};

	cli_test_write("m", "{}");
	fake_set(fake, &routes[0], 1);
	fake_expect(fake, "manifest verify m HOST -i --save-sgx-quote q", 0, SKIPPED "OK\n", "");
	cli_test_check_file("q", "quote", 0600);
	check_cache(fake);
	fake_expect(fake,
		"manifest verify "
		"44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A HOST -i",
		0, SKIPPED "OK\n", "");
	fake_set(fake, &routes[2], 1);
	fake_expect(fake, "manifest verify m HOST -i", 0, SKIPPED "OK\n", "");
	fake_set(fake, &routes[1], 1);
	fake_expect(fake, "manifest verify m HOST -i --coordinator-cert c", 1, SKIPPED,
		"Error: verifying manifest signature: signature is invalid\n");
	cli_test_write("m", "{} ");
	fake_set(fake, &routes[0], 1);
	fake_expect(fake, "manifest verify m HOST -i --coordinator-cert c", 1, SKIPPED,
		DIFFERENT "\"" EMPTY_HASH "\" != "
			  "\"3d8e6a3f3561a8683abc16c3851110c4e607124c4c5a919cb7e78764882f37ad\"\n");
	assert_false(cli_test_exists("c"));
	fake_set(fake, NULL, 0);
}

static void test_strange_answers_to_verify(void **state)
{
	static const struct {
		const char *data, *error;
	} rows[] = {
		{ "{}", "Error: Coordinator returned no manifest signature. Is the Coordinator in "
			"the correct state?\n" },
		{ "{\"manifestFingerprint\":null}", "Error: Coordinator returned no ..." },
		{ "{\"manifestFingerprint\":\"zz\"}",
			"Error: decoding Coordinator manifest hash: \"zz\" is not a hash in "
			"hex\n" },
		{ "{\"manifestFingerprint\":\"" EMPTY_HASH "\",\"manifest\":\"eA==\"}",
			DIFFERENT "\"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4"
				  "881\" != \"" EMPTY_HASH "\"\n" },
		{ "[]", "Error: getting Coordinator manifest: retrieving Coordinator manifest: "
			"unmarshalling Coordinator response: ..." },
	};
	struct fake *fake = *state;

	cli_test_write("m", "{}");
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		const struct fake_route route = { "GET /api/v2/manifest", 200, rows[i].data, NULL };

		fake_set(fake, &route, 1);
		fake_expect(fake, "manifest verify m HOST -i", 1, SKIPPED, rows[i].error);
	}
	fake_set(fake, NULL, 0);
	assert_false(cli_test_exists(CACHE));
}

static void test_arguments_of_verify(void **state)
{
	struct fake *fake = *state;

	cli_test_write("file", "{}");
	fake_expect(fake, "manifest verify none HOST", 1, "",
		"Error: none is not a file and of invalid length to be a signature (needs to be "
		"32 bytes)\n");
	fake_expect(fake,
		"manifest verify "
		"xy136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a HOST",
		1, "",
		"Error: xy136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a is not a "
		"file and not a valid signature (needs to be in hex format)\n");
	fake_expect(fake, "manifest verify file/x HOST", 1, "",
		"Error: stat file/x: not a directory\n");
	fake_expect(fake, "manifest verify . HOST", 1, "", "Error: read .: is a directory\n");
	fake_check_seen(fake, "");
}

/* --- a Coordinator for all tests, a folder for each --- */

static int start(void **state)
{
	struct fake *fake = calloc(1, sizeof *fake);

	if (!fake)
		return -1;
	fake_start(fake);
	*state = fake;
	return 0;
}

static int stop(void **state)
{
	fake_stop(*state);
	free(*state);
	return 0;
}

static int enter(void **state)
{
	struct fake *fake = *state;

	cli_test_enter_folder();
	fake_set(fake, NULL, 0);
	fake->quote = "cXVvdGU=";
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
		TEST(test_table),
		TEST(test_local_commands),
		TEST(test_standard_input),
		TEST(test_flow_a),
		TEST(test_flow_a_fails_closed),
		TEST(test_flow_a_of_api_v1),
		TEST(test_output_of_certificates),
		TEST(test_status),
		TEST(test_errors_of_answers),
		TEST(test_redirects),
		TEST(test_set),
		TEST(test_failures_of_set),
		TEST(test_get),
		TEST(test_update_logs),
		TEST(test_failures_of_get),
		TEST(test_verify),
		TEST(test_strange_answers_to_verify),
		TEST(test_arguments_of_verify),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
