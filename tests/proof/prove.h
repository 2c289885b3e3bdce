/* SPDX-License-Identifier: Apache-2.0 */
/* What the proofs need of Frama-C's Eva: values that can be anything. */
#ifndef MR_TESTS_PROVE_H
#define MR_TESTS_PROVE_H

#include "__fc_builtin.h"

/* `size` bytes of anything that end where `data`, which has `max` of them, ends: a byte read behind them is out of
 * bounds for the analyzer, too. */
static inline const unsigned char *any_input(unsigned char *data, unsigned max, unsigned size)
{
	Frama_C_make_unknown((char *)data, max);
	return data + (max - size);
}

#endif
