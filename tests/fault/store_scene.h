/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of interrupted commits share: what a seal directory holds before, and which kinds there are. */
#ifndef MR_TEST_STORE_SCENE_H
#define MR_TEST_STORE_SCENE_H

#include "store_test.h"

enum { DEK = 0x11, NEW_DEK = 0x22, NEWER_DEK = 0x33 };
enum { OLD = 1, NEW = 2, NEWER = 3 };          /* states by number */
enum { FRESH = 1000, RECOVERY };               /* outcomes beside them */
enum start { FIRST, LATER, KEY_LOST, STARTS }; /* what a scene begins with */

struct scene {
	enum start start;
	bool simulation, new_dek;
	bool retires;    /* the commit gives the state up */
	int links_errno; /* 0: the file system has hard links */
	struct mr_file_store *store;
};

/* Makes `dir`, which is there, what the scene begins with: nothing, or the old state with its older generation. */
void scene_lay_out(const struct scene *scene, const char *dir);
/* What it loads to then. */
unsigned scene_before(const struct scene *scene);
/* Runs `test` on every kind of scene. */
void each_scene(void (*test)(struct scene *scene));

#endif
