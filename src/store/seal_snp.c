/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seal keys that the SEV-SNP firmware derives for this guest on this chip (70 §16.4, §17.5). The
 * fields mixed in: for a product key policy, family id, image id and guest SVN, for a unique key
 * policy and measurement.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/file.h"
#include "base/wipe.h"
#include "store/seal_provider.h"

enum {
	MESSAGE_VERSION = 1,
	REPORT_REQUEST_SIZE = 96,
	DERIVED_REQUEST_SIZE = 32,
	RESPONSE_SIZE = 4000,
	CONTENT_AT = 0x20, /* in both responses, behind status and reserved bytes */
	DERIVED_KEY_SIZE = 32,
	ID_SIZE = 16,
};

#define GET_REPORT 0xC0205300UL
#define GET_DERIVED_KEY 0xC0205301UL

enum field {
	FIELD_POLICY = 1,
	FIELD_IMAGE = 2,
	FIELD_FAMILY = 4,
	FIELD_MEASUREMENT = 8,
	FIELD_GUEST_SVN = 16
};

/* The argument of the device's calls. */
struct guest_request {
	uint8_t version;
	uint8_t padding[7];
	uint64_t request, response;
	uint64_t firmware_error;
};

static mr_result call(const struct mr_seal_provider *provider, unsigned long number,
	const void *request, uint8_t response[static RESPONSE_SIZE], struct mr_error *err)
{
	MR_AUTO(fd) int fd = open(provider->path, O_RDWR | O_CLOEXEC);
	struct guest_request argument = {
		.version = MESSAGE_VERSION,
		.request = (uint64_t)(uintptr_t)request,
		.response = (uint64_t)(uintptr_t)response,
	};
	uint32_t status;

	if (fd < 0)
		return mr_fail_errno(err, errno, "open %s", provider->path);
	memset(response, 0, RESPONSE_SIZE);
	int failed;
	do
		failed = provider->control(fd, number, &argument);
	while (failed && errno == EINTR);
	if (failed)
		return mr_fail_errno(err, errno, "%s: firmware error 0x%llx", provider->path,
			(unsigned long long)argument.firmware_error);
	struct mr_cursor c = mr_cursor_of(mr_bytes_of(response, RESPONSE_SIZE));
	if (!mr_cursor_u32le(&c, &status) || status != 0)
		return mr_fail(err, MR_CODE_IO, "%s: the firmware answers with status 0x%x",
			provider->path, status);
	return MR_OK;
}

/* What a new key is made of, from the guest's own report. */
static mr_result choose_fields(const struct mr_seal_provider *provider, enum mr_seal_mode mode,
	struct mr_buf *info, struct mr_error *err)
{
	static const uint8_t request[REPORT_REQUEST_SIZE];
	static const uint8_t no_ids[2 * ID_SIZE];
	uint8_t response[RESPONSE_SIZE];
	uint32_t guest_svn = 0;
	uint64_t policy;
	struct mr_bytes ids;

	if (mode != MR_SEAL_PRODUCT_KEY) {
		mr_buf_put_u64le(info, FIELD_POLICY | FIELD_MEASUREMENT);
		mr_buf_put_u32le(info, 0);
		return mr_buf_status(info, err);
	}
	MR_TRY(call(provider, GET_REPORT, request, response, err));
	struct mr_cursor c = mr_cursor_of(mr_bytes_of(response, RESPONSE_SIZE));
	/* report version, guest SVN, policy, family id and image id (70 §16.1) */
	if (!mr_cursor_skip(&c, CONTENT_AT + 4) || !mr_cursor_u32le(&c, &guest_svn) ||
		!mr_cursor_u64le(&c, &policy) || !mr_cursor_take(&c, sizeof no_ids, &ids))
		return mr_fail(err, MR_CODE_INVALID, "%s: short report", provider->path);
	/* without an ID block anybody's guest on this chip has the same ids */
	if (memcmp(ids.ptr, no_ids, sizeof no_ids) == 0)
		return mr_fail(err, MR_CODE_STATE,
			"a product key needs a guest that was launched with an ID block: "
			"use the seal mode UniqueKey, or launch with family and image ids");
	mr_buf_put_u64le(info, FIELD_POLICY | FIELD_IMAGE | FIELD_FAMILY | FIELD_GUEST_SVN);
	mr_buf_put_u32le(info, guest_svn);
	return mr_buf_status(info, err);
}

static mr_result snp_key(const struct mr_seal_provider *provider, enum mr_seal_mode mode,
	struct mr_buf *info, struct mr_secret *ret, struct mr_error *err)
{
	uint64_t wanted = mode == MR_SEAL_PRODUCT_KEY
				  ? FIELD_POLICY | FIELD_IMAGE | FIELD_FAMILY | FIELD_GUEST_SVN
				  : FIELD_POLICY | FIELD_MEASUREMENT;
	MR_AUTO(buf) struct mr_buf request = { .max = DERIVED_REQUEST_SIZE };
	uint8_t response[RESPONSE_SIZE];
	uint64_t fields = 0;
	uint32_t guest_svn = 0;

	if (info->len == 0)
		MR_TRY(choose_fields(provider, mode, info, err));
	struct mr_cursor c = mr_cursor_of(mr_buf_bytes(info));
	if (!mr_cursor_u64le(&c, &fields) || !mr_cursor_u32le(&c, &guest_svn) ||
		mr_cursor_left(&c) != 0 || fields != wanted)
		return mr_fail(err, MR_CODE_CRYPTO, "the sealed key was made of unknown fields");
	mr_buf_put_u32le(&request, 0); /* root key: VCEK or VLEK */
	mr_buf_put_u32le(&request, 0);
	mr_buf_put_u64le(&request, fields);
	mr_buf_put_u32le(&request, 0); /* VMPL */
	mr_buf_put_u32le(&request, guest_svn);
	mr_buf_put_u64le(&request, 0); /* TCB: not mixed in */
	MR_TRY(mr_buf_status(&request, err));
	mr_result r = call(provider, GET_DERIVED_KEY, request.data, response, err);
	if (!mr_failed(r))
		r = mr_secret_copy(mr_bytes_of(response + CONTENT_AT, DERIVED_KEY_SIZE), ret, err);
	mr_wipe(response, sizeof response);
	return r;
}

static int control(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument);
}

const struct mr_seal_provider mr_seal_snp = {
	.source = MR_SEAL_SOURCE_SNP,
	.key = snp_key,
	.path = "/dev/sev-guest",
	.control = control,
};
