/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/shared.h"

static _Atomic int destroyed;

struct thing {
	struct mr_shared shared;
	uint64_t value, twice;
};

static void destroy(struct mr_shared *shared)
{
	struct thing *thing = MR_CONTAINER_OF(shared, struct thing, shared);

	thing->value = thing->twice = 1;
	atomic_fetch_add(&destroyed, 1);
	free(thing);
}

static struct thing *thing_new(uint64_t value)
{
	struct thing *thing = calloc(1, sizeof *thing);

	assert_non_null(thing);
	mr_shared_init(&thing->shared, destroy);
	thing->value = value;
	thing->twice = 2 * value;
	return thing;
}

static int start(void **state)
{
	(void)state;
	destroyed = 0;
	return 0;
}

static void test_references(void **state)
{
	(void)state;
	struct thing *thing = thing_new(1);

	assert_ptr_equal(mr_shared_ref(&thing->shared), &thing->shared);
	mr_shared_unref(&thing->shared);
	assert_int_equal(destroyed, 0);
	mr_shared_unref(&thing->shared);
	assert_int_equal(destroyed, 1);
	mr_shared_unref(NULL);
}

static void test_slot(void **state)
{
	(void)state;
	struct mr_shared_slot slot;

	mr_shared_slot_init(&slot);
	assert_null(mr_shared_slot_get(&slot));
	struct thing *first = thing_new(1);
	mr_shared_slot_set(&slot, &first->shared);
	struct mr_shared *held = mr_shared_slot_get(&slot);
	assert_ptr_equal(held, &first->shared);
	mr_shared_slot_set(&slot, &thing_new(2)->shared);
	assert_int_equal(destroyed, 0);
	assert_int_equal(MR_CONTAINER_OF(held, struct thing, shared)->value, 1);
	mr_shared_unref(held);
	assert_int_equal(destroyed, 1);

	/* given back before it leaves */
	mr_shared_unref(mr_shared_slot_get(&slot));
	assert_int_equal(destroyed, 1);
	mr_shared_slot_set(&slot, NULL);
	assert_int_equal(destroyed, 2);
	assert_null(mr_shared_slot_get(&slot));
	mr_shared_slot_set(&slot, NULL);
}

/* Many more references than the slot's 16 bits count, given back and held. */
static void test_many_lent(void **state)
{
	(void)state;
	enum { MANY = 200000 };
	struct mr_shared_slot slot;
	struct thing *thing = thing_new(1);

	mr_shared_slot_init(&slot);
	mr_shared_slot_set(&slot, &thing->shared);
	for (int i = 0; i < MANY; i++)
		mr_shared_unref(mr_shared_slot_get(&slot));
	for (int i = 0; i < MANY; i++)
		assert_ptr_equal(mr_shared_slot_get(&slot), &thing->shared);
	mr_shared_slot_set(&slot, NULL);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(destroyed, 0);
		mr_shared_unref(&thing->shared);
	}
	assert_int_equal(destroyed, 1);
}

struct race {
	struct mr_shared_slot slot;
	_Atomic bool stop;
	_Atomic int torn;
};

static void *read_slot(void *argument)
{
	struct race *race = argument;

	while (!atomic_load(&race->stop)) {
		struct mr_shared *held = mr_shared_slot_get(&race->slot);
		const struct thing *thing = MR_CONTAINER_OF(held, struct thing, shared);
		if (thing->twice != 2 * thing->value)
			atomic_fetch_add(&race->torn, 1);
		mr_shared_unref(held);
	}
	return NULL;
}

static void test_readers_and_a_writer(void **state)
{
	(void)state;
	enum { WRITES = 20000 };
	struct race race = { .torn = 0 };
	pthread_t readers[3];

	mr_shared_slot_init(&race.slot);
	mr_shared_slot_set(&race.slot, &thing_new(5)->shared);
	for (size_t i = 0; i < MR_COUNT(readers); i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_slot, &race), 0);
	for (uint64_t i = 0; i < WRITES; i++)
		mr_shared_slot_set(&race.slot, &thing_new(i + 10)->shared);
	atomic_store(&race.stop, true);
	for (size_t i = 0; i < MR_COUNT(readers); i++)
		assert_int_equal(pthread_join(readers[i], NULL), 0);
	mr_shared_slot_set(&race.slot, NULL);
	assert_int_equal(race.torn, 0);
	assert_int_equal(destroyed, WRITES + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_references, start),
		cmocka_unit_test_setup(test_slot, start),
		cmocka_unit_test_setup(test_many_lent, start),
		cmocka_unit_test_setup(test_readers_and_a_writer, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
