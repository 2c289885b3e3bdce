/* SPDX-License-Identifier: Apache-2.0 */
/* 10 §4: each rule with its text, and their order. */
#include "manifest/check.h"

#include <stdio.h>

#include "manifest_test.h"

#define PACKAGES "'Packages':{'pkg':{'UniqueID':'u'}},"
#define MARBLES "'Marbles':{'marble':{'Package':'pkg'}},"
#define SECRETS                                                                                    \
	"'Secrets':{'gen':{'Type':'symmetric-key'},'shr':{'Type':'symmetric-key','Shared':true},"  \
	"'usr':{'Type':'plain','UserDefined':true},'crt':{'Type':'cert-ecdsa'}},"
#define PACKAGE(members) "{'Packages':{'pkg':{" members "}}," MARBLES "'x':0}"
#define BASE "{" PACKAGES MARBLES
#define TLS(incoming, outgoing)                                                                    \
	BASE SECRETS "'TLS':{'web':{'Incoming':[" incoming "],'Outgoing':[" outgoing "]}}}"
#define ROLE(type, names, actions)                                                                 \
	BASE SECRETS "'Roles':{'r':{'ResourceType':'" type "','ResourceNames':[" names             \
		     "],'Actions':[" actions "]}}}"
#define BOTH                                                                                       \
	"manifest specifies both UniqueID *and* SignerID/ProductID/SecurityVersion in package pkg"
#define HEX48                                                                                      \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"                         \
	"202122232425262728292a2b2c2d2e2f"
#define MISSES(what) "manifest misses value for " what " in package pkg"

static const char *no_env(const char *name, const char *fallback)
{
	(void)name;
	return fallback;
}

static const struct {
	const char *manifest, *want; /* NULL: accepted */
} rows[] = {
	{ "{}", "no allowed packages defined" },
	{ "{'Packages':{'p':{}},'Marbles':{}}", "no allowed marbles defined" },
	{ "{" PACKAGES "'Marbles':{'m':{'Package':'other'}}}",
		"manifest does not contain marble package other" },
	{ "{" PACKAGES "'Marbles':{'m':{}}}", "manifest does not contain marble package " },
	{ PACKAGE("'UniqueID':'u','SignerID':'s'"), BOTH },
	{ PACKAGE("'UniqueID':'u','ProductID':0"), BOTH },
	{ PACKAGE("'UniqueID':'u','SecurityVersion':0"), BOTH },
	{ PACKAGE(""), MISSES("SignerID") },
	{ PACKAGE("'ProductID':1,'SecurityVersion':2"), MISSES("SignerID") },
	{ PACKAGE("'SignerID':'s','SecurityVersion':2"), MISSES("ProductID") },
	{ PACKAGE("'SignerID':'s','ProductID':1,'SecurityVersion':null"),
		MISSES("SecurityVersion") },
	{ PACKAGE("'SignerID':'s','ProductID':0,'SecurityVersion':0"), NULL },
	{ PACKAGE("'Debug':true"), NULL },
	{ PACKAGE("'Debug':true,'UniqueID':'u','SignerID':'s'"), NULL },
	{ "{'Packages':{'pkg':{'UniqueID':'u'},'odd':{}}," MARBLES "'x':0}", NULL },
	{ PACKAGE("'TEE':'TDX','TDX':{'MRTD':'" HEX48 "'}"), NULL },
	{ PACKAGE("'TEE':'TDX'"), "package pkg: the package has no MRTD" },
	{ PACKAGE("'TEE':'TDX','Debug':true"), NULL },
	{ PACKAGE("'UniqueID':'u','SNP':{'Measurement':'" HEX48 "'}"),
		"package pkg: the package has rules for a technology that its TEE does not "
		"allow" },
	{ PACKAGE("'TEE':['SGX','SNP'],'SNP':{'Measurement':'" HEX48 "'}"), MISSES("SignerID") },
	{ PACKAGE("'tee':['SGX','SNP'],'UniqueID':'u','snp':{'Measurement':'" HEX48 "'}"), NULL },
	{ "{" PACKAGES "'Marbles':{'m':{'Package':'pkg','TLS':['web','db']}},'TLS':{'web':{}}}",
		"manifest misses TLS entry for db" },
	{ TLS("{}", ""), "manifest misses Port in TLS.Incoming.web" },
	{ TLS("{'Port':'1'},{'Addr':'x'}", ""), "manifest misses Port in TLS.Incoming.web" },
	{ TLS("{'Port':'1','Cert':'none'}", ""),
		"TLS.Incoming.web references undefined secret none" },
	{ TLS("{'Port':'1','Cert':'crt'}", ""),
		"TLS.Incoming.web defines Cert but does not disable client authentication" },
	{ TLS("{'Port':'1','DisableClientAuth':true}", ""),
		"TLS.Incoming.web disables client authentication" },
	{ TLS("{'Port':'1','Cert':'shr','DisableClientAuth':true}", ""),
		"TLS.Incoming.web references secret shr, which is no certificate" },
	{ TLS("{'Port':'1','Cert':'crt','DisableClientAuth':true}", ""), NULL },
	{ TLS("", "{}"), "manifest misses Addr in TLS.Outgoing.web" },
	{ TLS("", "{'Addr':'x'}"), "manifest misses Port in TLS.Outgoing.web" },
	{ TLS("", "{'Addr':'x','Port':'y','Cert':'none'}"), NULL },
	{ BASE "'Users':{'alice':{}}}", "manifest does not contain a certificate for user alice" },
	{ BASE "'Users':{'alice':{'Certificate':'c','Roles':['boss']}}}",
		"manifest specifies role boss for user alice, but role does not exist" },
	{ BASE "'Users':{'b':{'Certificate':'1'},'a':{'Certificate':'1'},'0':{'Certificate':'2'}}}",
		"manifest contains the same certificate for users a and b" },
	{ ROLE("Packages", "'none'", "'UpdateSecurityVersion'"),
		"role r: resource none of type Packages is not defined in manifest" },
	{ ROLE("Packages", "'pkg'", "'UpdateSecurityVersion','Fly'"),
		"unknown action: Fly for type Packages in role: r" },
	{ ROLE("Packages", "'pkg'", "'updatesecurityVERSION'"), NULL },
	{ ROLE("Secrets", "'none'", "'Fly'"), "unknown action: Fly for type Secrets in role: r" },
	{ ROLE("Secrets", "'none'", "'ReadSecret'"),
		"role r: resource none of type Secrets is not defined in manifest" },
	{ ROLE("Secrets", "'usr','gen'", "'readsecret'"),
		"manifest specifies read permission for role r and per-marble-unique secret gen" },
	{ ROLE("Secrets", "'shr'", "'WriteSecret'"),
		"manifest specifies write permission for role r and secret shr, but secret is not "
		"user-defined" },
	{ ROLE("Secrets", "'usr','shr'", "'ReadSecret'"), NULL },
	{ ROLE("Secrets", "'gen'", ""), NULL },
	{ ROLE("Manifest", "'pkg'", "'UpdateManifest'"),
		"role r: resource names are not allowed for type Manifest" },
	{ ROLE("Manifest", "", "'ReadManifest'"),
		"unknown action: ReadManifest for type Manifest in role: r" },
	{ ROLE("Marbles", "'a','b'", "'Start','Stop'"),
		"unrecognized resource type: {Marbles [a b] [Start Stop]} for role: r" },
	{ BASE "'Roles':{'r':{}}}", "unrecognized resource type: { [] []} for role: r" },
	{ BASE "'Secrets':{'s':{'Type':'cert-rsa','ValidFor':1,'Cert':{'NotAfter':"
	       "'2040-01-01T00:00:00Z'}}}}",
		"ambiguous certificate validity duration for secret: s, both NotAfter and ValidFor "
		"are specified" },
	{ BASE "'Secrets':{'s':{'Type':'cert-rsa','ValidFor':1,'Cert':{'NotAfter':"
	       "'0001-01-01T00:00:00Z'}}}}",
		NULL },
	{ BASE "'Secrets':{'b':{'Type':'odd'},'a':{'Type':'Plain'}}}",
		"unknown type: Plain for secret: a" },
	{ BASE "'Config':{'UpdateThreshold':4294967298}}",
		"not enough users with manifest update permissions (0) to meet the threshold of "
		"4294967298" },
	{ BASE "'Users':{'a':{'Certificate':'1','Roles':['u','u']},'b':{'Certificate':'2','Roles':"
	       "['v']}},'Roles':{'u':{'ResourceType':'Manifest','Actions':['updatemanifest']},"
	       "'v':{'ResourceType':'Manifest'}},'Config':{'UpdateThreshold':2}}",
		"not enough users with manifest update permissions (1) to meet the threshold of "
		"2" },
	{ BASE "'Users':{'a':{'Certificate':'1','Roles':['u']}},'Roles':{'u':{'ResourceType':"
	       "'Manifest','Actions':['UpdateManifest']}},'Config':{'UpdateThreshold':1}}",
		NULL },
	{ BASE "'Config':{'SealMode':'productkey'}}", "unknown seal mode: productkey" },
	{ BASE "'Config':{'SealMode':'Disabled'}}", NULL },
	{ BASE "'Config':{'FeatureGates':['SIGNQUOTEENDPOINT','monotoniccounter','Teleport']}}",
		"unknown feature gate: Teleport" },
	{ BASE "'Config':{'FeatureGates':['']}}", "unknown feature gate: " },
	{ BASE "'Config':{'FeatureGates':['azurehsmsealing']}}",
		"manifest enables sealing with Azure HSM key, but required environment variables "
		"are not set: [EDG_MAA_URL EDG_AZURE_HSM_VAULT_URL EDG_AZURE_HSM_KEY_NAME "
		"EDG_AZURE_CLIENT_ID EDG_AZURE_TENANT_ID EDG_AZURE_CLIENT_SECRET "
		"EDG_AZURE_AUTHORITY_HOST EDG_AZURE_FEDERATED_TOKEN_FILE]" },
	{ BASE "'Config':{'RecoveryThreshold':2},'RecoveryKeys':{'a':'x'}}",
		"not enough recovery keys (1) defined to meet the recovery threshold of 2" },
	{ BASE "'Config':{'RecoveryThreshold':1},'RecoveryKeys':{'a':'x'}}",
		"invalid recovery threshold: if set, threshold must be at least 2" },
	{ BASE "'Config':{'RecoveryThreshold':2},'RecoveryKeys':{'a':'x','b':'y'}}", NULL },
	{ BASE "'Config':{'Attestation':{'CollateralGraceSeconds':604800}}}", NULL },
	{ BASE "'Config':{'Attestation':{'CollateralGraceSeconds':604801}}}",
		"Config.Attestation.CollateralGraceSeconds must be at most 604800" },
};

static void test_rules(void **state)
{
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		const struct mr_manifest *m = decoded(json(rows[i].manifest));
		if (rows[i].want)
			FAILS(mr_manifest_check(m, no_env, NULL, &err), rows[i].want);
		else
			OK(mr_manifest_check(m, no_env, NULL, &err));
	}
}

/* Each row breaks the rules of all later rows, too. */
static void test_order(void **state)
{
	static const struct {
		const char *sections, *want;
	} stairs[] = {
		{ "'Marbles':{'m':{'Package':'none','TLS':['none']}}",
			"manifest does not contain marble package none" },
		{ "'Marbles':{'m':{'Package':'bad','TLS':['none']}}",
			"manifest misses value for SignerID in package bad" },
		{ "'Marbles':{'m':{'Package':'pkg','TLS':['none']}}",
			"manifest misses TLS entry for none" },
		{ "'TLS':{'web':{'Incoming':[{}],'Outgoing':[{}]}}",
			"manifest misses Port in TLS.Incoming.web" },
		{ "'TLS':{'web':{'Outgoing':[{}]}}", "manifest misses Addr in TLS.Outgoing.web" },
		{ "'Users':{'u':{'Roles':['none']}}",
			"manifest does not contain a certificate for user u" },
		{ "'Users':{'u':{'Certificate':'x','Roles':['none']}}",
			"manifest specifies role none for user u, but role does not exist" },
		{ "'Users':{'u':{'Certificate':'x'},'v':{'Certificate':'x'}}",
			"manifest contains the same certificate for users u and v" },
		{ "'Roles':{'r':{'ResourceType':'Fog'}}",
			"unrecognized resource type: {Fog [] []} for role: r" },
		{ "'Secrets':{'s':{'Type':'odd'}}", "unknown type: odd for secret: s" },
		{ "'Config':{'UpdateThreshold':9,'SealMode':'odd','FeatureGates':['odd'],"
		  "'RecoveryThreshold':1}",
			"not enough users with manifest update permissions (0) to meet the "
			"threshold of 9" },
		{ "'Config':{'SealMode':'odd','FeatureGates':['odd'],'RecoveryThreshold':1}",
			"unknown seal mode: odd" },
		{ "'Config':{'FeatureGates':['odd'],'RecoveryThreshold':1}",
			"unknown feature gate: odd" },
		{ "'Config':{'RecoveryThreshold':1},'RecoveryKeys':{'a':'','b':''}",
			"invalid recovery threshold: if set, threshold must be at least 2" },
	};
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(stairs); i++) {
		/* duplicate sections merge, so a later row must not mend an earlier fault */
		MR_AUTO(buf) struct mr_buf text;
		const char *seen[MR_COUNT(stairs)];
		size_t sections = 0;
		mr_buf_init(&text, 1 << 16);
		mr_buf_put_cstr(&text, "{'Packages':{'pkg':{'UniqueID':'u'},'bad':{}},"
				       "'Marbles':{'m':{'Package':'pkg'}}");
		for (size_t j = i; j < MR_COUNT(stairs); j++) {
			bool again = false;
			for (size_t k = 0; k < sections; k++)
				again |= strncmp(seen[k], stairs[j].sections, 5) == 0;
			if (again)
				continue;
			seen[sections++] = stairs[j].sections;
			mr_buf_printf(&text, ",%s", stairs[j].sections);
		}
		mr_buf_put_u8(&text, '}');
		const struct mr_manifest *m = decoded(
			jsonf("%.*s", (int)text.len, (const char *)text.data));
		FAILS(mr_manifest_check(m, no_env, NULL, &err), stairs[i].want);
	}
}

static const char *const *given_env;

static const char *some_env(const char *name, const char *fallback)
{
	for (const char *const *given = given_env; *given; given++)
		if (strcmp(*given, name) == 0)
			return "x";
	return strcmp(name, "EDG_MAA_URL") == 0 ? "" : fallback;
}

#define FIRST_FOUR                                                                                 \
	"EDG_MAA_URL", "EDG_AZURE_HSM_VAULT_URL", "EDG_AZURE_HSM_KEY_NAME", "EDG_AZURE_CLIENT_ID"

static void test_azure_environment(void **state)
{
	static const struct {
		const char *given[9];
		const char *missing;
	} cases[] = {
		{ { FIRST_FOUR, "EDG_AZURE_TENANT_ID" },
			"EDG_AZURE_CLIENT_SECRET EDG_AZURE_AUTHORITY_HOST "
			"EDG_AZURE_FEDERATED_TOKEN_FILE" },
		{ { FIRST_FOUR, "EDG_AZURE_TENANT_ID", "EDG_AZURE_AUTHORITY_HOST" },
			"EDG_AZURE_CLIENT_SECRET EDG_AZURE_FEDERATED_TOKEN_FILE" },
		{ { FIRST_FOUR, "EDG_AZURE_AUTHORITY_HOST", "EDG_AZURE_FEDERATED_TOKEN_FILE" },
			"EDG_AZURE_TENANT_ID" },
		{ { FIRST_FOUR, "EDG_AZURE_TENANT_ID", "EDG_AZURE_AUTHORITY_HOST",
			  "EDG_AZURE_FEDERATED_TOKEN_FILE" },
			NULL },
		{ { FIRST_FOUR, "EDG_AZURE_TENANT_ID", "EDG_AZURE_CLIENT_SECRET" }, NULL },
		{ { "EDG_AZURE_HSM_VAULT_URL", "EDG_AZURE_HSM_KEY_NAME", "EDG_AZURE_CLIENT_ID",
			  "EDG_AZURE_TENANT_ID", "EDG_AZURE_CLIENT_SECRET" },
			"EDG_MAA_URL" },
	};
	const struct mr_manifest *m = decoded(
		json(BASE "'Config':{'FeatureGates':['AzureHSMSealing']}}"));
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		given_env = cases[i].given;
		if (!cases[i].missing)
			OK(mr_manifest_check(m, some_env, NULL, &err));
		else
			FAILS(mr_manifest_check(m, some_env, NULL, &err),
				textf("manifest enables sealing with Azure HSM key, but required "
				      "environment variables are not set: [%s]",
					cases[i].missing));
	}
}

/* Stricter than the reference: what anybody may ask for has a bound. */
static void test_work_of_rsa_keys(void **state)
{
	static const char too_much[] = "secrets need more RSA keys than 128 of 4096 bits";
	static const struct {
		unsigned count;
		const char *definition;
		const char *want;
	} cases[] = {
		{ 128, "'Type':'cert-rsa','Size':4096", NULL },
		{ 129, "'Type':'cert-rsa','Size':4096", too_much },
		{ 129, "'Type':'cert-rsa','Size':4096,'UserDefined':true", NULL },
		{ 1024, "'Type':'cert-rsa','Size':2048", NULL },
		{ 1025, "'Type':'cert-rsa','Size':2048,'Shared':true", too_much },
		{ 16, "'Type':'cert-rsa','Size':8192", NULL },
		{ 17, "'Type':'cert-rsa','Size':8192", too_much },
		/* these are refused one by one */
		{ 2, "'Type':'cert-rsa','Size':18446744073709551615", NULL },
	};
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(buf) struct mr_buf text;
		mr_buf_init(&text, 1 << 20);
		mr_buf_put_cstr(&text, BASE "'Secrets':{");
		for (unsigned k = 0; k < cases[i].count; k++)
			mr_buf_printf(&text, "%s's%u':{%s}", k ? "," : "", k, cases[i].definition);
		mr_buf_put_cstr(&text, "}}");
		const struct mr_manifest *m = decoded(
			jsonf("%.*s", (int)text.len, (const char *)text.data));
		if (cases[i].want)
			FAILS(mr_manifest_check(m, no_env, NULL, &err), cases[i].want);
		else
			OK(mr_manifest_check(m, no_env, NULL, &err));
	}
}

/* Stricter than the reference: the same certificate in another text. */
static void test_same_certificate(void **state)
{
	const char *a = certificate_json(0), *b = certificate_json(1);
	struct mr_error err;

	(void)state;
	FAILS(mr_manifest_check(decoded(jsonf(BASE "'Users':{'a':{'Certificate':'%s'},"
						   "'b':{'Certificate':'%s\\n'}}}",
					a, a)),
		      no_env, NULL, &err),
		"manifest contains the same certificate for users a and b");
	OK(mr_manifest_check(decoded(jsonf(BASE "'Users':{'a':{'Certificate':'%s'},"
						"'b':{'Certificate':'%s'}}}",
				     a, b)),
		no_env, NULL, &err));
}

static void collect(void *context, const char *text)
{
	struct mr_buf *out = context;

	mr_buf_printf(out, "%s\n", text);
}

static void test_remarks(void **state)
{
	static const char expected[] =
		"manifest misses value for SignerID in package debug (not checked, since it is a "
		"debug package)\n"
		"package odd: UniqueID and SignerID should have 64 hex digits\n"
		"package unused is used by no Marble\n"
		"package unused accepts \"x\", which is no TCB status\n"
		"secret short: RSA keys should have at least 2048 bits\n"
		"the certificate of user old has expired\n"
		"attestation is weakened by the manifest: package debug allows debug enclaves; "
		"package unused accepts the TCB status Revoked; expired collateral is accepted for "
		"60 seconds\n";
	MR_AUTO(buf) struct mr_buf text;
	const struct mr_warn warn = { collect, &text };
	struct mr_error err;
	const struct mr_manifest *m = decoded(jsonf(
		"{'Packages':{'debug':{'Debug':true},'odd':{'UniqueID':'placeholder'},"
		"'good':{'UniqueID':'%064d'},'unused':{'AcceptedTCBStatuses':['Revoked','x']}},"
		"'Marbles':{'a':{'Package':'debug'},'b':{'Package':'good'},'c':{'Package':'odd'}},"
		"'Secrets':{'short':{'Type':'cert-rsa','Size':1024},"
		"'long':{'Type':'cert-rsa','Size':2048}},"
		"'Users':{'new':{'Certificate':'%s'},'old':{'Certificate':'%s'},"
		"'odd':{'Certificate':'no pem'}},"
		"'Config':{'Attestation':{'CollateralGraceSeconds':60}}}",
		0, certificate_json(0), expired_certificate_json()));

	(void)state;
	mr_buf_init(&text, 1 << 16);
	OK(mr_manifest_check(m, no_env, &warn, &err));
	assert_str(mr_buf_str(&text), expected);
	OK(mr_manifest_check(m, no_env, &(struct mr_warn){ NULL, NULL }, &err));
}

/* A message has room for all that matters of a list that is too long. */
static void test_long_list(void **state)
{
	MR_AUTO(buf) struct mr_buf text;
	struct mr_error err;

	(void)state;
	mr_buf_init(&text, 1 << 20);
	mr_buf_put_cstr(&text, BASE "'Roles':{'r':{'ResourceType':'x','Actions':['a'");
	for (int i = 0; i < 1000; i++)
		mr_buf_printf(&text, ",'action-%d'", i);
	mr_buf_put_cstr(&text, "]}}}");
	FAILS_WITH(mr_manifest_check(decoded(jsonf("%.*s", (int)text.len, (const char *)text.data)),
			   no_env, NULL, &err),
		MR_CODE_INVALID);
	assert_non_null(strstr(err.message, "action-99"));
	assert_true(strlen(err.message) > 1500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_azure_environment),
		cmocka_unit_test(test_work_of_rsa_keys),
		cmocka_unit_test(test_same_certificate),
		cmocka_unit_test(test_remarks),
		cmocka_unit_test(test_long_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
