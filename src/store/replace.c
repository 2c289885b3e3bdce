/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order of a replace, and what a crash behind each step leaves:
 *
 *   sealed_data.tmp, sealed_key.tmp written and synced    the old pair
 *   .old of both made, as second names of the current     the old pair
 *   directory synced
 *   sealed_data.tmp renamed                               the new data, their key in sealed_key.tmp
 *   directory synced
 *   sealed_key.tmp renamed                                the new pair
 *   directory synced
 *
 * The directory is synced behind each step, since a disk that loses power may keep any of the names
 * changed since the last sync and lose the others.
 *
 * Without hard links the current file is renamed to .old right before its successor takes the name.
 * In between sealed_data is missing beside a complete sealed_data.tmp, which a start recognises.
 * Putting the old pair back goes the same way: first the key as .tmp, then the data, then the key.
 */
#include "store/replace.h"

/* One of the two files. */
struct names {
	const char *what; /* context of messages */
	const char *name, *tmp, *old;
};

static const struct names data_names = {
	.what = "writing sealed data file",
	.name = MR_DATA_NAME,
	.tmp = MR_DATA_TMP,
	.old = MR_DATA_OLD,
};
static const struct names key_names = {
	.what = "writing encrypted key to disk",
	.name = MR_KEY_NAME,
	.tmp = MR_KEY_TMP,
	.old = MR_KEY_OLD,
};

/* --- undoing --- */

/* The older generation under its .tmp name, itself kept where that is possible. */
static mr_result stage(const struct mr_seal_dir *dir, const struct names *names,
	struct mr_replace_side *side, struct mr_error *err)
{
	if (side->staged)
		return MR_OK;
	if (dir->no_links || mr_failed(mr_seal_dir_link(dir, names->old, names->tmp, err)))
		MR_TRY(mr_seal_dir_rename(dir, names->old, names->tmp, err));
	side->staged = true;
	return MR_OK;
}

/* The old content under its name again, or none if there was none. */
static mr_result restore(const struct mr_seal_dir *dir, const struct names *names,
	struct mr_replace_side *side, struct mr_error *err)
{
	if (side->replaced && side->existed) {
		MR_TRY(stage(dir, names, side, err));
		MR_TRY(mr_seal_dir_rename(dir, names->tmp, names->name, err));
	} else if (side->replaced) {
		MR_TRY(mr_seal_dir_remove(dir, names->name, err));
	} else if (side->moved) {
		MR_TRY(mr_seal_dir_rename(dir, names->old, names->name, err));
	}
	*side = (struct mr_replace_side){ .existed = false };
	return MR_OK;
}

/* The data go first while the old key waits as .tmp: a start tries both keys on them. Goes on where
 * it failed when it is called again. */
static mr_result put_back(
	const struct mr_seal_dir *dir, struct mr_replace *replace, struct mr_error *err)
{
	if (replace->key.replaced && replace->key.existed)
		MR_TRY(stage(dir, &key_names, &replace->key, err));
	else if (!replace->key.replaced)
		MR_TRY(restore(dir, &key_names, &replace->key, err));
	MR_TRY(restore(dir, &data_names, &replace->data, err));
	MR_TRY(restore(dir, &key_names, &replace->key, err));
	return mr_seal_dir_sync(dir, err);
}

static bool is_pending(const struct mr_replace *replace)
{
	return replace->data.replaced || replace->data.moved || replace->key.replaced ||
	       replace->key.moved;
}

static mr_result finish_undoing(
	const struct mr_seal_dir *dir, struct mr_replace *replace, struct mr_error *err)
{
	if (!is_pending(replace))
		return MR_OK;
	return mr_wrap(err, put_back(dir, replace, err), "%s: replacing file", data_names.what);
}

/* After a failure: the old pair under its names again, no temporary file. */
static void undo(const struct mr_seal_dir *dir, struct mr_replace *replace, struct mr_logger *log)
{
	struct mr_error err;
	mr_result r = MR_OK;

	if (is_pending(replace))
		r = put_back(dir, replace, &err);
	if (mr_failed(r)) {
		MR_LOG(log, MR_LOG_ERROR,
			"The sealed files could not be put back after a failed write: they may be "
			"newer than what is served, until a write succeeds",
			mr_log_error(&err));
		return; /* what is left of .tmp may be needed to load */
	}
	r = mr_seal_dir_remove(dir, MR_DATA_TMP, &err);
	r = mr_seal_dir_remove(dir, MR_KEY_TMP, &err);
	(void)r; /* a start does not look at them, the next write removes them */
}

/* --- replacing --- */

static mr_result write_tmp(const struct mr_seal_dir *dir, const struct names *names,
	struct mr_bytes content, struct mr_error *err)
{
	return mr_wrap(err, mr_seal_dir_write(dir, names->tmp, content, err),
		"%s: writing temporary file", names->what);
}

static mr_result back_up(struct mr_seal_dir *dir, const struct names *names,
	struct mr_replace_side *side, struct mr_error *err)
{
	if (dir->no_links)
		return MR_OK;
	mr_result r = mr_seal_dir_remove(dir, names->old, err);
	if (!mr_failed(r))
		r = mr_seal_dir_link(dir, names->name, names->old, err);
	if (r.code == MR_CODE_NOT_FOUND)
		return MR_OK;
	if (r.code == MR_CODE_UNSUPPORTED) {
		dir->no_links = true;
		return MR_OK;
	}
	side->existed = !mr_failed(r);
	return mr_wrap(err, r, "%s: backing up old file", names->what);
}

static mr_result swap(const struct mr_seal_dir *dir, const struct names *names,
	struct mr_replace_side *side, struct mr_error *err)
{
	if (dir->no_links) {
		mr_result r = mr_seal_dir_rename(dir, names->name, names->old, err);
		side->existed = side->moved = !mr_failed(r);
		if (mr_failed(r) && r.code != MR_CODE_NOT_FOUND)
			return mr_wrap(err, r, "%s: backing up old file", names->what);
	}
	MR_TRY(mr_wrap(err, mr_seal_dir_rename(dir, names->tmp, names->name, err),
		"%s: replacing file", names->what));
	side->replaced = true;
	return MR_OK;
}

static mr_result replace_both(
	struct mr_seal_dir *dir, struct mr_replace *replace, struct mr_error *err)
{
	MR_TRY(back_up(dir, &data_names, &replace->data, err));
	MR_TRY(back_up(dir, &key_names, &replace->key, err));
	MR_TRY(mr_wrap(
		err, mr_seal_dir_sync(dir, err), "%s: backing up old file", data_names.what));
	MR_TRY(swap(dir, &data_names, &replace->data, err));
	MR_TRY(mr_wrap(err, mr_seal_dir_sync(dir, err), "%s: replacing file", data_names.what));
	MR_TRY(swap(dir, &key_names, &replace->key, err));
	return mr_wrap(err, mr_seal_dir_sync(dir, err), "%s: replacing file", key_names.what);
}

mr_result mr_replace_pair(struct mr_seal_dir *dir, struct mr_replace *replace, struct mr_bytes data,
	struct mr_bytes key, struct mr_logger *log, struct mr_error *err)
{
	MR_TRY(finish_undoing(dir, replace, err));
	*replace = (struct mr_replace){ .data = { .existed = false } };
	mr_result r = write_tmp(dir, &data_names, data, err);
	if (!mr_failed(r))
		r = write_tmp(dir, &key_names, key, err);
	if (!mr_failed(r))
		r = replace_both(dir, replace, err);
	if (mr_failed(r))
		undo(dir, replace, log);
	else
		*replace = (struct mr_replace){ .data = { .existed = false } };
	return r;
}

/* --- retiring --- */

/* Synced at once: a sealed_data that a disk kept without its key would ask for recovery. */
static mr_result move_away_durably(const struct mr_seal_dir *dir, const struct names *names,
	struct mr_replace_side *side, struct mr_error *err)
{
	mr_result r = mr_seal_dir_rename(dir, names->name, names->old, err);

	side->existed = side->moved = !mr_failed(r);
	if (r.code == MR_CODE_NOT_FOUND)
		return MR_OK;
	if (!mr_failed(r))
		r = mr_seal_dir_sync(dir, err);
	return mr_wrap(err, r, "%s: backing up old file", names->what);
}

mr_result mr_retire_pair(
	const struct mr_seal_dir *dir, struct mr_replace *replace, struct mr_error *err)
{
	struct mr_error second;

	MR_TRY(finish_undoing(dir, replace, err));
	/* Without sealed_data a complete sealed_data.tmp would count as an interrupted replace. */
	mr_result r = mr_seal_dir_remove(dir, MR_DATA_TMP, err);
	if (!mr_failed(r))
		r = mr_seal_dir_remove(dir, MR_KEY_TMP, err);
	MR_TRY(mr_wrap(err, r, "%s", data_names.what));

	*replace = (struct mr_replace){ .data = { .existed = false } };
	r = move_away_durably(dir, &data_names, &replace->data, err);
	if (!mr_failed(r))
		r = move_away_durably(dir, &key_names, &replace->key, err);
	if (mr_failed(r)) {
		mr_result back = put_back(dir, replace, &second);
		(void)back; /* tried again before the next write */
	} else {
		*replace = (struct mr_replace){ .data = { .existed = false } };
	}
	return r;
}
