/* SPDX-License-Identifier: Apache-2.0 */
/* Manifest files: the exact bytes that are hashed and uploaded (50 §7.1), and their fingerprint. */
#ifndef MR_CLI_MANIFEST_FILE_H
#define MR_CLI_MANIFEST_FILE_H

#include "cli/cli.h"
#include "crypto/digest.h"

/* Larger than any server takes. */
#define MR_MANIFEST_FILE_MAX ((size_t)64 << 20)

struct mr_fingerprint {
	uint8_t bytes[MR_SHA256_SIZE];
	char hex[2 * MR_SHA256_SIZE + 1]; /* lower case, NUL behind */
};

/* JSON as it is, anything else from YAML. Appends the bytes to `out`, made by mr_buf_init with the
 * maximum above. `-` reads standard input. A file that claims to be JSON and had to be read as YAML
 * is warned of. */
MR_MUST_USE mr_result mr_manifest_file_load(
	struct mr_cli *cli, const char *path, struct mr_buf *out, struct mr_error *err);
MR_MUST_USE mr_result mr_fingerprint_of(
	struct mr_bytes manifest, struct mr_fingerprint *ret, struct mr_error *err);
/* From 64 hex digits; false if it is something else. */
MR_MUST_USE bool mr_fingerprint_parse(struct mr_str hex, struct mr_fingerprint *ret);

#endif
