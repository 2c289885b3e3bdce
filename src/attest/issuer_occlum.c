/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "attest/issuer.h"
#include "base/file.h"

/* Interface of Occlum's /dev/sgx (30 §5.7). */
#define GET_QUOTE_SIZE 0x80047307UL
#define GENERATE_QUOTE 0xC0187308UL

enum { QUOTE_MAX = 64 << 10, FULL_REPORT_DATA = 64 };

struct generate_quote {
	const uint8_t *report_data;
	uint32_t *quote_size;
	uint8_t *quote;
};

static mr_result generate(int fd, const uint8_t *report_data, uint8_t *room, uint32_t size,
	struct mr_buf *out, struct mr_error *err)
{
	uint8_t padded[FULL_REPORT_DATA] = { 0 };
	uint32_t filled = size;
	struct generate_quote request = { padded, &filled, room };

	memcpy(padded, report_data, MR_REPORT_DATA_SIZE);
	if (ioctl(fd, GENERATE_QUOTE, &request) < 0)
		return mr_fail_errno(err, errno, "generating quote");
	if (filled == 0 || filled > size)
		return mr_fail(err, MR_CODE_INVALID, "invalid quote size");
	mr_quote_put_envelope(out, mr_bytes_of(room, filled));
	return mr_buf_status(out, err);
}

static mr_result issue(const struct mr_issuer *issuer,
	const uint8_t report_data[static MR_REPORT_DATA_SIZE], struct mr_buf *out,
	struct mr_error *err)
{
	MR_AUTO(fd) int fd = open(issuer->device, O_RDONLY | O_CLOEXEC);
	uint32_t size = 0;

	if (fd < 0)
		return mr_fail_errno(err, errno, "open %s", issuer->device);
	if (ioctl(fd, GET_QUOTE_SIZE, &size) < 0)
		return mr_fail_errno(err, errno, "getting quote size");
	if (size == 0 || size > QUOTE_MAX)
		return mr_fail(err, MR_CODE_INVALID, "invalid quote size");
	uint8_t *room = calloc(1, size);
	if (!room)
		return mr_fail_nomem(err);
	mr_result r = generate(fd, report_data, room, size, out, err);
	free(room);
	return r;
}

const struct mr_issuer mr_issuer_occlum = { .issue = issue, .device = "/dev/sgx" };
