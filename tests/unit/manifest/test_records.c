/* SPDX-License-Identifier: Apache-2.0 */
/* 40 §4.2: the JSON values of the state, written exactly, read leniently. */
#include "manifest/records.h"

#include "codec/base64.h"
#include "manifest_test.h"

static void start(struct mr_buf *out)
{
	mr_buf_init_secret(out, 1 << 20);
}

/* Decoding `in` and encoding again gives `want`. */
#define TRIP(kind, in, want)                                                                       \
	do {                                                                                       \
		struct mr_##kind record;                                                           \
		MR_AUTO(buf) struct mr_buf out = { 0 };                                            \
		start(&out);                                                                       \
		OK(mr_##kind##_decode(json(in), MR_STR("n"), test_arena(), &record, &err));        \
		mr_##kind##_encode(&out, &record);                                                 \
		assert_json(&out, want);                                                           \
	} while (0)

#define SAME(kind, text) TRIP(kind, text, text)

static void test_package(void **state)
{
	struct mr_package p;
	struct mr_error err;

	(void)state;
	SAME(package,
		"{'Debug':true,'UniqueID':'u','SignerID':'s','ProductID':18446744073709551615,"
		"'SecurityVersion':0,'AcceptedTCBStatuses':['a','b'],'AcceptedAdvisories':[]}");
	TRIP(package, "{}",
		"{'Debug':false,'UniqueID':'','SignerID':'','ProductID':null,"
		"'SecurityVersion':null,'AcceptedTCBStatuses':null,'AcceptedAdvisories':null}");
	TRIP(package, "{'debug':true,'DEBUG':false,'other':1,'uniqueid':'<&>'}",
		"{'Debug':false,'UniqueID':'\\u003c\\u0026\\u003e','SignerID':'','ProductID':null,"
		"'SecurityVersion':null,'AcceptedTCBStatuses':null,'AcceptedAdvisories':null}");
	OK(mr_package_decode(json("null"), MR_STR("a:b"), test_arena(), &p, &err));
	assert_str(p.name, "a:b");
	FAILS_WITH(mr_package_decode(json("[]"), MR_STR("n"), test_arena(), &p, &err),
		MR_CODE_INVALID);
	FAILS_WITH(
		mr_package_decode(json("{"), MR_STR("n"), test_arena(), &p, &err), MR_CODE_INVALID);
	FAILS_WITH(
		mr_package_decode(json("{'ProductID':1.0}"), MR_STR("n"), test_arena(), &p, &err),
		MR_CODE_INVALID);
}

static void test_infrastructure(void **state)
{
	struct mr_error err;

	(void)state;
	SAME(infrastructure, "{'CPUSVN':'AAE=','QESVN':2,'PCESVN':65535,'RootCA':''}");
	TRIP(infrastructure, "{'cpusvn':[0,1]}",
		"{'CPUSVN':'AAE=','QESVN':null,'PCESVN':null,'RootCA':null}");
	SAME(infrastructure,
		"{'CPUSVN':null,'QESVN':null,'PCESVN':null,'RootCA':null,'Enforce':true,"
		"'FMSPCs':['x'],'PlatformInstanceIDs':null,'MinTCBEvaluationDataNumber':3}");
}

static void test_marble(void **state)
{
	struct mr_error err;

	(void)state;
	SAME(marble,
		"{'Package':'p','MaxActivations':7,'Parameters':{'Files':{'/a':{'Data':'{{ x }}',"
		"'Encoding':'string','NoTemplates':false},'/b':{'Data':'AAE=','Encoding':'BASE64',"
		"'NoTemplates':true}},'Env':{'H':{'Data':'00ff','Encoding':'Hex',"
		"'NoTemplates':false}},'Argv':['a','']},'TLS':['t'],'DisableSecretBinding':true}");
	TRIP(marble,
		"{'Parameters':{'Env':{'E':'text','A':{'Data':'0A','Encoding':'hex'}},'Argv':[]}}",
		"{'Package':'','MaxActivations':0,'Parameters':{'Files':null,'Env':{'A':{'Data':"
		"'0a','Encoding':'hex','NoTemplates':false},'E':{'Data':'text','Encoding':"
		"'string','NoTemplates':false}},'Argv':[]},'TLS':null,"
		"'DisableSecretBinding':false}");
	TRIP(marble, "{'Package':'p','Parameters':{'Files':{}}}",
		"{'Package':'p','MaxActivations':0,'Parameters':{'Files':{},'Env':null,"
		"'Argv':null},'TLS':null,'DisableSecretBinding':false}");
}

static void test_tls_tag(void **state)
{
	struct mr_error err;

	(void)state;
	SAME(tls_tag, "{'Outgoing':[{'Port':'1','Addr':'a','Cert':'','DisableClientAuth':false}],"
		      "'Incoming':[{'Port':'2','Addr':'','Cert':'c','DisableClientAuth':true},"
		      "{'Port':'3','Addr':'','Cert':'','DisableClientAuth':false}]}");
	TRIP(tls_tag, "{'incoming':[]}", "{'Outgoing':null,'Incoming':[]}");
}

static void test_secret(void **state)
{
	MR_AUTO(buf) struct mr_buf der64 = { 0 };
	struct mr_secret_value s;
	struct mr_error err;

	(void)state;
	SAME(secret_value, "{'Type':'plain','Size':0,'Shared':false,'UserDefined':true,'Cert':null,"
			   "'ValidFor':0,'Private':'czNjcjN0','Public':''}");
	TRIP(secret_value, "{'type':'odd','cert':'no base64','Private':[1]}",
		"{'Type':'odd','Size':0,'Shared':false,'UserDefined':false,'Cert':null,"
		"'ValidFor':0,'Private':'AQ==','Public':null}");
	mr_buf_init(&der64, 1 << 16);
	mr_base64_encode(&der64, certificate_der(0), MR_BASE64_STANDARD);
	mr_buf_put_u8(&der64, 0);
	const char *text = textf("{'Type':'cert-ecdsa','Size':256,'Shared':true,"
				 "'UserDefined':false,'Cert':'%s','ValidFor':365,"
				 "'Private':null,'Public':null}",
		(const char *)der64.data);
	SAME(secret_value, text);
	OK(mr_secret_value_decode(json(text), MR_STR("n"), test_arena(), &s, &err));
	assert_true(mr_bytes_eq(s.cert.bytes, certificate_der(0)));
	assert_null(s.def.cert_template);
	assert_int_equal(s.def.type, MR_SECRET_CERT_ECDSA);
	assert_str(s.def.name, "n");
	FAILS_WITH(mr_secret_value_decode(
			   json("{'Cert':'AAAA'}"), MR_STR("n"), test_arena(), &s, &err),
		MR_CODE_INVALID);
	FAILS_WITH(mr_secret_value_decode(json("{'Cert':''}"), MR_STR("n"), test_arena(), &s, &err),
		MR_CODE_INVALID);
}

/* An arena that is too small gives an error, wherever it ends. */
static void test_small_arenas(void **state)
{
	struct mr_error err;

	(void)state;
	for (size_t limit = 0; limit < 6000; limit += 50) {
		MR_AUTO(arena) struct mr_arena arena = { 0 };
		struct mr_marble m;
		mr_arena_init(&arena, limit);
		mr_result r = mr_marble_decode(
			json("{'Package':'package','Parameters':{'Files':{'/a':{'Data':'AAAAAAAA',"
			     "'Encoding':'base64'},'/b':'text'},'Argv':['1','2']},'TLS':['t']}"),
			MR_STR("name"), &arena, &m, &err);
		if (mr_failed(r))
			assert_int_equal(r.code, MR_CODE_LIMIT);
		else
			assert_true(limit >= 400);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_package),
		cmocka_unit_test(test_infrastructure),
		cmocka_unit_test(test_marble),
		cmocka_unit_test(test_tls_tag),
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_small_arenas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
