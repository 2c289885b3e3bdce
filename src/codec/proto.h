/* SPDX-License-Identifier: Apache-2.0 */
/* The wire form of Protocol Buffers, as far as marble_msg.c needs it. Private to this room. */
#ifndef MR_CODEC_PROTO_H
#define MR_CODEC_PROTO_H

#include "base/bytes.h"

/* Groups that a reader skips may be nested so deep. */
#define MR_PROTO_MAX_GROUPS 100

enum mr_proto_wire {
	MR_PROTO_VARINT = 0,
	MR_PROTO_FIXED64 = 1,
	MR_PROTO_BYTES = 2,
	MR_PROTO_GROUP = 3,
	MR_PROTO_END_GROUP = 4,
	MR_PROTO_FIXED32 = 5,
};

struct mr_proto_field {
	uint32_t number;
	enum mr_proto_wire wire;
	struct mr_bytes bytes; /* content of a MR_PROTO_BYTES field, borrowed; else empty */
};

/* Reads one field of a message that is not at its end; a group is consumed as a whole. Errors:
 * MR_CODE_INVALID, and MR_CODE_LIMIT for groups nested too deeply. */
MR_MUST_USE mr_result mr_proto_next(
	struct mr_cursor *c, struct mr_proto_field *ret, struct mr_error *err);

/* Bytes of a length-delimited field with a number below 16 and this content. */
size_t mr_proto_size(size_t content);
/* Appends tag and length of such a field; the content follows. */
void mr_proto_put_head(struct mr_buf *out, uint32_t number, size_t content);
/* Appends such a field. */
void mr_proto_put(struct mr_buf *out, uint32_t number, struct mr_bytes content);

#endif
