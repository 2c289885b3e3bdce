/* SPDX-License-Identifier: Apache-2.0 */
/* 10 §2, §3: how JSON becomes a manifest. */
#include "manifest/manifest.h"

#include "manifest_test.h"

static void refuse(const char *text, const char *message)
{
	struct mr_manifest *m;
	struct mr_error err;
	mr_result r = mr_manifest_decode(json(text), NULL, &m, &err);

	if (!mr_failed(r)) {
		mr_manifest_free(m);
		fail_msg("accepted: %s", text);
	}
	if (message)
		assert_string_equal(err.message, message);
}

static void test_empty(void **state)
{
	static const char *const texts[] = { "{}", " \t\r\n{} \n", "null", "{'Packages':null}",
		"{'x':[1,{'y':1e999999}],'':{}}" };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(texts); i++) {
		const struct mr_manifest *m = decoded(json(texts[i]));
		assert_int_equal(m->packages_count + m->marbles_count + m->secrets_count, 0);
		assert_null(mr_manifest_package(m, MR_STR("p")));
		assert_false(mr_manifest_has_feature(m, MR_FEATURE_MONOTONIC_COUNTER));
	}
}

static void test_syntax_errors(void **state)
{
	(void)state;
	refuse("", "unexpected end of JSON input");
	refuse("{}}", "invalid character '}' after top-level value");
	refuse("[]", "json: cannot unmarshal array into Go value of type Manifest");
	refuse("{'Packages':{}", "unexpected end of JSON input");
}

static void test_type_mismatches(void **state)
{
	static const char *const texts[] = { "{'Packages':[]}", "{'Packages':false}",
		"{'Packages':{'p':'x'}}", "{'Packages':{'p':{'Debug':'true'}}}",
		"{'Packages':{'p':{'Debug':1}}}", "{'Packages':{'p':{'UniqueID':1}}}",
		"{'Packages':{'p':{'ProductID':'1'}}}", "{'Packages':{'p':{'ProductID':3.0}}}",
		"{'Packages':{'p':{'ProductID':1e2}}}", "{'Packages':{'p':{'ProductID':-1}}}",
		"{'Packages':{'p':{'ProductID':18446744073709551616}}}",
		"{'Packages':{'p':{'SecurityVersion':-0}}}",
		"{'Packages':{'p':{'AcceptedTCBStatuses':'x'}}}",
		"{'Packages':{'p':{'AcceptedTCBStatuses':[1]}}}",
		"{'Infrastructures':{'i':{'QESVN':65536}}}",
		"{'Infrastructures':{'i':{'CPUSVN':[256]}}}",
		"{'Infrastructures':{'i':{'CPUSVN':'A'}}}",
		"{'Infrastructures':{'i':{'RootCA':1}}}", "{'Marbles':{'m':{'MaxActivations':-1}}}",
		"{'Marbles':{'m':{'Parameters':[]}}}",
		"{'Marbles':{'m':{'Parameters':{'Argv':'a'}}}}",
		"{'Marbles':{'m':{'Parameters':{'Argv':[['a']]}}}}",
		"{'Marbles':{'m':{'Parameters':{'Files':[]}}}}", "{'Marbles':{'m':{'TLS':'web'}}}",
		"{'Marbles':{'m':{'DisableSecretBinding':'yes'}}}",
		"{'Secrets':{'s':{'Size':'128'}}}", "{'Secrets':{'s':{'Cert':5}}}",
		"{'Secrets':{'s':{'Cert':[]}}}", "{'Secrets':{'s':{'Private':'*'}}}",
		"{'Users':{'u':'pem'}}", "{'Users':{'u':{'Roles':'r'}}}",
		"{'Roles':{'r':{'Actions':'x'}}}", "{'RecoveryKeys':['x']}",
		"{'RecoveryKeys':{'r':1}}", "{'TLS':{'t':{'Incoming':{}}}}",
		"{'TLS':{'t':{'Incoming':[{'Port':8080}]}}}", "{'Config':[]}",
		"{'Config':{'UpdateThreshold':1.0}}", "{'Config':{'FeatureGates':'x'}}",
		"{'Config':{'SealMode':0}}", "{'Config':{'Attestation':1}}" };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(texts); i++)
		refuse(texts[i], NULL);
	refuse("{'Packages':{'p':{'Debug':'x'}}}",
		"json: cannot unmarshal string into Go struct field Package.Debug of type bool");
}

static void test_package(void **state)
{
	const struct mr_manifest *m = decoded(json(
		"{'Packages':{'b':{},'a':{'Debug':true,'UniqueID':'u','SignerID':'s','ProductID':"
		"18446744073709551615,'SecurityVersion':0,'AcceptedTCBStatuses':['x',null],"
		"'AcceptedAdvisories':[]},'c':null}}"));
	const struct mr_package *a = mr_manifest_package(m, MR_STR("a"));
	const struct mr_package *b = mr_manifest_package(m, MR_STR("b"));

	(void)state;
	assert_int_equal(m->packages_count, 3);
	assert_ptr_equal(a, &m->packages[0]);
	assert_ptr_equal(b, &m->packages[1]);
	assert_non_null(mr_manifest_package(m, MR_STR("c")));
	assert_null(mr_manifest_package(m, MR_STR("A")));
	assert_true(a->debug);
	assert_str(a->unique_id, "u");
	assert_str(a->signer_id, "s");
	assert_true(a->product_id.present && a->product_id.value == UINT64_MAX);
	assert_true(a->security_version.present && a->security_version.value == 0);
	assert_int_equal(a->accepted_tcb_statuses.count, 2);
	assert_str(a->accepted_tcb_statuses.items[1], "");
	assert_true(a->accepted_advisories.present && a->accepted_advisories.count == 0);
	assert_false(b->debug || b->product_id.present || b->accepted_advisories.present);
}

static void test_infrastructure(void **state)
{
	const struct mr_manifest *m = decoded(json(
		"{'Infrastructures':{'i':{'CPUSVN':[0,255],'QESVN':65535,'PCESVN':0,'RootCA':'',"
		"'Enforce':true,'FMSPCs':['00'],'PlatformInstanceIDs':['11'],"
		"'MinTCBEvaluationDataNumber':7},'j':{'CPUSVN':'AA\\r\\nE=\\n','RootCA':null}}}"));
	const struct mr_infrastructure *i = &m->infrastructures[0], *j = &m->infrastructures[1];

	(void)state;
	assert_int_equal(m->infrastructures_count, 2);
	assert_int_equal(i->cpusvn.bytes.len, 2);
	assert_int_equal(i->cpusvn.bytes.ptr[1], 255);
	assert_int_equal(i->qesvn.value, 65535);
	assert_true(i->pcesvn.present && i->root_ca.present && i->root_ca.bytes.len == 0);
	assert_true(i->enforce && i->fmspcs.count == 1 && i->platform_instance_ids.count == 1);
	assert_int_equal(i->min_tcb_evaluation_data_number, 7);
	assert_memory_equal(j->cpusvn.bytes.ptr, "\0\1", 2);
	assert_false(j->root_ca.present || j->qesvn.present);
}

static void test_marble(void **state)
{
	const struct mr_manifest *m = decoded(json(
		"{'Marbles':{'m':{'Package':'p','MaxActivations':3,'Parameters':{'Argv':['a','',"
		"null],'Files':{'/b':'x','/a':{'Data':'y'}},'Env':{}},'TLS':['t'],"
		"'DisableSecretBinding':true}}}"));
	const struct mr_marble *marble = mr_manifest_marble(m, MR_STR("m"));

	(void)state;
	assert_str(marble->package, "p");
	assert_int_equal(marble->max_activations, 3);
	assert_int_equal(marble->argv.count, 3);
	assert_int_equal(marble->files.count, 2);
	assert_str(marble->files.items[0].name, "/a");
	assert_str(mr_bytes_str(marble->files.items[0].data), "y");
	assert_str(marble->files.items[1].encoding_name, "string");
	assert_true(marble->env.present && marble->env.count == 0);
	assert_int_equal(marble->tls.count, 1);
	assert_true(marble->disable_secret_binding);
}

static void test_users_roles_keys(void **state)
{
	const struct mr_manifest *m = decoded(json(
		"{'Users':{'u':{'Certificate':'c','Roles':['r']}},'Roles':{'r':{'ResourceType':'t',"
		"'ResourceNames':['n'],'Actions':['a']}},'RecoveryKeys':{'k':'pem','n':null}}"));

	(void)state;
	assert_str(mr_manifest_user(m, MR_STR("u"))->certificate, "c");
	assert_str(mr_manifest_user(m, MR_STR("u"))->roles.items[0], "r");
	assert_str(mr_manifest_role(m, MR_STR("r"))->resource_type, "t");
	assert_str(mr_manifest_role(m, MR_STR("r"))->actions.items[0], "a");
	assert_str(m->recovery_keys[0].pem, "pem");
	assert_str(m->recovery_keys[1].pem, "");
}

static void test_tls_and_config(void **state)
{
	const struct mr_manifest *m = decoded(json(
		"{'TLS':{'t':{'Incoming':[{'Port':'1','Cert':'c','DisableClientAuth':true},null],"
		"'Outgoing':[{'Addr':'a','Port':'2'}]}},'Config':{'SealMode':'UniqueKey',"
		"'FeatureGates':['signquoteendpoint'],'UpdateThreshold':2,'RecoveryThreshold':3,"
		"'RotateRootSecret':true,'Attestation':{'CollateralGraceSeconds':4,"
		"'MinTCBEvaluationDataNumber':5}}}"));
	const struct mr_tls_tag *t = mr_manifest_tls_tag(m, MR_STR("t"));

	(void)state;
	assert_int_equal(t->incoming.count, 2);
	assert_true(t->incoming.items[0].disable_client_auth);
	assert_str(t->incoming.items[0].cert, "c");
	assert_str(t->incoming.items[1].port, "");
	assert_str(t->outgoing.items[0].addr, "a");
	assert_str(m->config.seal_mode, "UniqueKey");
	assert_true(mr_manifest_has_feature(m, MR_FEATURE_SIGN_QUOTE_ENDPOINT));
	assert_false(mr_manifest_has_feature(m, MR_FEATURE_AZURE_HSM_SEALING));
	assert_int_equal(m->config.update_threshold, 2);
	assert_int_equal(m->config.recovery_threshold, 3);
	assert_true(m->config.rotate_root_secret);
	assert_int_equal(m->config.collateral_grace_seconds, 4);
	assert_int_equal(m->config.min_tcb_evaluation_data_number, 5);
}

static void test_folded_names(void **state)
{
	const struct mr_manifest *m = decoded(
		json("{'PAC\xE2\x84\xAA"
		     "AGE\xC5\xBF':{'p':{'debug':true}},'\\u006darbles':{'M':{'PACKAGE':"
		     "'p'}}}"));

	(void)state;
	assert_true(mr_manifest_package(m, MR_STR("p"))->debug);
	assert_str(mr_manifest_marble(m, MR_STR("M"))->package, "p");
	assert_null(mr_manifest_marble(m, MR_STR("m")));
}

/* Members of records add up, entries of maps replace each other. */
static void test_duplicates(void **state)
{
	const struct mr_manifest *m = decoded(
		json("{'Marbles':{'a':{'Package':'x'},'b':{'Package':'1','MaxActivations':9}},"
		     "'marbles':{'b':{'Package':'2'},'c':{'Package':'n','package':'p',"
		     "'Parameters':{'Argv':['a'],'Env':{'A':'1','B':'2'}},"
		     "'PARAMETERS':{'Argv':['d'],'Env':{'B':'3','C':'4'}}}}}"));
	const struct mr_marble *b = mr_manifest_marble(m, MR_STR("b"));
	const struct mr_marble *c = mr_manifest_marble(m, MR_STR("c"));

	(void)state;
	assert_int_equal(m->marbles_count, 3);
	assert_str(b->package, "2");
	assert_int_equal(b->max_activations, 0);
	assert_str(c->package, "p");
	assert_int_equal(c->argv.count, 1);
	assert_str(c->argv.items[0], "d");
	assert_int_equal(c->env.count, 3);
	assert_str(mr_bytes_str(c->env.items[1].data), "3");
	/* a replaced entry must be type-correct all the same */
	refuse("{'Marbles':{'a':{'Package':1},'a':{'Package':'x'}}}", NULL);
}

static void test_null_after_value(void **state)
{
	const struct mr_manifest *m = decoded(json(
		"{'Packages':{'p':{}},'Packages':null,'Marbles':{'m':{'Package':'p','Package':null,"
		"'Parameters':{'Argv':['a'],'Env':{'A':'1'}},'Parameters':null,"
		"'TLS':['t'],'TLS':null}},'Config':{'SealMode':'x'},'Config':null,"
		"'Infrastructures':{'i':{'QESVN':1,'QESVN':null}}}"));
	const struct mr_marble *marble = mr_manifest_marble(m, MR_STR("m"));

	(void)state;
	assert_int_equal(m->packages_count, 0);
	assert_str(marble->package, "p");
	assert_int_equal(marble->argv.count, 1);
	assert_int_equal(marble->env.count, 1);
	assert_false(marble->tls.present);
	assert_str(m->config.seal_mode, "x");
	assert_false(m->infrastructures[0].qesvn.present);
}

static void test_secret(void **state)
{
	const struct mr_manifest *m = decoded(
		json("{'Secrets':{'s':{'Type':'plain','Size':8,'Shared':true,'UserDefined':true,"
		     "'ValidFor':3,'Private':'AAE=','Public':[2]},'t':{'Type':'odd','Cert':null},"
		     "'u':{'Type':'cert-rsa','Cert':{'DNSNames':['x']},'cert':{'IsCA':true}},"
		     "'v':{'Type':'cert-ed25519','Cert':'*'}}}"));
	const struct mr_secret_value *s = mr_manifest_secret(m, MR_STR("s"));
	const struct mr_secret_value *u = mr_manifest_secret(m, MR_STR("u"));

	(void)state;
	assert_int_equal(s->def.type, MR_SECRET_PLAIN);
	assert_int_equal(s->def.size, 8);
	assert_true(s->def.shared && s->def.user_defined);
	assert_int_equal(s->def.valid_for, 3);
	assert_memory_equal(s->private_part.bytes.ptr, "\0\1", 2);
	assert_int_equal(s->public_part.bytes.ptr[0], 2);
	assert_int_equal(m->secrets[1].def.type, MR_SECRET_UNKNOWN);
	assert_str(m->secrets[1].def.type_name, "odd");
	assert_int_equal(u->def.cert_template->dns_names.count, 1);
	assert_true(u->def.cert_template->is_ca);
	assert_null(m->secrets[3].def.cert_template);
	assert_false(m->secrets[3].cert.present);
	refuse("{'Secrets':{'s':{'Cert':''}}}", NULL);
	refuse("{'Secrets':{'s':{'Cert':'AAAA'}}}", NULL);
}

static void count_call(void *context, const char *text)
{
	(void)text;
	++*(unsigned *)context;
}

static void keep_call(void *context, const char *text)
{
	*(const char **)context = textf("%s", text);
}

static void test_warnings(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "{'Package':{}}", "unknown member \"Package\" in Manifest" },
		{ "{'packages':{}}", "oddly written member \"packages\" in Manifest" },
		{ "{'Roles':{},'Roles':{}}", "duplicate member \"Roles\" in Manifest" },
		{ "{'Packages':{'p':{'Bug\\n':1}}}", "unknown member \"Bug\\n\" in Package" },
		{ "{'Packages':{'Anything':null}}", "" },
	};
	struct mr_error err;
	unsigned count = 0;
	MR_AUTO(buf) struct mr_buf many = { 0 };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(manifest) struct mr_manifest *m = NULL;
		const char *got = "";
		const struct mr_warn warn = { keep_call, &got };
		OK(mr_manifest_decode(json(rows[i].text), &warn, &m, &err));
		assert_string_equal(got, rows[i].want);
	}
	const struct mr_warn warn = { count_call, &count };
	MR_AUTO(manifest) struct mr_manifest *m = NULL;
	mr_buf_init(&many, 1 << 20);
	mr_buf_put_cstr(&many, "{\"x\":0");
	for (unsigned i = 0; i < 1000; i++)
		mr_buf_put_cstr(&many, ",\"x\":0");
	mr_buf_put_cstr(&many, "}");
	OK(mr_manifest_decode(mr_buf_bytes(&many), &warn, &m, &err));
	assert_int_equal(count, 51);
}

static void test_limits(void **state)
{
	MR_AUTO(buf) struct mr_buf raw = { 0 };
	struct mr_manifest *m;
	struct mr_error err;
	const size_t sizes[] = { MR_MANIFEST_MAX_ENTRIES, MR_MANIFEST_MAX_ENTRIES + 1 };

	(void)state;
	mr_buf_init(&raw, MR_MANIFEST_MAX_SIZE + 1);
	for (size_t i = 0; i < MR_COUNT(sizes); i++) {
		mr_buf_clear(&raw);
		mr_buf_put_cstr(&raw, "{\"Packages\":{");
		for (size_t j = 0; j < sizes[i]; j++)
			mr_buf_printf(&raw, "%s\"%zx\":{}", j ? "," : "", j);
		mr_buf_put_cstr(&raw, "}}");
		mr_result r = mr_manifest_decode(mr_buf_bytes(&raw), NULL, &m, &err);
		assert_int_equal(r.code, i ? MR_CODE_LIMIT : MR_CODE_OK);
		if (!i) {
			assert_int_equal(m->packages_count, sizes[i]);
			assert_non_null(mr_manifest_package(m, MR_STR("abcd")));
			mr_manifest_free(m);
		}
	}
	assert_string_equal(err.message, "more than 65536 entries in Package");
	mr_buf_clear(&raw);
	mr_buf_put_cstr(&raw, "{\"Marbles\":{\"m\":{\"Parameters\":{\"Argv\":[\"\"");
	for (size_t i = 0; i < MR_MANIFEST_MAX_ENTRIES; i++)
		mr_buf_put_cstr(&raw, ",\"\"");
	mr_buf_put_cstr(&raw, "]}}}}");
	FAILS_WITH(mr_manifest_decode(mr_buf_bytes(&raw), NULL, &m, &err), MR_CODE_LIMIT);
	mr_buf_clear(&raw);
	while (raw.len < MR_MANIFEST_MAX_SIZE - 1)
		mr_buf_put_u8(&raw, ' ');
	mr_buf_put_u8(&raw, '0');
	FAILS(mr_manifest_decode(mr_buf_bytes(&raw), NULL, &m, &err),
		"json: cannot unmarshal number into Go value of type Manifest");
	mr_buf_put_u8(&raw, ' ');
	FAILS(mr_manifest_decode(mr_buf_bytes(&raw), NULL, &m, &err),
		"manifest is larger than 16777216 bytes");
	raw.len = 0;
	while (raw.len < MR_MANIFEST_MAX_SIZE - 1)
		mr_buf_put_cstr(&raw, raw.len ? ",0" : "[0");
	mr_buf_put_u8(&raw, ']');
	FAILS_WITH(mr_manifest_decode(mr_buf_bytes(&raw), NULL, &m, &err), MR_CODE_LIMIT);
}

/* Nothing is borrowed from the raw bytes. */
static void test_owns_its_text(void **state)
{
	char raw[] = "{\"Packages\":{\"pkg\":{\"SignerID\":\"signer\"}}}";
	const struct mr_manifest *m = decoded(mr_bytes_of(raw, sizeof raw - 1));

	(void)state;
	memset(raw, 'x', sizeof raw);
	assert_str(m->packages[0].name, "pkg");
	assert_str(m->packages[0].signer_id, "signer");
}

static void test_contents(void **state)
{
	static const struct {
		const char *value, *want;
		enum mr_content_encoding encoding;
		const char *name;
		bool no_templates;
	} good[] = {
		{ "'text'", "text", MR_CONTENT_STRING, "string", false },
		{ "{}", "", MR_CONTENT_STRING, "string", false },
		{ "{'Data':'a','Encoding':''}", "a", MR_CONTENT_STRING, "string", false },
		{ "{'Data':'a','Encoding':'String'}", "a", MR_CONTENT_STRING, "String", false },
		{ "{'Data':'QUI=','Encoding':'BASE64'}", "AB", MR_CONTENT_BASE64, "BASE64", false },
		{ "{'Data':'','Encoding':'base64'}", "", MR_CONTENT_BASE64, "base64", false },
		{ "{'data':'QU\\r\\nI=\\n','encoding':'base64'}", "AB", MR_CONTENT_BASE64, "base64",
			false },
		{ "{'Data':'C3a9','Encoding':'Hex','NoTemplates':true}", "\xC3\xA9", MR_CONTENT_HEX,
			"Hex", true },
		{ "{'Data':'x','Data':null,'Encoding':'hex','Encoding':'string'}", "x",
			MR_CONTENT_STRING, "string", false },
	};
	static const struct {
		const char *value, *message;
	} bad[] = {
		{ "null", "got: %!t(<nil>), expected: string or interface" },
		{ "{'Data':'x','Encoding':'rot13'}", "unknown encoding type: rot13" },
		{ "{'Data':'x','Encoding':' hex'}", "unknown encoding type:  hex" },
		{ "{'Data':'AA E=','Encoding':'base64'}", "illegal base64 data at input byte 2" },
		{ "{'Data':'AAE','Encoding':'base64'}", "illegal base64 data at input byte 0" },
		{ "{'Data':'AAE=AA==','Encoding':'base64'}",
			"illegal base64 data at input byte 4" },
		{ "{'Data':'abc','Encoding':'hex'}", "encoding/hex: odd length hex string" },
		{ "{'Data':'0g','Encoding':'hex'}", "encoding/hex: invalid byte: U+0067 'g'" },
		{ "1", "json: cannot unmarshal number into Go struct field Parameters.Files of type File" },
		{ "[]", "json: cannot unmarshal array into Go struct field Parameters.Files of type File" },
		{ "{'Data':1}",
			"json: cannot unmarshal number into Go struct field File.Data of type "
			"string" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(good); i++) {
		const struct mr_manifest *m = decoded(
			jsonf("{'Marbles':{'m':{'Parameters':{'Env':{'E':%s}}}}}", good[i].value));
		const struct mr_content *c = &m->marbles[0].env.items[0];
		assert_str(mr_bytes_str(c->data), good[i].want);
		assert_int_equal(c->encoding, good[i].encoding);
		assert_str(c->encoding_name, good[i].name);
		assert_int_equal(c->no_templates, good[i].no_templates);
	}
	for (size_t i = 0; i < MR_COUNT(bad); i++)
		refuse(textf("{'Marbles':{'m':{'Parameters':{'Files':{'f':%s}}}}}", bad[i].value),
			bad[i].message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_syntax_errors),
		cmocka_unit_test(test_type_mismatches),
		cmocka_unit_test(test_package),
		cmocka_unit_test(test_infrastructure),
		cmocka_unit_test(test_marble),
		cmocka_unit_test(test_users_roles_keys),
		cmocka_unit_test(test_tls_and_config),
		cmocka_unit_test(test_folded_names),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_null_after_value),
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_owns_its_text),
		cmocka_unit_test(test_contents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
