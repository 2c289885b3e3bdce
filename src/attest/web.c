/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/web.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "net/anchors.h"

enum { CONNECT_MS = 5000, REQUEST_MS = 10000, NAP_MS = 100, DELAY_MAX = 64 };

struct mr_web {
	struct mr_web_config config;
	struct mr_anchors anchors; /* read when the first server is to be verified */
	struct mr_http_client *client;
	struct mr_service_url service; /* of the client */
};

mr_result mr_web_new(const struct mr_web_config *config, struct mr_web **ret, struct mr_error *err)
{
	struct mr_web *w = calloc(1, sizeof *w);

	if (!w)
		return mr_fail_nomem(err);
	w->config = *config;
	*ret = w;
	return MR_OK;
}

void mr_web_free(struct mr_web *w)
{
	if (!w)
		return;
	mr_http_client_free(w->client);
	mr_anchors_done(&w->anchors);
	free(w);
}

int64_t mr_web_max_age(const struct mr_http_answer *answer)
{
	const struct mr_str name = MR_STR("max-age=");
	struct mr_str value;
	int64_t age = 0;

	if (!mr_http_answer_field(answer, MR_STR("Cache-Control"), &value))
		return -1;
	for (size_t at = 0; at + name.len < value.len; at++) {
		if (!mr_str_eq_nocase(mr_str_sub(value, at, at + name.len), name))
			continue;
		for (at += name.len; at < value.len && age < INT32_MAX; at++) {
			if (value.ptr[at] < '0' || value.ptr[at] > '9')
				break;
			age = age * 10 + (value.ptr[at] - '0');
		}
		return age;
	}
	return -1;
}

static mr_result connect_to(
	struct mr_web *w, const struct mr_service_url *service, struct mr_error *err)
{
	struct mr_http_client_config config = { .endpoint = service->endpoint,
		.plain = service->plain,
		.max_body = MR_WEB_BODY_MAX,
		.connect_ms = CONNECT_MS,
		.request_ms = REQUEST_MS };

	if (w->client && w->service.plain == service->plain &&
		strcmp(w->service.endpoint, service->endpoint) == 0)
		return MR_OK;
	mr_http_client_free(w->client);
	w->client = NULL;
	if (w->config.verify_server && !service->plain) {
		if (!w->anchors.count)
			MR_TRY(mr_anchors_load(&w->anchors, err));
		config.tls.anchors = w->anchors.items;
		config.tls.anchor_count = w->anchors.count;
		config.tls.check_host = true;
	}
	w->service = *service;
	return mr_http_client_new(&config, &w->client, err);
}

static bool is_stopping(const struct mr_web *w)
{
	return w->config.stop && atomic_load(w->config.stop);
}

/* False: there is no time left for another attempt. */
static bool wait_before_attempt(const struct mr_web *w, unsigned attempt, int64_t deadline_ms)
{
	static const struct timespec nap = { .tv_nsec = NAP_MS * 1000000L };
	int64_t seconds = w->config.retry_delay;

	if (seconds == 0)
		seconds = attempt < 6 ? (int64_t)1 << attempt : DELAY_MAX;
	int64_t until = mr_clock_monotonic_ms() + seconds * 1000;
	if (until >= deadline_ms)
		return false;
	while (mr_clock_monotonic_ms() < until && !is_stopping(w))
		(void)nanosleep(&nap, NULL);
	return !is_stopping(w);
}

static mr_result attempt_once(struct mr_web *w, const char *target, struct mr_http_answer *answer,
	bool *ret_again, struct mr_error *err)
{
	mr_result r = mr_http_client_request(
		w->client, "GET", target, NULL, mr_bytes_of(NULL, 0), answer, err);

	*ret_again = r.code == MR_CODE_UNAVAILABLE || r.code == MR_CODE_DEADLINE;
	if (mr_failed(r))
		return r;
	*ret_again = answer->status == 503;
	if (answer->status == 429)
		return mr_fail(err, MR_CODE_LIMIT, "%s is asked too often", w->service.endpoint);
	if (answer->status != 200)
		return mr_fail(err, MR_CODE_UNAVAILABLE, "%s answers with status %d",
			w->service.endpoint, answer->status);
	if (answer->body.len == 0)
		return mr_fail(
			err, MR_CODE_UNAVAILABLE, "%s answers with nothing", w->service.endpoint);
	return MR_OK;
}

mr_result mr_web_get(struct mr_web *w, const struct mr_service_url *service, const char *target,
	int64_t deadline_ms, struct mr_http_answer *ret, struct mr_error *err)
{
	bool again = false;

	MR_TRY(connect_to(w, service, err));
	for (unsigned attempt = 0;; attempt++) {
		MR_AUTO(http_answer) struct mr_http_answer answer = { 0 };

		if (mr_clock_monotonic_ms() >= deadline_ms || is_stopping(w))
			return mr_fail(
				err, MR_CODE_DEADLINE, "%s: deadline exceeded", service->endpoint);
		mr_result r = attempt_once(w, target, &answer, &again, err);
		if (!mr_failed(r)) {
			*ret = answer;
			answer = (struct mr_http_answer){ 0 };
			return MR_OK;
		}
		if (!again || attempt >= w->config.retry_times ||
			!wait_before_attempt(w, attempt, deadline_ms))
			return r;
	}
}
