/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <stdlib.h>

#include "base/wipe.h"

mr_result mr_secret_new(size_t len, struct mr_secret *ret, struct mr_error *err)
{
	if (len > MR_SECRET_MAX)
		return mr_fail(err, MR_CODE_LIMIT, "secret larger than the limit of %zu bytes",
			MR_SECRET_MAX);
	uint8_t *ptr = calloc(1, len ? len : 1);
	if (!ptr)
		return mr_fail_nomem(err);
	*ret = (struct mr_secret){ ptr, len };
	return MR_OK;
}

mr_result mr_secret_copy(struct mr_bytes from, struct mr_secret *ret, struct mr_error *err)
{
	MR_TRY(mr_secret_new(from.len, ret, err));
	if (from.len)
		memcpy(ret->ptr, from.ptr, from.len);
	return MR_OK;
}

mr_result mr_secret_take_buf(struct mr_buf *take, struct mr_secret *ret, struct mr_error *err)
{
	MR_TRY(mr_buf_status(take, err));
	if (!take->data)
		return mr_secret_new(0, ret, err);
	ret->ptr = mr_buf_steal(take, &ret->len);
	return MR_OK;
}

struct mr_secret mr_secret_move(struct mr_secret *from)
{
	struct mr_secret out = *from;

	*from = (struct mr_secret){ NULL, 0 };
	return out;
}

void mr_secret_done(struct mr_secret *s)
{
	mr_wipe(s->ptr, s->len);
	free(s->ptr);
	*s = (struct mr_secret){ NULL, 0 };
}
