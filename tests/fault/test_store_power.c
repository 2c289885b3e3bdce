/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power goes at any point of a commit, on a disk that keeps no more than it has to (fault_disk.h).
 * What it may hold then has to load to the old or the new state, to the new one if that was
 * acknowledged; and the next commit works from there, and stands the same.
 */
#include <stdio.h>

#include "base/file.h"
#include "fault_disk.h"
#include "store_scene.h"

enum { ALL_SUBSETS_BITS = 9, SAMPLES = 600, SECOND_EVERY = 5 };

/* Where a commit is recorded, what the disk holds after it, and the same for the commit after that. */
static struct scratch places[3];
static unsigned long loads, laid_out;

/* Loads a directory; the outcome. */
static unsigned load(const char *dir, const struct scene *scene, struct mr_file_store **ret_store)
{
	MR_AUTO(state) struct mr_state *state = NULL;
	enum mr_load_result result = MR_LOAD_FRESH;
	struct mr_error err;

	loads++;
	OK(mr_file_store_open(dir, scene->simulation, NULL, ret_store, &err));
	mr_result r = mr_file_store_load(*ret_store, &result, &state, &err);
	if (mr_failed(r))
		fail_msg("%s: %s", err.message, mr_disk_story());
	if (result == MR_LOAD_STATE) {
		mr_file_store_set_mode(*ret_store, MR_SEAL_PRODUCT_KEY);
		return number_of(state);
	}
	if (result == MR_LOAD_FRESH)
		return FRESH;
	if (scene->start != KEY_LOST)
		return RECOVERY;
	/* what has to be recovered is the old state and nothing else */
	r = mr_file_store_recover(*ret_store, dek_of(DEK), &state, &err);
	if (mr_failed(r))
		fail_msg("recovering: %s: %s", err.message, mr_disk_story());
	assert_int_equal(number_of(state), OLD);
	return RECOVERY;
}

static unsigned outcome_of(const char *dir, const struct scene *scene)
{
	MR_AUTO(file_store) struct mr_file_store *store = NULL;

	return load(dir, scene, &store);
}

/* Loads `dir`, records a commit there; the number of calls. */
static size_t record(const char *dir, const struct scene *scene, unsigned number, uint8_t dek)
{
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	MR_AUTO(state) struct mr_state *state = numbered_state(number);
	struct mr_protection protection = protection_of(dek);
	struct mr_error err;
	unsigned outcome = load(dir, scene, &store);
	bool has_key = outcome < FRESH && !scene->new_dek && !scene->retires;

	if (scene->retires)
		protection = (struct mr_protection){ .mode = MR_SEAL_DISABLED };
	mr_disk_begin(dir);
	mr_disk_no_links(scene->links_errno);
	OK(mr_file_store_commit(store, state, has_key ? NULL : &protection, &err));
	return mr_disk_end();
}

struct outcomes {
	unsigned old, new;
	unsigned long count; /* of different disks */
};

static void check(
	const struct scene *scene, const char *dir, size_t calls, size_t all, struct outcomes *o)
{
	unsigned outcome = outcome_of(dir, scene);

	o->count++;
	laid_out++;
	if (outcome != o->new && (calls == all || outcome != o->old))
		fail_msg("outcome %u, not %u or %u; start %d, simulation %d, new DEK %d, links %d, "
			 "retires %d; %s",
			outcome, o->old, o->new, (int)scene->start, scene->simulation,
			scene->new_dek, scene->links_errno, scene->retires, mr_disk_story());
}

/* A small generator with a fixed seed: what fails, fails again. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Every disk that there may be behind `calls` calls, or a sample where they are too many. */
static void each_disk(
	const struct scene *scene, const char *dir, size_t calls, size_t all, struct outcomes *o)
{
	unsigned pending = mr_disk_pending(calls);
	bool is_sampled = pending > ALL_SUBSETS_BITS;
	uint32_t count = is_sampled ? SAMPLES : (uint32_t)1 << pending;
	uint32_t seed = 1;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t kept = is_sampled ? next_random(&seed) : i;
		for (unsigned contents = 0; contents < MR_DISK_CONTENTS; contents++) {
			if (mr_disk_lay_out(dir, calls, kept, contents))
				check(scene, dir, calls, all, o);
		}
	}
}

static void each_power_loss(
	const struct scene *scene, const char *dir, size_t all, struct outcomes *o)
{
	for (size_t calls = 0; calls <= all; calls++)
		each_disk(scene, dir, calls, all, o);
	assert_true(o->count > 2);
}

static void loses_power_once(struct scene *scene)
{
	struct outcomes o = { .old = scene_before(scene), .new = scene->retires ? FRESH : NEW };

	scene_lay_out(scene, places[0].seal);
	size_t all = record(places[0].seal, scene, NEW, NEW_DEK);
	assert_true(scene->retires || all >= 10);
	each_power_loss(scene, places[1].seal, all, &o);
}

/* The disks of a first loss are kept as folders' contents by what is needed to make them again. */
struct loss {
	size_t calls;
	uint32_t kept;
	unsigned contents;
};

/* After a loss, the next commit loses power, too. Its record replaces the first one, so that is
 * made anew each time. */
static bool lose_again(const struct scene *scene, const struct loss *loss)
{
	struct outcomes o = { .new = NEWER };

	scene_lay_out(scene, places[0].seal);
	size_t all = record(places[0].seal, scene, NEW, NEW_DEK);
	assert_true(loss->calls <= all);
	if (!mr_disk_lay_out(places[1].seal, loss->calls, loss->kept, loss->contents))
		return false;
	o.old = outcome_of(places[1].seal, scene);
	assert_true(o.old == NEW || o.old == scene_before(scene));
	all = record(places[1].seal, scene, NEWER, NEWER_DEK);
	each_power_loss(scene, places[2].seal, all, &o);
	assert_int_equal(outcome_of(places[1].seal, scene), NEWER);
	return true;
}

static void loses_power_twice(struct scene *scene)
{
	scene_lay_out(scene, places[0].seal);
	size_t all = record(places[0].seal, scene, NEW, NEW_DEK);
	uint32_t seed = 7;
	unsigned done = 0;

	for (size_t calls = 0; calls <= all; calls++) {
		struct loss loss = { .calls = calls };
		for (unsigned i = 0; i < SECOND_EVERY; i++) {
			loss.kept = next_random(&seed);
			loss.contents = next_random(&seed) % MR_DISK_CONTENTS;
			done += lose_again(scene, &loss);
		}
	}
	assert_true(done > 0);
}

static void test_power_goes_in_a_commit(void **state)
{
	(void)state;
	each_scene(loses_power_once);
	print_message("%lu disks, %lu loads\n", laid_out, loads);
}

static void test_power_goes_again_in_the_next(void **state)
{
	(void)state;
	each_scene(loses_power_twice);
	print_message("%lu disks, %lu loads\n", laid_out, loads);
}

static void test_power_goes_when_a_state_is_given_up(void **state)
{
	(void)state;
	struct scene scene = { .start = LATER, .retires = true };

	loses_power_once(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power_goes_in_a_commit),
		cmocka_unit_test(test_power_goes_again_in_the_next),
		cmocka_unit_test(test_power_goes_when_a_state_is_given_up),
	};

	for (size_t i = 0; i < MR_COUNT(places); i++) {
		struct mr_error err;
		scratch_new(&places[i]);
		OK(mr_file_make_dirs(places[i].seal, 0700, &err));
	}
	int failed = cmocka_run_group_tests_name("store_power", tests, NULL, NULL);
	for (size_t i = 0; i < MR_COUNT(places); i++)
		scratch_done(&places[i]);
	return failed;
}
