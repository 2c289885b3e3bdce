/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/core.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "coordinator/attest_memory.h"
#include "coordinator/begin.h"
#include "coordinator/client_api.h"
#include "manifest/weakness.h"

enum { WORKER_QUEUE_MAX = 1024, KEY_STOCK = 64, QUOTE_QUEUE_MAX = 64, VERIFIERS_MAX = 4 };

static void destroy_snapshot(struct mr_shared *shared)
{
	struct mr_snapshot *s = MR_CONTAINER_OF(shared, struct mr_snapshot, shared);

	mr_state_unref(s->state);
	mr_view_unref(s->view);
	free(s);
}

void mr_snapshot_unref(struct mr_snapshot *snapshot)
{
	if (snapshot)
		mr_shared_unref(&snapshot->shared);
}

struct mr_snapshot *mr_core_snapshot(struct mr_core *core)
{
	struct mr_shared *shared = mr_shared_slot_get(&core->current);

	return MR_CONTAINER_OF(shared, struct mr_snapshot, shared);
}

mr_result mr_core_prepare_publish(struct mr_core *core, struct mr_error *err)
{
	if (core->spare)
		return MR_OK;
	struct mr_snapshot *s = calloc(1, sizeof *s);
	if (!s)
		return mr_fail_nomem(err);
	mr_shared_init(&s->shared, destroy_snapshot);
	core->spare = s;
	return MR_OK;
}

static void publish(void *context, struct mr_state *state, void *attachment)
{
	struct mr_core *core = context;
	struct mr_snapshot *s = core->spare;

	core->spare = NULL;
	s->state = mr_state_ref(state);
	s->view = mr_view_ref(attachment);
	mr_attest_memory_read(core, state);
	mr_shared_slot_set(&core->current, &s->shared);
}

static void unref_attachment(void *attachment)
{
	mr_view_unref(attachment);
}

mr_result mr_require_state(const struct mr_view *view, enum mr_coordinator_state a,
	enum mr_coordinator_state b, struct mr_error *err)
{
	if (view->state == a || view->state == b)
		return MR_OK;
	return mr_fail(err, MR_CODE_STATE, "server is not in expected state");
}

static bool fill_key_stock(void *context)
{
	struct mr_core *core = context;
	struct mr_error err;
	bool full = true;

	return !mr_failed(mr_key_pool_fill_one(core->keys, &full, &err)) && !full;
}

static mr_result start_machinery(
	struct mr_core *core, struct mr_state *state, struct mr_view *view, struct mr_error *err)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (core->config->metrics_address) {
		size_t count;
		const struct mr_str *paths = mr_client_api_paths(&count);
		MR_TRY(mr_metrics_new(paths, count, &core->metrics, err));
		MR_TRY(mr_events_new(&core->events, err));
	}
	MR_TRY(mr_key_pool_new(KEY_STOCK, &core->keys, err));
	MR_TRY(mr_workers_new(
		cores > 2 ? (size_t)cores - 1 : 2, WORKER_QUEUE_MAX, &core->workers, err));
	MR_TRY(mr_workers_new(1, WORKER_QUEUE_MAX, &core->changes, err));
	MR_TRY(mr_workers_new(1, WORKER_QUEUE_MAX, &core->strangers, err));
	mr_workers_set_idle(core->workers, fill_key_stock, core);
	MR_TRY(mr_core_prepare_publish(core, err));
	publish(core, state, view);
	const struct mr_commit_queue_config config = {
		.store = core->store,
		.state = state,
		.attachment = mr_view_ref(view),
		.attachment_unref = unref_attachment,
		.publish = publish,
		.context = core,
	};
	mr_result r = mr_commit_queue_new(&config, &core->commits, err);
	if (mr_failed(r))
		mr_view_unref(view);
	return r;
}

/* An issuing error never selects simulation: it ends the start, or in development mode leaves us without evidence of our
 * own. Marbles are verified in any case (70 §6, §21.1). */
static mr_result make_own_quote(
	struct mr_core *core, const struct mr_view *view, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf quote = { 0 };

	mr_buf_init(&quote, (size_t)2 << 20);
	MR_TRY(mr_own_quote_new(core->config->issuer, &core->quote, err));
	mr_result r = mr_own_quote_make(
		core->quote, view->authority->root.der, mr_bytes_of(NULL, 0), &quote, err);
	if (!mr_failed(r) || !core->config->dev_mode)
		return r;
	MR_LOG(core->log, MR_LOG_WARN,
		"Failed to get quote: this Coordinator cannot be attested, and development mode lets it start. "
		"Quotes of Marbles are checked",
		mr_log_error(err));
	mr_own_quote_free(core->quote);
	core->quote = NULL;
	return MR_OK;
}

static mr_result start_attestation(
	struct mr_core *core, const struct mr_view *view, struct mr_error *err)
{
	const struct mr_attest_service_config config = {
		.refresh_seconds = core->config->collateral_refresh_seconds,
		.release_time = MR_RELEASE_TIME,
	};
	/* a verification takes a fraction of a millisecond; threads are scarce in an enclave */
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (core->simulation)
		return MR_OK;
	MR_TRY(mr_attest_service_new(&config, &core->attest, err));
	MR_TRY(mr_workers_new(cores > 0 && cores < VERIFIERS_MAX ? (size_t)cores : VERIFIERS_MAX,
		WORKER_QUEUE_MAX, &core->verifiers, err));
	MR_TRY(mr_workers_new(1, QUOTE_QUEUE_MAX, &core->quoters, err));
	return make_own_quote(core, view, err);
}

static void warn(void *context, const char *text)
{
	struct mr_core *core = context;

	MR_LOG_PLAIN(core->log, MR_LOG_WARN, text);
}

static mr_result start(struct mr_core *core, struct mr_error *err)
{
	MR_AUTO(state) struct mr_state *state = NULL;
	MR_AUTO(view) struct mr_view *view = NULL;

	MR_TRY(mr_wrap(err,
		mr_file_store_open(
			core->config->seal_dir, core->simulation, core->log, &core->store, err),
		"Cannot create or access sealdir"));
	if (core->config->seal_provider.source != MR_SEAL_SOURCE_NONE)
		mr_file_store_use_provider(core->store, &core->config->seal_provider);
	MR_TRY(mr_begin(core->store, core->log, mr_str_of(core->config->dns_names), mr_clock_wall(),
		&state, &view, err));
	if (view->state == MR_STATE_RECOVERY)
		MR_TRY(mr_recovery_new(
			mr_file_store_recovery_data(core->store), &core->recovery, err));
	if (view->manifest)
		mr_manifest_remark_weakness(view->manifest, &(struct mr_warn){ warn, core });
	MR_TRY(start_attestation(core, view, err));
	MR_TRY(start_machinery(core, state, view, err));
	mr_core_tick(core);
	return MR_OK;
}

mr_result mr_core_new(const struct mr_config *config, struct mr_logger *log, struct mr_core **ret,
	struct mr_error *err)
{
	struct mr_core *core = calloc(1, sizeof *core);

	if (!core)
		return mr_fail_nomem(err);
	core->config = config;
	core->log = log;
	core->simulation = config->simulation;
	mr_shared_slot_init(&core->current);
	mr_result r = start(core, err);
	if (mr_failed(r)) {
		mr_core_free(core);
		return r;
	}
	*ret = core;
	return MR_OK;
}

void mr_core_tick(struct mr_core *core)
{
	if (core->attest)
		mr_attest_service_tick(core->attest);
	mr_attest_memory_tick(core);
}

void mr_core_stop(struct mr_core *core)
{
	atomic_store(&core->stopping, true);
	/* Who waits for a document is told, and finds the verifiers, who refuse. Jobs submit updates, so they end first;
	 * updates that were overtaken submit jobs, which are refused then. */
	mr_attest_service_stop(core->attest);
	mr_workers_stop(core->verifiers);
	mr_workers_stop(core->quoters);
	mr_workers_stop(core->workers);
	mr_workers_stop(core->changes);
	mr_workers_stop(core->strangers);
	mr_commit_queue_free(core->commits);
	core->commits = NULL;
}

void mr_core_free(struct mr_core *core)
{
	if (!core)
		return;
	mr_core_stop(core);
	mr_workers_free(core->verifiers);
	mr_workers_free(core->quoters);
	mr_attest_service_free(core->attest);
	mr_own_quote_free(core->quote);
	mr_workers_free(core->workers);
	mr_workers_free(core->changes);
	mr_workers_free(core->strangers);
	mr_file_store_close(core->store);
	mr_recovery_free(core->recovery);
	mr_key_pool_free(core->keys);
	mr_metrics_free(core->metrics);
	mr_events_free(core->events);
	mr_shared_slot_set(&core->current, NULL);
	free(core->spare);
	free(core);
}
