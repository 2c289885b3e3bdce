/* SPDX-License-Identifier: Apache-2.0 */
#include "store_scene.h"

#include <errno.h>

static void clear(const char *dir)
{
	static const char *const names[] = { "sealed_data", "sealed_data.tmp", "sealed_data.old",
		"sealed_key", "sealed_key.tmp", "sealed_key.old" };

	for (size_t i = 0; i < MR_COUNT(names); i++) {
		if (has_file(dir, names[i]))
			remove_file(dir, names[i]);
	}
}

void scene_lay_out(const struct scene *scene, const char *dir)
{
	enum mr_key_form form = scene->simulation ? MR_KEY_FORM_SIMULATION : MR_KEY_FORM_RAW;
	MR_AUTO(pair) struct pair old;
	MR_AUTO(pair) struct pair older;

	clear(dir);
	pair_make(&old, OLD, DEK, form);
	pair_make(&older, 0, DEK, form);
	if (scene->start == FIRST)
		return;
	put_file(dir, "sealed_data", mr_buf_bytes(&old.data));
	put_file(dir, "sealed_data.old", mr_buf_bytes(&older.data));
	put_file(dir, "sealed_key.old", mr_buf_bytes(&older.key));
	if (scene->start == LATER)
		put_file(dir, "sealed_key", mr_buf_bytes(&old.key));
}

unsigned scene_before(const struct scene *scene)
{
	static const unsigned before[STARTS] = { FRESH, OLD, RECOVERY };

	return before[scene->start];
}

void each_scene(void (*test)(struct scene *scene))
{
	for (unsigned i = 0; i < STARTS * 2 * 2 * 2; i++) {
		struct scene scene = {
			.start = (enum start)(i % STARTS),
			.simulation = i / STARTS % 2,
			.links_errno = i / STARTS / 2 % 2 ? EPERM : 0,
			.new_dek = i / STARTS / 4,
		};
		/* without a key there is always a new one */
		if (scene.start == LATER || !scene.new_dek)
			test(&scene);
	}
}
