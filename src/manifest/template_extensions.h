/* SPDX-License-Identifier: Apache-2.0 */
/* The rarer extensions of certificates made from templates (10 §7.4, RFC 5280). Private to this
 * room. */
#ifndef MR_MANIFEST_TEMPLATE_EXTENSIONS_H
#define MR_MANIFEST_TEMPLATE_EXTENSIONS_H

#include "manifest/cert_template.h"

extern const struct mr_bytes MR_OID_AUTHORITY_INFO_ACCESS, MR_OID_CERTIFICATE_POLICIES,
	MR_OID_NAME_CONSTRAINTS, MR_OID_CRL_DISTRIBUTION_POINTS, MR_OID_ACCESS_OCSP,
	MR_OID_ACCESS_CA_ISSUERS;

/* Is an extension of this OID among the template's ExtraExtensions, which win? */
bool mr_template_overrides(const struct mr_cert_template *t, struct mr_bytes oid);

/* Appends each an Extension, or nothing if the template has nothing for it or overrides it. The
 * text of names is checked: `x509: "<name>" cannot be encoded as an IA5String`. */
MR_MUST_USE mr_result mr_template_put_access(
	const struct mr_cert_template *t, struct mr_buf *out, struct mr_error *err);
MR_MUST_USE mr_result mr_template_put_policies(
	const struct mr_cert_template *t, struct mr_buf *out, struct mr_error *err);
MR_MUST_USE mr_result mr_template_put_constraints(
	const struct mr_cert_template *t, struct mr_buf *out, struct mr_error *err);
MR_MUST_USE mr_result mr_template_put_crl_points(
	const struct mr_cert_template *t, struct mr_buf *out, struct mr_error *err);
MR_MUST_USE mr_result mr_template_put_extra(
	const struct mr_cert_template *t, struct mr_buf *out, struct mr_error *err);

/* Fails unless the text is ASCII. */
MR_MUST_USE mr_result mr_template_check_ia5(struct mr_str text, struct mr_error *err);

#endif
