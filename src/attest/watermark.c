/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/watermark.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAMES_MAX = 256, NAME_SIZE = 48 };

struct mark {
	char name[NAME_SIZE];
	uint64_t number;
};

struct mr_watermarks {
	pthread_mutex_t lock;
	int64_t release_time, floor;
	size_t count;
	struct mark marks[NAMES_MAX]; /* sorted by name */
};

mr_result mr_watermarks_new(int64_t release_time, struct mr_watermarks **ret, struct mr_error *err)
{
	struct mr_watermarks *w = calloc(1, sizeof *w);

	if (!w)
		return mr_fail_nomem(err);
	int errnum = pthread_mutex_init(&w->lock, NULL);
	if (errnum) {
		free(w);
		return mr_fail_errno(err, errnum, "creating a lock");
	}
	w->release_time = release_time;
	w->floor = release_time;
	*ret = w;
	return MR_OK;
}

void mr_watermarks_free(struct mr_watermarks *w)
{
	if (!w)
		return;
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}

/* What is const to a caller is not to the lock. */
static void lock(const struct mr_watermarks *w)
{
	(void)pthread_mutex_lock((pthread_mutex_t *)(uintptr_t)&w->lock);
}

static void unlock(const struct mr_watermarks *w)
{
	(void)pthread_mutex_unlock((pthread_mutex_t *)(uintptr_t)&w->lock);
}

int64_t mr_watermarks_time(const struct mr_watermarks *w, int64_t now)
{
	lock(w);
	int64_t floor = w->floor;
	unlock(w);
	return now > floor ? now : floor;
}

void mr_watermarks_saw_time(struct mr_watermarks *w, int64_t signed_at)
{
	lock(w);
	if (signed_at > w->floor)
		w->floor = signed_at;
	unlock(w);
}

static struct mark *find(struct mr_watermarks *w, const char *name)
{
	size_t at = 0;

	while (at < w->count && strcmp(w->marks[at].name, name) < 0)
		at++;
	struct mark *mark = &w->marks[at];
	if (at < w->count && strcmp(mark->name, name) == 0)
		return mark;
	if (w->count == NAMES_MAX || strlen(name) >= NAME_SIZE)
		return NULL;
	memmove(mark + 1, mark, (w->count - at) * sizeof *mark);
	w->count++;
	*mark = (struct mark){ .number = 0 };
	(void)snprintf(mark->name, sizeof mark->name, "%s", name);
	return mark;
}

bool mr_watermarks_raise(struct mr_watermarks *w, const char *name, uint64_t number)
{
	lock(w);
	struct mark *mark = find(w, name);
	bool good = !mark || number >= mark->number;
	if (mark && number > mark->number)
		mark->number = number;
	unlock(w);
	return good;
}

void mr_watermarks_write(const struct mr_watermarks *w, struct mr_buf *out)
{
	lock(w);
	if (w->floor > w->release_time)
		mr_buf_printf(out, "time %" PRId64 "\n", w->floor);
	for (size_t i = 0; i < w->count; i++)
		mr_buf_printf(out, "%s %" PRIu64 "\n", w->marks[i].name, w->marks[i].number);
	unlock(w);
}

static bool read_number(struct mr_str text, uint64_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned)(text.ptr[i] - '0');

		if (digit > 9 || *ret > (UINT64_MAX - digit) / 10)
			return false;
		*ret = *ret * 10 + digit;
	}
	return text.len > 0;
}

void mr_watermarks_read(struct mr_watermarks *w, struct mr_str text)
{
	for (size_t at = 0; at < text.len;) {
		size_t end = mr_str_find(text, '\n', at);
		struct mr_str line = mr_str_sub(text, at, end == SIZE_MAX ? text.len : end);
		size_t blank = mr_str_find(line, ' ', 0);
		char name[NAME_SIZE];
		uint64_t number;

		at = end == SIZE_MAX ? text.len : end + 1;
		if (blank == SIZE_MAX || blank >= sizeof name ||
			!read_number(mr_str_sub(line, blank + 1, line.len), &number))
			continue;
		memcpy(name, line.ptr, blank);
		name[blank] = '\0';
		if (strcmp(name, "time") == 0)
			mr_watermarks_saw_time(w, number > INT64_MAX ? INT64_MAX : (int64_t)number);
		else
			(void)mr_watermarks_raise(w, name, number);
	}
}
