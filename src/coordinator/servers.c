/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/servers.h"

#include <stdlib.h>

#include "base/heap.h"
#include "coordinator/client_api.h"
#include "coordinator/marble_api.h"
#include "coordinator/metrics_api.h"
#include "net/grpc.h"
#include "net/http.h"
#include "net/server.h"

/* So many peers less are a reason to tidy up. */
enum { CROWD = 256 };

struct mr_servers {
	const struct mr_config *config;
	struct mr_logger *log;
	struct mr_core *core;
	struct mr_server *server;
	struct mr_tls_server *client_tls, *mesh_tls;
	struct mr_http_server_config http, metrics_http;
	struct mr_grpc_server_config grpc;
	struct mr_grpc_method methods[1];
	char client_address[64], mesh_address[64], metrics_address[64];
};

static const char *const client_alpn[] = { "http/1.1" };
static const char *const mesh_alpn[] = { "h2" };

/* Both certificates are looked up in the current snapshot for every handshake (20 §1, 30 §1.2). */
static struct mr_tls_identity *client_identity(void *context)
{
	struct mr_servers *s = context;
	MR_AUTO(snapshot) struct mr_snapshot *snapshot = mr_core_snapshot(s->core);

	return mr_tls_identity_ref(snapshot->view->authority->root_identity);
}

static struct mr_tls_identity *mesh_identity(void *context)
{
	struct mr_servers *s = context;
	MR_AUTO(snapshot) struct mr_snapshot *snapshot = mr_core_snapshot(s->core);

	return mr_tls_identity_ref(snapshot->view->authority->marble_identity);
}

static void handshake_failed(void *context, const char *text)
{
	struct mr_servers *s = context;

	MR_LOG(s->log, s->config->http_error_level, "http: TLS handshake or connection failed",
		mr_log_cstr("error", text));
}

static void handle_http(void *context, struct mr_http_exchange *exchange)
{
	struct mr_servers *s = context;

	mr_client_api_handle(s->core, exchange);
}

static bool wants_body(void *context, const struct mr_http_request *request)
{
	struct mr_servers *s = context;

	return mr_client_api_wants_body(s->core, request);
}

static bool knows(void *context, struct mr_bytes peer_certificate)
{
	struct mr_servers *s = context;

	return mr_client_api_knows(s->core, peer_certificate);
}

static void handle_metrics(void *context, struct mr_http_exchange *exchange)
{
	struct mr_servers *s = context;

	mr_metrics_api_handle(s->core, exchange);
}

static void handle_activate(void *context, struct mr_grpc_call *call)
{
	struct mr_servers *s = context;

	mr_marble_api_activate(s->core, call);
}

static void call_finished(void *context, struct mr_str method, enum mr_grpc_status status)
{
	struct mr_servers *s = context;

	mr_marble_api_finished(s->core, method, status);
}

static mr_result make_tls(struct mr_servers *s, struct mr_error *err)
{
	const struct mr_tls_server_config client = {
		.client_auth = MR_TLS_CLIENT_OPTIONAL,
		.alpn = client_alpn,
		.alpn_count = MR_COUNT(client_alpn),
		.identity = client_identity,
		.context = s,
	};
	const struct mr_tls_server_config mesh = {
		.client_auth = MR_TLS_CLIENT_REQUIRED,
		.alpn = mesh_alpn,
		.alpn_count = MR_COUNT(mesh_alpn),
		.alpn_required = true,
		.identity = mesh_identity,
		.context = s,
	};

	MR_TRY(mr_tls_server_new(&client, &s->client_tls, err));
	return mr_tls_server_new(&mesh, &s->mesh_tls, err);
}

static mr_result bind_metrics(struct mr_servers *s, struct mr_error *err)
{
	s->metrics_http = (struct mr_http_server_config){ .handle = handle_metrics, .context = s };
	const struct mr_listener metrics = {
		.address = s->config->metrics_address,
		.protocol = &mr_http_server_protocol,
		.protocol_context = &s->metrics_http,
	};

	return mr_server_listen(s->server, &metrics, s->metrics_address, err);
}

static mr_result bind_all(struct mr_servers *s, struct mr_error *err)
{
	const struct mr_server_limits limits = { 0 };
	const struct mr_server_events events = { handshake_failed, s };

	MR_TRY(make_tls(s, err));
	MR_TRY(mr_server_new(0, &limits, &events, &s->server, err));
	s->http = (struct mr_http_server_config){
		.handle = handle_http,
		.context = s,
		.wants_body = wants_body,
		.knows = knows,
		.too_large_body = MR_STR(
			"{\"status\":\"error\",\"data\":null,\"message\":\"request body too large\"}\n"),
	};
	s->methods[0] = (struct mr_grpc_method){ "Activate", handle_activate };
	s->grpc = (struct mr_grpc_server_config){
		.service = "rpc.Marble",
		.methods = s->methods,
		.method_count = MR_COUNT(s->methods),
		.context = s,
		.finished = call_finished,
	};
	const struct mr_listener client = {
		.address = s->config->client_address,
		.protocol = &mr_http_server_protocol,
		.protocol_context = &s->http,
		.tls = s->client_tls,
		.plain_http_answer = MR_STR(
			"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"),
	};
	const struct mr_listener mesh = {
		.address = s->config->mesh_address,
		.protocol = &mr_grpc_server_protocol,
		.protocol_context = &s->grpc,
		.tls = s->mesh_tls,
	};
	MR_TRY(mr_server_listen(s->server, &client, s->client_address, err));
	MR_TRY(mr_server_listen(s->server, &mesh, s->mesh_address, err));
	return s->config->metrics_address ? bind_metrics(s, err) : MR_OK;
}

mr_result mr_servers_bind(const struct mr_config *config, struct mr_logger *log,
	struct mr_servers **ret, struct mr_error *err)
{
	struct mr_servers *s = calloc(1, sizeof *s);

	if (!s)
		return mr_fail_nomem(err);
	s->config = config;
	s->log = log;
	(void)mr_server_raise_descriptor_limit();
	mr_result r = bind_all(s, err);
	if (mr_failed(r)) {
		mr_servers_free(s);
		return r;
	}
	*ret = s;
	return MR_OK;
}

mr_result mr_servers_start(struct mr_servers *s, struct mr_core *core, struct mr_error *err)
{
	s->core = core;
	MR_TRY(mr_server_start(s->server, err));
	MR_LOG(s->log, MR_LOG_INFO, "Started client API server",
		mr_log_cstr("address", s->client_address));
	if (s->config->metrics_address)
		MR_LOG(s->log, MR_LOG_INFO, "Started metrics server",
			mr_log_cstr("address", s->metrics_address));
	MR_LOG(s->log, MR_LOG_INFO, "Started gRPC server",
		mr_log_cstr("grpcAddr", s->mesh_address));
	return MR_OK;
}

void mr_servers_tidy(struct mr_servers *s)
{
	size_t most = mr_server_most_connections(s->server);
	size_t now = mr_server_connections(s->server);

	if (most > now && most - now >= CROWD)
		mr_heap_trim();
}

void mr_servers_stop(struct mr_servers *s, int64_t grace_ms)
{
	mr_server_stop(s->server, grace_ms);
}

void mr_servers_free(struct mr_servers *s)
{
	if (!s)
		return;
	mr_server_free(s->server);
	mr_tls_server_free(s->client_tls);
	mr_tls_server_free(s->mesh_tls);
	free(s);
}
