/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manifest_file.h"

#include "base/file.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "yaml/yaml_json.h"

/* Does a .json file look like JSON at its first character? One comma too many changes what is
 * hashed, and nobody would notice. */
static bool claims_to_be_json(const char *path, struct mr_str text)
{
	size_t at = 0;

	while (at < text.len && strchr(" \t\r\n", text.ptr[at]))
		at++;
	return mr_str_ends(mr_str_of(path), MR_STR(".json")) && at < text.len &&
	       (text.ptr[at] == '{' || text.ptr[at] == '[');
}

/* The name of a file says nothing about what is in it. */
mr_result mr_manifest_file_load(
	struct mr_cli *cli, const char *path, struct mr_buf *out, struct mr_error *err)
{
	bool standard_input = strcmp(path, "-") == 0;
	MR_AUTO(buf) struct mr_buf yaml = { 0 };

	MR_TRY(mr_file_read(standard_input ? "/dev/stdin" : path, out, err));
	if (mr_json_valid(mr_buf_str(out)))
		return MR_OK;
	if (claims_to_be_json(path, mr_buf_str(out)))
		mr_cli_warn(cli,
			"%s is not valid JSON: it is read as YAML, and the signature is that of "
			"the JSON made of it",
			path);
	yaml = *out;
	mr_buf_init(out, MR_MANIFEST_FILE_MAX);
	return mr_yaml_to_json(mr_buf_bytes(&yaml), out, err);
}

static void put_hex(struct mr_fingerprint *f)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof f->bytes; i++) {
		f->hex[2 * i] = digits[f->bytes[i] >> 4];
		f->hex[2 * i + 1] = digits[f->bytes[i] & 15];
	}
	f->hex[sizeof f->hex - 1] = '\0';
}

mr_result mr_fingerprint_of(
	struct mr_bytes manifest, struct mr_fingerprint *ret, struct mr_error *err)
{
	MR_TRY(mr_sha256(manifest, ret->bytes, err));
	put_hex(ret);
	return MR_OK;
}

bool mr_fingerprint_parse(struct mr_str hex, struct mr_fingerprint *ret)
{
	MR_AUTO(buf) struct mr_buf bytes = { 0 };
	struct mr_error err;

	mr_buf_init(&bytes, sizeof ret->bytes);
	if (hex.len != 2 * sizeof ret->bytes || mr_failed(mr_hex_decode(hex, &bytes, &err)) ||
		bytes.len != sizeof ret->bytes)
		return false;
	memcpy(ret->bytes, bytes.data, sizeof ret->bytes);
	put_hex(ret);
	return true;
}
