/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was seen of genuine documents, so that older ones are refused (70 §18): the highest number of each kind, and the
 * latest time at which anything was signed, below which the clock of an untrusted host cannot be. Thread-safe.
 */
#ifndef MR_ATTEST_WATERMARK_H
#define MR_ATTEST_WATERMARK_H

#include "base/bytes.h"

struct mr_watermarks;

/* Empty: `release_time` (Unix seconds) is the first floor. */
MR_MUST_USE mr_result mr_watermarks_new(
	int64_t release_time, struct mr_watermarks **ret, struct mr_error *err);
/* Accepts NULL. */
void mr_watermarks_free(struct mr_watermarks *w);

/* The floor of the clock, or `now` where it is later. */
int64_t mr_watermarks_time(const struct mr_watermarks *w, int64_t now);
/* Something genuine was signed at this time. */
void mr_watermarks_saw_time(struct mr_watermarks *w, int64_t signed_at);
/* Takes a document's number: false if a higher one was seen. Names have at most 47 visible characters. Above the bound
 * of 256 names new ones are not remembered. */
bool mr_watermarks_raise(struct mr_watermarks *w, const char *name, uint64_t number);

/* Lines of text, for the state: the same whatever the order in which things were seen; empty if nothing was. */
void mr_watermarks_write(const struct mr_watermarks *w, struct mr_buf *out);
/* Raises to what was written. Lines that cannot be read are left out: they are the state's own, which is sealed. */
void mr_watermarks_read(struct mr_watermarks *w, struct mr_str text);

MR_DEFINE_AUTO_PTR(watermarks, struct mr_watermarks, mr_watermarks_free)

#endif
