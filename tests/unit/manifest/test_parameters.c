/* SPDX-License-Identifier: Apache-2.0 */
/* 10 §6: what a Marble receives, and the dry run. */
#include "manifest/parameters.h"

#include "codec/pem.h"
#include "manifest_test.h"

static struct mr_opt_bytes part(const char *text)
{
	return (struct mr_opt_bytes){ mr_str_bytes(mr_str_of(text)), true };
}

/* A source over a sorted array, which counts what it is asked. */
struct shop {
	const struct mr_secret_value *secrets;
	size_t count;
	unsigned asked;
	struct mr_str fails; /* a secret that cannot be made */
};

static mr_result shop_secret(void *self, enum mr_secret_epoch epoch, struct mr_str name,
	const struct mr_secret_value **ret, struct mr_error *err)
{
	struct shop *shop = self;

	shop->asked++;
	if (mr_str_eq(name, shop->fails))
		return mr_fail(err, MR_CODE_CRYPTO, "no randomness");
	*ret = epoch == MR_SECRETS_CURRENT || !mr_str_eq(name, MR_STR("k"))
		       ? mr_names_find(shop->secrets, shop->count, sizeof *shop->secrets, name)
		       : NULL;
	return MR_OK;
}

static size_t shop_count(void *self, enum mr_secret_epoch epoch)
{
	(void)epoch;
	return ((struct shop *)self)->count;
}

static struct mr_str shop_name(void *self, enum mr_secret_epoch epoch, size_t at)
{
	(void)epoch;
	return ((struct shop *)self)->secrets[at].def.name;
}

static struct shop make_shop(void)
{
	static struct mr_secret_value secrets[5];

	secrets[0].def = (struct mr_secret_def){ .name = MR_STR("a-b"),
		.type_name = MR_STR("plain"),
		.type = MR_SECRET_PLAIN,
		.user_defined = true };
	secrets[0].private_part = secrets[0].public_part = part("Z");
	secrets[1].def = (struct mr_secret_def){ .name = MR_STR("crt"),
		.type_name = MR_STR("cert-ecdsa"),
		.type = MR_SECRET_CERT_ECDSA,
		.size = 256,
		.valid_for = 365,
		.shared = true };
	secrets[1].cert = (struct mr_opt_bytes){ certificate_der(0), true };
	secrets[1].private_part = part("private");
	secrets[1].public_part = part("public");
	secrets[2].def = (struct mr_secret_def){ .name = MR_STR("k"),
		.type_name = MR_STR("symmetric-key"),
		.type = MR_SECRET_SYMMETRIC_KEY,
		.size = 24 };
	secrets[2].private_part = (struct mr_opt_bytes){ mr_bytes_of("\x00\x01\xfe", 3), true };
	secrets[2].public_part = secrets[2].private_part;
	secrets[3].def = (struct mr_secret_def){ .name = MR_STR("p"),
		.type_name = MR_STR("plain"),
		.type = MR_SECRET_PLAIN,
		.user_defined = true };
	secrets[3].private_part = secrets[3].public_part = part("s3cr3t");
	secrets[4].def = (struct mr_secret_def){ .name = MR_STR("unset"),
		.type_name = MR_STR("plain"),
		.type = MR_SECRET_PLAIN,
		.user_defined = true };
	return (struct shop){ secrets, MR_COUNT(secrets), 0, MR_STR("") };
}

static const struct mr_reserved_values reserved = {
	.marble_root = { (const uint8_t *)"root", 4 },
	.marble_cert = { (const uint8_t *)"cert", 4 },
	.marble_private = { (const uint8_t *)"key", 3 },
	.marble_public = { (const uint8_t *)"pub", 3 },
	.coordinator_root = { (const uint8_t *)"croot", 5 },
	.coordinator_intermediate = { (const uint8_t *)"cint", 4 },
};

/* A rendering with all that it needs. */
struct rendered {
	struct mr_compiled_parameters *c;
	struct mr_arena arena;
	struct mr_buf values;
	struct mr_parameters p;
};

static mr_result render(
	const struct mr_manifest *m, struct shop *shop, struct rendered *r, struct mr_error *err)
{
	const struct mr_parameters_source source = { shop, shop_secret, shop_count, shop_name,
		&reserved };

	*r = (struct rendered){ 0 };
	mr_arena_init(&r->arena, 1 << 20);
	mr_buf_init_secret(&r->values, MR_PARAMETERS_MAX_OUTPUT);
	MR_TRY(mr_parameters_compile(&m->marbles[0], m->tls_tags, m->tls_tags_count, &r->c, err));
	return mr_parameters_render(r->c, &source, &r->arena, &r->values, &r->p, err);
}

static void done(struct rendered *r)
{
	mr_parameters_free(r->c);
	mr_arena_done(&r->arena);
	mr_buf_done(&r->values);
}

static struct mr_str value_of(const struct mr_param *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (mr_str_eq(list[i].name, mr_str_of(name)))
			return mr_bytes_str(list[i].value);
	return MR_STR("(absent)");
}

static const struct mr_manifest *marble_with(const char *parameters)
{
	return decoded(jsonf("{'Marbles':{'m':{'Parameters':{%s}}}}", parameters));
}

#define PEM(label, base64) "-----BEGIN " label "-----\n" base64 "\n-----END " label "-----\n"

/* Vectors of 10 §15 and what each function takes; `file` and `env`: NULL when they fail with `error`. */
static const struct {
	const char *text, *file, *env, *error;
} templates[] = {
	{ "x={{ hex .Secrets.k }};", "x=0001fe;", "x=0001fe;", NULL },
	{ "{{ base64 .Secrets.k.Private }}", "AAH+", "AAH+", NULL },
	{ "{{ raw .Secrets.p }}", "s3cr3t", NULL, "function \"raw\" not defined" },
	{ "{{ string .Secrets.p }}", NULL, "s3cr3t", "function \"string\" not defined" },
	{ "{{ pem .Secrets.k.Public }}", PEM("PUBLIC KEY", "AAH+"), PEM("PUBLIC KEY", "AAH+"),
		NULL },
	{ "{{ pem .Secrets.k.Private }}", PEM("PRIVATE KEY", "AAH+"), PEM("PRIVATE KEY", "AAH+"),
		NULL },
	{ "{{ pem .MarbleRun.RootCA.Cert }}", PEM("CERTIFICATE", "cm9vdA=="),
		PEM("CERTIFICATE", "cm9vdA=="), NULL },
	{ "{{ hex (index .Secrets \\\"a-b\\\") }}", "5a", "5a", NULL },
	{ "{{ .Secrets.k | hex }}", "0001fe", "0001fe", NULL },
	{ "{{ .Secrets.none }}", "<no value>", "<no value>", NULL },
	{ "{{ if .Secrets.none }}1{{ else }}2{{ end }}", "2", "2", NULL },
	{ "a {{- /* c */ -}} b", "ab", "ab", NULL },
	{ "{{ .Secrets.k.Public }}", "[0 1 254]", "[0 1 254]", NULL },
	{ "{{ .Secrets.k.Size }} {{ .Secrets.crt.ValidFor }}", "24 365", "24 365", NULL },
	{ "{{ .Secrets.crt.Type }} {{ .Secrets.crt.Shared }} {{ .Secrets.p.UserDefined }}",
		"cert-ecdsa true true", "cert-ecdsa true true", NULL },
	{ "{{ .Secrets.crt.Cert.Subject.CommonName }}", "localhost", "localhost", NULL },
	{ "{{ .Secrets.k.Cert.Subject.CommonName }}", "", "", NULL },
	{ "{{ .Secrets.k.Cert.Raw }}", "[]", "[]", NULL },
	{ "{{ hex .Secrets.crt }}", "7075626c6963", "7075626c6963", NULL },
	{ "{{ range $n, $s := .Secrets }}{{ $n }},{{ end }}", "a-b,crt,k,p,unset,",
		"a-b,crt,k,p,unset,", NULL },
	{ "{{ len .Secrets }}", "5", "5", NULL },
	{ "{{ hex .Previous.Secrets.p }}", "733363723374", "733363723374", NULL },
	{ "{{ hex .MarbleRun.MarbleCert }} {{ base64 .MarbleRun.CoordinatorRoot.Cert }} "
	  "{{ base64 .MarbleRun.CoordinatorIntermediate.Cert.Raw }} "
	  "{{ hex .MarbleRun.MarbleCert.Private }}",
		"707562 Y3Jvb3Q= Y2ludA== 6b6579", "707562 Y3Jvb3Q= Y2ludA== 6b6579", NULL },
	{ "{{ hex .Secrets.none }}", NULL, NULL,
		"template: data:1:3: executing \"data\" at <hex .Secrets.none>: error calling hex: "
		"secret does not exist" },
	{ "{{ hex .Previous.Secrets.k }}", NULL, NULL, "secret does not exist" },
	{ "{{ pem .Secrets.none }}", NULL, NULL, "secret does not exist" },
	{ "{{ pem .Secrets.k }}", NULL, NULL,
		"error calling pem: invalid secret type for pem encoding" },
	{ "{{ pem .Secrets.crt.Cert.Raw }}", NULL, NULL, "invalid secret type for pem encoding" },
	{ "{{ pem .Secrets.k.Cert }}", NULL, NULL, "tried to parse secret with empty value" },
	{ "{{ hex .Secrets.unset }}", NULL, NULL, "tried to parse secret with empty value" },
	{ "{{ hex (index .Secrets \\\"none\\\") }}", NULL, NULL,
		"tried to parse secret with empty value" },
	{ "{{ base64 .Secrets }}", NULL, NULL, "invalid secret type" },
	{ "{{ hex 1 }}", NULL, NULL, "invalid secret type" },
	{ "{{ hex .MarbleRun.RootCA }}", NULL, NULL, "tried to parse secret with empty value" },
	{ "{{ .Secrets.k.Value }}", NULL, NULL, "can't evaluate field Value in type " },
	{ "{{ .Nope }}", NULL, NULL, "can't evaluate field Nope in type " },
	{ "{{ .MarbleRun.Nope }}", NULL, NULL, "can't evaluate field Nope in type " },
	{ "{{ .Previous.MarbleRun }}", NULL, NULL, "can't evaluate field MarbleRun in type " },
	{ "{{ .Secrets.crt.Cert.Nope }}", NULL, NULL, "can't evaluate field Nope in type " },
	{ "{{ .Secrets.crt.Cert.Subject.Nope }}", NULL, NULL,
		"can't evaluate field Nope in type " },
};

static void test_templates(void **state)
{
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < 2 * MR_COUNT(templates); i++) {
		bool env = i % 2;
		const char *want = env ? templates[i / 2].env : templates[i / 2].file;
		const struct mr_manifest *m = decoded(mr_str_bytes(mr_str_of(
			textf("{\"Marbles\":{\"m\":{\"Parameters\":{\"%s\":{\"x\":\"%s\"}}}}}",
				env ? "Env" : "Files", templates[i / 2].text))));
		struct shop shop = make_shop();
		struct rendered r;
		mr_result result = render(m, &shop, &r, &err);
		if (want) {
			if (mr_failed(result))
				fail_msg("%s: %s", templates[i / 2].text, err.message);
			assert_str(value_of(env ? r.p.env : r.p.files,
					   env ? r.p.env_count : r.p.files_count, "x"),
				want);
		} else {
			assert_true(mr_failed(result));
			const char *error = templates[i / 2].error;
			if (!strstr(err.message, error))
				fail_msg("%s: %s", templates[i / 2].text, err.message);
		}
		done(&r);
	}
}

static void test_string_function(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "{{ string .Secrets.k }}",
			"only secrets of type plain are allowed to use string encoding for "
			"environment variables" },
		{ "{{ string .Secrets.p.Private }}",
			"only secrets of type plain are allowed to use string encoding for "
			"environment variables" },
		{ "{{ string .Secrets.none }}", "secret does not exist" },
		{ "{{ string .Secrets.unset }}", "tried to parse secret with empty value" },
	};
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		struct shop shop = make_shop();
		struct rendered r;
		FAILS(render(marble_with(textf("'Env':{'E':'%s'}", rows[i].text)), &shop, &r, &err),
			textf("parsing secrets for env variable \"E\": template: data:1:3: "
			      "executing \"data\" at <%.*s>: error calling string: %s",
				(int)strlen(rows[i].text) - 6, rows[i].text + 3, rows[i].error));
		done(&r);
	}
	struct mr_secret_value nul = { .def = { .name = MR_STR("n"), .type = MR_SECRET_PLAIN } };
	struct shop shop = { &nul, 1, 0, MR_STR("") };
	struct rendered r;
	nul.public_part = (struct mr_opt_bytes){ mr_bytes_of("a\0b", 3), true };
	FAILS(render(marble_with("'Env':{'E':'{{ string .Secrets.n }}'}"), &shop, &r, &err),
		"parsing secrets for env variable \"E\": template: data:1:3: executing \"data\" at "
		"<string .Secrets.n>: error calling string: secret contains null bytes");
	done(&r);
}

static void test_whole_rendering(void **state)
{
	const struct mr_manifest *m = decoded(json(
		"{'TLS':{'t':{'Outgoing':[{'Addr':'{{ 1 }}','Port':'1'}]}},'Marbles':{'m':{'TLS':["
		"'t'],'Parameters':{'Argv':['./a','','{{'],'Files':{'/b':'{{ 1 }}','/a':{'Data':"
		"'{{ nofunc','NoTemplates':true},'/c':'plain'},'Env':{'E':'{{ 2 }}',"
		"'MARBLE_PREDEFINED_ROOT_CA':'mine {{ hex .Secrets.none }}',"
		"'MARBLE_TTLS_CONFIG':'mine','marble_predefined_root_ca':'mine'}}}}}"));
	struct shop shop = make_shop();
	struct rendered r;
	struct mr_error err;

	(void)state;
	OK(render(m, &shop, &r, &err));
	assert_int_equal(r.p.argv_count, 3);
	assert_str(r.p.argv[2], "{{");
	assert_int_equal(r.p.files_count, 3);
	assert_str(value_of(r.p.files, 3, "/a"), "{{ nofunc");
	assert_str(value_of(r.p.files, 3, "/b"), "1");
	assert_str(value_of(r.p.files, 3, "/c"), "plain");
	assert_int_equal(r.p.env_count, 7);
	assert_str(value_of(r.p.env, 7, "E"), "2");
	assert_str(value_of(r.p.env, 7, "marble_predefined_root_ca"), "mine");
	assert_str(
		value_of(r.p.env, 7, "MARBLE_PREDEFINED_ROOT_CA"), PEM("CERTIFICATE", "cm9vdA=="));
	assert_str(value_of(r.p.env, 7, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"),
		PEM("CERTIFICATE", "Y2VydA==") PEM("CERTIFICATE", "Y2ludA=="));
	assert_str(
		value_of(r.p.env, 7, "MARBLE_PREDEFINED_PRIVATE_KEY"), PEM("PRIVATE KEY", "a2V5"));
	assert_str(value_of(r.p.env, 7, "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA"),
		PEM("CERTIFICATE", "Y3Jvb3Q="));
	assert_true(mr_str_starts(value_of(r.p.env, 7, "MARBLE_TTLS_CONFIG"),
		MR_STR("{\"tls\":{\"Incoming\":{},\"Outgoing\":{\"{{ 1 }}:1\":{\"cacrt\":")));
	assert_int_equal(shop.asked, 0);
	done(&r);
}

/* PEM that is ready is taken as it is. */
static void test_ready_pem(void **state)
{
	const struct mr_manifest *m = decoded(
		json("{'TLS':{'t':{'Outgoing':[{'Addr':'a','Port':'1'}"
		     "]}},'Marbles':{'m':{'TLS':['t']}}}"));
	struct mr_reserved_values ready = reserved;
	struct shop shop = make_shop();
	const struct mr_parameters_source source = { &shop, shop_secret, shop_count, shop_name,
		&ready };
	MR_AUTO(parameters) struct mr_compiled_parameters *c = NULL;
	MR_AUTO(buf) struct mr_buf values = { 0 };
	struct mr_parameters p;
	struct mr_error err;

	(void)state;
	ready.marble_root_pem = MR_STR("R");
	ready.coordinator_root_pem = MR_STR("C");
	ready.coordinator_intermediate_pem = MR_STR("I");
	mr_buf_init_secret(&values, MR_PARAMETERS_MAX_OUTPUT);
	OK(mr_parameters_compile(&m->marbles[0], m->tls_tags, 1, &c, &err));
	OK(mr_parameters_render(c, &source, test_arena(), &values, &p, &err));
	assert_str(value_of(p.env, 5, "MARBLE_PREDEFINED_ROOT_CA"), "R");
	assert_str(value_of(p.env, 5, "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA"), "C");
	assert_str(value_of(p.env, 5, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"),
		PEM("CERTIFICATE", "Y2VydA==") "I");
	assert_true(mr_str_starts(value_of(p.env, 5, "MARBLE_TTLS_CONFIG"),
		MR_STR("{\"tls\":{\"Incoming\":{},\"Outgoing\":{\"a:1\":{\"cacrt\":\"R\",")));
}

static void test_without_tags(void **state)
{
	struct shop shop = make_shop();
	struct rendered r;
	struct mr_error err;

	(void)state;
	OK(render(marble_with("'Env':{'MARBLE_TTLS_CONFIG':'mine'}"), &shop, &r, &err));
	assert_int_equal(r.p.env_count, 5);
	assert_int_equal(r.p.files_count + r.p.argv_count, 0);
	assert_str(value_of(r.p.env, 5, "MARBLE_TTLS_CONFIG"), "mine");
	done(&r);
}

static void test_failures(void **state)
{
	struct shop shop = make_shop();
	struct rendered r;
	struct mr_error err;

	(void)state;
	shop.fails = MR_STR("k");
	FAILS_WITH(render(marble_with("'Files':{'/a b':'{{ hex .Secrets.k }}'}"), &shop, &r, &err),
		MR_CODE_CRYPTO);
	assert_true(mr_str_starts(mr_str_of(err.message),
		MR_STR("parsing secrets for file \"/a b\": template: data:1:")));
	assert_true(mr_str_ends(mr_str_of(err.message), MR_STR("no randomness")));
	done(&r);
	FAILS(render(marble_with("'Files':{'f':'{{'}"), &shop, &r, &err),
		"file f: template: data:1: unclosed action");
	done(&r);
	FAILS(render(marble_with("'Env':{'E':{'Data':'410041','Encoding':'hex',"
				 "'NoTemplates':true}}"),
		      &shop, &r, &err),
		"env variable: E: content contains null bytes");
	done(&r);
	const struct mr_manifest *m = decoded(json(
		"{'TLS':{'t':{'Incoming':[{'Port':'1','Cert':'unset','DisableClientAuth':true}]}},"
		"'Marbles':{'m':{'TLS':['t']}}}"));
	FAILS(render(m, &shop, &r, &err),
		"parsing secrets for env variable \"MARBLE_TTLS_CONFIG\": TLS certificate secret "
		"unset has no value");
	done(&r);
}

/* The buffer's maximum bounds what a Marble can get. */
static void test_output_bound(void **state)
{
	const struct mr_manifest *m = marble_with(
		"'Files':{'f':'{{ printf `%2000d` 1 }}','g':'{{ 1 }}'}");
	struct shop shop = make_shop();
	const struct mr_parameters_source source = { &shop, shop_secret, shop_count, shop_name,
		&reserved };
	struct mr_error err;

	(void)state;
	for (size_t max = 0; max < 2600; max += 100) {
		MR_AUTO(parameters) struct mr_compiled_parameters *c = NULL;
		MR_AUTO(arena) struct mr_arena arena = { 0 };
		MR_AUTO(buf) struct mr_buf values = { 0 };
		struct mr_parameters p;
		mr_arena_init(&arena, 1 << 16);
		mr_buf_init_secret(&values, max);
		OK(mr_parameters_compile(&m->marbles[0], NULL, 0, &c, &err));
		mr_result r = mr_parameters_render(c, &source, &arena, &values, &p, &err);
		assert_int_equal(r.code, max < 2400 ? MR_CODE_LIMIT : MR_CODE_OK);
	}
}

static void note_name(void *context, struct mr_str name)
{
	const char **list = context;

	*list = textf("%s%.*s;", *list, MR_STR_ARGS(name));
}

static void test_references(void **state)
{
	static const struct {
		const char *parameters;
		const char *current, *previous;
		bool current_known, previous_known;
	} rows[] = {
		{ "", "", "", true, true },
		{ "'Files':{'f':'{{ hex .Secrets.a }}{{ hex .Previous.Secrets.b }}'},"
		  "'Env':{'E':'{{ hex (index .Secrets `c-d`) }}'}",
			"a;c-d;", "b;", true, true },
		{ "'Files':{'f':'{{ range .Secrets }}{{ end }}'},'Env':{'E':'{{ hex .Secrets.x }}'"
		  "}",
			"x;", "", false, true },
		{ "'Files':{'f':{'Data':'{{ range .Secrets }}{{ end }}','NoTemplates':true}}", "",
			"", true, true },
		{ "'Files':{'f':'{{ .Previous }}'}", "", "", true, false },
	};
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(parameters) struct mr_compiled_parameters *c = NULL;
		const char *current = "", *previous = "";
		OK(mr_parameters_compile(
			&marble_with(rows[i].parameters)->marbles[0], NULL, 0, &c, &err));
		assert_int_equal(
			mr_parameters_references(c, MR_SECRETS_CURRENT, note_name, &current),
			rows[i].current_known);
		assert_int_equal(
			mr_parameters_references(c, MR_SECRETS_PREVIOUS, note_name, &previous),
			rows[i].previous_known);
		assert_string_equal(current, rows[i].current);
		assert_string_equal(previous, rows[i].previous);
	}
	const struct mr_manifest *m = decoded(json(
		"{'TLS':{'t':{'Incoming':[{'Port':'1','Cert':'crt','DisableClientAuth':true}]}},"
		"'Marbles':{'m':{'TLS':['t']}}}"));
	MR_AUTO(parameters) struct mr_compiled_parameters *c = NULL;
	const char *list = "";
	OK(mr_parameters_compile(&m->marbles[0], m->tls_tags, 1, &c, &err));
	assert_true(mr_parameters_references(c, MR_SECRETS_CURRENT, note_name, &list));
	assert_string_equal(list, "crt;");
	list = "";
	assert_true(mr_parameters_references(c, MR_SECRETS_PREVIOUS, note_name, &list));
	assert_string_equal(list, "");
}

static void test_dry_run(void **state)
{
	static const struct {
		const char *parameters, *message;
	} rows[] = {
		{ "'Files':{'f':'{{ pem .Secrets.p.Cert }}{{ hex .Secrets.p }}{{ raw .Secrets.unset "
		  "}}'}",
			NULL },
		{ "'Env':{'E':'{{ string .Secrets.unset }}{{ hex .Previous.Secrets.unset }}'}",
			NULL },
		{ "'Files':{'f':'{{ range .Secrets }}{{ hex .Private }}{{ end }}'}", NULL },
		{ "'Files':{'f':'{{ index .Secrets.k.Private 15 }}{{ index .Secrets.c.Private 99 }}"
		  "'}",
			NULL },
		{ "'Files':{'f':'{{ pem .Secrets.c.Cert }}{{ pem .Secrets.c.Public }}'}", NULL },
		{ "'Files':{'f':'{{ pem .MarbleRun.MarbleCert.Private }}'}", NULL },
		{ "'Files':{'f':'{{ index .Secrets.p.Private 1 }}'}",
			"in Marble m: file f: template: data:1:3: executing \"data\" at <index "
			".Secrets.p.Private 1>: error calling index: reflect: slice index out of range" },
		{ "'Files':{'f':'{{ pem .MarbleRun.RootCA.Private }}'}",
			"in Marble m: file f: template: data:1:3: executing \"data\" at <pem "
			".MarbleRun.RootCA.Private>: error calling pem: tried to parse secret with "
			"empty value" },
		{ "'Files':{'f':'{{ hex .Secrets.none }}'},'Env':{'E':'{{'}",
			"in Marble m: file f: template: data:1:3: executing \"data\" at <hex "
			".Secrets.none>: error calling hex: secret does not exist" },
		{ "'Env':{'E':'{{ raw .Secrets.p }}'}",
			"in Marble m: env variable E: template: data:1: function \"raw\" not "
			"defined" },
		{ "'Env':{'E':{'Data':'410041','Encoding':'hex','NoTemplates':true}}",
			"in Marble m: env variable: E: content contains null bytes" },
		{ "'Files':{'f':{'Data':'00','Encoding':'hex'}},'Env':{'MARBLE_TTLS_CONFIG':"
		  "'{{ x }}'}",
			"in Marble m: env variable MARBLE_TTLS_CONFIG: template: data:1: function "
			"\"x\" not defined" },
	};
	const struct mr_manifest *m = decoded(json(
		"{'Secrets':{'p':{'Type':'plain','UserDefined':true,'Private':'AAAA','Public':"
		"'AAAA'},'unset':{'Type':'plain','UserDefined':true},'k':{'Type':'symmetric-key',"
		"'Size':128},'c':{'Type':'cert-ecdsa','Size':256},'zero':{'Type':'symmetric-key'},"
		"'huge':{'Type':'symmetric-key','Size':80000000000}}}"));
	struct mr_dry_run data = { .secrets = m->secrets, .secrets_count = m->secrets_count };
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		const struct mr_manifest *marbles = marble_with(rows[i].parameters);
		if (rows[i].message)
			FAILS(mr_parameters_dry_run_all(marbles->marbles, 1, &data, &err),
				rows[i].message);
		else
			OK(mr_parameters_dry_run_all(marbles->marbles, 1, &data, &err));
	}
	/* what was just uploaded counts as it is */
	struct mr_secret_value uploaded = m->secrets[m->secrets_count - 2];
	assert_str(uploaded.def.name, "unset");
	uploaded.public_part = uploaded.private_part = (struct mr_opt_bytes){
		mr_bytes_of("a\0b", 3), true
	};
	data.uploaded = &uploaded;
	data.uploaded_count = 1;
	const struct mr_manifest *strings = marble_with(
		"'Env':{'W':'{{ string .Secrets.unset }}'}");
	FAILS(mr_parameters_dry_run(strings->marbles, &data, &err),
		"in Marble m: env variable W: template: data:1:3: executing \"data\" at <string "
		".Secrets.unset>: error calling string: secret contains null bytes");
	/* real values of generated secrets count, too */
	struct mr_secret_value real = m->secrets[1];
	assert_str(real.def.name, "huge");
	real.private_part = real.public_part = part("xyz");
	data = (struct mr_dry_run){ .secrets = &real, .secrets_count = 1 };
	FAILS_WITH(
		mr_parameters_dry_run(
			marble_with("'Files':{'f':'{{ index .Secrets.huge.Private 3 }}'}")->marbles,
			&data, &err),
		MR_CODE_INVALID);
	OK(mr_parameters_dry_run(
		marble_with("'Files':{'f':'{{ index .Secrets.huge.Private 2 }}'}")->marbles, &data,
		&err));
}

static const struct mr_manifest *marble_with_ranges(unsigned files)
{
	MR_AUTO(buf) struct mr_buf text;

	mr_buf_init(&text, 1 << 16);
	for (unsigned i = 0; i < files; i++)
		mr_buf_printf(
			&text, "%s'f%u':'{{range 2000000}}{{end}}'", i ? "," : "'Files':{", i);
	mr_buf_put_u8(&text, '}');
	return marble_with(textf("%.*s", (int)text.len, (const char *)text.data));
}

/* Each template is within its bound, but all together are not. */
static void test_dry_run_of_many(void **state)
{
	const struct mr_dry_run data = { 0 };
	struct mr_error err;

	(void)state;
	OK(mr_parameters_dry_run(marble_with_ranges(2)->marbles, &data, &err));
	FAILS_WITH(
		mr_parameters_dry_run(marble_with_ranges(60)->marbles, &data, &err), MR_CODE_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_templates),
		cmocka_unit_test(test_string_function),
		cmocka_unit_test(test_whole_rendering),
		cmocka_unit_test(test_ready_pem),
		cmocka_unit_test(test_without_tags),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_output_bound),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_dry_run),
		cmocka_unit_test(test_dry_run_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
