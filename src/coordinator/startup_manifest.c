/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/startup_manifest.h"

#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

#include <errno.h>
#include <fcntl.h>

#include "base/clock.h"
#include "base/file.h"
#include "coordinator/set_manifest.h"

struct startup_update {
	struct mr_core *core;
	struct mr_new_manifest new;
	struct mr_update update;
	sem_t done;
	mr_result result;
	struct mr_error error;
};

static mr_result apply(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	struct startup_update *u = MR_CONTAINER_OF(update, struct startup_update, update);

	MR_TRY(mr_core_prepare_publish(u->core, err));
	MR_TRY(mr_tx_replay(u->new.change.tx, context->tx, err));
	context->new_attachment = mr_view_ref(u->new.change.view);
	context->new_protection = &u->new.change.protection;
	return MR_OK;
}

static void committed(
	struct mr_update *update, mr_result result, bool committing, const struct mr_error *err)
{
	struct startup_update *u = MR_CONTAINER_OF(update, struct startup_update, update);

	(void)committing;
	u->result = result;
	if (mr_failed(result))
		u->error = *err;
	(void)sem_post(&u->done);
}

/* The file is made before the manifest is set: secrets that cannot be kept must not come into being (40 §2.6). */
static mr_result open_recovery_file(const char *path, int *ret_fd, struct mr_error *err)
{
	if (!path)
		return MR_OK;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return mr_fail_errno(err, errno, "open %s", path);
	*ret_fd = fd;
	return MR_OK;
}

static mr_result write_recovery_file(
	int fd, const char *path, const struct mr_state_key *key, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf json = { 0 };

	if (fd < 0)
		return MR_OK;
	mr_buf_init(&json, 64 << 20);
	mr_state_key_put_json(key, &json);
	mr_buf_put_u8(&json, '\n');
	MR_TRY(mr_buf_status(&json, err));
	int errnum = mr_fd_write_all(fd, mr_buf_bytes(&json));
	if (!errnum && fsync(fd) != 0)
		errnum = errno;
	return errnum ? mr_fail_errno(err, errnum, "write %s", path) : MR_OK;
}

static mr_result commit(struct startup_update *u, struct mr_error *err)
{
	u->update = (struct mr_update){ .apply = apply, .done = committed };
	if (sem_init(&u->done, 0, 0) != 0)
		return mr_fail_errno(err, errno, "sem_init");
	if (!mr_commit_queue_submit(u->core->commits, &u->update)) {
		(void)sem_destroy(&u->done);
		return mr_fail(err, MR_CODE_LIMIT, "the commit queue does not take the manifest");
	}
	while (sem_wait(&u->done) != 0 && errno == EINTR)
		continue;
	(void)sem_destroy(&u->done);
	if (!mr_failed(u->result))
		return MR_OK;
	*err = u->error;
	return mr_wrap(err, u->result, "sealing state");
}

static mr_result set(struct mr_core *core, const struct mr_snapshot *snapshot, struct mr_bytes raw,
	struct mr_error *err)
{
	const char *path = core->config->startup_recovery_file;
	MR_AUTO(fd) int fd = -1;
	struct startup_update *u = calloc(1, sizeof *u);

	if (!u)
		return mr_fail_nomem(err);
	u->core = core;
	mr_result r = open_recovery_file(path, &fd, err);
	if (!mr_failed(r)) {
		r = mr_set_manifest_prepare(core, snapshot, raw, mr_clock_wall_ns(), &u->new, err);
		if (!mr_failed(r))
			r = write_recovery_file(fd, path, &u->new.change.recovery, err);
		if (!mr_failed(r))
			r = commit(u, err);
		if (mr_failed(r) && fd >= 0)
			(void)unlink(path);
	}
	mr_new_manifest_done(&u->new);
	free(u);
	return r;
}

mr_result mr_startup_manifest_set(struct mr_core *core, struct mr_error *err)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(core);
	MR_AUTO(buf) struct mr_buf raw = { 0 };

	mr_buf_init(&raw, MR_MANIFEST_MAX_SIZE);
	MR_TRY(mr_wrap(err, mr_file_read(core->config->startup_manifest, &raw, err),
		"Cannot read startup manifest"));
	if (s->view->state == MR_STATE_RECOVERY)
		return mr_fail(err, MR_CODE_STATE,
			"the sealed state waits for recovery and is not replaced by a startup manifest");
	if (s->view->state != MR_STATE_ACCEPTING_MANIFEST) {
		if (!mr_bytes_eq(mr_buf_bytes(&raw), s->view->manifest_raw))
			MR_LOG_PLAIN(core->log, MR_LOG_WARN,
				"The startup manifest differs from the manifest in force and is not set");
		return MR_OK;
	}
	return set(core, s, mr_buf_bytes(&raw), err);
}
