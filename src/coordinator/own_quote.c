/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/own_quote.h"

#include <pthread.h>
#include <stdlib.h>

#include "crypto/digest.h"

enum { QUOTE_MAX = 1 << 20 };

struct made {
	uint8_t digest[MR_SHA256_SIZE]; /* what it is bound to */
	struct mr_buf quote;            /* empty: none */
};

struct mr_own_quote {
	const struct mr_issuer *issuer;
	pthread_mutex_t issuing; /* one at a time */
	pthread_mutex_t lock;    /* of what follows */
	struct made plain, with_nonce;
};

mr_result mr_own_quote_new(
	const struct mr_issuer *issuer, struct mr_own_quote **ret, struct mr_error *err)
{
	struct mr_own_quote *q = calloc(1, sizeof *q);

	if (!q)
		return mr_fail_nomem(err);
	int errnum = pthread_mutex_init(&q->issuing, NULL);
	if (errnum == 0 && (errnum = pthread_mutex_init(&q->lock, NULL)) != 0)
		(void)pthread_mutex_destroy(&q->issuing);
	if (errnum) {
		free(q);
		return mr_fail_errno(err, errnum, "creating a lock");
	}
	q->issuer = issuer;
	mr_buf_init(&q->plain.quote, QUOTE_MAX);
	mr_buf_init(&q->with_nonce.quote, QUOTE_MAX);
	*ret = q;
	return MR_OK;
}

void mr_own_quote_free(struct mr_own_quote *q)
{
	if (!q)
		return;
	(void)pthread_mutex_destroy(&q->issuing);
	(void)pthread_mutex_destroy(&q->lock);
	mr_buf_done(&q->plain.quote);
	mr_buf_done(&q->with_nonce.quote);
	free(q);
}

static mr_result digest_of(struct mr_bytes root, struct mr_bytes nonce,
	uint8_t ret[static MR_SHA256_SIZE], struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf bound = { 0 };

	mr_buf_init(&bound, (size_t)2 << 20);
	mr_buf_put_bytes(&bound, root);
	mr_buf_put_bytes(&bound, nonce);
	MR_TRY(mr_buf_status(&bound, err));
	return mr_sha256(mr_buf_bytes(&bound), ret, err);
}

static bool take(struct mr_own_quote *q, const struct made *made,
	const uint8_t digest[static MR_SHA256_SIZE], struct mr_buf *out)
{
	(void)pthread_mutex_lock(&q->lock);
	bool same = made->quote.len && memcmp(made->digest, digest, MR_SHA256_SIZE) == 0;
	if (same)
		mr_buf_put_bytes(out, mr_buf_bytes(&made->quote));
	(void)pthread_mutex_unlock(&q->lock);
	return same;
}

bool mr_own_quote_kept(struct mr_own_quote *q, struct mr_bytes root, struct mr_buf *out)
{
	uint8_t digest[MR_SHA256_SIZE];
	struct mr_error ignored;

	return !mr_failed(digest_of(root, mr_bytes_of(NULL, 0), digest, &ignored)) &&
	       take(q, &q->plain, digest, out);
}

static void keep(struct mr_own_quote *q, struct made *made,
	const uint8_t digest[static MR_SHA256_SIZE], const struct mr_buf *quote)
{
	(void)pthread_mutex_lock(&q->lock);
	mr_buf_clear(&made->quote);
	memcpy(made->digest, digest, MR_SHA256_SIZE);
	mr_buf_put_bytes(&made->quote, mr_buf_bytes(quote));
	if (made->quote.failure != MR_CODE_OK) {
		/* not kept, but made */
		mr_buf_done(&made->quote);
		mr_buf_init(&made->quote, QUOTE_MAX);
	}
	(void)pthread_mutex_unlock(&q->lock);
}

static mr_result make(struct mr_own_quote *q, struct made *made,
	const uint8_t digest[static MR_SHA256_SIZE], struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf quote = { 0 };

	/* who waited for the same one has it now */
	if (take(q, made, digest, out))
		return mr_buf_status(out, err);
	mr_buf_init(&quote, QUOTE_MAX);
	MR_TRY(mr_wrap(err, q->issuer->issue(q->issuer, digest, &quote, err), "issuing quote"));
	keep(q, made, digest, &quote);
	mr_buf_put_bytes(out, mr_buf_bytes(&quote));
	return mr_buf_status(out, err);
}

mr_result mr_own_quote_make(struct mr_own_quote *q, struct mr_bytes root, struct mr_bytes nonce,
	struct mr_buf *out, struct mr_error *err)
{
	struct made *made = nonce.len ? &q->with_nonce : &q->plain;
	uint8_t digest[MR_SHA256_SIZE];

	MR_TRY(digest_of(root, nonce, digest, err));
	(void)pthread_mutex_lock(&q->issuing);
	mr_result r = make(q, made, digest, out, err);
	(void)pthread_mutex_unlock(&q->issuing);
	return r;
}
