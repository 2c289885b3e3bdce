/* SPDX-License-Identifier: Apache-2.0 */
/* The client API's front: routing (20 §2.1, §5). */
#ifndef MR_COORDINATOR_CLIENT_API_H
#define MR_COORDINATOR_CLIENT_API_H

#include "base/bytes.h"
#include "net/http.h"

/* The handler for mr_http_server_config: finds the route, or answers 405. `context` is the core. */
void mr_client_api_handle(void *context, struct mr_http_exchange *exchange);
/* Is a body wanted? Only on a route that takes one. */
bool mr_client_api_wants_body(void *context, const struct mr_http_request *request);
/* All registered paths, for metrics. Static. */
const struct mr_str *mr_client_api_paths(size_t *ret_count);

#endif
