/* SPDX-License-Identifier: Apache-2.0 */
/* Routing of the client API (20 §2.1, §5). */
#include "coordinator/client_api.h"

#include <stdio.h>

#include "base/clock.h"
#include "coordinator/api.h"

struct route {
	enum mr_api_version version;
	void (*get)(const struct mr_api_call *call);
	void (*post)(const struct mr_api_call *call);
};

static void refuse_old_recovery(const struct mr_api_call *call)
{
	mr_api_error(call, 410,
		     MR_STR("Recovering the Coordinator using the /recover API endpoint has been disabled. Use the "
			    "/api/v2/recover endpoint instead."));
}

/* Paths and routes side by side. */
static const struct mr_str paths[] = {
	MR_STR_INIT("/api/v2/manifest"),
	MR_STR_INIT("/api/v2/monotonic-counter"),
	MR_STR_INIT("/api/v2/quote"),
	MR_STR_INIT("/api/v2/recover"),
	MR_STR_INIT("/api/v2/recover/public-key"),
	MR_STR_INIT("/api/v2/secrets"),
	MR_STR_INIT("/api/v2/sign-quote"),
	MR_STR_INIT("/api/v2/status"),
	MR_STR_INIT("/api/v2/update"),
	MR_STR_INIT("/api/v2/update-cancel"),
	MR_STR_INIT("/api/v2/update-manifest"),
	MR_STR_INIT("/manifest"),
	MR_STR_INIT("/quote"),
	MR_STR_INIT("/recover"),
	MR_STR_INIT("/secrets"),
	MR_STR_INIT("/status"),
	MR_STR_INIT("/update"),
	MR_STR_INIT("/update-cancel"),
	MR_STR_INIT("/update-manifest"),
};

static const struct route routes[MR_COUNT(paths)] = {
	{ MR_API_V2, mr_api_get_manifest, mr_api_post_manifest },
	{ MR_API_V2, NULL, mr_api_post_counter },
	{ MR_API_V2, mr_api_get_quote, NULL },
	{ MR_API_V2, NULL, mr_api_post_recover },
	{ MR_API_V2, mr_api_get_recovery_key, NULL },
	{ MR_API_V2, mr_api_get_secrets, mr_api_post_secrets },
	{ MR_API_V2, NULL, mr_api_post_sign_quote },
	{ MR_API_V2, mr_api_get_status, NULL },
	{ MR_API_V2, mr_api_get_update_log, mr_api_post_update },
	{ MR_API_V2, NULL, mr_api_post_cancellation },
	{ MR_API_V2, mr_api_get_pending_update, mr_api_post_acknowledgement },
	{ MR_API_V1, mr_api_get_manifest, mr_api_post_manifest },
	{ MR_API_V1, mr_api_get_quote, NULL },
	{ MR_API_V1, NULL, refuse_old_recovery },
	{ MR_API_V1, mr_api_get_secrets, mr_api_post_secrets },
	{ MR_API_V1, mr_api_get_status, NULL },
	{ MR_API_V1, mr_api_get_update_log, mr_api_post_update },
	{ MR_API_V1, NULL, mr_api_post_cancellation },
	{ MR_API_V1, mr_api_get_pending_update, mr_api_post_acknowledgement },
};

const struct mr_str *mr_client_api_paths(size_t *ret_count)
{
	*ret_count = MR_COUNT(paths);
	return paths;
}

static const struct route *find_route(struct mr_str path)
{
	for (size_t i = 0; i < MR_COUNT(routes); i++)
		if (mr_str_eq(path, paths[i]))
			return &routes[i];
	return NULL;
}

/* The function for this request, or NULL: then the answer is 405, whatever is wrong about the path or the method. */
static void (*find_function(const struct mr_http_request *request, const struct route **ret_route))(
	const struct mr_api_call *)
{
	const struct route *route = find_route(request->path);

	*ret_route = route;
	if (route && mr_str_eq(request->method, MR_STR("GET")))
		return route->get;
	if (route && mr_str_eq(request->method, MR_STR("POST")))
		return route->post;
	return NULL;
}

bool mr_client_api_wants_body(void *context, const struct mr_http_request *request)
{
	const struct route *route;

	(void)context;
	return mr_str_eq(request->method, MR_STR("POST")) && find_function(request, &route) != NULL;
}

static void log_deprecated(struct mr_core *core, struct mr_str path)
{
	char message[128];

	/* The name of a v1 path is its text without the slash. */
	(void)snprintf(message, sizeof message,
		       "Usage of deprecated API endpoint. Consider using /api/v2%.*s instead", MR_STR_ARGS(path));
	MR_LOG(core->log, MR_LOG_INFO, message, mr_log_str("path", path));
}

/* The reference leaves this line for the routes that have another name in v2 clients' eyes: all but the two of the
 * pending update (20 §5). */
static bool is_deprecated(const struct route *route, struct mr_str path)
{
	return route->version == MR_API_V1 && !mr_str_starts(path, MR_STR("/update-"));
}

void mr_client_api_handle(void *context, struct mr_http_exchange *exchange)
{
	const struct mr_http_request *request = mr_http_request_of(exchange);
	const struct route *route;
	void (*function)(const struct mr_api_call *) = find_function(request, &route);
	struct mr_api_call call = {
		.core = context,
		.exchange = exchange,
		.version = route ? route->version : MR_API_V2,
		.counted = route != NULL,
		.path = route ? (size_t)(route - routes) : 0,
		.began_ns = mr_clock_wall_ns(),
	};

	if (route) {
		mr_metrics_http_begin(call.core->metrics, call.path);
		if (is_deprecated(route, request->path))
			log_deprecated(call.core, request->path);
	}
	if (function)
		function(&call);
	else
		mr_api_error(&call, 405, MR_STR(""));
}
