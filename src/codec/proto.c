/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/proto.h"

enum { VARINT_MAX = 10, NUMBER_MAX = (1 << 29) - 1 };

static mr_result fail_cut(struct mr_error *err)
{
	return mr_fail(err, MR_CODE_INVALID, "message is cut short");
}

static mr_result read_varint(struct mr_cursor *c, uint64_t *ret, struct mr_error *err)
{
	uint64_t value = 0;
	uint8_t byte;

	for (unsigned i = 0; i < VARINT_MAX; i++) {
		if (!mr_cursor_u8(c, &byte))
			return fail_cut(err);
		/* 63 bits are in the first nine bytes. */
		if (i == VARINT_MAX - 1 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7F) << (7 * i);
		if (byte < 0x80) {
			*ret = value;
			return MR_OK;
		}
	}
	return mr_fail(err, MR_CODE_INVALID, "varint is larger than 64 bits");
}

/* Numbers beyond 29 bits and the wire types 6 and 7 do not exist; nobody can tell how to skip them.
 *  */
static mr_result read_tag(struct mr_cursor *c, struct mr_proto_field *ret, struct mr_error *err)
{
	uint64_t tag;

	MR_TRY(read_varint(c, &tag, err));
	if (tag >> 3 == 0 || tag >> 3 > NUMBER_MAX)
		return mr_fail(err, MR_CODE_INVALID, "invalid field number %llu",
			(unsigned long long)(tag >> 3));
	if ((tag & 7) > MR_PROTO_FIXED32)
		return mr_fail(err, MR_CODE_INVALID, "invalid wire type %u", (unsigned)(tag & 7));
	*ret = (struct mr_proto_field){ .number = (uint32_t)(tag >> 3),
		.wire = (enum mr_proto_wire)(tag & 7) };
	return MR_OK;
}

/* The value of a field that is neither begin nor end of a group. */
static mr_result read_value(struct mr_cursor *c, struct mr_proto_field *field, struct mr_error *err)
{
	uint64_t size;

	if (field->wire == MR_PROTO_VARINT)
		return read_varint(c, &size, err);
	if (field->wire == MR_PROTO_BYTES) {
		MR_TRY(read_varint(c, &size, err));
		if (size > SIZE_MAX || !mr_cursor_take(c, (size_t)size, &field->bytes))
			return fail_cut(err);
		return MR_OK;
	}
	return mr_cursor_skip(c, field->wire == MR_PROTO_FIXED64 ? 8 : 4) ? MR_OK : fail_cut(err);
}

/* With a stack of its own instead of recursion: the input decides the depth. A group ends only with
 * its own number, so the numbers of all open ones are kept. */
static mr_result skip_group(struct mr_cursor *c, uint32_t number, struct mr_error *err)
{
	uint32_t open[MR_PROTO_MAX_GROUPS] = { number };
	size_t depth = 1;
	struct mr_proto_field field;

	while (depth > 0) {
		MR_TRY(read_tag(c, &field, err));
		if (field.wire == MR_PROTO_GROUP) {
			if (depth == MR_PROTO_MAX_GROUPS)
				return mr_fail(err, MR_CODE_LIMIT, "groups are nested too deeply");
			open[depth++] = field.number;
		} else if (field.wire == MR_PROTO_END_GROUP) {
			if (field.number != open[--depth])
				return mr_fail(err, MR_CODE_INVALID, "mismatched end of group");
		} else {
			MR_TRY(read_value(c, &field, err));
		}
	}
	return MR_OK;
}

mr_result mr_proto_next(struct mr_cursor *c, struct mr_proto_field *ret, struct mr_error *err)
{
	struct mr_proto_field field;

	MR_TRY(read_tag(c, &field, err));
	if (field.wire == MR_PROTO_END_GROUP)
		return mr_fail(err, MR_CODE_INVALID, "end of a group that was not begun");
	if (field.wire == MR_PROTO_GROUP)
		MR_TRY(skip_group(c, field.number, err));
	else
		MR_TRY(read_value(c, &field, err));
	*ret = field;
	return MR_OK;
}

static size_t varint_size(uint64_t value)
{
	size_t size = 1;

	while (value >>= 7)
		size++;
	return size;
}

static void put_varint(struct mr_buf *out, uint64_t value)
{
	uint8_t bytes[VARINT_MAX];
	size_t len = 0;

	for (; value >= 0x80; value >>= 7)
		bytes[len++] = (uint8_t)(value | 0x80);
	bytes[len++] = (uint8_t)value;
	mr_buf_put(out, bytes, len);
}

size_t mr_proto_size(size_t content)
{
	return 1 + varint_size(content) + content;
}

void mr_proto_put_head(struct mr_buf *out, uint32_t number, size_t content)
{
	put_varint(out, (uint64_t)number << 3 | MR_PROTO_BYTES);
	put_varint(out, content);
}

void mr_proto_put(struct mr_buf *out, uint32_t number, struct mr_bytes content)
{
	mr_proto_put_head(out, number, content.len);
	mr_buf_put_bytes(out, content);
}
