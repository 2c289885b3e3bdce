/* SPDX-License-Identifier: Apache-2.0 */
/* The guest device of SEV-SNP (70 §16.4): a report, and the certificates that the host has for it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "attest/issuer.h"
#include "base/file.h"

enum {
	MESSAGE_VERSION = 1,
	FULL_REPORT_DATA = 64,
	RESPONSE_SIZE = 4000,
	REPORT_AT = 0x20,
	SNP_REPORT = 1184,
	PAGE = 4096,
	FIRST_ROOM = 4 * PAGE,
	ROOM_MAX = 64 * PAGE,
};

#define GET_EXTENDED_REPORT 0xC0205302UL
#define TOO_SMALL UINT64_C(0x100000000)

/* The argument of the device's calls. */
struct guest_request {
	uint8_t version;
	uint8_t padding[7];
	uint64_t request, response;
	uint64_t firmware_error;
};

struct extended_request {
	uint8_t report_data[FULL_REPORT_DATA];
	uint32_t vmpl;
	uint8_t reserved[28];
	uint64_t certificates;
	uint32_t certificates_len;
	uint32_t padding;
};

static mr_result call(const struct mr_issuer *issuer, int fd, struct extended_request *request,
	uint8_t *response, bool *ret_too_small, struct mr_error *err)
{
	struct guest_request argument = {
		.version = MESSAGE_VERSION,
		.request = (uint64_t)(uintptr_t)request,
		.response = (uint64_t)(uintptr_t)response,
	};
	int failed;

	memset(response, 0, RESPONSE_SIZE);
	do
		failed = issuer->control(fd, GET_EXTENDED_REPORT, &argument);
	while (failed && errno == EINTR);
	*ret_too_small = failed && argument.firmware_error == TOO_SMALL;
	if (failed && !*ret_too_small)
		return mr_fail_errno(err, errno, "%s: firmware error 0x%llx", issuer->device,
			(unsigned long long)argument.firmware_error);
	return MR_OK;
}

/* Where the table ends that begins the certificates: behind the last of them. */
static size_t table_size(struct mr_bytes room)
{
	struct mr_cursor c = mr_cursor_of(room);
	static const uint8_t none[16];
	size_t end = 0;

	for (;;) {
		struct mr_bytes guid;
		uint32_t offset, length;
		if (!mr_cursor_take(&c, sizeof none, &guid) || !mr_cursor_u32le(&c, &offset) ||
			!mr_cursor_u32le(&c, &length))
			return 0;
		if (memcmp(guid.ptr, none, sizeof none) == 0)
			break;
		if ((size_t)offset + length > room.len)
			return 0;
		if ((size_t)offset + length > end)
			end = (size_t)offset + length;
	}
	return end;
}

static mr_result put(
	const uint8_t *response, struct mr_bytes room, struct mr_buf *out, struct mr_error *err)
{
	struct mr_cursor c = mr_cursor_of(mr_bytes_of(response, RESPONSE_SIZE));
	uint32_t status, size;

	if (!mr_cursor_u32le(&c, &status) || !mr_cursor_u32le(&c, &size) || status != 0 ||
		size != SNP_REPORT)
		return mr_fail(err, MR_CODE_IO, "the firmware gave no report");
	mr_evidence_put_snp(out, mr_bytes_of(response + REPORT_AT, SNP_REPORT),
		mr_bytes_of(room.ptr, table_size(room)));
	return mr_buf_status(out, err);
}

static mr_result issue(const struct mr_issuer *issuer,
	const uint8_t report_data[static MR_REPORT_DATA_SIZE], struct mr_buf *out,
	struct mr_error *err)
{
	MR_AUTO(fd) int fd = open(issuer->device, O_RDWR | O_CLOEXEC);
	uint8_t response[RESPONSE_SIZE];
	struct extended_request request = { .certificates_len = FIRST_ROOM };

	if (fd < 0)
		return mr_fail_errno(err, errno, "open %s", issuer->device);
	memcpy(request.report_data, report_data, MR_REPORT_DATA_SIZE);
	for (;;) {
		bool too_small;
		uint32_t size = request.certificates_len;
		uint8_t *room = aligned_alloc(PAGE, size);
		if (!room)
			return mr_fail_nomem(err);
		memset(room, 0, size);
		request.certificates = (uint64_t)(uintptr_t)room;
		mr_result r = call(issuer, fd, &request, response, &too_small, err);
		if (!mr_failed(r) && !too_small)
			r = put(response, mr_bytes_of(room, size), out, err);
		free(room);
		if (mr_failed(r) || !too_small)
			return r;
		/* whole pages, and more than before */
		request.certificates_len = (request.certificates_len + PAGE - 1) / PAGE * PAGE;
		if (request.certificates_len <= size || request.certificates_len > ROOM_MAX)
			return mr_fail(err, MR_CODE_LIMIT, "%s: certificates of %u bytes",
				issuer->device, request.certificates_len);
	}
}

static int control(int fd, unsigned long number, void *argument)
{
	return ioctl(fd, number, argument);
}

const struct mr_issuer mr_issuer_sev_guest = {
	.issue = issue,
	.device = "/dev/sev-guest",
	.control = control,
};
