/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics and events (20 §12): what the calls count, and its Prometheus text. Thread-safe. Labels that strangers choose
 * are cut and their number is bounded (30 §2.7 BEYOND); so is the list of events.
 */
#ifndef MR_COORDINATOR_METRICS_H
#define MR_COORDINATOR_METRICS_H

#include "attest/tcb_status.h"
#include "base/bytes.h"
#include "net/grpc.h"

struct mr_metrics;
struct mr_events;

/* `paths` are the registered paths of the client API, borrowed for its life. */
MR_MUST_USE mr_result mr_metrics_new(const struct mr_str *paths, size_t path_count,
	struct mr_metrics **ret, struct mr_error *err);
/* Accepts NULL, as do all functions below, which then do nothing. */
void mr_metrics_free(struct mr_metrics *m);

/* A request on a registered path begins, and ends; sizes in bytes, time in nanoseconds. */
void mr_metrics_http_begin(struct mr_metrics *m, size_t path);
struct mr_http_sample {
	size_t path;
	struct mr_str method;
	int status;
	int64_t duration_ns;
	size_t request_size, response_size;
};
void mr_metrics_http_end(struct mr_metrics *m, const struct mr_http_sample *sample);

/* A call of rpc.Marble/Activate begins, and ends. */
void mr_metrics_grpc_begin(struct mr_metrics *m);
void mr_metrics_grpc_end(struct mr_metrics *m, enum mr_grpc_status status);
/* An activation, as attempt or as success; `known` tells whether the manifest has the type. */
void mr_metrics_activation(
	struct mr_metrics *m, struct mr_str type, struct mr_str uuid, bool known, bool success);

/* A Marble with this TCB status was activated. */
void mr_metrics_tcb_status(struct mr_metrics *m, enum mr_tcb_status status);

/* What is not counted but looked up when scraped. */
struct mr_metrics_now {
	int state;
	bool simulation;
	const char *version, *commit;
};
/* Appends the exposition in text format 0.0.4, families sorted by name. */
void mr_metrics_write(struct mr_metrics *m, const struct mr_metrics_now *now, struct mr_buf *out);
/* For the scrape's own counter. */
void mr_metrics_scraped(struct mr_metrics *m);

MR_MUST_USE mr_result mr_events_new(struct mr_events **ret, struct mr_error *err);
void mr_events_free(struct mr_events *events);
/* Appends a successful activation; the oldest go when the list is full. A failing allocation drops the event. */
void mr_events_add(struct mr_events *events, int64_t wall_ns, struct mr_str type,
	struct mr_str uuid, struct mr_bytes quote);
/* Appends the JSON array, `null` when empty, and a line feed. */
void mr_events_write(struct mr_events *events, struct mr_buf *out);

#endif
