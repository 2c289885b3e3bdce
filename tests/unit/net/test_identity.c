/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "crypto/cert_write.h"
#include "test_identity.h"

#define DAY 86400

static struct mr_bytes bytes_of(const char *text)
{
	return mr_str_bytes(mr_str_of(text));
}

static void put_extensions(struct mr_buf *b, const struct test_profile *p)
{
	static const uint8_t v4[] = { 127, 0, 0, 1 }, v6[16] = { [15] = 1 };
	const struct mr_alt_name names[] = {
		{ 2, bytes_of(p->dns ? p->dns : "localhost") },
		{ 7, mr_bytes_of(v4, sizeof v4) },
		{ 7, mr_bytes_of(v6, sizeof v6) },
	};
	const struct mr_bytes usages[] = { MR_OID_CLIENT_AUTH, MR_OID_SERVER_AUTH };

	mr_ext_put_key_usage(b, p->ca ? 1 | 32 : 1);
	mr_ext_put_ext_key_usage(b, usages, p->clients_only ? 1 : 2);
	mr_ext_put_basic_constraints(b, p->ca, -1);
	mr_ext_put_alt_names(b, names, p->dns ? 1 : 3, false);
}

static void issue(struct test_identity *ret, const struct test_profile *p)
{
	MR_AUTO(buf) struct mr_buf subject = { 0 };
	MR_AUTO(buf) struct mr_buf extensions = { 0 };
	MR_AUTO(buf) struct mr_buf der = { 0 };
	struct mr_cert_profile profile = { .not_before = mr_clock_wall() };
	struct mr_error err;

	mr_buf_init(&subject, 1024);
	mr_buf_init(&extensions, 4096);
	mr_buf_init(&der, 8192);
	mr_name_put_common_name(&subject, mr_str_of(p->name ? p->name : "test"));
	put_extensions(&extensions, p);
	profile.subject = mr_buf_bytes(&subject);
	profile.issuer = p->issuer ? p->issuer->cert.subject : profile.subject;
	profile.not_after = profile.not_before + (int64_t)(p->days_left ? p->days_left : 10) * DAY;
	profile.not_before -= (int64_t)(p->days_old ? p->days_old : 1) * DAY;
	profile.spki = mr_key_spki(ret->key);
	profile.extensions = mr_buf_bytes(&extensions);
	assert_false(mr_failed(
		mr_cert_issue(&profile, p->issuer ? p->issuer->key : ret->key, &der, &err)));
	assert_false(mr_failed(mr_cert_parse(mr_buf_bytes(&der), &ret->cert, &err)));
}

void test_identity_make(struct test_identity *ret, const struct test_profile *p)
{
	struct mr_bytes chain[2];
	struct mr_error err;
	size_t count = 1;

	*ret = (struct test_identity){ 0 };
	assert_false(mr_failed(mr_key_generate(MR_KEY_EC_P256, 0, &ret->key, &err)));
	issue(ret, p);
	chain[0] = ret->cert.der;
	if (p->issuer && !p->alone && !mr_bytes_eq(p->issuer->cert.subject, p->issuer->cert.issuer))
		chain[count++] = p->issuer->cert.der;
	assert_false(mr_failed(mr_tls_identity_new(chain, count, ret->key, &ret->tls, &err)));
}

void test_identity_done(struct test_identity *identity)
{
	mr_tls_identity_unref(identity->tls);
	mr_cert_done(&identity->cert);
	mr_key_unref(identity->key);
	*identity = (struct test_identity){ 0 };
}
