/* SPDX-License-Identifier: Apache-2.0 */
#include "ttls/setup.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/env.h"
#include "ttls/adopt.h"
#include "ttls/epoll.h"
#include "ttls/names.h"
#include "ttls/real.h"

/* At the end of the program: two seconds in all. */
#define LAST_TRIES 200
#define LAST_WAIT_NS 10000000L

_Atomic(enum mr_ttls_mode) mr_ttls_mode;

static struct mr_ttls_config *loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static __thread bool setting_up; /* what is called from there goes through */

const struct mr_ttls_config *mr_ttls_loaded(void)
{
	return loaded;
}

/* Plain text instead would be worse than no program. */
static void refuse(const char *text)
{
	char line[512];
	int n = snprintf(line, sizeof line, "libmarblerun-ttls: %s\n", text);

	if (n > 0)
		(void)!MR_REAL(write)(
			2, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
	_exit(EXIT_FAILURE);
}

static void before_fork(void)
{
	mr_ttls_conn_fork_prepare();
	mr_ttls_epoll_lock();
	mr_ttls_names_lock();
}

static void in_parent(void)
{
	mr_ttls_names_unlock();
	mr_ttls_epoll_unlock();
	mr_ttls_conn_fork_parent();
}

static void in_child(void)
{
	mr_ttls_names_unlock();
	mr_ttls_epoll_unlock();
	mr_ttls_conn_fork_child();
}

mr_result mr_ttls_turn_on(struct mr_str text, struct mr_error *err)
{
	int fd = -1;

	mr_ttls_conn_fork_setup();
	MR_TRY(mr_ttls_config_parse(text, &loaded, err));
	if (pthread_atfork(before_fork, in_parent, in_child) != 0)
		return mr_fail_nomem(err);
	if (!mr_ttls_adopt_inherited(&fd))
		return mr_fail(err, MR_CODE_UNSUPPORTED,
			"descriptor %d is a connection that has to carry TLS, and cannot be taken over",
			fd);
	atomic_store_explicit(&mr_ttls_mode, MR_TTLS_ON, memory_order_release);
	return MR_OK;
}

static void load(void)
{
	const char *text = mr_env_get("MARBLE_TTLS_CONFIG", NULL);
	struct mr_error err;

	if (!text) {
		atomic_store(&mr_ttls_mode, MR_TTLS_OFF);
		return;
	}
	setting_up = true;
	if (mr_failed(mr_ttls_turn_on(mr_str_of(text), &err)))
		refuse(err.message);
	setting_up = false;
}

enum mr_ttls_mode mr_ttls_set_up(void)
{
	if (setting_up)
		return MR_TTLS_OFF;
	(void)pthread_once(&once, load);
	return atomic_load(&mr_ttls_mode);
}

__attribute__((constructor)) static void at_start(void)
{
	(void)mr_ttls_set_up();
}

/* A program that ends without closing: its peers would take that for an attack. What it has written and the kernel
 * has not taken yet gets some time. */
__attribute__((destructor)) static void at_end(void)
{
	if (atomic_load(&mr_ttls_mode) != MR_TTLS_ON)
		return;
	mr_ttls_conn_close_all();
	for (int i = 0; i < LAST_TRIES && mr_ttls_conn_any_unsent(); i++) {
		(void)MR_REAL(ppoll)(NULL, 0, &(struct timespec){ .tv_nsec = LAST_WAIT_NS }, NULL);
		mr_ttls_conn_send_unsent();
	}
}
