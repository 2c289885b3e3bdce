/* SPDX-License-Identifier: Apache-2.0 */
/* Files with secrets to be set: JSON, or PEM with a certificate and its key (50 §9.1). */
#ifndef MR_CLI_SECRET_FILE_H
#define MR_CLI_SECRET_FILE_H

#include "base/bytes.h"

/* Larger than any server takes. */
#define MR_SECRET_FILE_MAX ((size_t)32 << 20)

/* Reads a map of names to objects with `Cert`, `Private`, `Key` and appends the same map with all
 * three of every entry, absent ones as null, names sorted. */
MR_MUST_USE mr_result mr_secret_file_from_json(
	struct mr_str text, struct mr_buf *out, struct mr_error *err);
/* Appends such a map with one entry: the first certificate and the first private key, which becomes
 * PKCS#8. `unrecognized PEM type for secret: …`, `found no certificate or private key in PEM data` */
MR_MUST_USE mr_result mr_secret_file_from_pem(
	struct mr_str text, struct mr_str name, struct mr_buf *out, struct mr_error *err);

#endif
