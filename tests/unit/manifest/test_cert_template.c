/* SPDX-License-Identifier: Apache-2.0 */
/* 10 §7.4 to §7.6: certificates made from templates. */
#include "manifest/cert_template.h"

#include "codec/base64.h"
#include "crypto/cert_write.h"
#include "manifest/template_extensions.h"
#include "manifest_test.h"

static struct mr_key *subject_key;

/* The template that a manifest's `Cert` gives. */
static const struct mr_cert_template *template_of(const char *cert)
{
	const struct mr_manifest *m = decoded(
		jsonf("{'Secrets':{'s':{'Type':'cert-ed25519','Cert':%s}}}", cert));

	return m->secrets[0].def.cert_template;
}

static struct mr_cert issue(const struct mr_cert_template *t)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	struct mr_cert c;
	struct mr_error err;

	mr_buf_init(&der, MR_CERT_MAX_SIZE);
	OK(mr_cert_template_issue(
		t, test_issuer(), subject_key, 1700000000, 1800000000, &der, &err));
	OK(mr_cert_parse(mr_buf_bytes(&der), &c, &err));
	return c;
}

static const char *hex(struct mr_bytes bytes)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };

	mr_buf_init(&out, 1 << 16);
	mr_hex_encode(&out, bytes);
	return textf("%.*s", (int)out.len, out.len ? (const char *)out.data : "");
}

/* `want` is the hex of extnValue, "!" in front if critical; NULL: no such extension. */
static void assert_extension(const struct mr_cert *c, struct mr_bytes oid, const char *want)
{
	struct mr_bytes value;
	bool critical;

	if (!mr_cert_extension(c, oid, &value, &critical)) {
		assert_null(want);
		return;
	}
	assert_non_null(want);
	assert_string_equal(textf("%s%s", critical ? "!" : "", hex(value)), want);
}

static void test_default_profile(void **state)
{
	MR_AUTO(cert) struct mr_cert c = issue(NULL);
	struct mr_error err;
	struct mr_str name;

	(void)state;
	assert_int_equal(c.version, 3);
	assert_true(c.not_before == 1700000000 && c.not_after == 1800000000);
	assert_true(mr_bytes_eq(c.issuer, test_issuer()->subject));
	assert_true(mr_bytes_eq(c.spki, mr_key_spki(subject_key)));
	assert_true(mr_cert_common_name(&c, &name));
	assert_str(name, "localhost");
	assert_extension(&c, MR_OID_KEY_USAGE, "!03020284");
	assert_extension(&c, MR_OID_EXT_KEY_USAGE, "301406082b0601050507030106082b06010505070302");
	assert_extension(&c, MR_OID_BASIC_CONSTRAINTS, "!3000");
	assert_extension(&c, MR_OID_SUBJECT_KEY_ID, NULL);
	assert_extension(&c, MR_OID_AUTHORITY_KEY_ID,
		"3016801430313233343536373839616263646566"
		"6768696a");
	assert_extension(&c, MR_OID_SUBJECT_ALT_NAME,
		"302382096c6f63616c686f737487047f0000018710000000000000000000000000000000"
		"01");
	OK(mr_cert_check_signature(&c, test_issuer()->key, &err));
	/* ecdsa-with-SHA384 */
	assert_string_equal(hex(c.signature_algorithm), "300a06082a8648ce3d040303");
}

static void test_common_name(void **state)
{
	static const struct {
		const char *cert, *want;
	} rows[] = {
		{ "{}", "localhost" },
		{ "{'DNSNames':['one.example']}", "one.example" },
		{ "{'DNSNames':['a','b']}", "MarbleRun Generated Certificate" },
		{ "{'DNSNames':[]}", "MarbleRun Generated Certificate" },
		{ "{'DNSNames':null,'Subject':null,'IPAddresses':null,'NotAfter':null}",
			"localhost" },
		{ "{'subject':{'COMMONNAME':'me'},'DNSNames':['x']}", "me" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(cert) struct mr_cert c = issue(template_of(rows[i].cert));
		struct mr_str name;
		assert_true(mr_cert_common_name(&c, &name));
		assert_str(name, rows[i].want);
	}
}

static void test_subject(void **state)
{
	static const struct {
		const char *cert, *want;
	} rows[] = {
		/* C, ST, L, STREET, postalCode, O, OU, CN, serialNumber */
		{ "{'Subject':{'Country':['DE'],'Organization':['Org','Abc'],"
		  "'OrganizationalUnit':['U'],'Locality':['T'],'Province':['S'],'StreetAddress':"
		  "['R'],'PostalCode':['1'],'SerialNumber':'s','CommonName':'\xC3\xBC','Names':"
		  "[{'Type':[2,5,4,3],'Value':5}]}}",
			"3074310b3009060355040613024445310a300806035504081301533"
			"10a300806035504071301543"
			"10a30080603550409130152310a3008060355041113013"
			"13118300a060355040a1303416263300a060355040a13034f7267310a3008060355040b"
			"130155310b300906035504030c02c3bc310a30080603550405130173" },
		{ "{'Subject':{'CommonName':'x','ExtraNames':[{'Type':[2,5,4,3],'Value':'y'},"
		  "{'Type':[1,2,3],'Value':'\xC3\xBC'}]}}",
			"3018310a300806035504031301793"
			"10a300806022a030c02c3bc" },
		{ "{'RawSubject':'MAA=','Subject':{'CommonName':'x'}}", "3000" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(cert) struct mr_cert c = issue(template_of(rows[i].cert));
		const char *got = hex(c.subject);
		/* the long one is compared behind its length */
		size_t skip = i == 0 ? 4 : 0;
		if (i == 0)
			assert_true(strlen(got) > 100);
		assert_string_equal(got + skip, rows[i].want + skip);
	}
}

static void test_extensions(void **state)
{
	static const char ca[] =
		"{'IsCA':true,'MaxPathLen':2,'KeyUsage':96,'SubjectKeyId':'AQIDBA==',"
		"'ExtKeyUsage':[3,9,0],'UnknownExtKeyUsage':[[1,3,6,1,4,1,99999,1]],"
		"'DNSNames':['a'],'EmailAddresses':['m@x'],'IPAddresses':['10.1.2.3','fe80::1',"
		"'::ffff:10.0.0.9'],'URIs':[{'Scheme':'spiffe','Host':'mesh','Path':'/m'}],"
		"'OCSPServer':['http://o'],'IssuingCertificateURL':['http://i'],"
		"'CRLDistributionPoints':['http://c'],'Policies':['1.2.3.4'],"
		"'PermittedDNSDomains':['in'],'ExcludedDNSDomains':['out'],"
		"'PermittedIPRanges':[{'IP':'10.9.8.7','Mask':'/wAAAA=='}],"
		"'ExcludedIPRanges':[{'IP':'::1','Mask':'/////////////////////w=='}],"
		"'PermittedEmailAddresses':['m'],'ExcludedURIDomains':['u'],"
		"'PermittedDNSDomainsCritical':true,"
		"'ExtraExtensions':[{'Id':[1,2,3],'Critical':true,'Value':'BQA='}]}";
	const struct mr_cert_template *t = template_of(ca);
	static const uint8_t extra[] = { 0x2A, 0x03 };

	(void)state;
	/* twice: the certificate as template gives the same again, but for the extra extension */
	for (int round = 0; round < 2; round++) {
		MR_AUTO(cert) struct mr_cert c = issue(t);
		struct mr_error err;
		assert_extension(&c, MR_OID_KEY_USAGE, "!03020106");
		assert_extension(&c, MR_OID_EXT_KEY_USAGE,
			"302506082b0601050507030306082b0601050507030906"
			"04551d250006092b06010401868d1f01");
		assert_extension(&c, MR_OID_BASIC_CONSTRAINTS, "!30060101ff020102");
		assert_extension(&c, MR_OID_SUBJECT_KEY_ID, "040401020304");
		assert_extension(&c, MR_OID_SUBJECT_ALT_NAME,
			"303782016181036d407887040a0102038710fe8000000000000000000000000000018704"
			"0a000009860f7370696666653a2f2f6d6573682f6d");
		assert_extension(&c, MR_OID_AUTHORITY_INFO_ACCESS,
			"302c301406082b060105050730018608687474703a2f2f6f"
			"301406082b060105050730028608687474703a2f2f69");
		assert_extension(&c, MR_OID_CERTIFICATE_POLICIES,
			"300730050603"
			"2a0304");
		assert_extension(&c, MR_OID_NAME_CONSTRAINTS,
			"!304ba0173004"
			"8202696e"
			"300a8708"
			"0a000000ff000000"
			"3003"
			"81016d"
			"a130300582036f757430228720"
			"00000000000000000000000000000001ffffffffffffffffffffffffffffffff"
			"3003860175");
		assert_extension(
			&c, MR_OID_CRL_DISTRIBUTION_POINTS, "3010300ea00ca00a8608687474703a2f2f63");
		assert_extension(
			&c, (struct mr_bytes){ extra, sizeof extra }, round ? NULL : "!0500");
		OK(mr_cert_template_from_der(c.der, test_arena(), &t, &err));
		assert_int_equal(t->not_after.value, 1800000000);
		assert_int_equal(t->signature_algorithm, 11);
	}
}

static void test_path_length_and_ca(void **state)
{
	static const struct {
		const char *cert, *want;
	} rows[] = {
		{ "{'IsCA':true}", "!30030101ff" },
		{ "{'IsCA':true,'MaxPathLenZero':true}", "!30060101ff020100" },
		{ "{'IsCA':true,'MaxPathLen':-1}", "!30030101ff" },
		{ "{'MaxPathLen':-1}", "!3000" },
	};
	uint8_t id[20];
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(cert) struct mr_cert c = issue(template_of(rows[i].cert));
		assert_extension(&c, MR_OID_BASIC_CONSTRAINTS, rows[i].want);
	}
	MR_AUTO(cert) struct mr_cert c = issue(template_of("{'IsCA':true}"));
	OK(mr_key_identifier(subject_key, id, &err));
	assert_extension(
		&c, MR_OID_SUBJECT_KEY_ID, textf("0414%s", hex(mr_bytes_of(id, sizeof id))));
}

static void test_empty_lists_and_overrides(void **state)
{
	MR_AUTO(cert)
	struct mr_cert bare = issue(template_of(
		"{'DNSNames':[],'IPAddresses':[],'ExtKeyUsage':[],'RawSubject':'MAA='}"));
	MR_AUTO(cert)
	struct mr_cert critical = issue(template_of("{'RawSubject':'MAA='}"));
	MR_AUTO(cert)
	struct mr_cert own = issue(template_of(
		"{'ExtraExtensions':[{'Id':[2,5,29,15],'Value':'AwIBBg=='},{'Id':[2,5,29,37],"
		"'Value':'MAA='},{'Id':[2,5,29,19],'Value':'MAA='},{'Id':[2,5,29,14],'Value':"
		"'BAEB'},{'Id':[2,5,29,35],'Value':'MAA='},{'Id':[2,5,29,17],'Value':'MAA='}],"
		"'SubjectKeyId':'AQ=='}"));

	(void)state;
	assert_extension(&bare, MR_OID_EXT_KEY_USAGE, NULL);
	assert_extension(&bare, MR_OID_SUBJECT_ALT_NAME, NULL);
	assert_extension(&critical, MR_OID_SUBJECT_ALT_NAME,
		"!302382096c6f63616c686f737487047f0000018710000000000000000000000000000000"
		"01");
	assert_extension(&own, MR_OID_KEY_USAGE, "03020106");
	assert_extension(&own, MR_OID_EXT_KEY_USAGE, "3000");
	assert_extension(&own, MR_OID_BASIC_CONSTRAINTS, "3000");
	assert_extension(&own, MR_OID_SUBJECT_KEY_ID, "040101");
	assert_extension(&own, MR_OID_AUTHORITY_KEY_ID, "3000");
	assert_extension(&own, MR_OID_SUBJECT_ALT_NAME, "3000");
}

static void test_signature_algorithms(void **state)
{
	static const char *const oids[] = { "300906072a8648ce3d0401", "300a06082a8648ce3d040302",
		"300a06082a8648ce3d040303", "300a06082a8648ce3d040304" };
	struct mr_error err;

	(void)state;
	for (int i = 0; i < 4; i++) {
		MR_AUTO(cert)
		struct mr_cert c = issue(template_of(textf("{'SignatureAlgorithm':%d}", 9 + i)));
		assert_string_equal(hex(c.signature_algorithm), oids[i]);
		if (i > 0)
			OK(mr_cert_check_signature(&c, test_issuer()->key, &err));
	}
}

#define NO_KEY "x509: requested SignatureAlgorithm does not match private key type"
#define NO_OID "asn1: structure error: invalid object identifier"

static void test_cannot_be_issued(void **state)
{
	static const struct {
		const char *cert, *message;
	} rows[] = {
		{ "{'ExtKeyUsage':[77]}", "x509: unknown extended key usage" },
		{ "{'ExtKeyUsage':[-1]}", "x509: unknown extended key usage" },
		{ "{'UnknownExtKeyUsage':[[1]]}", NO_OID },
		{ "{'UnknownExtKeyUsage':[[1,-2]]}", NO_OID },
		{ "{'MaxPathLen':1}", "x509: only CAs are allowed to specify MaxPathLen" },
		{ "{'MaxPathLenZero':true}", "x509: only CAs are allowed to specify MaxPathLen" },
		{ "{'MaxPathLen':-2}", "x509: invalid MaxPathLen, must be greater or equal to -1" },
		{ "{'IsCA':true,'MaxPathLen':4294967296}", "x509: MaxPathLen is too large" },
		{ "{'SignatureAlgorithm':4}", NO_KEY },
		{ "{'SignatureAlgorithm':8}", NO_KEY },
		{ "{'SignatureAlgorithm':13}", NO_KEY },
		{ "{'SignatureAlgorithm':16}", NO_KEY },
		{ "{'SignatureAlgorithm':1}", "x509: unknown SignatureAlgorithm" },
		{ "{'SignatureAlgorithm':99}", "x509: unknown SignatureAlgorithm" },
		{ "{'SignatureAlgorithm':-1}", "x509: unknown SignatureAlgorithm" },
		{ "{'DNSNames':['\xC3\xBC.example']}",
			"x509: \"\xC3\xBC.example\" cannot be encoded as an IA5String" },
		{ "{'EmailAddresses':['\xC3\xBC']}",
			"x509: \"\xC3\xBC\" cannot be encoded as an IA5String" },
		{ "{'OCSPServer':['\xC3\xBC']}",
			"x509: \"\xC3\xBC\" cannot be encoded as an IA5String" },
		{ "{'IssuingCertificateURL':['\xC3\xBC']}",
			"x509: \"\xC3\xBC\" cannot be encoded as an IA5String" },
		{ "{'CRLDistributionPoints':['\xC3\xBC']}",
			"x509: \"\xC3\xBC\" cannot be encoded as an IA5String" },
		{ "{'ExcludedDNSDomains':['\xC3\xBC']}",
			"x509: \"\xC3\xBC\" cannot be encoded as an IA5String" },
		{ "{'PermittedURIDomains':['\xC3\xBC']}",
			"x509: \"\xC3\xBC\" cannot be encoded as an IA5String" },
		{ "{'Policies':[null]}", NO_OID },
		{ "{'ExtraExtensions':[{'Id':[1]}]}", NO_OID },
		{ "{'Subject':{'ExtraNames':[{'Type':[1],'Value':'x'}]}}", NO_OID },
		{ "{'Subject':{'ExtraNames':[{'Type':[1,2],'Value':5}]}}",
			"asn1: structure error: the value of an ExtraName is no text" },
	};
	MR_AUTO(buf) struct mr_buf der = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&der, MR_CERT_MAX_SIZE);
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		FAILS(mr_cert_template_issue(template_of(rows[i].cert), test_issuer(), subject_key,
			      0, 1, &der, &err),
			rows[i].message);
	FAILS(mr_cert_template_issue(
		      NULL, test_issuer(), subject_key, 0, INT64_C(253402300800), &der, &err),
		"asn1: structure error: cannot represent time as GeneralizedTime");
	assert_int_equal(der.len, 0);
}

/* Lists beyond what a certificate should have. */
static void test_bounds(void **state)
{
	MR_AUTO(buf) struct mr_buf der = { 0 }, many = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&der, MR_CERT_MAX_SIZE);
	mr_buf_init(&many, 1 << 16);
	for (int i = 0; i < 65; i++)
		mr_buf_printf(&many, "%s1", i ? "," : "");
	const char *list = textf("%.*s", (int)many.len, (const char *)many.data);
	FAILS(mr_cert_template_issue(template_of(textf("{'ExtKeyUsage':[%s]}", list)),
		      test_issuer(), subject_key, 0, 1, &der, &err),
		"more than 64 extended key usages");
	mr_buf_clear(&many);
	for (int i = 0; i < 65; i++)
		mr_buf_printf(&many, "%s'%d'", i ? "," : "", i);
	list = textf("%.*s", (int)many.len, (const char *)many.data);
	FAILS(mr_cert_template_issue(template_of(textf("{'Subject':{'Organization':[%s]}}", list)),
		      test_issuer(), subject_key, 0, 1, &der, &err),
		"more than 64 values of one attribute in the subject");
}

static void refuse(const char *cert)
{
	struct mr_manifest *m;
	struct mr_error err;

	if (mr_failed(mr_manifest_decode(
		    jsonf("{'Secrets':{'s':{'Type':'cert-ed25519','Cert':%s}}}", cert), NULL, &m,
		    &err)))
		return;
	mr_manifest_free(m);
	fail_msg("accepted: %s", cert);
}

static void test_wrong_types(void **state)
{
	static const char *const certs[] = { "{'IPAddresses':['300.1.1.1']}",
		"{'IPAddresses':'10.0.0.1'}", "{'IPAddresses':[1]}", "{'URIs':['http://x']}",
		"{'URIs':[null]}", "{'URIs':[{'User':'x'}]}", "{'DNSNames':'x'}",
		"{'NotAfter':'tomorrow'}", "{'NotAfter':5}", "{'NotBefore':5}", "{'KeyUsage':'1'}",
		"{'KeyUsage':1.5}", "{'ExtKeyUsage':[1.5]}", "{'IsCA':1}", "{'Subject':'CN=x'}",
		"{'Subject':{'CommonName':['x']}}", "{'Subject':{'Country':'DE'}}",
		"{'Issuer':{'Country':'DE'}}", "{'SubjectKeyId':'*'}", "{'SerialNumber':'5'}",
		"{'SerialNumber':1.5}", "{'SerialNumber':1e5}",
		"{'ExtraExtensions':[{'Id':'1.2.3'}]}", "{'MaxPathLen':'1'}", "{'Policies':['x']}",
		"{'Policies':[1]}", "{'PolicyIdentifiers':['1.2']}",
		"{'PermittedIPRanges':[{'IP':'x'}]}",
		"{'PermittedIPRanges':[{'IP':'1.2.3.4','Mask':'AA=='}]}",
		"{'PermittedIPRanges':[{'IP':'::1','Mask':'/wAAAA=='}]}",
		"{'PolicyMappings':[{'IssuerDomainPolicy':'x'}]}", "'AAAA'", "''", "1", "[]",
		"true" };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(certs); i++)
		refuse(certs[i]);
}

static void test_ignored_members(void **state)
{
	MR_AUTO(cert)
	struct mr_cert c = issue(template_of(
		"{'SerialNumber':5,'Issuer':{'CommonName':'fake'},'NotBefore':"
		"'2001-01-01T00:00:00Z','Version':1,'Raw':'AA==','PublicKey':{'x':[]},"
		"'AuthorityKeyId':'AA==','PolicyIdentifiers':[[1,2]],'Extensions':[{'Id':[1,2]}],"
		"'PolicyMappings':[{'IssuerDomainPolicy':'1.2','SubjectDomainPolicy':'1.3'}],"
		"'InhibitAnyPolicy':1,'BasicConstraintsValid':false,'unknown':1}"));

	(void)state;
	assert_true(c.not_before == 1700000000);
	assert_true(c.serial.len > 1);
	assert_true(mr_bytes_eq(c.issuer, test_issuer()->subject));
	assert_extension(&c, MR_OID_BASIC_CONSTRAINTS, "!3000");
}

/* An IPv4 address with a mask of 16 bytes is written in 16 bytes. */
static void test_mixed_ip_range(void **state)
{
	MR_AUTO(cert)
	struct mr_cert c = issue(template_of(
		"{'PermittedIPRanges':[{'IP':'10.1.2.3','Mask':'/////////////////wAAAA=='}]}"));

	(void)state;
	assert_extension(&c, MR_OID_NAME_CONSTRAINTS,
		"3026a02430228720"
		"00000000000000000000ffff0a000000"
		"ffffffffffffffffffffffffff000000");
}

static void test_certificate_as_template(void **state)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_error err;
	const struct mr_cert_template *t;

	(void)state;
	mr_buf_init(&text, 1 << 16);
	mr_base64_encode(&text, certificate_der(0), MR_BASE64_STANDARD);
	t = template_of(textf("'%.*s'", (int)text.len, (const char *)text.data));
	MR_AUTO(cert) struct mr_cert model = { 0 };
	OK(mr_cert_parse(certificate_der(0), &model, &err));
	assert_true(mr_bytes_eq(t->raw_subject, model.subject));
	assert_true(t->not_after.present && t->not_after.value == model.not_after);
	assert_int_equal(t->key_usage, 33);
	assert_int_equal(t->max_path_len, -1);
	MR_AUTO(cert) struct mr_cert c = issue(t);
	assert_true(mr_bytes_eq(c.subject, model.subject));
	assert_true(mr_bytes_eq(c.spki, mr_key_spki(subject_key)));
	FAILS_WITH(mr_cert_template_from_der(mr_bytes_of("x", 1), test_arena(), &t, &err),
		MR_CODE_INVALID);
}

/* A certificate with this extension in it, whatever it says: the template that it is. */
static mr_result read_extension(const char *id, const char *value,
	const struct mr_cert_template **ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	const struct mr_cert_template *t = template_of(
		textf("{'ExtraExtensions':[{'Id':[%s],'Value':'%s'}]}", id, value));

	mr_buf_init(&der, MR_CERT_MAX_SIZE);
	MR_TRY(mr_cert_template_issue(t, test_issuer(), subject_key, 0, 1, &der, err));
	return mr_cert_template_from_der(mr_buf_bytes(&der), test_arena(), ret, err);
}

static void test_malformed_extensions(void **state)
{
	static const struct {
		const char *id, *value, *message;
	} rows[] = {
		{ "2,5,29,15", "BQA=", "x509: invalid key usage" },
		{ "2,5,29,37", "BQA=", "x509: invalid extended key usages" },
		{ "2,5,29,37", "MAIFAA==", "x509: invalid extended key usages" },
		{ "2,5,29,19", "BQA=", "x509: invalid basic constraints" },
		{ "2,5,29,19", "MAIFAA==", "x509: invalid basic constraints" },
		{ "2,5,29,14", "BQA=", "x509: invalid subject key identifier" },
		{ "2,5,29,17", "BQA=", "x509: invalid subject alternative names" },
		{ "2,5,29,17", "MAKCBQ==", "x509: invalid subject alternative names" },
		{ "1,3,6,1,5,5,7,1,1", "BQA=", "x509: invalid authority info access" },
		{ "1,3,6,1,5,5,7,1,1", "MAIwAA==", "x509: invalid authority info access" },
		{ "2,5,29,32", "BQA=", "x509: invalid certificate policies" },
		{ "2,5,29,32", "MAIwAA==", "x509: invalid certificate policies" },
		{ "2,5,29,30", "BQA=", "x509: invalid name constraints" },
		{ "2,5,29,30", "MAKgBQ==", "x509: invalid name constraints" },
		{ "2,5,29,30", "MASgAgUA", "x509: invalid name constraints" },
		{ "2,5,29,30", "MASgAjAA", "x509: invalid name constraints" },
		{ "2,5,29,31", "BQA=", "x509: invalid CRL distribution points" },
		{ "2,5,29,31", "MAIFAA==", "x509: invalid CRL distribution points" },
		{ "2,5,29,31", "MAgwBqAEoAKGBQ==", "x509: invalid CRL distribution points" },
	};
	const struct mr_cert_template *t;
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		FAILS(read_extension(rows[i].id, rows[i].value, &t, &err), rows[i].message);
}

/* What a template cannot say is left out. */
static void test_foreign_extensions(void **state)
{
	static const struct mr_cert_template none;
	const struct mr_cert_template *t = &none;
	struct mr_error err;

	(void)state;
	/* only an unknown usage: the defaults come back */
	OK(read_extension("2,5,29,37", "MAUGAyoDBA==", &t, &err));
	assert_false(t->ext_key_usage.present);
	assert_int_equal(t->unknown_ext_key_usage.count, 1);
	/* decipherOnly, in a second byte */
	OK(read_extension("2,5,29,15", "AwMHAIA=", &t, &err));
	assert_int_equal(t->key_usage, 256);
	/* a distribution point without a name, one with a directory name */
	OK(read_extension("2,5,29,31", "MAIwAA==", &t, &err));
	assert_int_equal(t->crl_distribution_points.count, 0);
	OK(read_extension("2,5,29,31", "MAowCKAGoASkAjAA", &t, &err));
	assert_int_equal(t->crl_distribution_points.count, 0);
	/* access by a directory name; a subtree of directory names */
	OK(read_extension("1,3,6,1,5,5,7,1,1", "MBAwDgYIKwYBBQUHMAGkAjAA", &t, &err));
	assert_int_equal(t->ocsp_server.count, 0);
	OK(read_extension("2,5,29,30", "MAigBjAEpAIwAA==", &t, &err));
	assert_int_equal(t->dns_domains.permitted.count, 0);
	/* a directory name beside a DNS name */
	OK(read_extension("2,5,29,17", "MAekAjAAggFh", &t, &err));
	assert_int_equal(t->dns_names.count, 1);
	assert_false(t->ip_addresses.present);
	OK(read_extension("2,5,29,19", "MAYBAf8CAQA=", &t, &err));
	assert_true(t->is_ca && t->max_path_len_zero);
}

static int make_key(void **state)
{
	struct mr_error err;

	(void)state;
	return mr_failed(mr_key_generate(MR_KEY_EC_P256, 0, &subject_key, &err)) ? -1 : 0;
}

static int free_key(void **state)
{
	(void)state;
	mr_key_unref(subject_key);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_profile),
		cmocka_unit_test(test_common_name),
		cmocka_unit_test(test_subject),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_path_length_and_ca),
		cmocka_unit_test(test_empty_lists_and_overrides),
		cmocka_unit_test(test_signature_algorithms),
		cmocka_unit_test(test_cannot_be_issued),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_ignored_members),
		cmocka_unit_test(test_mixed_ip_range),
		cmocka_unit_test(test_certificate_as_template),
		cmocka_unit_test(test_malformed_extensions),
		cmocka_unit_test(test_foreign_extensions),
	};

	return cmocka_run_group_tests(tests, make_key, free_key);
}
