/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small load generator for Coordinators: one kind of work, N times, by C workers, and what the
 * server's process spent on it, as one JSON object on stdout. It measures and checks answers; it
 * starts, limits and compares nothing (measure.py does).
 */
#ifndef MR_BENCH_LOAD_H
#define MR_BENCH_LOAD_H

#include <sys/types.h>

#include "base/bytes.h"

#define MR_LOAD_MAX_OPERATIONS 1000000
#define MR_LOAD_MAX_WORKERS 1024
#define MR_LOAD_TIMEOUT_MS 120000 /* for one operation */

/* What a process holds and has used. Memory in KiB, -1 where the system does not tell. */
struct mr_load_usage {
	double cpu_s;
	long rss_kib, peak_kib, pss_kib;
};

/* Its settings and its results; the modes read the former and run fills in the latter. */
struct mr_load {
	const char *client, *mesh; /* `host:port` of the two APIs, NULL if not given */
	pid_t pid;                 /* the server's, 0: nothing is read */
	size_t operations, workers;
	bool kept;               /* one connection a worker, made before the clock */
	const char *marble_type; /* that is activated */
	size_t files;            /* that each activation must bring */
	long hold_ms;            /* before the memory of idle connections is read */
	char **arguments;        /* of the mode, NULL at the end */
	size_t argument_count;

	double wall_s, own_cpu_s, busy; /* busy: share of the machine's CPU time, of all programs */
	double *latency_ms;             /* sorted, one an operation */
	struct mr_load_usage before, after;
	struct mr_buf extra; /* `, "name": value` of the mode's own figures */
};

/* One operation; calls with different `worker` run at the same time. */
typedef mr_result (*mr_load_call)(void *context, size_t worker, size_t index, struct mr_error *err);

/* Calls for each index below `count` on so many threads; `latency_ms` (may be NULL) has `count`
 * places. Stops at the first failure, and returns it. */
MR_MUST_USE mr_result mr_load_each(size_t workers, size_t count, mr_load_call call, void *context,
	double *latency_ms, struct mr_error *err);
/* Runs the operations and takes the figures, those of the server when it has come to rest. Fails
 * with the first failure of an operation: wrong work has no speed. */
MR_MUST_USE mr_result mr_load_run(
	struct mr_load *load, mr_load_call call, void *context, struct mr_error *err);

/* The modes. */
MR_MUST_USE mr_result mr_load_activate(struct mr_load *load, struct mr_error *err);
MR_MUST_USE mr_result mr_load_get(struct mr_load *load, struct mr_error *err);
MR_MUST_USE mr_result mr_load_counter(struct mr_load *load, struct mr_error *err);
MR_MUST_USE mr_result mr_load_idle(struct mr_load *load, struct mr_error *err);
MR_MUST_USE mr_result mr_load_set_manifest(struct mr_load *load, struct mr_error *err);
MR_MUST_USE mr_result mr_load_start(struct mr_load *load, struct mr_error *err);

/* What the process has used so far; all zero for pid 0. `with_memory` false leaves memory alone. */
MR_MUST_USE mr_result mr_load_usage_of(
	pid_t pid, bool with_memory, struct mr_load_usage *ret, struct mr_error *err);
/* Waits until the process uses no CPU for a while (it may be filling stocks), 5 s at most. */
MR_MUST_USE mr_result mr_load_settle(pid_t pid, struct mr_error *err);
/* CPU seconds of the machine since it was started. */
void mr_load_machine(double *ret_busy, double *ret_idle);
void mr_load_sleep_ms(long milliseconds);
double mr_load_now_s(void);

#endif
