/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors: one must-use result type and one caller-owned message object for the whole house.
 *
 * A function that can fail returns mr_result and takes `struct mr_error *err` as its last parameter. On failure it
 * has written code and message there; `mr_wrap` puts "context: " in front on the way up, which is how the error
 * texts that clients know come about (chapters 10 to 40). Nothing here allocates, logs or ends the process.
 */
#ifndef MR_BASE_ERROR_H
#define MR_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

/* What a caller can act on. HTTP and gRPC statuses are derived from these in the API layers only. */
enum mr_code {
	MR_CODE_OK = 0,
	MR_CODE_INVALID,         /* the input is wrong, whatever the state */
	MR_CODE_NOT_FOUND,       /* a named thing does not exist */
	MR_CODE_DENIED,          /* known who asks, not allowed */
	MR_CODE_UNAUTHENTICATED, /* not known who asks */
	MR_CODE_STATE,           /* not in this state */
	MR_CODE_CONFLICT,        /* somebody else was faster */
	MR_CODE_LIMIT,           /* a bound of ours is reached: size, count, depth, time */
	MR_CODE_UNAVAILABLE,     /* a peer or service cannot be reached */
	MR_CODE_DEADLINE,        /* the time given is over */
	MR_CODE_UNSUPPORTED,     /* not offered here, e.g. a quote outside an enclave */
	MR_CODE_NOMEM,           /* out of memory */
	MR_CODE_IO,              /* a system call failed */
	MR_CODE_CRYPTO,          /* the crypto library failed, or data do not authenticate */
	MR_CODE_INTERNAL,        /* a fault of ours */
};

typedef struct {
	enum mr_code code;
} mr_result;

#define MR_OK ((mr_result){ MR_CODE_OK })

/* Longest message kept, NUL included; longer ones are cut at a UTF-8 boundary. */
#define MR_ERROR_MAX 2048

/* Caller-owned; needs no initialisation before a call and no cleanup after it. */
struct mr_error {
	enum mr_code code;
	char message[MR_ERROR_MAX];
};

static inline bool mr_failed(mr_result r)
{
	return r.code != MR_CODE_OK;
}

/* Sets code and message, returns the failure. `format` as in printf; "%s" data longer than the message is cut. */
MR_MUST_USE MR_PRINTF(3, 4) mr_result
	mr_fail(struct mr_error *err, enum mr_code code, const char *format, ...);

/* As mr_fail with MR_CODE_IO and ": <system text of errnum>" behind the message, as in `open x: file exists`.
 * The system's text begins in lower case, the form that Go programs print. */
MR_MUST_USE MR_PRINTF(3, 4) mr_result
	mr_fail_errno(struct mr_error *err, int errnum, const char *format, ...);

/* As mr_fail with MR_CODE_NOMEM and one fixed text. */
MR_MUST_USE mr_result mr_fail_nomem(struct mr_error *err);

/* Puts "<context>: " in front of the message of a failure and returns it; returns MR_OK unchanged. */
MR_MUST_USE MR_PRINTF(3, 4) mr_result
	mr_wrap(struct mr_error *err, mr_result r, const char *format, ...);

/* A static analyzer sees one file at a time: it is told here that a failure is never MR_OK. */
#if (defined(__clang_analyzer__) || defined(MR_GCC_ANALYZER)) && !defined(MR_ERROR_DEFINES)
static inline mr_result mr_seen_(mr_result r, mr_result unseen)
{
	(void)unseen;
	return r;
}
#define MR_SEEN_FAILURE_ ((mr_result){ MR_CODE_INTERNAL })
#define mr_fail(err, ...) mr_seen_(MR_SEEN_FAILURE_, mr_fail(err, __VA_ARGS__))
#define mr_fail_errno(err, ...) mr_seen_(MR_SEEN_FAILURE_, mr_fail_errno(err, __VA_ARGS__))
#define mr_fail_nomem(err) mr_seen_(MR_SEEN_FAILURE_, mr_fail_nomem(err))
#define mr_wrap(err, r, ...) mr_seen_((r), mr_wrap(err, MR_OK, __VA_ARGS__))
#endif

/* System text of an errno value, first letter in lower case; never NULL; thread-safe (buf is used if needed). */
const char *mr_errno_text(int errnum, char *buf, size_t buf_size);

/* Short name of a code for logs, e.g. "invalid". */
const char *mr_code_name(enum mr_code code);

/* Returns early with the failure of an expression. The only macro of the house that hides a return. */
#define MR_TRY(expression)                                                                         \
	do {                                                                                       \
		mr_result mr_try_result_ = (expression);                                           \
		if (mr_failed(mr_try_result_))                                                     \
			return mr_try_result_;                                                     \
	} while (0)

#endif
