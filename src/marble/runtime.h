/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the premain runs (30 §5): Gramine, Occlum, a confidential VM, a plain process. A runtime is a small table: how it is called in
 * messages, who issues quotes, what it does to the files first, and how the service is started. A new runtime is a new
 * table; the algorithm of premain.c does not change.
 */
#ifndef MR_MARBLE_RUNTIME_H
#define MR_MARBLE_RUNTIME_H

#include "attest/issuer.h"
#include "codec/marble_msg.h"

struct mr_runtime {
	const char *first_line; /* logged first, e.g. `detected libOS: Gramine` */
	const char *name;       /* in `activating <name> Marble failed: …` */
	const struct mr_issuer *issuer;
	bool must_quote; /* a failure to get a quote is final, never simulation */
	bool ttls;       /* may hand over MARBLE_TTLS_CONFIG */
	/* Handles special files before all others and removes them from the list; may be NULL. */
	mr_result (*take_files)(struct mr_parameters *parameters, struct mr_error *err);
	/* Finds the program for an argument vector; *ret_path and *ret_argv0 stay valid. `launcher` is our own argv[0]. */
	mr_result (*find_program)(const char *launcher, const char *argv0, const char **ret_path,
		const char **ret_argv0, struct mr_error *err);
};

extern const struct mr_runtime mr_runtime_gramine, mr_runtime_occlum, mr_runtime_plain;
extern const struct mr_runtime mr_runtime_tdx, mr_runtime_snp;

/* Which one is this? Detection by the uname system call wins; outside a libOS EDG_MARBLE_RUNTIME asks for a
 * `plain` process or a confidential VM, `cvm` (30 §5.3, §5.6). Errors: `failed to detect libOS: cannot detect libOS`, `unknown runtime "<text>"`. */
MR_MUST_USE mr_result mr_runtime_detect(const struct mr_runtime **ret, struct mr_error *err);

#endif
