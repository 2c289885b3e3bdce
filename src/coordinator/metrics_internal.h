/* SPDX-License-Identifier: Apache-2.0 */
/* The counters behind metrics.h, shared by the counting and the writing side. */
#ifndef MR_COORDINATOR_METRICS_INTERNAL_H
#define MR_COORDINATOR_METRICS_INTERNAL_H

#include <pthread.h>

#include "coordinator/metrics.h"

enum {
	MR_METHODS = 10, /* those with a name of their own, and `unknown` */
	MR_STATUSES = 14,
	MR_TIME_BUCKETS = 7,
	MR_SIZE_BUCKETS = 5,
	MR_GRPC_STATUSES = 17,
	MR_BUCKETS_MAX = 7,
	MR_LABEL_MAX = 128,
	MR_TCB_STATUSES = MR_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED + 1,
};

extern const char *const mr_metric_methods[MR_METHODS + 1];
extern const int mr_metric_statuses[MR_STATUSES];
extern const double mr_time_bounds[MR_TIME_BUCKETS];
extern const double mr_size_bounds[MR_SIZE_BUCKETS];

struct mr_histogram {
	uint64_t buckets[MR_BUCKETS_MAX]; /* not cumulative */
	uint64_t count;
	double sum;
};

struct mr_path_metrics {
	uint64_t requests[MR_METHODS + 1][MR_STATUSES + 1];
	struct mr_histogram durations[MR_METHODS + 1];
	struct mr_histogram request_sizes, response_sizes;
	uint64_t in_flight;
};

/* One pair of labels of the activation counters. */
struct mr_label_set {
	char type[MR_LABEL_MAX + 1], uuid[MR_LABEL_MAX + 1];
	uint64_t attempts, successes;
};

struct mr_metrics {
	pthread_mutex_t lock; /* of everything below; held for a few stores */
	const struct mr_str *paths;
	size_t path_count;
	struct mr_path_metrics *by_path;
	uint64_t grpc_started, grpc_handled[MR_GRPC_STATUSES];
	struct mr_label_set *labels; /* sorted by type and UUID */
	size_t label_count, label_room, unknown_count;
	uint64_t scrapes;
	uint64_t tcb_statuses[MR_TCB_STATUSES];
};

#endif
