/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc_internal.h"

static const char *const status_names[] = {
	[MR_GRPC_OK] = "OK",
	[MR_GRPC_CANCELED] = "Canceled",
	[MR_GRPC_UNKNOWN] = "Unknown",
	[MR_GRPC_INVALID_ARGUMENT] = "InvalidArgument",
	[MR_GRPC_DEADLINE_EXCEEDED] = "DeadlineExceeded",
	[MR_GRPC_NOT_FOUND] = "NotFound",
	[MR_GRPC_ALREADY_EXISTS] = "AlreadyExists",
	[MR_GRPC_PERMISSION_DENIED] = "PermissionDenied",
	[MR_GRPC_RESOURCE_EXHAUSTED] = "ResourceExhausted",
	[MR_GRPC_FAILED_PRECONDITION] = "FailedPrecondition",
	[MR_GRPC_ABORTED] = "Aborted",
	[MR_GRPC_OUT_OF_RANGE] = "OutOfRange",
	[MR_GRPC_UNIMPLEMENTED] = "Unimplemented",
	[MR_GRPC_INTERNAL] = "Internal",
	[MR_GRPC_UNAVAILABLE] = "Unavailable",
	[MR_GRPC_DATA_LOSS] = "DataLoss",
	[MR_GRPC_UNAUTHENTICATED] = "Unauthenticated",
};

const char *mr_grpc_status_name(unsigned status)
{
	return status < MR_COUNT(status_names) ? status_names[status] : "Unknown";
}

static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c <= 0x7E && c != '%';
}

void mr_grpc_message_encode(struct mr_buf *out, struct mr_str text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = (uint8_t)text.ptr[i];

		if (is_plain(c)) {
			mr_buf_put_u8(out, c);
		} else {
			mr_buf_put_u8(out, '%');
			mr_buf_put_u8(out, (uint8_t)digits[c >> 4]);
			mr_buf_put_u8(out, (uint8_t)digits[c & 15]);
		}
	}
}

/* -1 if it is no hex digit. */
static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

void mr_grpc_message_decode(struct mr_buf *out, struct mr_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		int high = -1, low = -1;

		if (text.ptr[i] == '%' && text.len - i > 2) {
			high = hex_value(text.ptr[i + 1]);
			low = hex_value(text.ptr[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			mr_buf_put_u8(out, (uint8_t)(high << 4 | low));
			i += 2;
		} else {
			mr_buf_put_u8(out, (uint8_t)text.ptr[i]);
		}
	}
}

nghttp2_nv mr_grpc_field(struct mr_str name, struct mr_str value)
{
	/* the library's type has no const */
	union {
		const char *given;
		uint8_t *wanted;
	} n = { .given = name.ptr }, v = { .given = value.ptr };

	return (nghttp2_nv){ n.wanted, v.wanted, name.len, value.len, NGHTTP2_NV_FLAG_NONE };
}

bool mr_grpc_is_content_type(struct mr_str type)
{
	return mr_str_eq(type, MR_STR("application/grpc")) ||
	       mr_str_starts(type, MR_STR("application/grpc+")) ||
	       mr_str_starts(type, MR_STR("application/grpc;"));
}
