/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to a cluster's API server. */
#ifndef MR_KUBE_CLIENT_H
#define MR_KUBE_CLIENT_H

#include "kube/config.h"

struct mr_kube_client;

/* The configuration's texts must outlive the client. */
MR_MUST_USE mr_result mr_kube_client_new(
	const struct mr_kube_config *config, struct mr_kube_client **ret, struct mr_error *err);
/* Accepts NULL. */
void mr_kube_client_free(struct mr_kube_client *client);
/* Reads an object; `path` begins with a slash. MR_CODE_NOT_FOUND for status 404, MR_CODE_DENIED for 401 and 403,
 * MR_CODE_UNAVAILABLE where the server cannot be reached, MR_CODE_INVALID for other answers. */
MR_MUST_USE mr_result mr_kube_get(
	struct mr_kube_client *client, const char *path, struct mr_buf *ret, struct mr_error *err);

MR_DEFINE_AUTO_PTR(kube_client, struct mr_kube_client, mr_kube_client_free)

#endif
