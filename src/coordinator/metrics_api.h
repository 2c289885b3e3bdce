/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics port: plain HTTP, `/metrics` and `/events`, any method (20 §12). */
#ifndef MR_COORDINATOR_METRICS_API_H
#define MR_COORDINATOR_METRICS_API_H

#include "coordinator/core.h"
#include "net/http.h"

/* Handler for mr_http_server_config; `context` is the core, which has metrics and events. */
void mr_metrics_api_handle(void *context, struct mr_http_exchange *exchange);

#endif
