/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of Intel's documents, read strictly: names exactly, types exactly, numbers in range (70 §10). The first fault
 * is kept and ends all further reading, so that it is asked for once. For tcb_info and qe_identity.
 */
#ifndef MR_ATTEST_DOCUMENT_H
#define MR_ATTEST_DOCUMENT_H

#include "attest/pck_extension.h"
#include "attest/tcb_status.h"
#include "codec/json.h"

enum { MR_DOCUMENT_MAX_LEVELS = 512, MR_DOCUMENT_MAX_ADVISORIES = 512 };

struct mr_document {
	struct mr_arena *arena;
	const char *bad; /* the member that is missing or wrong; NULL: none so far */
};

/* A TCB level of a platform, a module or a quoting enclave. */
struct mr_tcb_level {
	enum mr_tcb_status status;
	struct mr_str date; /* as written */
	const struct mr_str *advisories;
	size_t advisory_count;
	uint16_t svn;                                           /* pcesvn or isvsvn */
	uint8_t sgx[MR_TCB_COMPONENTS], tdx[MR_TCB_COMPONENTS]; /* of a platform */
};

/* Each returns a value that means nothing once `bad` is set. */
const struct mr_json *mr_document_array(
	struct mr_document *d, const struct mr_json *object, const char *name, size_t max);
const struct mr_json *mr_document_object(
	struct mr_document *d, const struct mr_json *object, const char *name);
struct mr_str mr_document_text(
	struct mr_document *d, const struct mr_json *object, const char *name);
uint64_t mr_document_number(
	struct mr_document *d, const struct mr_json *object, const char *name, uint64_t max);
void mr_document_hex(struct mr_document *d, const struct mr_json *object, const char *name,
	uint8_t *out, size_t size);
/* `YYYY-MM-DDThh:mm:ssZ` as Unix seconds. */
int64_t mr_document_date(struct mr_document *d, const struct mr_json *object, const char *name);
/* Status, date and advisories of a level. */
void mr_document_level(
	struct mr_document *d, const struct mr_json *object, struct mr_tcb_level *ret);
/* A whole `tcbLevels` array of levels with an `isvsvn`. */
const struct mr_tcb_level *mr_document_isv_levels(
	struct mr_document *d, const struct mr_json *object, size_t *ret_count);

/* A date in this form; false for anything else, dates that do not exist included. */
MR_MUST_USE bool mr_utc_parse(struct mr_str text, int64_t *ret);
/* The first level in list order with an SVN of at most `isv_svn`, or NULL. */
const struct mr_tcb_level *mr_isv_level_of(
	const struct mr_tcb_level *levels, size_t count, unsigned isv_svn);

#endif
