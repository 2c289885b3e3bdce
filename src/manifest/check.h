/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of 10 §4: is a decoded manifest meaningful? Found later, by others: PEM of users and
 * recovery keys, sizes of secrets, templates (users.h, secret.h, parameters.h).
 */
#ifndef MR_MANIFEST_CHECK_H
#define MR_MANIFEST_CHECK_H

#include "manifest/manifest.h"

/*
 * The 29 rules in their order, maps in byte order of their names; the first failure is reported
 * (MR_CODE_INVALID), with the exact text and without the caller's prefix (`checking manifest: `,
 * `invalid manifest: `). Stricter than the reference in four points: users' certificates must
 * differ as DER, an Incoming `Cert` must be a certificate secret, Config.Attestation must be in
 * its range, and RSA secrets may take only so much time to make (MR_CODE_LIMIT).
 *
 * `env` looks up a variable of the environment like mr_env_get (rule 26). `warn` (may be NULL)
 * hears what is odd but allowed (10 §14).
 */
MR_MUST_USE mr_result mr_manifest_check(const struct mr_manifest *m,
	const char *(*env)(const char *name, const char *fallback), const struct mr_warn *warn,
	struct mr_error *err);

#endif
