/* SPDX-License-Identifier: Apache-2.0 */
/* How long a Coordinator takes from exec to the first answers of both its APIs. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "grpc.h"
#include "load.h"
#include "marbles.h"
#include "net/http_client.h"

enum { POLL_US = 200, READY_S = 30 };

struct starting {
	struct mr_load *load;
	struct mr_load_marble *marble;
	double *ready_ms, *cpu_ms;
};

static pid_t spawn(char **arguments)
{
	char folder[] = "state-XXXXXX"; /* each start is one of a fresh Coordinator */
	pid_t pid = -1;

	if (mkdtemp(folder) && setenv("EDG_COORDINATOR_SEAL_DIR", folder, 1) == 0)
		pid = fork();
	if (pid == 0) {
		int log = open("start.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		(void)dup2(log, STDERR_FILENO);
		(void)execv(arguments[0], arguments);
		_exit(127);
	}
	return pid;
}

static mr_result ask(const struct starting *s, struct mr_http_client *client, struct mr_error *err)
{
	MR_AUTO(http_answer) struct mr_http_answer answer = { 0 };
	MR_AUTO(load_grpc) struct mr_load_grpc *grpc = NULL;

	MR_TRY(mr_http_client_request(
		client, "GET", "/api/v2/status", NULL, mr_bytes_of(NULL, 0), &answer, err));
	if (answer.status != 200)
		return mr_fail(err, MR_CODE_INVALID, "status answered with %d", answer.status);
	MR_TRY(mr_load_grpc_open(s->load->mesh, s->marble->identity, &grpc, err));
	return mr_load_grpc_ping(grpc, err);
}

static mr_result wait_until_ready(
	const struct starting *s, pid_t pid, double start, struct mr_error *err)
{
	const struct mr_http_client_config config = { .endpoint = s->load->client };
	const struct timespec pause = { 0, POLL_US * 1000 };

	for (;;) {
		MR_AUTO(http_client) struct mr_http_client *client = NULL;

		MR_TRY(mr_http_client_new(&config, &client, err));
		mr_result r = ask(s, client, err);
		if (!mr_failed(r))
			return r;
		if (waitpid(pid, NULL, WNOHANG) == pid || mr_load_now_s() > start + READY_S)
			return mr_wrap(err, r, "the program did not come up");
		(void)nanosleep(&pause, NULL);
	}
}

static mr_result start_once(const struct starting *s, size_t index, struct mr_error *err)
{
	struct mr_load_usage usage = { 0 };
	double start = mr_load_now_s();
	pid_t pid = spawn(s->load->arguments);

	if (pid < 0)
		return mr_fail_errno(err, errno, "starting %s", s->load->arguments[0]);
	mr_result r = wait_until_ready(s, pid, start, err);
	s->ready_ms[index] = (mr_load_now_s() - start) * 1e3;
	if (!mr_failed(r))
		r = mr_load_usage_of(pid, false, &usage, err);
	if (!mr_failed(r))
		s->cpu_ms[index] = usage.cpu_s * 1e3;
	(void)kill(pid, SIGTERM);
	(void)waitpid(pid, NULL, 0);
	return r;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static mr_result run(struct starting *s, struct mr_error *err)
{
	struct mr_load *load = s->load;
	size_t n = load->operations;

	s->ready_ms = calloc(n, sizeof *s->ready_ms);
	s->cpu_ms = calloc(n, sizeof *s->cpu_ms);
	if (!s->ready_ms || !s->cpu_ms)
		return mr_fail_nomem(err);
	MR_TRY(mr_load_marbles_new(1, load->marble_type, &s->marble, err));
	for (size_t i = 0; i < n; i++)
		MR_TRY(start_once(s, i, err));
	qsort(s->ready_ms, n, sizeof *s->ready_ms, compare);
	qsort(s->cpu_ms, n, sizeof *s->cpu_ms, compare);
	mr_buf_printf(&load->extra,
		", \"ready_ms\": %.3f, \"ready_min_ms\": %.3f, \"ready_cpu_ms\": %.3f",
		s->ready_ms[n / 2], s->ready_ms[0], s->cpu_ms[n / 2]);
	return MR_OK;
}

mr_result mr_load_start(struct mr_load *load, struct mr_error *err)
{
	struct starting s = { .load = load };
	mr_result r = run(&s, err);

	mr_load_marbles_free(s.marble, 1);
	free(s.ready_ms);
	free(s.cpu_ms);
	return r;
}
