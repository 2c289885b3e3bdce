/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/utf8.h"
#include "coordinator/metrics_internal.h"

/* Most label sets of types that the manifest does not have, and in all; what is beyond counts as `other`. */
enum { UNKNOWN_SETS_MAX = 100, SETS_MAX = 10000 };

const char *const mr_metric_methods[MR_METHODS + 1] = {
	"connect",
	"delete",
	"get",
	"head",
	"notify",
	"options",
	"patch",
	"post",
	"put",
	"trace",
	"unknown",
};
const int mr_metric_statuses[MR_STATUSES] = {
	200,
	400,
	401,
	403,
	404,
	405,
	410,
	413,
	417,
	431,
	500,
	501,
	503,
	505,
};
const double mr_time_bounds[MR_TIME_BUCKETS] = { 0.005, 0.025, 0.1, 0.5, 1, 2.5, 5 };
const double mr_size_bounds[MR_SIZE_BUCKETS] = { 100, 1000, 2000, 5000, 10000 };

mr_result mr_metrics_new(const struct mr_str *paths, size_t path_count, struct mr_metrics **ret,
	struct mr_error *err)
{
	struct mr_metrics *m = calloc(1, sizeof *m);

	if (!m)
		return mr_fail_nomem(err);
	m->by_path = calloc(path_count, sizeof *m->by_path);
	if (!m->by_path) {
		free(m);
		return mr_fail_nomem(err);
	}
	m->paths = paths;
	m->path_count = path_count;
	int errnum = pthread_mutex_init(&m->lock, NULL);
	if (errnum) {
		free(m->by_path);
		free(m);
		return mr_fail_errno(err, errnum, "creating the lock of metrics");
	}
	*ret = m;
	return MR_OK;
}

void mr_metrics_free(struct mr_metrics *m)
{
	if (!m)
		return;
	(void)pthread_mutex_destroy(&m->lock);
	free(m->labels);
	free(m->by_path);
	free(m);
}

void mr_metrics_http_begin(struct mr_metrics *m, size_t path)
{
	if (!m)
		return;
	(void)pthread_mutex_lock(&m->lock);
	m->by_path[path].in_flight++;
	(void)pthread_mutex_unlock(&m->lock);
}

static void observe(struct mr_histogram *h, const double *bounds, size_t count, double value)
{
	size_t at = 0;

	while (at < count && value > bounds[at])
		at++;
	if (at < count)
		h->buckets[at]++;
	h->count++;
	h->sum += value;
}

/* Methods are case-sensitive in HTTP, but their label is in lower case. */
static size_t method_index(struct mr_str method)
{
	for (size_t i = 0; i < MR_METHODS; i++)
		if (mr_str_eq_nocase(method, mr_str_of(mr_metric_methods[i])))
			return i;
	return MR_METHODS;
}

static size_t status_index(int status)
{
	for (size_t i = 0; i < MR_STATUSES; i++)
		if (mr_metric_statuses[i] == status)
			return i;
	return MR_STATUSES;
}

void mr_metrics_http_end(struct mr_metrics *m, const struct mr_http_sample *sample)
{
	if (!m)
		return;
	size_t method = method_index(sample->method);
	(void)pthread_mutex_lock(&m->lock);
	struct mr_path_metrics *p = &m->by_path[sample->path];
	p->in_flight--;
	p->requests[method][status_index(sample->status)]++;
	observe(&p->durations[method], mr_time_bounds, MR_TIME_BUCKETS,
		(double)sample->duration_ns / 1e9);
	observe(&p->request_sizes, mr_size_bounds, MR_SIZE_BUCKETS, (double)sample->request_size);
	observe(&p->response_sizes, mr_size_bounds, MR_SIZE_BUCKETS, (double)sample->response_size);
	(void)pthread_mutex_unlock(&m->lock);
}

void mr_metrics_grpc_begin(struct mr_metrics *m)
{
	if (!m)
		return;
	(void)pthread_mutex_lock(&m->lock);
	m->grpc_started++;
	(void)pthread_mutex_unlock(&m->lock);
}

void mr_metrics_grpc_end(struct mr_metrics *m, enum mr_grpc_status status)
{
	if (!m || (unsigned)status >= MR_GRPC_STATUSES)
		return;
	(void)pthread_mutex_lock(&m->lock);
	m->grpc_handled[status]++;
	(void)pthread_mutex_unlock(&m->lock);
}

/* At most MR_LABEL_MAX bytes, cut at a whole character. */
static void copy_label(struct mr_str text, char out[static MR_LABEL_MAX + 1])
{
	size_t len = 0;

	while (len < text.len) {
		size_t size;
		(void)mr_utf8_decode(mr_str_sub(text, len, text.len), &size);
		if (len + size > MR_LABEL_MAX)
			break;
		len += size;
	}
	for (size_t i = 0; i < len; i++)
		out[i] = text.ptr[i] ? text.ptr[i] : '?';
	out[len] = '\0';
}

static int compare_sets(const struct mr_label_set *a, const struct mr_label_set *b)
{
	int order = strcmp(a->type, b->type);

	return order ? order : strcmp(a->uuid, b->uuid);
}

/* Index of the set, or where it belongs. */
static size_t find_set(
	const struct mr_metrics *m, const struct mr_label_set *wanted, bool *ret_found)
{
	size_t low = 0;
	size_t high = m->label_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_sets(&m->labels[middle], wanted);
		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_found = false;
	return low;
}

static bool make_room(struct mr_metrics *m)
{
	if (m->label_count < m->label_room)
		return true;
	size_t room = m->label_room ? m->label_room * 2 : 16;
	struct mr_label_set *labels = realloc(m->labels, room * sizeof *labels);
	if (!labels)
		return false;
	m->labels = labels;
	m->label_room = room;
	return true;
}

static struct mr_label_set *set_for(struct mr_metrics *m, struct mr_label_set *wanted, bool known)
{
	bool found;
	size_t at = find_set(m, wanted, &found);

	if (!found &&
		(m->label_count >= SETS_MAX || (!known && m->unknown_count >= UNKNOWN_SETS_MAX))) {
		*wanted = (struct mr_label_set){ .type = "other", .uuid = "other" };
		at = find_set(m, wanted, &found);
	}
	if (found)
		return &m->labels[at];
	if (!make_room(m))
		return NULL;
	memmove(&m->labels[at + 1], &m->labels[at], (m->label_count - at) * sizeof *m->labels);
	m->labels[at] = *wanted;
	m->label_count++;
	m->unknown_count += !known;
	return &m->labels[at];
}

void mr_metrics_activation(
	struct mr_metrics *m, struct mr_str type, struct mr_str uuid, bool known, bool success)
{
	struct mr_label_set wanted = { 0 };

	if (!m)
		return;
	copy_label(type, wanted.type);
	copy_label(uuid, wanted.uuid);
	(void)pthread_mutex_lock(&m->lock);
	struct mr_label_set *set = set_for(m, &wanted, known);
	if (set && success)
		set->successes++;
	else if (set)
		set->attempts++;
	(void)pthread_mutex_unlock(&m->lock);
}

void mr_metrics_tcb_status(struct mr_metrics *m, enum mr_tcb_status status)
{
	if (!m)
		return;
	(void)pthread_mutex_lock(&m->lock);
	m->tcb_statuses[status]++;
	(void)pthread_mutex_unlock(&m->lock);
}

void mr_metrics_scraped(struct mr_metrics *m)
{
	(void)pthread_mutex_lock(&m->lock);
	m->scrapes++;
	(void)pthread_mutex_unlock(&m->lock);
}
