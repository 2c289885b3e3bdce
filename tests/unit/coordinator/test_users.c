/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks: users and Marbles by their leaf certificate (20 §4.3, 4.4). */
#include "coordinator/users.h"
#include "coordinator_test.h"
#include "crypto/cert_write.h"

#define UUID "11111111-2222-4333-8444-555555555555"

static struct mr_snapshot *mesh(void)
{
	return snapshot_with(
		jsonf("{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p'}},"
		      "'Users':{'alice':{'Certificate':'%s'},'bob':{'Certificate':'%s'}}}",
			person(0)->pem, person(1)->pem));
}

static void test_user(void **unused)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mesh();
	const struct mr_user *user;
	struct mr_error err;

	(void)unused;
	OK(mr_authenticate_user(s->view, person(0)->certificate, &user, &err));
	assert_text(user->name, "alice");
	OK(mr_authenticate_user(s->view, person(1)->certificate, &user, &err));
	assert_text(user->name, "bob");
	FAILS(mr_authenticate_user(s->view, person(2)->certificate, &user, &err),
		MR_CODE_UNAUTHENTICATED,
		"unauthorized user: client certificate did not match any MarbleRun users");
	FAILS(mr_authenticate_user(s->view, mr_bytes_of(NULL, 0), &user, &err),
		MR_CODE_UNAUTHENTICATED,
		"unauthorized user: client certificate did not match any MarbleRun users");
}

static void test_nobody_is_a_user_before_a_manifest(void **unused)
{
	MR_AUTO(snapshot)
	struct mr_snapshot *s = snapshot_of(fresh_state(MR_STATE_ACCEPTING_MANIFEST));
	const struct mr_user *user;
	struct mr_error err;

	(void)unused;
	FAILS(mr_authenticate_user(s->view, person(0)->certificate, &user, &err),
		MR_CODE_UNAUTHENTICATED,
		"unauthorized user: client certificate did not match any MarbleRun users");
}

/* A certificate by a mesh's authority, as it comes from an activation unless something is changed. */
struct maker {
	const struct mr_authority *authority;
	const char *common_name; /* NULL: none */
	const char *type;        /* NULL: no extension */
	struct mr_bytes issuer;
	const struct mr_key *issuer_key;
	struct mr_bytes purpose; /* empty: no extended key usage */
	int64_t not_before, not_after;
	struct mr_buf der;
};

static struct maker leaf_by(const struct mr_authority *a)
{
	return (struct maker){
		.authority = a,
		.common_name = UUID,
		.type = "web",
		.issuer = a->marble_root.subject,
		.issuer_key = a->intermediate_key,
		.purpose = MR_OID_SERVER_AUTH,
		.not_before = NOW - 10,
		.not_after = NOW + 10,
		.der = { .max = 1 << 16 },
	};
}

static mr_result check(struct maker *m, const struct mr_view *view, int64_t now,
	struct mr_uuid *ret_uuid, char type[static 16], struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf subject = { .max = 1024 };
	MR_AUTO(buf) struct mr_buf extensions = { .max = 1024 };
	MR_AUTO(cert) struct mr_cert cert = { 0 };
	struct mr_bytes found;

	if (m->common_name)
		mr_name_put_common_name(&subject, mr_str_of(m->common_name));
	else
		mr_buf_put(&subject, "\x30", 2);
	if (m->purpose.len)
		mr_ext_put_ext_key_usage(&extensions, &m->purpose, 1);
	if (m->type)
		mr_ext_put(
			&extensions, MR_OID_MARBLE_TYPE, false, mr_str_bytes(mr_str_of(m->type)));
	const struct mr_cert_profile profile = {
		.issuer = m->issuer,
		.subject = mr_buf_bytes(&subject),
		.not_before = m->not_before,
		.not_after = m->not_after,
		.spki = mr_key_spki(person(3)->key),
		.extensions = mr_buf_bytes(&extensions),
	};
	MR_TRY(mr_cert_issue(&profile, m->issuer_key, &m->der, err));
	mr_result r = mr_authenticate_marble(
		view, mr_buf_bytes(&m->der), now, &cert, ret_uuid, &found, err);
	mr_buf_done(&m->der);
	if (!mr_failed(r)) {
		assert_true(found.len < 16);
		memcpy(type, found.ptr, found.len);
		type[found.len] = '\0';
	} else {
		assert_int_equal(r.code, err->code);
	}
	return r;
}

#define REFUSED(change, text)                                                                      \
	do {                                                                                       \
		struct maker m = leaf_by(s->view->authority);                                      \
		change;                                                                            \
		FAILS_WITH(                                                                        \
			check(&m, s->view, NOW, &uuid, type, &err), "unauthorized marble: " text); \
		assert_int_equal(err.code, MR_CODE_UNAUTHENTICATED);                               \
	} while (0)

static void test_marble(void **unused)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mesh();
	struct mr_uuid uuid;
	char text[MR_UUID_TEXT_LEN + 1], type[16];
	struct maker m = leaf_by(s->view->authority);
	struct mr_error err;

	(void)unused;
	OK(check(&m, s->view, NOW, &uuid, type, &err));
	mr_uuid_format(&uuid, text);
	assert_string_equal(text, UUID);
	assert_string_equal(type, "web");
	/* both ends of its life; no usage, or any; another spelling of the UUID */
	m = leaf_by(s->view->authority);
	OK(check(&m, s->view, NOW - 10, &uuid, type, &err));
	m = leaf_by(s->view->authority);
	OK(check(&m, s->view, NOW + 10, &uuid, type, &err));
	m = leaf_by(s->view->authority);
	m.purpose.len = 0;
	OK(check(&m, s->view, NOW, &uuid, type, &err));
	m = leaf_by(s->view->authority);
	m.purpose = mr_bytes_of("\x55\x1d\x25", 4);
	OK(check(&m, s->view, NOW, &uuid, type, &err));
	m = leaf_by(s->view->authority);
	m.common_name = "{11111111222243338444555555555555}";
	m.common_name = "urn:uuid:" UUID;
	OK(check(&m, s->view, NOW, &uuid, type, &err));
}

static void test_strangers(void **unused)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mesh();
	MR_AUTO(snapshot) struct mr_snapshot *other = mesh();
	struct mr_uuid uuid;
	char type[16];
	struct mr_error err;

	(void)unused;
	REFUSED(m.issuer = s->view->authority->root.subject,
		"x509: certificate signed by unknown authority");
	REFUSED(m.issuer_key = other->view->authority->intermediate_key,
		"x509: certificate signed by unknown authority");
	REFUSED(m.issuer_key = s->view->authority->root_key,
		"x509: certificate signed by unknown authority");
	REFUSED(m.not_before = NOW + 1, "x509: certificate has expired or is not yet valid");
	REFUSED(m.not_after = NOW - 1, "x509: certificate has expired or is not yet valid");
	REFUSED(m.purpose = MR_OID_CLIENT_AUTH,
		"x509: certificate specifies an incompatible key usage");
	REFUSED(m.common_name = "localhost", "invalid UUID length: 9");
	REFUSED(m.common_name = NULL, "invalid UUID length: 0");
	REFUSED(m.type = NULL, "MarbleType extension not found in certificate");
}

static void test_no_marble_at_all(void **unused)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mesh();
	MR_AUTO(snapshot) struct mr_snapshot *early = snapshot_of(fresh_state(MR_STATE_RECOVERY));
	struct mr_cert cert;
	struct mr_uuid uuid;
	struct mr_bytes type;
	struct mr_error err;

	(void)unused;
	FAILS(mr_authenticate_marble(s->view, mr_bytes_of(NULL, 0), NOW, &cert, &uuid, &type, &err),
		MR_CODE_UNAUTHENTICATED,
		"unauthorized marble: client certificate did not match any Marble");
	FAILS_WITH(mr_authenticate_marble(
			   s->view, mr_bytes_of("x", 1), NOW, &cert, &uuid, &type, &err),
		"unauthorized marble: x509: ");
	assert_int_equal(err.code, MR_CODE_UNAUTHENTICATED);
	FAILS_WITH(mr_authenticate_marble(
			   s->view, person(0)->certificate, NOW, &cert, &uuid, &type, &err),
		"unauthorized marble: x509: certificate signed by unknown authority");
	FAILS(mr_authenticate_marble(
		      early->view, person(0)->certificate, NOW, &cert, &uuid, &type, &err),
		MR_CODE_UNAUTHENTICATED, "unauthorized marble: server is not in expected state");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_nobody_is_a_user_before_a_manifest),
		cmocka_unit_test(test_marble),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_no_marble_at_all),
	};

	return cmocka_run_group_tests_name("users", tests, NULL, NULL);
}
