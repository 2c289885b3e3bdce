/* SPDX-License-Identifier: Apache-2.0 */
/* load: options in, one JSON object out. */
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "load.h"

struct mode {
	const char *name;
	mr_result (*run)(struct mr_load *load, struct mr_error *err);
	bool needs_client, needs_mesh;
	size_t arguments; /* at least */
};

static const struct mode modes[] = {
	{ "activate", mr_load_activate, false, true, 0 },
	{ "get", mr_load_get, true, false, 1 },
	{ "counter", mr_load_counter, true, true, 0 },
	{ "idle", mr_load_idle, false, true, 0 },
	{ "set-manifest", mr_load_set_manifest, true, false, 1 },
	{ "start", mr_load_start, true, true, 1 },
};

static const char usage[] =
	"usage: load [OPTION]... MODE [ARGUMENT]...\n"
	"  activate              activate Marbles\n"
	"  get PATH              GET a path of the client API\n"
	"  counter               raise monotonic counters, as an activated Marble\n"
	"  idle                  hold mutual-TLS connections of Marbles\n"
	"  set-manifest FILE     set a manifest\n"
	"  start PROGRAM...      start a Coordinator again and again, in fresh folders made here\n"
	"options:\n"
	"  --client HOST:PORT    the client API    --mesh HOST:PORT  the Marble API\n"
	"  --pid PID             the server, for its CPU time and memory\n"
	"  -n COUNT              operations        -c COUNT          workers\n"
	"  --kept                one connection a worker instead of one an operation\n"
	"  --type NAME           Marble type       --files COUNT     files of an activation\n"
	"  --hold MS             before the memory of idle connections is read\n";

enum {
	OPTION_CLIENT = 256,
	OPTION_MESH,
	OPTION_PID,
	OPTION_KEPT,
	OPTION_TYPE,
	OPTION_FILES,
	OPTION_HOLD
};

static const struct option options[] = {
	{ "client", required_argument, NULL, OPTION_CLIENT },
	{ "mesh", required_argument, NULL, OPTION_MESH },
	{ "pid", required_argument, NULL, OPTION_PID },
	{ "kept", no_argument, NULL, OPTION_KEPT },
	{ "type", required_argument, NULL, OPTION_TYPE },
	{ "files", required_argument, NULL, OPTION_FILES },
	{ "hold", required_argument, NULL, OPTION_HOLD },
	{ NULL, 0, NULL, 0 },
};

/* Digits up to a maximum; false for everything else. */
static bool read_number(const char *text, size_t max, size_t *ret)
{
	size_t n = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (size_t)(*text - '0');
		if (n > max)
			return false;
	}
	*ret = n;
	return true;
}

static bool read_option(struct mr_load *load, int option)
{
	size_t n = 0;

	switch (option) {
	case OPTION_CLIENT:
		load->client = optarg;
		return true;
	case OPTION_MESH:
		load->mesh = optarg;
		return true;
	case OPTION_KEPT:
		load->kept = true;
		return true;
	case OPTION_TYPE:
		load->marble_type = optarg;
		return true;
	case OPTION_PID:
		if (!read_number(optarg, INT_MAX, &n))
			return false;
		load->pid = (pid_t)n;
		return true;
	case OPTION_FILES:
		return read_number(optarg, MR_LOAD_MAX_OPERATIONS, &load->files);
	case OPTION_HOLD:
		if (!read_number(optarg, MR_LOAD_TIMEOUT_MS, &n))
			return false;
		load->hold_ms = (long)n;
		return true;
	case 'n':
		return read_number(optarg, MR_LOAD_MAX_OPERATIONS, &load->operations) &&
		       load->operations > 0;
	case 'c':
		return read_number(optarg, MR_LOAD_MAX_WORKERS, &load->workers) &&
		       load->workers > 0;
	default:
		return false;
	}
}

static const struct mode *read_command_line(struct mr_load *load, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "+n:c:", options, NULL)) != -1) {
		if (!read_option(load, option))
			return NULL;
	}
	if (optind >= argc)
		return NULL;
	load->arguments = argv + optind + 1;
	load->argument_count = (size_t)(argc - optind - 1);
	for (size_t i = 0; i < MR_COUNT(modes); i++) {
		const struct mode *m = &modes[i];
		if (strcmp(m->name, argv[optind]) == 0 && load->argument_count >= m->arguments &&
			(load->client || !m->needs_client) && (load->mesh || !m->needs_mesh))
			return m;
	}
	return NULL;
}

static double latency(const struct mr_load *load, size_t percent)
{
	return load->latency_ms[(load->operations - 1) * percent / 100];
}

static void print_run(const struct mr_load *load)
{
	double n = (double)load->operations, cpu_s = load->after.cpu_s - load->before.cpu_s;

	printf(", \"operations\": %zu, \"workers\": %zu, \"wall_s\": %.4f, \"rate\": %.2f",
		load->operations, load->workers, load->wall_s, n / load->wall_s);
	printf(", \"p50_ms\": %.4f, \"p99_ms\": %.4f, \"max_ms\": %.4f", latency(load, 50),
		latency(load, 99), latency(load, 100));
	printf(", \"client_cpu_us\": %.2f, \"machine_busy\": %.4f", load->own_cpu_s * 1e6 / n,
		load->busy);
	if (load->pid == 0)
		return;
	printf(", \"cpu_s\": %.6f, \"cpu_us\": %.2f", cpu_s, cpu_s * 1e6 / n);
	printf(", \"rss_before_kib\": %ld, \"rss_kib\": %ld, \"peak_kib\": %ld, \"pss_kib\": %ld",
		load->before.rss_kib, load->after.rss_kib, load->after.peak_kib,
		load->after.pss_kib);
}

int main(int argc, char **argv)
{
	struct mr_load load = {
		.operations = 1, .workers = 1, .marble_type = "marble", .hold_ms = 2000
	};
	const struct mode *mode = read_command_line(&load, argc, argv);
	struct mr_error err;

	if (!mode) {
		(void)fputs(usage, stderr);
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	mr_buf_init(&load.extra, 4096);
	mr_result r = mode->run(&load, &err);
	if (!mr_failed(r))
		r = mr_buf_status(&load.extra, &err);
	if (mr_failed(r)) {
		(void)fprintf(stderr, "load %s: %s\n", mode->name, err.message);
	} else {
		printf("{\"mode\": \"%s\"", mode->name);
		if (load.latency_ms)
			print_run(&load);
		printf("%.*s}\n", MR_STR_ARGS(mr_buf_str(&load.extra)));
	}
	free(load.latency_ms);
	mr_buf_done(&load.extra);
	return mr_failed(r);
}
