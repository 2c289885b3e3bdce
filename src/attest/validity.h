/* SPDX-License-Identifier: Apache-2.0 */
/* The time in which a verdict holds: what all its documents and certificates have in common. */
#ifndef MR_ATTEST_VALIDITY_H
#define MR_ATTEST_VALIDITY_H

#include <stdbool.h>
#include <stdint.h>

/* Unix seconds, both ends included. */
struct mr_validity {
	int64_t not_before, not_after;
};

static inline struct mr_validity mr_validity_always(void)
{
	return (struct mr_validity){ INT64_MIN, INT64_MAX };
}

static inline void mr_validity_narrow(struct mr_validity *v, int64_t not_before, int64_t not_after)
{
	if (not_before > v->not_before)
		v->not_before = not_before;
	if (not_after < v->not_after)
		v->not_after = not_after;
}

static inline bool mr_time_within(int64_t now, int64_t not_before, int64_t not_after)
{
	return not_before <= now && now <= not_after;
}

#endif
