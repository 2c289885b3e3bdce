/* SPDX-License-Identifier: Apache-2.0 */
#include "client/lib.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/wipe.h"

static int public_code(enum mr_code code)
{
	switch (code) {
	case MR_CODE_OK:
		return MARBLERUN_OK;
	case MR_CODE_NOT_FOUND:
		return MARBLERUN_NOT_FOUND;
	case MR_CODE_DENIED:
	case MR_CODE_UNAUTHENTICATED:
	case MR_CODE_STATE:
	case MR_CODE_UNSUPPORTED:
		return MARBLERUN_DENIED;
	case MR_CODE_UNAVAILABLE:
	case MR_CODE_DEADLINE:
	case MR_CODE_CRYPTO:
		return MARBLERUN_UNAVAILABLE;
	case MR_CODE_NOMEM:
	case MR_CODE_IO:
	case MR_CODE_INTERNAL:
		return MARBLERUN_SYSTEM;
	case MR_CODE_INVALID:
	case MR_CODE_CONFLICT:
	case MR_CODE_LIMIT:
		break;
	}
	return MARBLERUN_INVALID;
}

int mr_lib_result(marblerun_error *to, mr_result r, const struct mr_error *err)
{
	if (to) {
		to->code = public_code(r.code);
		(void)snprintf(to->message, sizeof to->message, "%.511s",
			mr_failed(r) ? err->message : "");
	}
	return mr_failed(r) ? -1 : 0;
}

void mr_lib_scratch(struct mr_arena *arena)
{
	mr_arena_init(arena, MR_API_ARENA_LIMIT);
}

mr_result mr_lib_put_int(int *ret, int64_t number, struct mr_error *err)
{
	if (number < INT_MIN || number > INT_MAX)
		return mr_fail(err, MR_CODE_INVALID,
			"the Coordinator answered a number out of range: %" PRId64, number);
	if (ret)
		*ret = (int)number;
	return MR_OK;
}

mr_result mr_lib_put_bytes(marblerun_bytes *ret, struct mr_bytes bytes, struct mr_error *err)
{
	if (!ret)
		return MR_OK;
	unsigned char *data = malloc(bytes.len + 1);
	if (!data)
		return mr_fail_nomem(err);
	if (bytes.len)
		memcpy(data, bytes.ptr, bytes.len);
	data[bytes.len] = 0;
	*ret = (marblerun_bytes){ data, bytes.len };
	return MR_OK;
}

void marblerun_bytes_free(marblerun_bytes *bytes)
{
	if (!bytes || !bytes->data)
		return;
	mr_wipe(bytes->data, bytes->size);
	free(bytes->data);
	*bytes = (marblerun_bytes){ NULL, 0 };
}

static mr_result fill_list(struct mr_arena *arena, marblerun_list *ret,
	const struct mr_lib_entry *entries, size_t count, struct mr_error *err)
{
	marblerun_item *items = mr_arena_array(arena, count + 1, sizeof *items);

	if (!items)
		return mr_arena_fail(arena, err);
	for (size_t i = 0; i < count; i++) {
		struct mr_bytes data = { NULL, 0 };
		struct mr_str name;

		MR_TRY(mr_arena_str(arena, entries[i].name, &name, err));
		if (entries[i].data.ptr)
			MR_TRY(mr_arena_bytes(arena, entries[i].data, &data, err));
		items[i] = (marblerun_item){ name.ptr, data.ptr, data.len };
	}
	ret->items = items;
	ret->count = count;
	return MR_OK;
}

mr_result mr_lib_put_list(
	marblerun_list *ret, const struct mr_lib_entry *entries, size_t count, struct mr_error *err)
{
	if (!ret)
		return MR_OK;
	struct mr_arena *arena = calloc(1, sizeof *arena);
	if (!arena)
		return mr_fail_nomem(err);
	mr_lib_scratch(arena);
	*ret = (marblerun_list){ .memory = arena };
	mr_result r = fill_list(arena, ret, entries, count, err);
	if (mr_failed(r))
		marblerun_list_free(ret);
	return r;
}

void marblerun_list_free(marblerun_list *list)
{
	if (!list || !list->memory)
		return;
	mr_arena_done(list->memory);
	free(list->memory);
	*list = (marblerun_list){ NULL, 0, NULL };
}
