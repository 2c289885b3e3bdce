/* SPDX-License-Identifier: Apache-2.0 */
/* The client API's front: routing (20 §2.1, §5). */
#ifndef MR_COORDINATOR_CLIENT_API_H
#define MR_COORDINATOR_CLIENT_API_H

#include "base/bytes.h"
#include "net/http.h"

struct mr_core;

/* Finds the route and its handler, or answers 405. On the loop, as all of these. */
void mr_client_api_handle(struct mr_core *core, struct mr_http_exchange *exchange);
/* Is a body wanted? Only on a route that takes one, and from strangers only where they may ask for something. */
bool mr_client_api_wants_body(struct mr_core *core, const struct mr_http_request *request);
/* Is this the leaf of a user? */
bool mr_client_api_knows(struct mr_core *core, struct mr_bytes peer_certificate);
/* All registered paths, for metrics. Static. */
const struct mr_str *mr_client_api_paths(size_t *ret_count);

#endif
