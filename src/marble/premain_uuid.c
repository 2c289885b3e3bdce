/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/random.h"
#include "marble/premain.h"
#include "marble/premain_log.h"

enum { UUID_FILE_MAX = 4096 };

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct mr_str trim(struct mr_str s)
{
	while (s.len && is_blank(s.ptr[s.len - 1]))
		s.len--;
	while (s.len && is_blank(s.ptr[0]))
		s = mr_str_sub(s, 1, s.len);
	return s;
}

/* Written beside and renamed, so that a crash leaves no half UUID (30 §4.3 BEYOND). The other name may be taken: left by a
 * crash, or a link that somebody placed there; it is not written through. */
static mr_result store(const char *path, const char *text, struct mr_error *err)
{
	char temporary[PATH_MAX];
	int n = snprintf(temporary, sizeof temporary, "%s.tmp", path);

	if (n < 0 || (size_t)n >= sizeof temporary)
		return mr_fail(err, MR_CODE_LIMIT, "path of the UUID file is too long");
	(void)unlink(temporary);
	MR_TRY(mr_file_create(temporary, mr_str_bytes(mr_str_of(text)), 0600, err));
	if (rename(temporary, path) == 0)
		return MR_OK;
	mr_result r = mr_fail_errno(err, errno, "rename %s", path);
	(void)unlink(temporary);
	return r;
}

mr_result mr_premain_uuid(const char *path, struct mr_uuid *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf content = { 0 };
	char text[MR_UUID_TEXT_LEN + 1];

	mr_premain_log("loading UUID");
	mr_buf_init(&content, UUID_FILE_MAX);
	mr_result r = mr_file_read(path, &content, err);
	if (!mr_failed(r)) {
		MR_TRY(mr_wrap(err, mr_uuid_parse(trim(mr_buf_str(&content)), ret, err),
			"failed to unmarshal UUID"));
		mr_uuid_format(ret, text);
		mr_premain_log("found UUID: %s", text);
		return MR_OK;
	}
	if (r.code != MR_CODE_NOT_FOUND)
		return r;
	mr_premain_log("UUID not found. Generating and storing a new UUID");
	MR_TRY(mr_random_uuid(ret, err));
	mr_uuid_format(ret, text);
	return mr_wrap(err, store(path, text, err), "failed to store uuid to file");
}
