/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order of a replace, and what a crash behind each step leaves:
 *
 *   sealed_data.tmp, sealed_key.tmp written and synced    the old pair
 *   .old of both made, as second names of the current     the old pair
 *   sealed_data.tmp renamed                               the new data, their key in sealed_key.tmp
 *   sealed_key.tmp renamed                                the new pair
 *   directory synced
 *
 * Without hard links the current file is renamed to .old right before its successor takes the name.
 * In between sealed_data is missing beside a complete sealed_data.tmp, which a start recognises.
 * Putting the old pair back goes the same way: first the key as .tmp, then the data, then the key.
 */
#include "store/replace.h"

/* One of the two files, and what has been done to it. */
struct side {
	const char *what; /* context of messages */
	const char *name, *tmp, *old;
	bool existed;  /* .old is what was there before */
	bool moved;    /* renamed to .old, so the name may be missing */
	bool replaced; /* the name is the new content */
};

static const struct side data_side = {
	.what = "writing sealed data file",
	.name = MR_DATA_NAME,
	.tmp = MR_DATA_TMP,
	.old = MR_DATA_OLD,
};
static const struct side key_side = {
	.what = "writing encrypted key to disk",
	.name = MR_KEY_NAME,
	.tmp = MR_KEY_TMP,
	.old = MR_KEY_OLD,
};

static mr_result write_tmp(const struct mr_seal_dir *dir, const struct side *side,
	struct mr_bytes content, struct mr_error *err)
{
	return mr_wrap(err, mr_seal_dir_write(dir, side->tmp, content, err),
		"%s: writing temporary file", side->what);
}

static mr_result back_up(struct mr_seal_dir *dir, struct side *side, struct mr_error *err)
{
	if (dir->no_links)
		return MR_OK;
	mr_result r = mr_seal_dir_remove(dir, side->old, err);
	if (!mr_failed(r))
		r = mr_seal_dir_link(dir, side->name, side->old, err);
	if (r.code == MR_CODE_NOT_FOUND)
		return MR_OK;
	if (r.code == MR_CODE_UNSUPPORTED) {
		dir->no_links = true;
		return MR_OK;
	}
	side->existed = !mr_failed(r);
	return mr_wrap(err, r, "%s: backing up old file", side->what);
}

static mr_result swap(const struct mr_seal_dir *dir, struct side *side, struct mr_error *err)
{
	if (dir->no_links) {
		mr_result r = mr_seal_dir_rename(dir, side->name, side->old, err);
		side->existed = side->moved = !mr_failed(r);
		if (mr_failed(r) && r.code != MR_CODE_NOT_FOUND)
			return mr_wrap(err, r, "%s: backing up old file", side->what);
	}
	MR_TRY(mr_wrap(err, mr_seal_dir_rename(dir, side->tmp, side->name, err),
		"%s: replacing file", side->what));
	side->replaced = true;
	return MR_OK;
}

/* The older generation under its .tmp name, itself kept where that is possible. */
static mr_result old_to_tmp(
	const struct mr_seal_dir *dir, const struct side *side, struct mr_error *err)
{
	if (!dir->no_links && !mr_failed(mr_seal_dir_link(dir, side->old, side->tmp, err)))
		return MR_OK;
	return mr_seal_dir_rename(dir, side->old, side->tmp, err);
}

static mr_result put_back(const struct mr_seal_dir *dir, const struct side *data,
	const struct side *key, struct mr_error *err)
{
	if (key->replaced && key->existed)
		MR_TRY(old_to_tmp(dir, key, err));
	else if (!key->replaced && key->moved)
		MR_TRY(mr_seal_dir_rename(dir, key->old, key->name, err));

	if (data->replaced && data->existed) {
		MR_TRY(old_to_tmp(dir, data, err));
		MR_TRY(mr_seal_dir_rename(dir, data->tmp, data->name, err));
	} else if (data->replaced) {
		MR_TRY(mr_seal_dir_remove(dir, data->name, err));
	} else {
		MR_TRY(mr_seal_dir_rename(dir, data->old, data->name, err));
	}

	if (key->replaced && key->existed)
		MR_TRY(mr_seal_dir_rename(dir, key->tmp, key->name, err));
	else if (key->replaced)
		MR_TRY(mr_seal_dir_remove(dir, key->name, err));
	return mr_seal_dir_sync(dir, err);
}

/* After a failure: the old pair under its names again, no temporary file. */
static void undo(const struct mr_seal_dir *dir, const struct side *data, const struct side *key,
	struct mr_logger *log)
{
	struct mr_error err;
	mr_result r = MR_OK;

	if (data->replaced || data->moved)
		r = put_back(dir, data, key, &err);
	if (mr_failed(r)) {
		MR_LOG(log, MR_LOG_ERROR,
			"The sealed files could not be put back after a failed write: until the next "
			"write succeeds they may be newer than what is served",
			mr_log_error(&err));
		return; /* what is left of .tmp may be needed to load */
	}
	r = mr_seal_dir_remove(dir, data->tmp, &err);
	r = mr_seal_dir_remove(dir, key->tmp, &err);
	(void)r; /* a start does not look at them, the next write removes them */
}

static mr_result replace(
	struct mr_seal_dir *dir, struct side *data, struct side *key, struct mr_error *err)
{
	MR_TRY(back_up(dir, data, err));
	MR_TRY(back_up(dir, key, err));
	MR_TRY(swap(dir, data, err));
	MR_TRY(swap(dir, key, err));
	return mr_wrap(err, mr_seal_dir_sync(dir, err), "%s: replacing file", key->what);
}

mr_result mr_replace_pair(struct mr_seal_dir *dir, struct mr_bytes data, struct mr_bytes key,
	struct mr_logger *log, struct mr_error *err)
{
	struct side data_work = data_side;
	struct side key_work = key_side;
	mr_result r = write_tmp(dir, &data_work, data, err);
	if (!mr_failed(r))
		r = write_tmp(dir, &key_work, key, err);
	if (!mr_failed(r))
		r = replace(dir, &data_work, &key_work, err);
	if (!mr_failed(r))
		return MR_OK;
	undo(dir, &data_work, &key_work, log);
	return r;
}

/* Puts the pair back that could not be retired. The key first: without it the data would ask for
 * recovery. */
static void unretire(const struct mr_seal_dir *dir, bool data_moved, bool key_moved)
{
	struct mr_error err;
	mr_result r = MR_OK;

	if (key_moved)
		r = mr_seal_dir_rename(dir, MR_KEY_OLD, MR_KEY_NAME, &err);
	if (data_moved)
		r = mr_seal_dir_rename(dir, MR_DATA_OLD, MR_DATA_NAME, &err);
	(void)r; /* the failure that led here is reported */
}

mr_result mr_retire_pair(const struct mr_seal_dir *dir, struct mr_error *err)
{
	/* Without sealed_data a complete sealed_data.tmp would count as an interrupted replace. */
	mr_result r = mr_seal_dir_remove(dir, MR_DATA_TMP, err);
	if (!mr_failed(r))
		r = mr_seal_dir_remove(dir, MR_KEY_TMP, err);
	if (mr_failed(r))
		return mr_wrap(err, r, "%s", data_side.what);

	mr_result data = mr_seal_dir_rename(dir, MR_DATA_NAME, MR_DATA_OLD, err);
	if (mr_failed(data) && data.code != MR_CODE_NOT_FOUND)
		return mr_wrap(err, data, "%s: backing up old file", data_side.what);
	mr_result key = mr_seal_dir_rename(dir, MR_KEY_NAME, MR_KEY_OLD, err);
	r = key.code == MR_CODE_NOT_FOUND ? MR_OK : key;
	if (!mr_failed(r))
		r = mr_seal_dir_sync(dir, err);
	if (mr_failed(r))
		unretire(dir, !mr_failed(data), !mr_failed(key));
	return mr_wrap(err, r, "%s: backing up old file", key_side.what);
}
