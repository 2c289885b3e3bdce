/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static atomic_ulong first;
static atomic_bool all_from_there;
static atomic_bool paused;
static atomic_ulong count;
static _Atomic(const char *) failed;

static void set(unsigned long n, bool from)
{
	atomic_store(&first, 0);
	atomic_store(&count, 0);
	atomic_store(&failed, NULL);
	atomic_store(&all_from_there, from);
	atomic_store(&paused, false);
	atomic_store(&first, n);
}

void mr_fault_set(unsigned long n)
{
	set(n, false);
}

void mr_fault_set_from(unsigned long n)
{
	set(n, true);
}

void mr_fault_pause(void)
{
	atomic_store(&paused, true);
}

void mr_fault_resume(void)
{
	atomic_store(&paused, false);
}

unsigned long mr_fault_count(void)
{
	return atomic_load(&count);
}

bool mr_fault_hit(void)
{
	return atomic_load(&failed) != NULL;
}

const char *mr_fault_name(void)
{
	const char *name = atomic_load(&failed);

	return name ? name : "nothing";
}

bool mr_fault_now(const char *function)
{
	const char *none = NULL;

	if (atomic_load(&paused))
		return false;
	unsigned long at = atomic_load(&first);
	unsigned long number = atomic_fetch_add(&count, 1) + 1;

	if (at == 0 || number < at || (number > at && !atomic_load(&all_from_there)))
		return false;
	atomic_compare_exchange_strong(&failed, &none, function);
	return true;
}

unsigned long mr_fault_each(const char *what, mr_result (*run)(void *context, struct mr_error *err),
	void *context, bool may_succeed)
{
	unsigned long n = 0;
	bool hit;

	do {
		struct mr_error err = { .code = MR_CODE_OK };
		n++;
		mr_fault_set(n);
		mr_result r = run(context, &err);
		hit = mr_fault_hit();
		const char *name = mr_fault_name();
		mr_fault_set(0);
		if (!hit && mr_failed(r))
			fail_msg("%s, without a fault: %s", what, err.message);
		if (hit && !mr_failed(r) && !may_succeed)
			fail_msg("%s: succeeded although %s, call %lu, failed", what, name, n);
		if (mr_failed(r) && (r.code != err.code || !err.message[0]))
			fail_msg("%s: %s, call %lu: code %d, error %d `%s`", what, name, n,
				(int)r.code, (int)err.code, err.message);
	} while (hit);
	print_message("%s: each of %lu calls failed once\n", what, n - 1);
	return n - 1;
}
