/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/marble_api.h"

#include <stdlib.h>

#include "base/clock.h"
#include "coordinator/activate.h"
#include "coordinator/attest_task.h"

enum { RESPONSE_MAX = 128 << 20, ATTEMPTS_MAX = 64 };

/*
 * One activation on its way: checked on the loop; answered there too, or on a worker if it may have to make an RSA key;
 * counted by the commit queue if the type is limited; then replied. If the view changed while it waited for a worker or
 * was counted, it is judged again by the new one.
 */
struct activation_call {
	struct mr_attest_task task;
	struct mr_core *core;
	struct mr_grpc_call *call;
	struct mr_snapshot *snapshot;
	struct mr_activation activation;
	struct mr_buf response;
	struct mr_job job;
	struct mr_update update;
	enum mr_grpc_status count_status;
	unsigned attempts; /* that a newer view overtook */
};

static void finish(struct activation_call *c)
{
	mr_snapshot_unref(c->snapshot);
	mr_buf_done(&c->response);
	free(c);
}

static void refuse(
	struct activation_call *c, enum mr_grpc_status status, const struct mr_error *err)
{
	MR_LOG(c->core->log, MR_LOG_ERROR, "Marble Activation failed",
		mr_log_str("marbleType", c->activation.request.marble_type),
		mr_log_str("uuid", c->activation.request.uuid),
		mr_log_cstr("remote", mr_grpc_call_remote(c->call)), mr_log_error(err));
	mr_grpc_fail(c->call, status, mr_str_of(err->message));
	finish(c);
}

static void count(struct activation_call *c, bool success)
{
	const struct mr_activation_request *r = &c->activation.request;
	bool known = mr_view_marble(c->snapshot->view, r->marble_type) != NULL;

	mr_metrics_activation(c->core->metrics, r->marble_type, r->uuid, known, success);
}

static void reply(struct activation_call *c)
{
	char uuid[MR_UUID_TEXT_LEN + 1];

	count(c, true);
	mr_events_add(c->core->events, mr_clock_wall_ns(), c->activation.request.marble_type,
		c->activation.request.uuid, c->activation.request.quote);
	mr_uuid_format(&c->activation.uuid, uuid);
	if (c->activation.verdict.known) {
		mr_metrics_tcb_status(c->core->metrics, c->activation.verdict.tcb_status);
		MR_LOG(c->core->log, MR_LOG_INFO, "Successfully activated new Marble",
			mr_log_str("MarbleType", c->activation.request.marble_type),
			mr_log_cstr("UUID", uuid),
			mr_log_cstr(
				"tcbStatus", mr_tcb_status_name(c->activation.verdict.tcb_status)));
	} else {
		MR_LOG(c->core->log, MR_LOG_INFO, "Successfully activated new Marble",
			mr_log_str("MarbleType", c->activation.request.marble_type),
			mr_log_cstr("UUID", uuid));
	}
	mr_grpc_reply(c->call, &c->response);
	finish(c);
}

static mr_result apply_count(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	struct activation_call *c = MR_CONTAINER_OF(update, struct activation_call, update);

	if (context->attachment != c->snapshot->view)
		return mr_fail(err, MR_CODE_CONFLICT, "the state keeps changing, try again later");
	MR_TRY(mr_core_prepare_publish(c->core, err));
	return mr_activation_count(
		c->activation.marble->definition, context->tx, &c->count_status, err);
}

static void start_again(struct mr_job *job);

static void run_on_worker(struct activation_call *c, void (*run)(struct mr_job *job))
{
	struct mr_error err;

	c->job.run = run;
	if (mr_workers_submit(c->core->workers, &c->job))
		return;
	mr_result r = mr_fail(
		&err, MR_CODE_LIMIT, "too many activations are waiting, try again later");
	refuse(c, mr_failed(r) ? MR_GRPC_RESOURCE_EXHAUSTED : MR_GRPC_INTERNAL, &err);
}

/* True: refused, since the core is about to end. */
static bool is_stopping(struct activation_call *c)
{
	struct mr_error err;

	if (!atomic_load(&c->core->stopping))
		return false;
	mr_result r = mr_fail(&err, MR_CODE_STATE, "the Coordinator is stopping");
	refuse(c, mr_failed(r) ? MR_GRPC_UNAVAILABLE : MR_GRPC_INTERNAL, &err);
	return true;
}

static void count_done(
	struct mr_update *update, mr_result result, bool committing, const struct mr_error *err)
{
	struct activation_call *c = MR_CONTAINER_OF(update, struct activation_call, update);
	struct mr_error wrapped;

	if (!mr_failed(result)) {
		reply(c);
		return;
	}
	if (!committing && result.code == MR_CODE_CONFLICT && ++c->attempts < ATTEMPTS_MAX) {
		run_on_worker(c, start_again);
		return;
	}
	wrapped = *err;
	if (committing)
		result = mr_wrap(&wrapped, result, "committing store transaction");
	refuse(c, committing ? MR_GRPC_INTERNAL : c->count_status, &wrapped);
}

/* Is there a newer view than the one that judged? */
static bool is_outdated(const struct activation_call *c)
{
	MR_AUTO(snapshot) struct mr_snapshot *now = mr_core_snapshot(c->core);

	return now->view != c->snapshot->view;
}

static void answer(struct activation_call *c)
{
	enum mr_grpc_status status = MR_GRPC_INTERNAL;
	struct mr_error err;

	if (mr_failed(mr_activation_answer(&c->activation, &c->response, &status, &err))) {
		refuse(c, status, &err);
		return;
	}
	if (!c->activation.marble->definition->max_activations) {
		if (c->activation.marble->slow && is_outdated(c) && ++c->attempts < ATTEMPTS_MAX) {
			run_on_worker(c, start_again);
			return;
		}
		reply(c);
		return;
	}
	c->count_status = MR_GRPC_INTERNAL;
	c->update = (struct mr_update){ .apply = apply_count, .done = count_done };
	if (mr_commit_queue_submit(c->core->commits, &c->update))
		return;
	mr_result r = mr_fail(
		&err, MR_CODE_LIMIT, "too many activations are waiting, try again later");
	refuse(c, mr_failed(r) ? MR_GRPC_RESOURCE_EXHAUSTED : status, &err);
}

static void answer_on_worker(struct mr_job *job)
{
	struct activation_call *c = MR_CONTAINER_OF(job, struct activation_call, job);

	if (is_outdated(c))
		start_again(job);
	else if (!is_stopping(c))
		answer(c);
}

static void start(struct activation_call *c)
{
	enum mr_grpc_status status = MR_GRPC_INTERNAL;
	struct mr_error err;

	if (mr_failed(mr_activation_check(&c->activation, &status, &err))) {
		if (!c->activation.pending || !mr_attest_task_park(&c->task))
			refuse(c, status, &err);
		return;
	}
	if (!c->activation.marble->slow) {
		answer(c);
		return;
	}
	run_on_worker(c, answer_on_worker);
}

static void start_again(struct mr_job *job)
{
	struct activation_call *c = MR_CONTAINER_OF(job, struct activation_call, job);

	if (is_stopping(c))
		return;
	mr_snapshot_unref(c->snapshot);
	c->snapshot = mr_core_snapshot(c->core);
	c->activation.snapshot = c->snapshot;
	c->activation.now = mr_clock_wall();
	c->activation.pending = false;
	c->activation.waiter = c->core->attest ? mr_attest_task_waiter(&c->task) : NULL;
	mr_buf_clear(&c->response);
	start(c);
}

/* On a thread of the verifiers, over what is current now. */
static void verify_and_start(struct mr_attest_task *task)
{
	struct activation_call *c = MR_CONTAINER_OF(task, struct activation_call, task);

	start_again(&c->job);
}

static void refuse_verification(struct mr_attest_task *task)
{
	struct activation_call *c = MR_CONTAINER_OF(task, struct activation_call, task);
	struct mr_error err;

	if (is_stopping(c))
		return;
	mr_result r = mr_fail(
		&err, MR_CODE_LIMIT, "too many activations are waiting, try again later");
	refuse(c, mr_failed(r) ? MR_GRPC_RESOURCE_EXHAUSTED : MR_GRPC_INTERNAL, &err);
}

void mr_marble_api_activate(struct mr_core *core, struct mr_grpc_call *call)
{
	struct mr_activation_request request;
	struct mr_error err;

	mr_metrics_grpc_begin(core->metrics);
	MR_LOG(core->log, MR_LOG_INFO, "started call", mr_log_cstr("grpc.service", "rpc.Marble"),
		mr_log_cstr("grpc.method", "Activate"));
	mr_result r = mr_activation_request_decode(mr_grpc_call_message(call), &request, &err);
	if (mr_failed(r)) {
		r = mr_wrap(&err, r, "grpc: error unmarshalling request");
		mr_grpc_fail(call, MR_GRPC_INTERNAL, mr_str_of(err.message));
		return;
	}
	MR_LOG(core->log, MR_LOG_INFO, "Received activation request",
		mr_log_str("MarbleType", request.marble_type),
		mr_log_cstr("remote", mr_grpc_call_remote(call)));
	struct activation_call *c = calloc(1, sizeof *c);
	if (!c) {
		mr_grpc_fail(call, MR_GRPC_RESOURCE_EXHAUSTED, MR_STR("out of memory"));
		return;
	}
	c->core = core;
	c->call = call;
	c->snapshot = mr_core_snapshot(core);
	mr_buf_init_secret(&c->response, RESPONSE_MAX);
	c->activation = (struct mr_activation){
		.snapshot = c->snapshot,
		.keys = core->keys,
		.simulation = core->simulation,
		.attest = core->attest,
		.log = core->log,
		.request = request,
		.peer_certificate = mr_grpc_call_peer_certificate(call),
		.now = mr_clock_wall(),
	};
	count(c, false);
	if (!core->attest) {
		start(c);
		return;
	}
	c->task.core = core;
	c->task.run = verify_and_start;
	c->task.refuse = refuse_verification;
	mr_attest_task_start(&c->task);
}

/* The level tells an operator's fault from a caller's (30 §2.7). */
static enum mr_log_level level_of(enum mr_grpc_status status)
{
	switch (status) {
	case MR_GRPC_OK:
	case MR_GRPC_INVALID_ARGUMENT:
	case MR_GRPC_UNAUTHENTICATED:
	case MR_GRPC_NOT_FOUND:
	case MR_GRPC_ALREADY_EXISTS:
	case MR_GRPC_CANCELED:
		return MR_LOG_INFO;
	case MR_GRPC_PERMISSION_DENIED:
	case MR_GRPC_FAILED_PRECONDITION:
	case MR_GRPC_RESOURCE_EXHAUSTED:
	case MR_GRPC_ABORTED:
	case MR_GRPC_OUT_OF_RANGE:
	case MR_GRPC_DEADLINE_EXCEEDED:
	case MR_GRPC_UNAVAILABLE:
		return MR_LOG_WARN;
	case MR_GRPC_UNKNOWN:
	case MR_GRPC_UNIMPLEMENTED:
	case MR_GRPC_INTERNAL:
	case MR_GRPC_DATA_LOSS:
		break;
	}
	return MR_LOG_ERROR;
}

void mr_marble_api_finished(struct mr_core *core, struct mr_str method, enum mr_grpc_status status)
{
	if (mr_str_eq(method, MR_STR("Activate")))
		mr_metrics_grpc_end(core->metrics, status);
	MR_LOG(core->log, level_of(status), "finished call",
		mr_log_cstr("grpc.service", "rpc.Marble"), mr_log_str("grpc.method", method),
		mr_log_cstr("grpc.code", mr_grpc_status_name((unsigned)status)));
}
