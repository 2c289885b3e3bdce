/* SPDX-License-Identifier: Apache-2.0 */
/* 10 §11: MARBLE_TTLS_CONFIG. */
#include "manifest/ttls.h"

#include "manifest_test.h"

#define PEM(label, base64) "-----BEGIN " label "-----\\n" base64 "\\n-----END " label "-----\\n"
#define CA "'cacrt':'" PEM("CERTIFICATE", "cm9vdA==") "'"
#define OWN_CERT "'clicrt':'" PEM("CERTIFICATE", "Y2VydA==") "'"
#define OWN_KEY "'clikey':'" PEM("PRIVATE KEY", "a2V5") "'"
#define OUT "{" CA "," OWN_CERT "," OWN_KEY "}"
#define IN "{" CA "," OWN_CERT ",'clientAuth':true," OWN_KEY "}"
#define IN_CRT                                                                                     \
	"{" CA ",'clicrt':'" PEM("CERTIFICATE", "Yw==") "','clientAuth':false,'clikey':'" PEM(     \
		"PRIVATE KEY", "aw==") "'}"

static mr_result find_secret(
	void *self, struct mr_str name, const struct mr_secret_value **ret, struct mr_error *err)
{
	static const struct mr_secret_value crt = {
		.cert = { { (const uint8_t *)"c", 1 }, true },
		.private_part = { { (const uint8_t *)"k", 1 }, true },
	};
	static const struct mr_secret_value unset;

	++*(unsigned *)self;
	if (mr_str_eq(name, MR_STR("fail")))
		return mr_fail(err, MR_CODE_INTERNAL, "cannot");
	*ret = mr_str_eq(name, MR_STR("crt"))     ? &crt
	       : mr_str_eq(name, MR_STR("unset")) ? &unset
						  : NULL;
	return MR_OK;
}

static mr_result write(const char *tags, const char *list, struct mr_buf *out, struct mr_error *err)
{
	const struct mr_manifest *m = decoded(
		jsonf("{'TLS':{%s},'Marbles':{'m':{'TLS':[%s]}}}", tags, list));
	unsigned calls = 0;
	const struct mr_ttls_source source = { mr_bytes_of("root", 4), mr_bytes_of("cert", 4),
		mr_bytes_of("key", 3), MR_STR(""), &calls, find_secret };
	struct mr_ttls ttls;

	mr_buf_init_secret(out, 1 << 16);
	MR_TRY(mr_ttls_compile(
		&m->marbles[0], m->tls_tags, m->tls_tags_count, test_arena(), &ttls, err));
	return mr_ttls_write(&ttls, &source, out, err);
}

static void test_texts(void **state)
{
	static const struct {
		const char *tags, *list, *want;
	} rows[] = {
		{ "'t':{}", "'t'", "{'tls':{'Incoming':{},'Outgoing':{}}}" },
		{ "'t':{'Incoming':[{'Port':'1'}]}", "", "{'tls':{'Incoming':{},'Outgoing':{}}}" },
		{ "'t':{'Outgoing':[{'Addr':'b','Port':'1'},{'Addr':'B','Port':'2','Cert':'crt',"
		  "'DisableClientAuth':true}]}",
			"'t'", "{'tls':{'Incoming':{},'Outgoing':{'B:2':" OUT ",'b:1':" OUT "}}}" },
		{ "'t':{'Incoming':[{'Port':'80','Addr':'ignored'},{'Port':'443'}]}", "'t'",
			"{'tls':{'Incoming':{'*:443':" IN ",'*:80':" IN "},'Outgoing':{}}}" },
		{ "'t':{'Incoming':[{'Port':'1','Cert':'crt','DisableClientAuth':true}]}", "'t'",
			"{'tls':{'Incoming':{'*:1':" IN_CRT "},'Outgoing':{}}}" },
		{ "'t':{'Incoming':[{'Port':'1'}]},'u':{'Incoming':[{'Port':'1','Cert':'crt',"
		  "'DisableClientAuth':true}]}",
			"'t','u'", "{'tls':{'Incoming':{'*:1':" IN_CRT "},'Outgoing':{}}}" },
		{ "'t':{'Incoming':[{'Port':'1'}]},'u':{'Incoming':[{'Port':'1','Cert':'crt',"
		  "'DisableClientAuth':true}]}",
			"'u','t'", "{'tls':{'Incoming':{'*:1':" IN "},'Outgoing':{}}}" },
		{ "'t':{'Outgoing':[{'Addr':'a<b>&\\u2028\\'','Port':'1'}]}", "'t','none'",
			"{'tls':{'Incoming':{},'Outgoing':{'a\\u003cb\\u003e\\u0026\\u2028\\':1':" OUT
			"}}}" },
	};
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		OK(write(rows[i].tags, rows[i].list, &out, &err));
		assert_json(&out, rows[i].want);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *cert, *message;
	} rows[] = {
		{ "unset", "TLS certificate secret unset has no value" },
		{ "none", "TLS certificate secret none has no value" },
		{ "fail", "cannot" },
	};
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		FAILS(write(textf("'t':{'Incoming':[{'Port':'1','Cert':'%s','DisableClientAuth':"
				  "true}]}",
				    rows[i].cert),
			      "'t'", &out, &err),
			rows[i].message);
	}
}

static void test_too_many(void **state)
{
	MR_AUTO(buf) struct mr_buf entries = { 0 }, out = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&entries, 1 << 22);
	mr_buf_put_cstr(&entries, "'t':{'Outgoing':[{}");
	for (size_t i = 1; i < 40000; i++)
		mr_buf_put_cstr(&entries, ",{}");
	mr_buf_put_cstr(&entries, "]}");
	mr_buf_put_u8(&entries, 0);
	FAILS(write((const char *)entries.data, "'t','t'", &out, &err),
		"more than 65536 entries in TLS tags of a Marble");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
