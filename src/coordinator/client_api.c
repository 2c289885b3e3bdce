/* SPDX-License-Identifier: Apache-2.0 */
/* Routing of the client API (20 §2.1, §5). */
#include "coordinator/client_api.h"

#include <stdio.h>

#include "base/clock.h"
#include "coordinator/api.h"
#include "coordinator/users.h"

/* Whose body is read: a refusal needs none. */
enum body { NO_BODY, BODY, BODY_OF_USERS };

struct route {
	enum mr_api_version version;
	void (*get)(const struct mr_api_call *call);
	void (*post)(const struct mr_api_call *call);
	enum body body;
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
	{ MR_API_V2, mr_api_get_manifest, mr_api_post_manifest, BODY },
	{ MR_API_V2, NULL, mr_api_post_counter, BODY },
	{ MR_API_V2, mr_api_get_quote, NULL, NO_BODY },
	{ MR_API_V2, NULL, mr_api_post_recover, BODY },
	{ MR_API_V2, mr_api_get_recovery_key, NULL, NO_BODY },
	{ MR_API_V2, mr_api_get_secrets, mr_api_post_secrets, BODY_OF_USERS },
	{ MR_API_V2, NULL, mr_api_post_sign_quote, BODY },
	{ MR_API_V2, mr_api_get_status, NULL, NO_BODY },
	{ MR_API_V2, mr_api_get_update_log, mr_api_post_update, BODY_OF_USERS },
	{ MR_API_V2, NULL, mr_api_post_cancellation, NO_BODY },
	{ MR_API_V2, mr_api_get_pending_update, mr_api_post_acknowledgement, BODY_OF_USERS },
	{ MR_API_V1, mr_api_get_manifest, mr_api_post_manifest, BODY },
	{ MR_API_V1, mr_api_get_quote, NULL, NO_BODY },
	{ MR_API_V1, NULL, refuse_old_recovery, NO_BODY },
	{ MR_API_V1, mr_api_get_secrets, mr_api_post_secrets, BODY_OF_USERS },
	{ MR_API_V1, mr_api_get_status, NULL, NO_BODY },
	{ MR_API_V1, mr_api_get_update_log, mr_api_post_update, BODY_OF_USERS },
	{ MR_API_V1, NULL, mr_api_post_cancellation, NO_BODY },
	{ MR_API_V1, mr_api_get_pending_update, mr_api_post_acknowledgement, BODY_OF_USERS },
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

bool mr_client_api_knows(struct mr_core *core, struct mr_bytes peer_certificate)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(core);
	const struct mr_user *user;
	struct mr_error err;

	return !mr_failed(mr_authenticate_user(s->view, peer_certificate, &user, &err));
}

bool mr_client_api_wants_body(struct mr_core *core, const struct mr_http_request *request)
{
	const struct route *route;

	if (!mr_str_eq(request->method, MR_STR("POST")) || !find_function(request, &route))
		return false;
	return route->body == BODY || (route->body == BODY_OF_USERS &&
					      mr_client_api_knows(core, request->peer_certificate));
}

static void log_deprecated(struct mr_core *core, struct mr_str path)
{
	char message[128];

	/* The name of a v1 path is its text without the slash. */
	(void)snprintf(message, sizeof message,
		"Usage of deprecated API endpoint. Consider using /api/v2%.*s instead",
		MR_STR_ARGS(path));
	MR_LOG(core->log, MR_LOG_INFO, message, mr_log_str("path", path));
}

/* The reference leaves this line for the routes that have another name in v2 clients' eyes: all but the two of the
 * pending update (20 §5). */
static bool is_deprecated(const struct route *route, struct mr_str path)
{
	return route->version == MR_API_V1 && !mr_str_starts(path, MR_STR("/update-"));
}

void mr_client_api_handle(struct mr_core *core, struct mr_http_exchange *exchange)
{
	const struct mr_http_request *request = mr_http_request_of(exchange);
	const struct route *route;
	void (*function)(const struct mr_api_call *) = find_function(request, &route);
	struct mr_api_call call = {
		.core = core,
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
