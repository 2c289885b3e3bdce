/* SPDX-License-Identifier: Apache-2.0 */
/* What commands do with a Coordinator whose quote is good, by a verifier that only keeps what it was
 * asked (linked with --wrap=mr_quote_verify). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "cli_test.h"
#include "client/chain.h"
#include "client/quote_check.h"
#include "codec/json.h"
#include "fake_coordinator.h"

mr_result __wrap_mr_quote_verify(const struct mr_quote_notes *notes,
	const struct mr_quote_check *check, struct mr_error *err);

static struct {
	size_t calls;
	char text[512]; /* the question, but for the root */
	bool root_is_fakes;
	const struct fake *fake;
} asked;

static void put_items(struct mr_buf *out, const char *const *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		mr_buf_printf(out, "%s,", items[i]);
	mr_buf_put_u8(out, '|');
}

mr_result __wrap_mr_quote_verify(const struct mr_quote_notes *notes,
	const struct mr_quote_check *check, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init(&text, sizeof asked.text);
	mr_buf_put_bytes(&text, check->quote);
	mr_buf_put_u8(&text, '|');
	mr_buf_put_bytes(&text, check->nonce);
	mr_buf_put_u8(&text, '|');
	mr_buf_put_str(&text, check->policy->signer_id);
	mr_buf_put_u8(&text, '|');
	put_items(&text, check->tcb_statuses, check->tcb_status_count);
	put_items(&text, check->advisories, check->advisory_count);
	asked.calls++;
	asked.root_is_fakes = mr_bytes_eq(check->root_der, asked.fake->root.cert.der);
	(void)snprintf(asked.text, sizeof asked.text, "%.*s", MR_STR_ARGS(mr_buf_str(&text)));
	notes->say(notes->context, "TCB level accepted by configuration: SWHardeningNeeded");
	if (mr_str_eq(check->policy->signer_id, MR_STR("bad")))
		return mr_fail(
			err, MR_CODE_CRYPTO, "verifying Coordinator quote: invalid SignerID");
	return MR_OK;
}

#define ACCEPTED "TCB level accepted by configuration: SWHardeningNeeded\n"

static void test_question(void **state)
{
	struct fake *fake = *state;

	cli_test_write("era.json", "{\"SignerID\":\"ab\"}");
	fake_trust(fake);
	fake_expect(fake, "certificate root HOST --era-config era.json", 0,
		ACCEPTED "Root certificate written to marblerunRootCA.crt\n", "");
	assert_string_equal(asked.text, "quote||ab|UpToDate,SWHardeningNeeded,||");
	assert_true(asked.root_is_fakes);
	fake_expect(fake,
		"certificate root HOST --era-config era.json --nonce n --accepted-tcb-statuses x "
		"--accepted-advisories a,b",
		0, ACCEPTED "...", "");
	assert_string_equal(asked.text, "quote|n|ab|x,|a,b,|");
	assert_int_equal(asked.calls, 2);
	/* not asked at all */
	fake_expect(fake, "certificate root HOST -i", 0, "Warning: ...", "");
	assert_int_equal(asked.calls, 2);
}

static void test_refusal(void **state)
{
	struct fake *fake = *state;

	cli_test_write("era.json", "{\"SignerID\":\"bad\"}");
	fake_trust(fake);
	fake_expect(fake, "certificate root HOST --era-config era.json", 1, ACCEPTED,
		"Error: retrieving certificate from Coordinator: verifying Coordinator quote: "
		"invalid SignerID\n");
	fake_expect(fake, "manifest get HOST --era-config era.json", 1, ACCEPTED,
		"Error: verifying Coordinator quote: invalid SignerID\n");
	assert_false(cli_test_exists("marblerunRootCA.crt"));
}

/* The cache decides, too, whether this is the Coordinator that it was before. */
static void test_certificate_and_cache(void **state)
{
	struct fake *fake = *state;
	MR_AUTO(buf) struct mr_buf pem = { 0 };
	const struct mr_chain other = { fake->root.cert, fake->intermediate.cert };
	struct mr_error err;

	cli_test_write("era.json", "{\"SignerID\":\"ab\"}");
	fake_expect(fake,
		"certificate chain HOST --era-config era.json --coordinator-cert none "
		"--save-sgx-quote q",
		1, ACCEPTED, "Error: open none: no such file or directory\n");
	assert_false(cli_test_exists("q"));
	assert_false(mr_failed(mr_cache_write("cache", &other, &err)));
	fake_expect(fake, "certificate chain HOST --era-config era.json --coordinator-cert cache",
		1, ACCEPTED,
		"Error: root certificate of Coordinator changed. Run 'marblerun manifest verify' "
		"to verify the instance and update the local cache\n");
	assert_false(cli_test_exists("marblerunChainCA.crt"));
	fake_trust(fake);
	fake_expect(fake, "certificate chain HOST --era-config era.json -o c", 0,
		ACCEPTED "Certificate chain written to c\n", "");
	mr_buf_init(&pem, 1 << 16);
	fake_put_chain(fake, &pem);
	mr_buf_put_u8(&pem, 0);
	cli_test_check_file("c", (char *)pem.data, 0600);
}

static void test_manifest_of_an_attested_coordinator(void **state)
{
	static const struct fake_route routes[] = {
		{ "GET /api/v2/manifest", 200,
			"{\"manifest\":\"e30=\",\"manifestFingerprint\":\"ab\"}", NULL },
	};
	struct fake *fake = *state;

	cli_test_write("coordinator-era.json", "{\"SignerID\":\"ab\"}");
	fake_set(fake, routes, MR_COUNT(routes));
	fake_expect(fake, "manifest get HOST --keep-cert", 0,
		"Reusing existing config file\n" ACCEPTED
		"Successfully verified Coordinator, now requesting manifest\n{}\n",
		"");
	assert_true(cli_test_exists(".config/marblerun/coordinator-cert.pem"));
}

/* A good root does not make the certificate beside it good. */
static void test_intermediate_of_another_root(void **state)
{
	struct fake *fake = *state;
	struct test_identity other, stranger;
	MR_AUTO(buf) struct mr_buf pem = { 0 };
	MR_AUTO(buf) struct mr_buf body = { 0 };

	test_identity_make(&other, &(struct test_profile){ .name = "fake root", .ca = true });
	test_identity_make(
		&stranger, &(struct test_profile){
				   .name = "fake intermediate", .ca = true, .issuer = &other });
	mr_buf_init(&pem, 1 << 16);
	mr_buf_init(&body, 1 << 16);
	mr_chain_put_cert(&pem, &stranger.cert);
	mr_chain_put_cert(&pem, &fake->root.cert);
	mr_buf_put_cstr(&body, "{\"cert\":");
	mr_json_put_str(&body, mr_buf_str(&pem));
	mr_buf_put_cstr(&body, "}");
	mr_buf_put_u8(&body, 0);
	const struct fake_route route = { "GET /api/v2/quote", 200, (char *)body.data, NULL };
	cli_test_write("era-config.json", "{}");
	fake_set(fake, &route, 1);
	fake_expect(fake, "manifest get HOST --era-config era-config.json", 1, ACCEPTED,
		"Error: verifying Coordinator intermediate certificate: x509: ...");
	fake_set(fake, NULL, 0);
	test_identity_done(&other);
	test_identity_done(&stranger);
}

static int start(void **state)
{
	struct fake *fake = calloc(1, sizeof *fake);

	if (!fake)
		return -1;
	fake_start(fake);
	fake->quote = "cXVvdGU=";
	asked.fake = fake;
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
	cli_test_enter_folder();
	fake_set(*state, NULL, 0);
	asked.calls = 0;
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
		TEST(test_question),
		TEST(test_refusal),
		TEST(test_certificate_and_cache),
		TEST(test_manifest_of_an_attested_coordinator),
		TEST(test_intermediate_of_another_root),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
