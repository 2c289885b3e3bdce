/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to one Coordinator's client API (50 §4): the envelope of its answers, the texts of its
 * errors, redirects on the same server, API v1 where v2 is not there. What the answers mean is in
 * api_calls.h.
 */
#ifndef MR_CLIENT_API_H
#define MR_CLIENT_API_H

#include "codec/json.h"
#include "net/tls.h"

struct mr_api;

struct mr_api_config {
	/* `<IP:PORT>` as typed; a leading `https://` and trailing slashes are taken off. */
	const char *endpoint;
	/* The only trust anchor, borrowed. NULL: nothing of the server is verified. */
	const struct mr_cert *root;
	struct mr_tls_identity *identity; /* borrowed, or NULL */
};

struct mr_api_request {
	const char *method;
	const char *path;     /* `/api/v2/status` */
	struct mr_str query;  /* encoded, without `?`; empty: none */
	struct mr_bytes body; /* JSON; empty: none */
};

MR_MUST_USE mr_result mr_api_new(
	const struct mr_api_config *config, struct mr_api **ret, struct mr_error *err);
void mr_api_free(struct mr_api *api);

/* Sends a request, and once more after a 405 with `v1` (unless NULL). `ret_data` gets the text of the
 * answer's `data` appended: the JSON of objects and arrays, the content of a string, nothing for null.
 * *ret_is_v1 (may be NULL) tells which request was answered. Errors as 50 §4.2; those of status 405
 * are MR_CODE_UNSUPPORTED. */
MR_MUST_USE mr_result mr_api_call(struct mr_api *api, const struct mr_api_request *request,
	const struct mr_api_request *v1, struct mr_buf *ret_data, bool *ret_is_v1,
	struct mr_error *err);

/* Parses the text of `data`, which must be an object. Errors begin `unmarshalling Coordinator
 * response: `. */
MR_MUST_USE mr_result mr_api_parse(struct mr_str data, struct mr_arena *arena,
	const struct mr_json **ret, struct mr_error *err);

/* Appends the text form-encoded: a blank as `+`, everything but letters, digits and `-_.~` as %XX. */
void mr_api_put_query(struct mr_buf *out, struct mr_str text);

MR_DEFINE_AUTO_PTR(api, struct mr_api, mr_api_free)

#endif
