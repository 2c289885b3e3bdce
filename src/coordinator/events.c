/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "codec/json.h"
#include "coordinator/metrics.h"

enum { EVENTS_MAX = 10000, BYTES_MAX = 16 << 20, ONE_MAX = 8 << 20 };

/* The list is kept as the JSON text of each entry: it is written more often than made. */
struct event {
	struct event *next;
	size_t len;
	char text[];
};

struct mr_events {
	pthread_mutex_t lock;
	struct event *first, **last;
	size_t count, bytes;
};

mr_result mr_events_new(struct mr_events **ret, struct mr_error *err)
{
	struct mr_events *e = calloc(1, sizeof *e);

	if (!e)
		return mr_fail_nomem(err);
	int errnum = pthread_mutex_init(&e->lock, NULL);
	if (errnum) {
		free(e);
		return mr_fail_errno(err, errnum, "creating the lock of events");
	}
	e->last = &e->first;
	*ret = e;
	return MR_OK;
}

static void drop_first(struct mr_events *events)
{
	struct event *e = events->first;

	events->first = e->next;
	if (!events->first)
		events->last = &events->first;
	events->count--;
	events->bytes -= e->len;
	free(e);
}

void mr_events_free(struct mr_events *events)
{
	if (!events)
		return;
	while (events->first)
		drop_first(events);
	(void)pthread_mutex_destroy(&events->lock);
	free(events);
}

/* RFC 3339 with the fraction's trailing zeros cut (20 §12). */
static void put_time(struct mr_buf *out, int64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / 1000000000);
	char fraction[16];
	char text[32] = "";
	struct tm utc;

	if (gmtime_r(&seconds, &utc))
		(void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
	int n = snprintf(fraction, sizeof fraction, ".%09d", (int)(wall_ns % 1000000000));
	while (n > 1 && fraction[n - 1] == '0')
		n--;
	if (n > 1)
		mr_buf_printf(out, "\"%s%.*sZ\"", text, n, fraction);
	else
		mr_buf_printf(out, "\"%sZ\"", text);
}

static struct event *make_event(
	int64_t wall_ns, struct mr_str type, struct mr_str uuid, struct mr_bytes quote)
{
	MR_AUTO(buf) struct mr_buf json = { 0 };

	mr_buf_init(&json, ONE_MAX);
	mr_buf_put_cstr(&json, "{\"time\":");
	put_time(&json, wall_ns);
	mr_buf_put_cstr(&json, ",\"activation\":{\"marbleType\":");
	mr_json_put_str(&json, type);
	mr_buf_put_cstr(&json, ",\"uuid\":");
	mr_json_put_str(&json, uuid);
	mr_buf_put_cstr(&json, ",\"quote\":");
	if (quote.len)
		mr_json_put_bytes(&json, quote);
	else
		mr_buf_put_cstr(&json, "null");
	mr_buf_put_cstr(&json, "}}");
	struct event *e = json.failure == MR_CODE_OK ? malloc(sizeof *e + json.len) : NULL;
	if (!e)
		return NULL;
	e->next = NULL;
	e->len = json.len;
	memcpy(e->text, json.data, json.len);
	return e;
}

void mr_events_add(struct mr_events *events, int64_t wall_ns, struct mr_str type,
	struct mr_str uuid, struct mr_bytes quote)
{
	struct event *e = events ? make_event(wall_ns, type, uuid, quote) : NULL;

	if (!e)
		return;
	(void)pthread_mutex_lock(&events->lock);
	*events->last = e;
	events->last = &e->next;
	events->count++;
	events->bytes += e->len;
	while (events->count > EVENTS_MAX || events->bytes > BYTES_MAX)
		drop_first(events);
	(void)pthread_mutex_unlock(&events->lock);
}

void mr_events_write(struct mr_events *events, struct mr_buf *out)
{
	(void)pthread_mutex_lock(&events->lock);
	if (!events->first)
		mr_buf_put_cstr(out, "null");
	for (const struct event *e = events->first; e; e = e->next) {
		mr_buf_put_u8(out, e == events->first ? '[' : ',');
		mr_buf_put(out, e->text, e->len);
	}
	if (events->first)
		mr_buf_put_u8(out, ']');
	(void)pthread_mutex_unlock(&events->lock);
	mr_buf_put_u8(out, '\n');
}
