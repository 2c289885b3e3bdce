/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes and small helpers of the compiler, under names of ours. */
#ifndef MR_BASE_MACROS_H
#define MR_BASE_MACROS_H

#include <stddef.h>

#define MR_MUST_USE __attribute__((warn_unused_result))
#define MR_PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#define MR_UNUSED __attribute__((unused))
#define MR_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The object that contains `member` at `pointer`. */
#define MR_CONTAINER_OF(pointer, type, member)                                                     \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/*
 * `MR_AUTO(buf) struct mr_buf b` runs mr_buf_cleanup at scope exit. A module declares what may be used so with
 * MR_DEFINE_AUTO(name, type, destructor): `destructor` takes a pointer to the object.
 * MR_DEFINE_AUTO_PTR is for heap objects: the variable is a pointer, `destructor` takes that pointer.
 */
#define MR_AUTO(name) __attribute__((cleanup(mr_##name##_cleanup)))
#define MR_DEFINE_AUTO(name, type, destructor)                                                     \
	static inline void mr_##name##_cleanup(type *object_)                                      \
	{                                                                                          \
		destructor(object_);                                                               \
	}
#define MR_DEFINE_AUTO_PTR(name, type, destructor)                                                 \
	static inline void mr_##name##_cleanup(type **object_)                                     \
	{                                                                                          \
		if (*object_)                                                                      \
			destructor(*object_);                                                      \
	}

#endif
