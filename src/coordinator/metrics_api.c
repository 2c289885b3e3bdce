/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/metrics_api.h"

enum { TEXT_MAX = 64 << 20 };

static void put_metrics(struct mr_core *core, struct mr_buf *body)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(core);
	const struct mr_metrics_now now = {
		.state = (int)s->view->state,
		.simulation = core->simulation,
		.version = MR_VERSION,
		.commit = "",
	};

	mr_metrics_write(core->metrics, &now, body);
	mr_metrics_scraped(core->metrics);
}

void mr_metrics_api_handle(void *context, struct mr_http_exchange *exchange)
{
	struct mr_core *core = context;
	struct mr_str path = mr_http_request_of(exchange)->path;
	struct mr_http_response response = { .status = 200 };

	mr_buf_init(&response.body, TEXT_MAX);
	if (mr_str_eq(path, MR_STR("/metrics"))) {
		response.content_type = "text/plain; version=0.0.4; charset=utf-8";
		put_metrics(core, &response.body);
	} else if (mr_str_eq(path, MR_STR("/events"))) {
		response.content_type = "application/json";
		mr_events_write(core->events, &response.body);
	} else {
		response.status = 404;
		response.content_type = "text/plain; charset=utf-8";
		response.nosniff = true;
		mr_buf_put_cstr(&response.body, "404 page not found\n");
	}
	if (response.body.failure != MR_CODE_OK) {
		mr_buf_clear(&response.body);
		response.status = 500;
	}
	mr_http_respond(exchange, &response);
}
