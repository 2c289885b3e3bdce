/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest room without memory, at every point where it asks for some. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "manifest/check.h"
#include "manifest/parameters.h"
#include "manifest/records.h"
#include "manifest/secret.h"
#include "manifest/update.h"
#include "manifest/users.h"

#define TEXT(literal) mr_bytes_of(literal, sizeof(literal) - 1)

static const char manifest_text[] =
	"{\"Packages\":{\"b\":{\"UniqueID\":\"u\",\"AcceptedAdvisories\":[\"x\"]},\"a\":{}},"
	"\"Marbles\":{\"m\":{\"Package\":\"b\",\"TLS\":[\"t\"],\"Parameters\":{\"Files\":{"
	"\"/b\":{\"Data\":\"e3sgMSB9fQ==\",\"Encoding\":\"base64\"},\"/a\":\"{{ hex .Secrets.k }}\"},"
	"\"Env\":{\"E\":\"{{ pem .Secrets.c.Public }}\"},\"Argv\":[\"a\"]}}},"
	"\"Secrets\":{\"k\":{\"Type\":\"symmetric-key\",\"Size\":128},\"c\":{\"Type\":\"cert-ed25519\","
	"\"Cert\":{\"DNSNames\":[\"a\"],\"IPAddresses\":[\"10.0.0.1\"],\"URIs\":[{\"Host\":\"h\"}],"
	"\"Policies\":[\"1.2.3\"],\"OCSPServer\":[\"o\"],\"PermittedDNSDomains\":[\"p\"],"
	"\"CRLDistributionPoints\":[\"c\"],\"PermittedIPRanges\":[{\"IP\":\"10.0.0.0\",\"Mask\":"
	"\"/wAAAA==\"}],\"Subject\":{\"Organization\":[\"o\",\"p\"]}}}},"
	"\"Users\":{\"u\":{\"Certificate\":\"x\",\"Roles\":[\"r\"]}},"
	"\"Roles\":{\"r\":{\"ResourceType\":\"Manifest\",\"Actions\":[\"UpdateManifest\"]}},"
	"\"TLS\":{\"t\":{\"Incoming\":[{\"Port\":\"2\"},{\"Port\":\"1\"}]}}}";

static const char *no_env(const char *name, const char *fallback)
{
	(void)name;
	return fallback;
}

static mr_result decode_and_check(void *context, struct mr_error *err)
{
	MR_AUTO(manifest) struct mr_manifest *m = NULL;

	(void)context;
	MR_TRY(mr_manifest_decode(TEXT(manifest_text), NULL, &m, err));
	return mr_manifest_check(m, no_env, NULL, err);
}

static mr_result compile_and_dry_run(void *context, struct mr_error *err)
{
	const struct mr_manifest *m = context;
	const struct mr_dry_run data = { m->secrets, m->secrets_count, NULL, 0 };
	MR_AUTO(parameters) struct mr_compiled_parameters *c = NULL;

	MR_TRY(mr_parameters_compile(&m->marbles[0], m->tls_tags, m->tls_tags_count, &c, err));
	return mr_parameters_dry_run_all(m->marbles, m->marbles_count, &data, err);
}

/* Both secrets of the manifest, with parts of one byte. */
static mr_result find_secret(void *self, enum mr_secret_epoch epoch, struct mr_str name,
	const struct mr_secret_value **ret, struct mr_error *err)
{
	static const uint8_t byte[] = { 0x41 };
	static struct mr_secret_value value;

	(void)self, (void)epoch, (void)name, (void)err;
	value.private_part = value.public_part = (struct mr_opt_bytes){ { byte, sizeof byte },
		true };
	*ret = &value;
	return MR_OK;
}

static mr_result render(void *context, struct mr_error *err)
{
	static const struct mr_reserved_values reserved;
	const struct mr_parameters_source source = { NULL, find_secret, NULL, NULL, &reserved };
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(buf) struct mr_buf values = { 0 };
	struct mr_parameters p;

	mr_arena_init(&arena, 1 << 20);
	mr_buf_init_secret(&values, 1 << 20);
	MR_TRY(mr_parameters_render(context, &source, &arena, &values, &p, err));
	assert_int_equal(p.files_count, 2);
	assert_int_equal(p.env_count, 6);
	return MR_OK;
}

/* Everything that a secret goes through: made, stored, read back, uploaded. */
static mr_result make_secrets(void *context, struct mr_error *err)
{
	static const struct mr_cert_template plain;
	const struct mr_manifest *m = context;
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_secret_value *values, again;
	const struct mr_cert_template *t = &plain;
	struct mr_secret_upload *uploads;
	const struct mr_json *tree;
	size_t count;

	mr_arena_init(&arena, 1 << 20);
	mr_buf_init_secret(&text, 1 << 20);
	MR_TRY(mr_key_generate(MR_KEY_EC_P384, 0, &key, err));
	const struct mr_cert_issuer issuer = { TEXT("0\0"), TEXT("id"), key };
	const struct mr_secret_context generation = {
		.marble_type = MR_STR("m"),
		.root_secret = TEXT("root"),
		.issuer = &issuer,
		.now = 1700000000,
	};
	MR_TRY(mr_secrets_generate(m, &generation, &arena, &values, &count, err));
	mr_secret_value_encode(&text, &values[0]);
	MR_TRY(mr_buf_status(&text, err));
	MR_TRY(mr_secret_value_decode(mr_buf_bytes(&text), MR_STR("c"), &arena, &again, err));
	MR_TRY(mr_cert_template_from_der(again.cert.bytes, &arena, &t, err));
	MR_TRY(mr_json_parse(MR_STR("{\"k\":{\"Key\":\"AAE=\"},\"c\":{}}"), &arena, &tree, err));
	return mr_secret_uploads_decode(tree, &arena, &uploads, &count, err);
}

static mr_result update(void *context, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_user user = { .name = MR_STR("u") };
	struct mr_pending_update p;
	struct mr_str_list missing;

	(void)context;
	mr_arena_init(&arena, 1 << 20);
	mr_buf_init(&text, 1 << 20);
	user.permissions[MR_ACTION_UPDATE_MANIFEST].granted = true;
	MR_TRY(mr_pending_update_new(TEXT("{}"), &user, 1, 0, MR_STR("v"), &arena, &p, err));
	mr_pending_update_encode(&text, &p);
	MR_TRY(mr_buf_status(&text, err));
	MR_TRY(mr_pending_update_decode(mr_buf_bytes(&text), &arena, &p, err));
	MR_TRY(mr_pending_update_missing(&p, &arena, &missing, err));
	assert_int_equal(missing.count, 1);
	return MR_OK;
}

static struct mr_manifest *manifest;
static struct mr_compiled_parameters *compiled;

static int set_up(void **state)
{
	struct mr_error err;

	(void)state;
	if (mr_failed(mr_manifest_decode(TEXT(manifest_text), NULL, &manifest, &err)) ||
		mr_failed(mr_parameters_compile(&manifest->marbles[0], manifest->tls_tags,
			manifest->tls_tags_count, &compiled, &err)))
		return -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	mr_parameters_free(compiled);
	mr_manifest_free(manifest);
	return 0;
}

static void test_decode(void **state)
{
	(void)state;
	assert_true(mr_fault_each("decode and check", decode_and_check, NULL, false) > 5);
}

static void test_compile(void **state)
{
	(void)state;
	assert_true(
		mr_fault_each("compile and dry run", compile_and_dry_run, manifest, false) > 10);
}

static void test_render(void **state)
{
	(void)state;
	assert_true(mr_fault_each("render", render, compiled, false) > 3);
}

static void test_secrets(void **state)
{
	(void)state;
	assert_true(mr_fault_each("secrets", make_secrets, manifest, false) > 20);
}

static void test_update(void **state)
{
	(void)state;
	assert_true(mr_fault_each("pending update", update, NULL, false) > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_compile),
		cmocka_unit_test(test_render),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_update),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
