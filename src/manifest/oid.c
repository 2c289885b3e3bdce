/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/oid.h"

static void put_base128(struct mr_buf *out, uint64_t v)
{
	unsigned shift = 0;

	for (uint64_t rest = v >> 7; rest != 0; rest >>= 7)
		shift += 7;
	for (; shift > 0; shift -= 7)
		mr_buf_put_u8(out, (uint8_t)(0x80 | (v >> shift & 0x7F)));
	mr_buf_put_u8(out, (uint8_t)(v & 0x7F));
}

static bool components_valid(const uint64_t *c, size_t count)
{
	return count >= 2 && c[0] <= 2 && (c[0] == 2 || c[1] < 40) && c[1] <= UINT64_MAX - 80;
}

mr_result mr_oid_from_components(const uint64_t *components, size_t count, struct mr_arena *arena,
	struct mr_bytes *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };

	if (!components_valid(components, count)) {
		*ret = (struct mr_bytes){ NULL, 0 };
		return MR_OK;
	}
	mr_buf_init(&out, (size_t)MR_OID_MAX_COMPONENTS * 10);
	put_base128(&out, components[0] * 40 + components[1]);
	for (size_t i = 2; i < count; i++)
		put_base128(&out, components[i]);
	MR_TRY(mr_buf_status(&out, err));
	return mr_arena_bytes(arena, mr_buf_bytes(&out), ret, err);
}

/* One decimal number; leading zeros do not matter. */
static bool parse_component(struct mr_str text, uint64_t *ret)
{
	uint64_t v = 0;

	if (text.len == 0)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned char)text.ptr[i] - (unsigned)'0';
		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*ret = v;
	return true;
}

mr_result mr_oid_from_text(
	struct mr_str text, struct mr_arena *arena, struct mr_bytes *ret, struct mr_error *err)
{
	uint64_t components[MR_OID_MAX_COMPONENTS];
	size_t count = 0, from = 0;
	bool good = true;

	while (good && from <= text.len) {
		size_t dot = mr_str_find(text, '.', from);
		size_t to = dot == SIZE_MAX ? text.len : dot;
		good = count < MR_OID_MAX_COMPONENTS &&
		       parse_component(mr_str_sub(text, from, to), &components[count]);
		count++;
		from = to + 1;
	}
	if (!good || !components_valid(components, count))
		return mr_fail(err, MR_CODE_INVALID, "invalid oid");
	return mr_oid_from_components(components, count, arena, ret, err);
}
