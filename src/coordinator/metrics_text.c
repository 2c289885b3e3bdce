/* SPDX-License-Identifier: Apache-2.0 */
/* The Prometheus text of the metrics (20 §12). Families are written in the order of their names. */
#include <stdio.h>

#include "coordinator/metrics_internal.h"

#define GRPC_LABELS "grpc_method=\"Activate\",grpc_service=\"rpc.Marble\",grpc_type=\"unary\""
#define HTTP_PREFIX "server_client_api_http_"

static void put_family(struct mr_buf *out, const char *name, const char *type, const char *help)
{
	mr_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_label_value(struct mr_buf *out, const char *value)
{
	for (const char *p = value; *p; p++) {
		if (*p == '\n')
			mr_buf_put_cstr(out, "\\n");
		else if (*p == '"' || *p == '\\')
			mr_buf_printf(out, "\\%c", *p);
		else
			mr_buf_put_u8(out, (uint8_t)*p);
	}
}

static void put_activations(const struct mr_metrics *m, bool successes, struct mr_buf *out)
{
	const char *name = successes ? "coordinator_marble_activations_success_total"
				     : "coordinator_marble_activations_total";
	bool any = false;

	for (size_t i = 0; i < m->label_count; i++) {
		const struct mr_label_set *set = &m->labels[i];
		uint64_t value = successes ? set->successes : set->attempts;
		if (!value)
			continue;
		if (!any)
			put_family(out, name, "counter",
				successes ? "Number of successful Marble activations."
					  : "Number of Marble activation attempts.");
		any = true;
		mr_buf_printf(out, "%s{type=\"", name);
		put_label_value(out, set->type);
		mr_buf_put_cstr(out, "\",uuid=\"");
		put_label_value(out, set->uuid);
		mr_buf_printf(out, "\"} %llu\n", (unsigned long long)value);
	}
}

static void put_grpc(const struct mr_metrics *m, struct mr_buf *out)
{
	unsigned long long started = m->grpc_started;

	put_family(out, "grpc_server_handled_total", "counter",
		"Total number of RPCs completed on the server, regardless of success or failure.");
	for (unsigned i = 0; i < MR_GRPC_STATUSES; i++)
		mr_buf_printf(out,
			"grpc_server_handled_total{grpc_code=\"%s\"," GRPC_LABELS "} %llu\n",
			mr_grpc_status_name(i), (unsigned long long)m->grpc_handled[i]);
	put_family(out, "grpc_server_msg_received_total", "counter",
		"Total number of RPC stream messages received on the server.");
	mr_buf_printf(out, "grpc_server_msg_received_total{" GRPC_LABELS "} %llu\n", started);
	put_family(out, "grpc_server_msg_sent_total", "counter",
		"Total number of gRPC stream messages sent by the server.");
	mr_buf_printf(out, "grpc_server_msg_sent_total{" GRPC_LABELS "} %llu\n", started);
	put_family(out, "grpc_server_started_total", "counter",
		"Total number of RPCs started on the server.");
	mr_buf_printf(out, "grpc_server_started_total{" GRPC_LABELS "} %llu\n", started);
}

static void put_scrapes(const struct mr_metrics *m, struct mr_buf *out)
{
	put_family(out, "promhttp_metric_handler_errors_total", "counter",
		"Total number of internal errors encountered by the promhttp metric handler.");
	mr_buf_put_cstr(out, "promhttp_metric_handler_errors_total{cause=\"encoding\"} 0\n"
			     "promhttp_metric_handler_errors_total{cause=\"gathering\"} 0\n");
	put_family(out, "promhttp_metric_handler_requests_in_flight", "gauge",
		"Current number of scrapes being served.");
	mr_buf_put_cstr(out, "promhttp_metric_handler_requests_in_flight 1\n");
	put_family(out, "promhttp_metric_handler_requests_total", "counter",
		"Total number of scrapes by HTTP status code.");
	mr_buf_printf(out,
		"promhttp_metric_handler_requests_total{code=\"200\"} %llu\n"
		"promhttp_metric_handler_requests_total{code=\"500\"} 0\n"
		"promhttp_metric_handler_requests_total{code=\"503\"} 0\n",
		(unsigned long long)m->scrapes);
}

/* `labels` without braces, e.g. `path="/status"`. */
static void put_histogram(struct mr_buf *out, const char *name, const char *labels,
	const struct mr_histogram *h, const double *bounds, size_t count)
{
	unsigned long long below = 0;

	for (size_t i = 0; i < count; i++) {
		below += h->buckets[i];
		mr_buf_printf(
			out, "%s_bucket{%s,le=\"%g\"} %llu\n", name, labels, bounds[i], below);
	}
	mr_buf_printf(out, "%s_bucket{%s,le=\"+Inf\"} %llu\n", name, labels,
		(unsigned long long)h->count);
	mr_buf_printf(out, "%s_sum{%s} %.9g\n%s_count{%s} %llu\n", name, labels, h->sum, name,
		labels, (unsigned long long)h->count);
}

static void put_durations(const struct mr_metrics *m, struct mr_buf *out)
{
	const char *name = HTTP_PREFIX "request_duration_histogram_seconds";
	bool any = false;
	char labels[160];

	for (size_t p = 0; p < m->path_count; p++)
		for (size_t i = 0; i <= MR_METHODS; i++) {
			const struct mr_histogram *h = &m->by_path[p].durations[i];
			if (!h->count)
				continue;
			if (!any)
				put_family(out, name, "histogram", "Request time duration.");
			any = true;
			(void)snprintf(labels, sizeof labels, "method=\"%s\",path=\"%.*s\"",
				mr_metric_methods[i], MR_STR_ARGS(m->paths[p]));
			put_histogram(out, name, labels, h, mr_time_bounds, MR_TIME_BUCKETS);
		}
}

static void put_sizes(const struct mr_metrics *m, bool responses, struct mr_buf *out)
{
	const char *name = responses ? HTTP_PREFIX "response_size_histogram_bytes"
				     : HTTP_PREFIX "request_size_histogram_bytes";
	bool any = false;
	char labels[96];

	for (size_t p = 0; p < m->path_count; p++) {
		const struct mr_histogram *h = responses ? &m->by_path[p].response_sizes
							 : &m->by_path[p].request_sizes;
		if (!h->count)
			continue;
		if (!any)
			put_family(out, name, "histogram",
				responses ? "Response size in byte." : "Request size in byte.");
		any = true;
		(void)snprintf(labels, sizeof labels, "path=\"%.*s\"", MR_STR_ARGS(m->paths[p]));
		put_histogram(out, name, labels, h, mr_size_bounds, MR_SIZE_BUCKETS);
	}
}

static void put_requests(const struct mr_metrics *m, struct mr_buf *out)
{
	const char *name = HTTP_PREFIX "request_total";
	bool any = false;

	for (size_t s = 0; s < MR_STATUSES; s++)
		for (size_t i = 0; i <= MR_METHODS; i++)
			for (size_t p = 0; p < m->path_count; p++) {
				uint64_t value = m->by_path[p].requests[i][s];
				if (!value)
					continue;
				if (!any)
					put_family(out, name, "counter",
						"Total number of requests received.");
				any = true;
				mr_buf_printf(out,
					"%s{code=\"%d\",method=\"%s\",path=\"%.*s\"} %llu\n", name,
					mr_metric_statuses[s], mr_metric_methods[i],
					MR_STR_ARGS(m->paths[p]), (unsigned long long)value);
			}
}

static void put_http(const struct mr_metrics *m, struct mr_buf *out)
{
	put_family(out, HTTP_PREFIX "in_flight_requests", "gauge",
		"Number of http requests which are currently running.");
	for (size_t p = 0; p < m->path_count; p++)
		mr_buf_printf(out, HTTP_PREFIX "in_flight_requests{path=\"%.*s\"} %llu\n",
			MR_STR_ARGS(m->paths[p]), (unsigned long long)m->by_path[p].in_flight);
	put_durations(m, out);
	put_sizes(m, false, out);
	put_requests(m, out);
	put_sizes(m, true, out);
}

static void put_tcb_statuses(const struct mr_metrics *m, struct mr_buf *out)
{
	bool any = false;

	for (unsigned i = 0; i < MR_TCB_STATUSES; i++) {
		if (!m->tcb_statuses[i])
			continue;
		if (!any)
			put_family(out, "coordinator_marble_tcb_status_total", "counter",
				"Number of activated Marbles by TCB status.");
		any = true;
		mr_buf_printf(out, "coordinator_marble_tcb_status_total{status=\"%s\"} %llu\n",
			mr_tcb_status_name((enum mr_tcb_status)i),
			(unsigned long long)m->tcb_statuses[i]);
	}
}

void mr_metrics_write(struct mr_metrics *m, const struct mr_metrics_now *now, struct mr_buf *out)
{
	(void)pthread_mutex_lock(&m->lock);
	put_activations(m, true, out);
	put_activations(m, false, out);
	put_tcb_statuses(m, out);
	put_family(out, "coordinator_simulation", "gauge",
		"1 in simulation mode, where Marble quotes are not checked.");
	mr_buf_printf(out, "coordinator_simulation %d\n", now->simulation);
	put_family(out, "coordinator_state", "gauge", "State of the Coordinator.");
	mr_buf_printf(out, "coordinator_state %d\n", now->state);
	put_family(out, "coordinator_version_info", "gauge",
		"Version information of the coordinator.");
	mr_buf_printf(out, "coordinator_version_info{commit=\"%s\",version=\"%s\"} 0\n",
		now->commit, now->version);
	put_grpc(m, out);
	put_scrapes(m, out);
	put_http(m, out);
	(void)pthread_mutex_unlock(&m->lock);
}
