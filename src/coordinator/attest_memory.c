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
	mr_buf_done(&s->text);
	free(s);
}

/* True: it is on its way. */
static bool store(struct mr_core *core, const struct mr_watermarks *seen)
{
	struct store *s = calloc(1, sizeof *s);

	if (!s)
		return false;
	s->core = core;
	s->update = (struct mr_update){ .apply = apply, .done = done };
	mr_buf_init(&s->text, TEXT_MAX);
	mr_watermarks_write(seen, &s->text);
	if (s->text.failure == MR_CODE_OK && mr_commit_queue_submit(core->commits, &s->update))
		return true;
	mr_buf_done(&s->text);
	free(s);
	return false;
}

void mr_attest_memory_tick(struct mr_core *core)
{
	if (!core->attest)
		return;
	MR_AUTO(snapshot) struct mr_snapshot *now = mr_core_snapshot(core);
	struct mr_watermarks *seen = mr_attest_service_watermarks(core->attest);
	struct mr_bytes text;

	/* after a recovery the state is another one; what was read before is read again to no effect */
	uint64_t version = mr_watermarks_version(seen);
	if (mr_state_get(now->state, key, &text) && text.ptr != core->seen_text) {
		bool is_stored = version == core->stored_version;

		mr_watermarks_read(seen, mr_bytes_str(text));
		core->seen_text = text.ptr;
		version = mr_watermarks_version(seen);
		core->stored_version = is_stored ? version : core->stored_version;
	}
	/* a state without a manifest is not stored */
	if (version != core->stored_version && now->view->manifest && store(core, seen))
		core->stored_version = version;
}
