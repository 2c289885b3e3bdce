/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/attest_memory.h"

#include <stdlib.h>

#include "attest/watermark.h"

enum { TEXT_MAX = 64 << 10 };

static const struct mr_str key = MR_STR_INIT("attestationDocuments");

struct store {
	struct mr_core *core;
	struct mr_update update;
	struct mr_buf text;
};

static mr_result apply(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	struct store *s = MR_CONTAINER_OF(update, struct store, update);

	MR_TRY(mr_core_prepare_publish(s->core, err));
	return mr_tx_put(context->tx, key, mr_buf_bytes(&s->text), err);
}

static void done(
	struct mr_update *update, mr_result result, bool committing, const struct mr_error *err)
{
	struct store *s = MR_CONTAINER_OF(update, struct store, update);

	(void)committing;
	if (mr_failed(result))
		MR_LOG(s->core->log, MR_LOG_WARN,
			"What was seen of attestation documents could not be stored",
			mr_log_error(err));
	atomic_store(&s->core->storing_marks, false);
	mr_buf_done(&s->text);
	free(s);
}

/* What cannot be stored now is tried again with the next tick. */
static void store(struct mr_core *core, struct mr_buf *text)
{
	struct store *s = calloc(1, sizeof *s);

	if (!s)
		return;
	s->core = core;
	s->update = (struct mr_update){ .apply = apply, .done = done };
	s->text = *text;
	*text = (struct mr_buf){ 0 };
	atomic_store(&core->storing_marks, true);
	if (mr_commit_queue_submit(core->commits, &s->update))
		return;
	atomic_store(&core->storing_marks, false);
	mr_buf_done(&s->text);
	free(s);
}

void mr_attest_memory_read(struct mr_core *core, const struct mr_state *state)
{
	struct mr_bytes text;

	if (core->attest && mr_state_get(state, key, &text))
		mr_watermarks_read(mr_attest_service_watermarks(core->attest), mr_bytes_str(text));
}

void mr_attest_memory_tick(struct mr_core *core)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_bytes stored = { NULL, 0 };

	if (!core->attest || atomic_load(&core->storing_marks))
		return;
	MR_AUTO(snapshot) struct mr_snapshot *now = mr_core_snapshot(core);
	/* a state without a manifest is not stored */
	if (!now->view->manifest)
		return;
	mr_buf_init(&text, TEXT_MAX);
	mr_watermarks_write(mr_attest_service_watermarks(core->attest), &text);
	(void)mr_state_get(now->state, key, &stored);
	if (text.failure == MR_CODE_OK && !mr_bytes_eq(mr_buf_bytes(&text), stored))
		store(core, &text);
}
