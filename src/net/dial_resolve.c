/* SPDX-License-Identifier: Apache-2.0 */
#include "net/dial_resolve.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

/* A question, shared by who asks and the thread that resolves: who leaves last frees it. */
struct lookup {
	pthread_mutex_t lock;
	pthread_cond_t done_signal;
	bool done, abandoned; /* under the lock */
	int outcome;          /* of getaddrinfo */
	struct addrinfo *list;
	char port[8];
	char host[256];
};

static int ask(const char *host, const char *port, int flags, struct addrinfo **ret)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = flags | AI_NUMERICSERV };

	*ret = NULL;
	return getaddrinfo(host, port, &hints, ret);
}

static void lookup_free(struct lookup *l)
{
	if (l->list)
		freeaddrinfo(l->list);
	pthread_cond_destroy(&l->done_signal);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static void *run_lookup(void *argument)
{
	struct lookup *l = argument;
	struct addrinfo *list;
	int outcome = ask(l->host, l->port, 0, &list);
	bool abandoned;

	pthread_mutex_lock(&l->lock);
	l->outcome = outcome;
	l->list = list;
	l->done = true;
	abandoned = l->abandoned;
	pthread_cond_signal(&l->done_signal);
	pthread_mutex_unlock(&l->lock);
	if (abandoned)
		lookup_free(l);
	return NULL;
}

static struct lookup *lookup_new(const char *host, const char *port)
{
	struct lookup *l = calloc(1, sizeof *l);
	pthread_condattr_t attributes;

	if (!l)
		return NULL;
	(void)strncpy(l->host, host, sizeof l->host - 1);
	(void)strncpy(l->port, port, sizeof l->port - 1);
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&l->done_signal, &attributes);
	pthread_condattr_destroy(&attributes);
	return l;
}

static bool start_thread(struct lookup *l)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;
	int failed;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&thread, &attributes, run_lookup, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return failed == 0;
}

/* Frees the lookup, or leaves it to its thread. False when the time was over first. */
static bool await(struct lookup *l, int64_t deadline_ms, int *ret_outcome, struct addrinfo **ret)
{
	struct timespec end = { (time_t)(deadline_ms / 1000),
		(long)(deadline_ms % 1000) * 1000000 };
	bool done;

	pthread_mutex_lock(&l->lock);
	while (!l->done) {
		int r = pthread_cond_timedwait(&l->done_signal, &l->lock, &end);
		if (r == ETIMEDOUT)
			break;
	}
	done = l->done;
	l->abandoned = !done;
	if (done) {
		*ret_outcome = l->outcome;
		*ret = l->list;
		l->list = NULL;
	}
	pthread_mutex_unlock(&l->lock);
	if (done)
		lookup_free(l);
	return done;
}

static mr_result fail_lookup(const char *host, int outcome, struct mr_error *err)
{
	const char *text = outcome == EAI_NONAME || outcome == EAI_NODATA ? "no such host"
			   : outcome == EAI_AGAIN                         ? "server misbehaving"
									  : gai_strerror(outcome);

	return mr_fail(err, MR_CODE_UNAVAILABLE, "lookup %s: %s", host, text);
}

mr_result mr_resolve(const char *host, const char *port, int64_t deadline_ms,
	struct addrinfo **ret_list, struct mr_error *err)
{
	int outcome = ask(host, port, AI_NUMERICHOST, ret_list);
	struct lookup *l;

	if (outcome == 0)
		return MR_OK;
	if (deadline_ms <= mr_clock_monotonic_ms())
		return mr_fail(err, MR_CODE_DEADLINE, "lookup %s: i/o timeout", host);
	l = lookup_new(host, port);
	if (!l)
		return mr_fail_nomem(err);
	if (!start_thread(l)) {
		lookup_free(l);
		outcome = ask(host, port, 0, ret_list);
	} else if (!await(l, deadline_ms, &outcome, ret_list)) {
		return mr_fail(err, MR_CODE_DEADLINE, "lookup %s: i/o timeout", host);
	}
	if (outcome != 0)
		return fail_lookup(host, outcome, err);
	return MR_OK;
}
