/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/users.h"

mr_result mr_authenticate_user(const struct mr_view *view, struct mr_bytes leaf_der,
	const struct mr_user **ret, struct mr_error *err)
{
	const struct mr_user *user = leaf_der.len ? mr_users_by_certificate(view->users,
							    view->users_count, leaf_der)
						  : NULL;

	if (!user)
		return mr_fail(err, MR_CODE_UNAUTHENTICATED,
			"unauthorized user: client certificate did not match any MarbleRun users");
	*ret = user;
	return MR_OK;
}

static mr_result check_issued(
	const struct mr_view *view, const struct mr_cert *cert, int64_t now, struct mr_error *err)
{
	const struct mr_authority *authority = view->authority;

	if (!mr_bytes_eq(cert->issuer, authority->marble_root.subject))
		return mr_fail(err, MR_CODE_UNAUTHENTICATED,
			"x509: certificate signed by unknown authority");
	if (mr_failed(mr_cert_check_signature(cert, authority->intermediate_key, err)))
		return mr_fail(err, MR_CODE_UNAUTHENTICATED,
			"x509: certificate signed by unknown authority");
	if (now < cert->not_before || now > cert->not_after)
		return mr_fail(err, MR_CODE_UNAUTHENTICATED,
			"x509: certificate has expired or is not yet valid");
	if (!mr_cert_allows_purpose(cert, MR_OID_SERVER_AUTH))
		return mr_fail(err, MR_CODE_UNAUTHENTICATED,
			"x509: certificate specifies an incompatible key usage");
	return MR_OK;
}

static mr_result authenticate_marble(const struct mr_view *view, struct mr_bytes leaf_der,
	int64_t now, struct mr_cert *ret_cert, struct mr_uuid *ret_uuid, struct mr_bytes *ret_type,
	struct mr_error *err)
{
	MR_AUTO(cert) struct mr_cert cert = { 0 };
	struct mr_str common_name = MR_STR("");

	if (view->state != MR_STATE_ACCEPTING_MARBLES)
		return mr_fail(err, MR_CODE_UNAUTHENTICATED, "server is not in expected state");
	if (!leaf_der.len)
		return mr_fail(err, MR_CODE_UNAUTHENTICATED,
			"client certificate did not match any Marble");
	MR_TRY(mr_cert_parse(leaf_der, &cert, err));
	MR_TRY(check_issued(view, &cert, now, err));
	(void)mr_cert_common_name(&cert, &common_name);
	MR_TRY(mr_uuid_parse(common_name, ret_uuid, err));
	if (!mr_cert_extension(&cert, MR_OID_MARBLE_TYPE, ret_type, NULL))
		return mr_fail(err, MR_CODE_UNAUTHENTICATED,
			"MarbleType extension not found in certificate");
	*ret_cert = cert;
	cert = (struct mr_cert){ 0 };
	return MR_OK;
}

mr_result mr_authenticate_marble(const struct mr_view *view, struct mr_bytes leaf_der, int64_t now,
	struct mr_cert *ret_cert, struct mr_uuid *ret_uuid, struct mr_bytes *ret_type,
	struct mr_error *err)
{
	mr_result r = authenticate_marble(view, leaf_der, now, ret_cert, ret_uuid, ret_type, err);

	if (mr_failed(r) && r.code != MR_CODE_NOMEM)
		r.code = err->code = MR_CODE_UNAUTHENTICATED;
	return mr_wrap(err, r, "unauthorized marble");
}
