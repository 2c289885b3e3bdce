/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "manifest/decode.h"

/* Every kept record begins with its name. */
static struct mr_str name_at(const void *records, size_t size, size_t index)
{
	struct mr_str name;

	memcpy(&name, (const char *)records + index * size, sizeof name);
	return name;
}

const void *mr_names_find(const void *records, size_t count, size_t size, struct mr_str name)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = mr_str_cmp(name_at(records, size, middle), name);
		if (order == 0)
			return (const char *)records + middle * size;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct place {
	struct mr_str name;
	size_t index;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = mr_str_cmp(x->name, y->name);

	if (order != 0)
		return order;
	return x->index < y->index ? -1 : x->index > y->index;
}

static bool is_sorted(const void *records, size_t count, size_t size)
{
	for (size_t i = 1; i < count; i++)
		if (mr_str_cmp(name_at(records, size, i - 1), name_at(records, size, i)) >= 0)
			return false;
	return true;
}

mr_result mr_names_sort(
	void *records, size_t *count, size_t size, struct mr_arena *scratch, struct mr_error *err)
{
	if (is_sorted(records, *count, size))
		return MR_OK;
	struct place *places = mr_arena_array(scratch, *count, sizeof *places);
	char *copy = mr_arena_array(scratch, *count, size);
	if (!places || !copy)
		return mr_arena_fail(scratch, err);
	memcpy(copy, records, *count * size);
	for (size_t i = 0; i < *count; i++)
		places[i] = (struct place){ name_at(records, size, i), i };
	qsort(places, *count, sizeof *places, compare_places);
	size_t kept = 0;
	for (size_t i = 0; i < *count; i++) {
		if (i + 1 < *count && mr_str_eq(places[i].name, places[i + 1].name))
			continue;
		memcpy((char *)records + kept++ * size, copy + places[i].index * size, size);
	}
	*count = kept;
	return MR_OK;
}
