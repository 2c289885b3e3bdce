/* SPDX-License-Identifier: Apache-2.0 */
/* MARBLE_TTLS_CONFIG (30 §6.1, §6.3) and the names of addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include "codec/json.h"
#include "codec/pem.h"
#include "test_identity.h"
#include "ttls/names.h"

static struct test_identity ca, leaf, other;
static struct mr_buf root_pem, leaf_pem, key_pem, other_key_pem;

static void put_pem(struct mr_buf *out, const char *label, struct mr_bytes der)
{
	MR_AUTO(buf) struct mr_buf pem = { 0 };

	mr_buf_init(&pem, 65536);
	mr_buf_init(out, 65536);
	mr_pem_encode(&pem, label, der);
	mr_json_put_str(out, mr_buf_str(&pem));
	mr_buf_put_u8(out, 0);
}

static void put_key(struct mr_buf *out, const struct mr_key *key)
{
	MR_AUTO(secret) struct mr_secret der = { 0 };
	struct mr_error err;

	assert_false(mr_failed(mr_key_to_pkcs8(key, &der, &err)));
	put_pem(out, "PRIVATE KEY", mr_secret_bytes(&der));
}

static int set_up(void **state)
{
	(void)state;
	test_identity_make(&ca, &(struct test_profile){ .ca = true });
	test_identity_make(&leaf, &(struct test_profile){ .issuer = &ca });
	test_identity_make(&other, &(struct test_profile){ .issuer = &ca });
	put_pem(&root_pem, "CERTIFICATE", ca.cert.der);
	put_pem(&leaf_pem, "CERTIFICATE", leaf.cert.der);
	put_key(&key_pem, leaf.key);
	put_key(&other_key_pem, other.key);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	mr_buf_done(&root_pem);
	mr_buf_done(&leaf_pem);
	mr_buf_done(&key_pem);
	mr_buf_done(&other_key_pem);
	test_identity_done(&other);
	test_identity_done(&leaf);
	test_identity_done(&ca);
	return 0;
}

/* R, C, K and O stand for the texts of root, certificate, key and another key; ' for ". */
static mr_result parse(const char *shape, struct mr_ttls_config **ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	*ret = NULL;
	mr_buf_init(&text, 1 << 20);
	for (const char *p = shape; *p; p++) {
		const struct mr_buf *value = *p == 'R'   ? &root_pem
					     : *p == 'C' ? &leaf_pem
					     : *p == 'K' ? &key_pem
					     : *p == 'O' ? &other_key_pem
							 : NULL;
		if (value)
			mr_buf_put_cstr(&text, (const char *)value->data);
		else
			mr_buf_put_u8(&text, *p == '\'' ? '"' : (uint8_t)*p);
	}
	/* `Incoming` and `Outgoing` have none of these letters but their own capitals, I and O */
	return mr_ttls_config_parse(mr_buf_str(&text), ret, err);
}

#define OUT "'\\u004futgoing'"
#define IN "'Incoming'"
#define MEMBERS "'cacrt':R,'clicrt':C,'clikey':K"

static void test_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "unexpected end of JSON input" },
		{ "[]", "not an object" },
		{ "{}", "no member tls" },
		{ "{'tls':null}", "no member tls" },
		{ "{'tls':1}", "tls: not an object" },
		{ "{'tls':{" IN ":{}}}", "tls: no member Outgoing" },
		{ "{'tls':{" OUT ":{}}}", "tls: no member Incoming" },
		{ "{'tls':{" IN ":{}," OUT ":{},'x':{}}}", "tls: unknown member x" },
		{ "{'tls':{" IN ":[]," OUT ":{}}}", "Incoming is not an object" },
		{ "{'tls':{" IN ":{}," OUT ":{'a:1':'b'}}}", "Outgoing: a:1: not an object" },
		{ "{'tls':{" IN ":{}," OUT ":{'a:1':{}}}}", "Outgoing: a:1: no member cacrt" },
		{ "{'tls':{" IN ":{}," OUT ":{'a:1':{" MEMBERS ",'clientAuth':true}}}}",
			"Outgoing: a:1: unknown member clientAuth" },
		{ "{'tls':{" IN ":{'*:1':{" MEMBERS "}}," OUT ":{}}}",
			"Incoming: *:1: no member clientAuth" },
		{ "{'tls':{" IN ":{'*:1':{" MEMBERS ",'clientAuth':1}}," OUT ":{}}}",
			"Incoming: *:1: clientAuth is not true or false" },
		{ "{'tls':{" IN ":{'h:1':{" MEMBERS ",'clientAuth':true}}," OUT ":{}}}",
			"Incoming: h:1: the host is not *" },
		{ "{'tls':{" IN ":{}," OUT ":{'a':{" MEMBERS "}}}}",
			"Outgoing: a: not an address with port: a" },
		{ "{'tls':{" IN ":{}," OUT ":{':1':{" MEMBERS "}}}}",
			"Outgoing: :1: not an address with port: :1" },
		{ "{'tls':{" IN ":{}," OUT ":{'a:0':{" MEMBERS "}}}}",
			"Outgoing: a:0: not an address with port: a:0" },
		{ "{'tls':{" IN ":{}," OUT ":{'a:65536':{" MEMBERS "}}}}",
			"Outgoing: a:65536: not an address with port: a:65536" },
		{ "{'tls':{" IN ":{}," OUT ":{'a:http':{" MEMBERS "}}}}",
			"Outgoing: a:http: not an address with port: a:http" },
		{ "{'tls':{" IN ":{}," OUT ":{'a:1':{'cacrt':'','clicrt':C,'clikey':K}}}}",
			"Outgoing: a:1: cacrt" },
		{ "{'tls':{" IN ":{}," OUT ":{'a:1':{'cacrt':R,'clicrt':C,'clikey':7}}}}",
			"Outgoing: a:1: clikey is not a string" },
		{ "{'tls':{" IN ":{}," OUT ":{'a:1':{'cacrt':R,'clicrt':C,'clikey':O}}}}",
			"Outgoing: a:1: clikey is not the key of clicrt" },
		{ "{'tls':{" IN ":{}," OUT ":{'a:1':{'cacrt':R,'clicrt':C,'clikey':C}}}}",
			"Outgoing: a:1: clikey" },
		{ "{'tls':{" IN
		  ":{'*:1':{'cacrt':R,'clicrt':'','clikey':'','clientAuth':true}}," OUT ":{}}}",
			"Incoming: *:1: clicrt" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		struct mr_ttls_config *config;
		struct mr_error err;
		assert_true(mr_failed(parse(cases[i].text, &config, &err)));
		assert_null(config);
		if (!strstr(err.message, cases[i].message))
			fail_msg("%s\ngives %s", cases[i].text, err.message);
		assert_ptr_equal(strstr(err.message, "MARBLE_TTLS_CONFIG: "), err.message);
		assert_null(strstr(err.message, "BEGIN"));
	}
}

static void test_questions(void **state)
{
	MR_AUTO(ttls_config) struct mr_ttls_config *c = NULL;
	struct in6_addr address;
	struct mr_error err;

	(void)state;
	mr_result r = parse(
		"{'tls':{" IN ":{'*:80':{" MEMBERS ",'clientAuth':false}}," OUT
		":{'Back.end:1':{" MEMBERS "},'back.end:1':{'cacrt':R,'clicrt':'','clikey':''},"
		"'::1:5':{" MEMBERS "},'[::2]:6':{" MEMBERS "},'10.0.0.1:7':{" MEMBERS "}}}}",
		&c, &err);
	if (mr_failed(r))
		fail_msg("%s", err.message);
	assert_true(mr_ttls_config_has_incoming(c));
	assert_true(mr_ttls_config_has_outgoing(c));
	assert_non_null(mr_ttls_config_incoming(c, 80));
	assert_null(mr_ttls_config_incoming(c, 81));
	const struct mr_ttls_entry *entry = mr_ttls_config_by_name(c, MR_STR("BACK.END."), 1);
	assert_non_null(entry);
	/* the later one, which has no certificate to show */
	assert_ptr_not_equal(entry->context, mr_ttls_config_incoming(c, 80)->context);
	assert_null(mr_ttls_config_by_name(c, MR_STR("back.end"), 2));
	assert_null(mr_ttls_config_by_name(c, MR_STR("::1"), 5));
	assert_ptr_equal(mr_ttls_config_name(c, MR_STR("back.END")),
		mr_ttls_config_name(c, MR_STR("Back.end.")));
	assert_null(mr_ttls_config_name(c, MR_STR("10.0.0.1")));
	assert_true(mr_ttls_address_parse(MR_STR("::1"), &address));
	assert_non_null(mr_ttls_config_by_address(c, &address, 5));
	assert_true(mr_ttls_address_parse(MR_STR("[::2]"), &address));
	assert_non_null(mr_ttls_config_by_address(c, &address, 6));
	assert_true(mr_ttls_address_parse(MR_STR("10.0.0.1"), &address));
	assert_non_null(mr_ttls_config_by_address(c, &address, 7));
	assert_null(mr_ttls_config_by_address(c, &address, 8));
	assert_false(mr_ttls_address_parse(MR_STR("10.0.0.1.2"), &address));
}

/* --- names --- */

static struct in6_addr address_of(const char *text)
{
	struct in6_addr address;

	assert_true(mr_ttls_address_parse(mr_str_of(text), &address));
	return address;
}

static const struct mr_ttls_entry *find(
	const struct mr_ttls_config *c, const char *text, uint16_t port, const char **name)
{
	struct in6_addr address = address_of(text);

	return mr_ttls_names_find(c, &address, port, name);
}

static void test_names(void **state)
{
	MR_AUTO(ttls_config) struct mr_ttls_config *c = NULL;
	struct in6_addr one = address_of("10.0.0.1");
	struct mr_error err;
	const char *name;

	(void)state;
	assert_false(mr_failed(parse("{'tls':{" IN ":{}," OUT ":{'a:1':{" MEMBERS
				     "},'b:1':{" MEMBERS "},'a:2':{" MEMBERS
				     "},'10.0.0.1:3':{" MEMBERS "},'localhost:4':{" MEMBERS "}}}}",
		&c, &err)));
	const char *a = mr_ttls_config_name(c, MR_STR("a"));
	const char *b = mr_ttls_config_name(c, MR_STR("b"));
	assert_null(find(c, "10.0.0.1", 1, &name));
	assert_true(mr_ttls_names_add(&one, a));
	assert_non_null(find(c, "10.0.0.1", 1, &name));
	assert_string_equal(name, "a");
	assert_true(mr_ttls_names_add(&one, b));
	assert_non_null(find(c, "10.0.0.1", 1, &name));
	assert_string_equal(name, "b"); /* the last one that has an entry for the port */
	assert_non_null(find(c, "10.0.0.1", 2, &name));
	assert_string_equal(name, "a");
	assert_non_null(find(c, "10.0.0.1", 3, &name));
	assert_null(name);
	assert_null(find(c, "10.0.0.1", 4, &name));
	assert_non_null(find(c, "127.0.0.1", 4, &name));
	assert_string_equal(name, "localhost");
	assert_non_null(find(c, "::1", 4, &name));
	assert_null(find(c, "::2", 4, &name));
	assert_null(find(c, "10.0.0.2", 1, &name));
	mr_ttls_names_clear();
	assert_null(find(c, "10.0.0.1", 1, &name));
}

static void test_the_bound_of_names(void **state)
{
	struct in6_addr address = address_of("fd00::");

	(void)state;
	for (uint32_t i = 0; i < MR_TTLS_NAMES_MAX; i++) {
		memcpy(address.s6_addr + 12, &i, sizeof i);
		assert_true(mr_ttls_names_add(&address, "n"));
	}
	assert_true(mr_ttls_names_add(&address, "n")); /* known */
	struct in6_addr more = address_of("fd01::");
	assert_false(mr_ttls_names_add(&more, "n"));
	mr_ttls_names_clear();
}

static void test_socket_addresses(void **state)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(5) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(6) };
	struct sockaddr other_family = { .sa_family = AF_UNIX };
	struct in6_addr got, wanted = address_of("127.0.0.1");
	uint16_t port;

	(void)state;
	/* the unspecified address connects to this machine */
	assert_true(mr_ttls_sockaddr((struct sockaddr *)&v4, sizeof v4, &got, &port));
	assert_memory_equal(&got, &wanted, sizeof got);
	assert_int_equal(port, 5);
	assert_true(mr_ttls_sockaddr((struct sockaddr *)&v6, sizeof v6, &got, &port));
	assert_memory_equal(&got, &in6addr_loopback, sizeof got);
	assert_int_equal(port, 6);
	assert_false(mr_ttls_sockaddr((struct sockaddr *)&v4, 7, &got, &port));
	assert_false(mr_ttls_sockaddr((struct sockaddr *)&v6, 20, &got, &port));
	assert_false(mr_ttls_sockaddr(&other_family, sizeof other_family, &got, &port));
	assert_false(mr_ttls_sockaddr(NULL, 0, &got, &port));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_the_bound_of_names),
		cmocka_unit_test(test_socket_addresses),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
