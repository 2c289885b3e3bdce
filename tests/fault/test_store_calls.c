/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls of a commit fail: one of them once, or all from one on. The latter is what a crash
 * before that call leaves on disk. After it the directory has to load, to the old or the new state,
 * and the next commit may die as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "fault_calls.h"
#include "store/commit_queue.h"
#include "store_scene.h"

/* One directory for all: making and removing thousands of them costs more than all else. */
static struct scratch scratch;

static void scene_begin(struct scene *scene)
{
	mr_fault_set(0);
	mr_fault_no_links(scene->links_errno);
	scene_lay_out(scene, scratch.seal);
}

/* Opens the store of a directory and loads; the outcome. */
static unsigned load(const char *dir, const struct scene *scene, struct mr_file_store **ret_store)
{
	MR_AUTO(state) struct mr_state *state = NULL;
	enum mr_load_result result = MR_LOAD_FRESH;
	struct mr_error err;

	OK(mr_file_store_open(dir, scene->simulation, NULL, ret_store, &err));
	OK(mr_file_store_load(*ret_store, &result, &state, &err));
	if (result == MR_LOAD_STATE) {
		mr_file_store_set_mode(*ret_store, MR_SEAL_PRODUCT_KEY);
		return number_of(state);
	}
	if (result == MR_LOAD_FRESH)
		return FRESH;
	/* what has to be recovered is the old state and nothing else */
	OK(mr_file_store_recover(*ret_store, dek_of(DEK), &state, &err));
	assert_int_equal(number_of(state), OLD);
	return RECOVERY;
}

/* (Re)opens the store, as the next process would. */
static unsigned scene_load(struct scene *scene)
{
	mr_file_store_close(scene->store);
	scene->store = NULL;
	return load(scratch.seal, scene, &scene->store);
}

/* What the next process would load, while the store stays open. */
static unsigned outcome_of_copy(const struct scene *scene)
{
	MR_AUTO(scratch) struct scratch copy;
	MR_AUTO(file_store) struct mr_file_store *store = NULL;

	copy_sealed(scratch.seal, &copy);
	return load(copy.seal, scene, &store);
}

static void scene_end(struct scene *scene)
{
	mr_fault_set(0);
	mr_file_store_close(scene->store);
	scene->store = NULL;
}

/* A commit in a store that loaded to `outcome`. */
static mr_result commit(
	struct scene *scene, unsigned number, unsigned outcome, uint8_t dek, struct mr_error *err)
{
	MR_AUTO(state) struct mr_state *state = numbered_state(number);
	const struct mr_protection protection = protection_of(dek);
	bool has_key = outcome != FRESH && outcome != RECOVERY && !scene->new_dek;

	return mr_file_store_commit(scene->store, state, has_key ? NULL : &protection, err);
}

static void describe(const struct scene *scene, unsigned long n, const char *what, unsigned outcome)
{
	fail_msg("%s: outcome %u; start %d, simulation %d, new DEK %d, links %d; %s, call %lu, of "
		 "%s",
		what, outcome, (int)scene->start, scene->simulation, scene->new_dek,
		scene->links_errno, mr_fault_name(), n, mr_fault_record());
}

static void every_scene(void (*test)(struct scene *scene))
{
	each_scene(test);
	mr_fault_no_links(0);
}

/* --- the order of calls --- */

#define WRITE(name) "open " name ";write " name ";sync " name ";close " name ";"
#define WRITE_BOTH WRITE("sealed_data.tmp") WRITE("sealed_key.tmp")
#define SYNC_DIR "sync directory;"
#define RENAME_PAIR                                                                                \
	"rename sealed_data.old;rename sealed_data;" SYNC_DIR                                      \
	"rename sealed_key.old;rename sealed_key;" SYNC_DIR
/* the first commit finds out, the next ones know */
#define WITHOUT_LINKS                                                                              \
	WRITE_BOTH "remove sealed_data.old;link sealed_data.old;" SYNC_DIR RENAME_PAIR,            \
		WRITE_BOTH SYNC_DIR RENAME_PAIR

static void test_everything_is_synced_before_it_counts(void **unused)
{
	static const struct {
		int links_errno;
		const char *first, *second;
	} cases[] = {
		{ 0,
			WRITE_BOTH "remove sealed_data.old;link sealed_data.old;"
				   "remove sealed_key.old;link sealed_key.old;" SYNC_DIR
				   "rename sealed_data;" SYNC_DIR "rename sealed_key;" SYNC_DIR,
			NULL },
		{ EPERM, WITHOUT_LINKS },
		{ ENOSYS, WITHOUT_LINKS },
		{ EOPNOTSUPP, WITHOUT_LINKS },
	};

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		struct scene scene = { .start = LATER, .links_errno = cases[i].links_errno };
		struct mr_error err;
		scene_begin(&scene);
		assert_int_equal(scene_load(&scene), OLD);
		for (unsigned round = 0; round < 3; round++) {
			mr_fault_set(0);
			OK(commit(&scene, NEW, OLD, DEK, &err));
			assert_string_equal(mr_fault_record(),
				round && cases[i].second ? cases[i].second : cases[i].first);
		}
		assert_int_equal(scene_load(&scene), NEW);
		scene_end(&scene);
	}
	mr_fault_no_links(0);
}

/* --- one call fails --- */

/* The n-th call fails once; false when there is no such call. */
static bool fail_once(struct scene *scene, unsigned long n, int errnum)
{
	struct mr_error err;

	scene_begin(scene);
	assert_int_equal(scene_load(scene), scene_before(scene));
	mr_fault_errno(errnum);
	mr_fault_set(n);
	mr_result r = commit(scene, NEW, scene_before(scene), NEW_DEK, &err);
	bool hit = mr_fault_hit();
	/* interrupted calls are repeated */
	if (mr_failed(r) != (hit && errnum != EINTR))
		describe(scene, n, mr_failed(r) ? err.message : "success", 0);
	if (mr_failed(r)) {
		if (r.code != MR_CODE_IO || err.code != MR_CODE_IO ||
			(!strstr(err.message, "writing sealed data file: ") &&
				!strstr(err.message, "writing encrypted key to disk: ")))
			describe(scene, n, err.message, r.code);
		if (has_file(scratch.seal, "sealed_data.tmp") ||
			has_file(scratch.seal, "sealed_key.tmp"))
			describe(scene, n, ".tmp left", 0);
	}
	mr_fault_set(0);
	/* the old state is in force, on disk and in the store that goes on */
	unsigned outcome = outcome_of_copy(scene);
	if (outcome != (mr_failed(r) ? scene_before(scene) : NEW))
		describe(scene, n, "on disk", outcome);
	OK(commit(scene, NEWER, outcome, NEWER_DEK, &err));
	assert_int_equal(scene_load(scene), NEWER);
	scene_end(scene);
	return hit;
}

static void each_call_fails_once(struct scene *scene)
{
	static const int errors[] = { EIO, ENOSPC, EDQUOT, EROFS, EINTR };

	for (size_t i = 0; i < MR_COUNT(errors); i++) {
		unsigned long n = 1;
		while (fail_once(scene, n, errors[i]))
			n++;
		assert_true(n > 12);
	}
}

static void test_a_failing_call_fails_the_commit_and_nothing_else(void **unused)
{
	(void)unused;
	every_scene(each_call_fails_once);
	mr_fault_errno(EIO);
}

/* `not found` would be taken for an answer to what a caller asked for. */
static void test_a_file_that_vanishes_is_an_io_error(void **unused)
{
	enum { RENAME_OF_DATA = 14 };
	struct scene scene = { .start = LATER };
	struct mr_error err;

	(void)unused;
	scene_begin(&scene);
	assert_int_equal(scene_load(&scene), OLD);
	mr_fault_errno(ENOENT);
	mr_fault_set(RENAME_OF_DATA);
	mr_result r = commit(&scene, NEW, OLD, DEK, &err);
	assert_string_equal(mr_fault_name(), "rename");
	mr_fault_errno(EIO);
	assert_int_equal(r.code, MR_CODE_IO);
	assert_int_equal(err.code, MR_CODE_IO);
	assert_int_equal(scene_load(&scene), OLD);
	scene_end(&scene);
}

/* --- all calls fail from one on --- */

/* Dies at the n-th call; the outcome of the load after that. */
static unsigned die(struct scene *scene, unsigned number, unsigned outcome, uint8_t dek,
	unsigned long n, bool *ret_died, bool *ret_acknowledged)
{
	struct mr_error err;

	mr_fault_torn_writes(true);
	mr_fault_set_from(n);
	*ret_acknowledged = !mr_failed(commit(scene, number, outcome, dek, &err));
	*ret_died = mr_fault_hit();
	mr_fault_set(0);
	mr_fault_torn_writes(false);
	return scene_load(scene);
}

static void check(const struct scene *scene, unsigned long n, unsigned outcome, unsigned old,
	unsigned new, bool acknowledged)
{
	if (outcome != new && (acknowledged || outcome != old))
		describe(scene, n, "after a crash", outcome);
}

/* Dies at the n-th call of one commit, and of the next one at each of its calls. */
static bool die_twice(struct scene *scene, unsigned long n)
{
	bool died_first = true;
	bool died = true;

	for (unsigned long m = 1; died; m++) {
		bool acknowledged;
		struct mr_error err;
		scene_begin(scene);
		assert_int_equal(scene_load(scene), scene_before(scene));
		unsigned first = die(
			scene, NEW, scene_before(scene), NEW_DEK, n, &died_first, &acknowledged);
		check(scene, n, first, scene_before(scene), NEW, acknowledged);
		assert_int_equal(acknowledged, !died_first);
		unsigned second = die(scene, NEWER, first, NEWER_DEK, m, &died, &acknowledged);
		check(scene, m, second, first, NEWER, acknowledged);
		OK(commit(scene, 50, second, DEK, &err));
		assert_int_equal(scene_load(scene), 50);
		scene_end(scene);
	}
	return died_first;
}

static void dies_at_each_call(struct scene *scene)
{
	for (unsigned long n = 1; die_twice(scene, n); n++)
		;
}

static void test_a_crash_at_any_call_leaves_the_old_or_the_new_state(void **unused)
{
	(void)unused;
	every_scene(dies_at_each_call);
}

/* --- the disk fails for a while, the process goes on --- */

/* From the n-th call on the commit and its undoing fail; then the disk is back, and the next commit
 * of the same store dies at its m-th call. */
static bool recover_and_die(struct scene *scene, unsigned long n)
{
	bool failed_first = true;
	bool died = true;

	for (unsigned long m = 1; died; m++) {
		struct mr_error err;
		scene_begin(scene);
		assert_int_equal(scene_load(scene), scene_before(scene));
		mr_fault_set_from(n);
		failed_first = mr_failed(commit(scene, NEW, scene_before(scene), NEW_DEK, &err));
		assert_int_equal(failed_first, mr_fault_hit());
		mr_fault_set_from(m);
		unsigned now = failed_first ? scene_before(scene) : NEW;
		bool acknowledged = !mr_failed(
			commit(scene, NEWER, now, failed_first ? NEWER_DEK : NEW_DEK, &err));
		died = mr_fault_hit();
		mr_fault_set(0);
		unsigned outcome = scene_load(scene);
		/* while the disk was gone the old pair could not always be put back */
		if (outcome != NEWER &&
			(acknowledged || (outcome != scene_before(scene) && outcome != NEW)))
			describe(scene, m, "after a while without disk", outcome);
		OK(commit(scene, 50, outcome, DEK, &err));
		assert_int_equal(scene_load(scene), 50);
		scene_end(scene);
	}
	return failed_first;
}

static void recovers_at_each_call(struct scene *scene)
{
	if (scene->start == LATER && !scene->new_dek)
		return; /* with a new DEK it is the same, and harder */
	for (unsigned long n = 1; recover_and_die(scene, n); n++)
		;
}

static void test_a_disk_that_comes_back_is_used_again(void **unused)
{
	(void)unused;
	every_scene(recovers_at_each_call);
}

static void test_what_could_not_be_put_back_is_logged(void **unused)
{
	struct scene scene = { .start = LATER };
	MR_AUTO(state) struct mr_state *state = numbered_state(NEW);
	MR_AUTO(state) struct mr_state *loaded = NULL;
	MR_AUTO(buf) struct mr_buf text;
	struct mr_logger *log;
	enum mr_load_result result = MR_LOAD_FRESH;
	char path[512];
	struct mr_error err;

	(void)unused;
	scene_begin(&scene);
	(void)snprintf(path, sizeof path, "%s/log", scratch.path);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	OK(mr_logger_new(fd, MR_LOG_JSON, MR_LOG_DEBUG, &log, &err));
	OK(mr_file_store_open(scratch.seal, false, log, &scene.store, &err));
	OK(mr_file_store_load(scene.store, &result, &loaded, &err));
	mr_file_store_set_mode(scene.store, MR_SEAL_PRODUCT_KEY);
	mr_fault_set_from(
		16); /* the rename of sealed_key, and what would undo that of sealed_data */
	assert_true(mr_failed(mr_file_store_commit(scene.store, state, NULL, &err)));
	mr_fault_set(0);
	mr_logger_free(log);
	(void)close(fd);
	assert_true(get_file(scratch.path, "log", &text));
	mr_buf_put_u8(&text, '\0');
	assert_non_null(strstr((const char *)text.data, "could not be put back"));
	assert_int_equal(scene_load(&scene), NEW);
	scene_end(&scene);
}

/* --- mode Disabled --- */

static bool retire(struct scene *scene, unsigned long n, bool from)
{
	MR_AUTO(state) struct mr_state *state = numbered_state(NEW);
	const struct mr_protection protection = { .mode = MR_SEAL_DISABLED };
	struct mr_error err;

	scene_begin(scene);
	assert_int_equal(scene_load(scene), scene_before(scene));
	if (from)
		mr_fault_set_from(n);
	else
		mr_fault_set(n);
	mr_result r = mr_file_store_commit(scene->store, state, &protection, &err);
	bool hit = mr_fault_hit();
	mr_fault_set(0);
	assert_int_equal(mr_failed(r), hit);
	unsigned outcome = scene_load(scene);
	if (outcome != FRESH && (!hit || outcome != scene_before(scene)))
		describe(scene, n, "retired", outcome);
	/* a single failure is undone */
	if (hit && !from && outcome != scene_before(scene))
		describe(scene, n, "not retired", outcome);
	OK(mr_file_store_commit(scene->store, state, &protection, &err));
	assert_int_equal(scene_load(scene), FRESH);
	scene_end(scene);
	return hit;
}

static void retires_at_each_call(struct scene *scene)
{
	for (unsigned long n = 1; retire(scene, n, false); n++)
		;
	for (unsigned long n = 1; retire(scene, n, true); n++)
		;
}

static void test_moving_an_old_state_away_can_fail(void **unused)
{
	(void)unused;
	every_scene(retires_at_each_call);
}

/* --- the lock --- */

/* What the two kinds of lock say, flock and then the record lock; 0: that works. */
static void test_file_systems_with_fewer_locks(void **unused)
{
	static const struct {
		int whole, record;
		enum mr_code code;
		bool warned;
	} cases[] = {
		{ 0, EIO, MR_CODE_OK, false },
		{ EWOULDBLOCK, 0, MR_CODE_CONFLICT, false },
		{ ENOSYS, 0, MR_CODE_OK, false },
		{ ENOSYS, EAGAIN, MR_CODE_CONFLICT, false },
		{ ENOLCK, EACCES, MR_CODE_CONFLICT, false },
		{ ENOSYS, ENOSYS, MR_CODE_OK, true },
		{ EOPNOTSUPP, ENOLCK, MR_CODE_OK, true },
		{ EINVAL, EINVAL, MR_CODE_OK, true },
		{ EIO, EIO, MR_CODE_IO, false },
	};

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(file_store) struct mr_file_store *store = NULL;
		MR_AUTO(buf) struct mr_buf text;
		struct mr_logger *log;
		char path[512];
		struct mr_error err;
		(void)snprintf(path, sizeof path, "%s/log", scratch.path);
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		OK(mr_logger_new(fd, MR_LOG_JSON, MR_LOG_DEBUG, &log, &err));
		mr_fault_locks(cases[i].whole, cases[i].record);
		mr_result r = mr_file_store_open(scratch.seal, false, log, &store, &err);
		mr_fault_locks(0, 0);
		assert_int_equal(r.code, cases[i].code);
		mr_logger_free(log);
		(void)close(fd);
		assert_true(get_file(scratch.path, "log", &text));
		mr_buf_put_u8(&text, '\0');
		assert_int_equal(text.len > 1, cases[i].warned);
		if (cases[i].warned)
			assert_non_null(strstr((const char *)text.data, "cannot be locked here"));
	}
}

/* Opening the directory is repeated when it is interrupted, and fails when it fails. */
static void test_opening_can_fail(void **unused)
{
	static const int errors[] = { EINTR, EIO };

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(errors); i++) {
		bool hit = true;
		for (unsigned long n = 1; hit; n++) {
			MR_AUTO(file_store) struct mr_file_store *store = NULL;
			struct mr_error err;
			mr_fault_errno(errors[i]);
			mr_fault_set(n);
			mr_result r = mr_file_store_open(scratch.seal, false, NULL, &store, &err);
			hit = mr_fault_hit();
			mr_fault_set(0);
			/* a lock that fails is tried in another way */
			assert_int_equal(mr_failed(r), hit && errors[i] == EIO && n == 1);
		}
	}
	mr_fault_errno(EIO);
}

/* --- the thread of commits --- */

static void test_no_thread_no_queue(void **unused)
{
	MR_AUTO(state) struct mr_state *state = numbered_state(1);
	const struct mr_commit_queue_config config = { .state = state };
	struct mr_commit_queue *queue = NULL;
	struct mr_error err;

	(void)unused;
	mr_fault_set(1);
	mr_result r = mr_commit_queue_new(&config, &queue, &err);
	assert_true(mr_fault_hit());
	mr_fault_set(0);
	assert_int_equal(r.code, MR_CODE_IO);
	assert_string_equal(
		err.message, "starting the thread of commits: resource temporarily unavailable");
	assert_null(queue);
}

static int make_directory(void **unused)
{
	(void)unused;
	scratch_new(&scratch);
	return 0;
}

static int remove_directory(void **unused)
{
	(void)unused;
	scratch_done(&scratch);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything_is_synced_before_it_counts),
		cmocka_unit_test(test_a_failing_call_fails_the_commit_and_nothing_else),
		cmocka_unit_test(test_a_file_that_vanishes_is_an_io_error),
		cmocka_unit_test(test_a_crash_at_any_call_leaves_the_old_or_the_new_state),
		cmocka_unit_test(test_a_disk_that_comes_back_is_used_again),
		cmocka_unit_test(test_what_could_not_be_put_back_is_logged),
		cmocka_unit_test(test_moving_an_old_state_away_can_fail),
		cmocka_unit_test(test_file_systems_with_fewer_locks),
		cmocka_unit_test(test_opening_can_fail),
		cmocka_unit_test(test_no_thread_no_queue),
	};

	return cmocka_run_group_tests_name("store_calls", tests, make_directory, remove_directory);
}
