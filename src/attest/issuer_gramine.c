/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "attest/issuer.h"
#include "base/file.h"

enum { QUOTE_ROOM = 8192 }; /* a quote is smaller (30 §5.7) */

static int open_below(const char *folder, const char *name, int flags)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/%s", folder, name);

	if (n < 0 || (size_t)n >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, flags | O_CLOEXEC);
}

/* Gramine takes the report data in one write only. */
static mr_result write_report_data(
	const char *folder, const uint8_t *report_data, struct mr_error *err)
{
	MR_AUTO(fd) int fd = open_below(folder, "user_report_data", O_WRONLY);

	if (fd < 0)
		return mr_fail_errno(err, errno, "open %s/user_report_data", folder);
	ssize_t n = write(fd, report_data, MR_REPORT_DATA_SIZE);
	if (n != MR_REPORT_DATA_SIZE)
		return mr_fail_errno(err, n < 0 ? errno : EIO, "write %s/user_report_data", folder);
	return MR_OK;
}

static mr_result read_quote(
	const char *folder, uint8_t room[static QUOTE_ROOM], size_t *ret_size, struct mr_error *err)
{
	MR_AUTO(fd) int fd = open_below(folder, "quote", O_RDONLY);
	size_t size = 0;

	if (fd < 0)
		return mr_fail_errno(err, errno, "open %s/quote", folder);
	while (size < QUOTE_ROOM) {
		ssize_t n = read(fd, room + size, QUOTE_ROOM - size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return mr_fail_errno(err, errno, "read %s/quote", folder);
		if (n == 0)
			break;
		size += (size_t)n;
	}
	if (size == 0 || size == QUOTE_ROOM)
		return mr_fail(err, MR_CODE_INVALID, "invalid quote size");
	*ret_size = size;
	return MR_OK;
}

static mr_result issue(const struct mr_issuer *issuer,
	const uint8_t report_data[static MR_REPORT_DATA_SIZE], struct mr_buf *out,
	struct mr_error *err)
{
	uint8_t quote[QUOTE_ROOM];
	size_t size = 0;

	MR_TRY(write_report_data(issuer->device, report_data, err));
	MR_TRY(read_quote(issuer->device, quote, &size, err));
	mr_quote_put_envelope(out, mr_bytes_of(quote, size));
	return mr_buf_status(out, err);
}

const struct mr_issuer mr_issuer_gramine = { .issue = issue, .device = "/dev/attestation" };
