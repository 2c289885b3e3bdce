/* SPDX-License-Identifier: Apache-2.0 */
/* marblerun-coordinator: environment, core, servers, signals (40 §2). */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "attest/issuer_command.h"
#include "base/heap.h"
#include "coordinator/check_state.h"
#include "coordinator/core.h"
#include "coordinator/notify.h"
#include "coordinator/servers.h"
#include "coordinator/startup_manifest.h"

enum { STOP_GRACE_MS = 5000, TIDY_SECONDS = 5 };

/* Secrets live in this process: no core dump, no attaching by the same user. Refused in some libOSes, which dump
 * nothing anyway. */
static void forbid_dumps(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Not into swap either, where the operator has lifted the limit of locked memory (the unit file does). Under a limit
 * it is left alone: memory asked for later would fail there. Pages are locked when they are first used. */
static void forbid_swap(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY)
		(void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

/* All threads inherit the mask, so that only the main thread takes the signals, by waiting for them. */
static void block_signals(sigset_t *ret_stop)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(ret_stop);
	(void)sigaddset(ret_stop, SIGTERM);
	(void)sigaddset(ret_stop, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, ret_stop, NULL);
}

static int fatal(struct mr_logger *log, const char *message, const struct mr_error *err)
{
	MR_LOG(log, MR_LOG_FATAL, message, mr_log_error(err));
	return EXIT_FAILURE;
}

static void log_start(const struct mr_config *config, struct mr_logger *log)
{
	MR_LOG(log, MR_LOG_INFO, "Starting coordinator", mr_log_cstr("version", MR_VERSION),
		mr_log_cstr("commit", ""), mr_log_bool("distributed", config->distributed));
	if (config->http_error_level_unknown)
		MR_LOG_PLAIN(
			log, MR_LOG_WARN, "EDG_HTTP_ERROR_LOG_LEVEL is no log level, taking error");
	if (config->seal_provider.source == MR_SEAL_SOURCE_FILE)
		MR_LOG(log, MR_LOG_WARN,
			"The sealed state is protected by a key in a file: for tests. Who can read the file can read "
			"the state",
			mr_log_cstr("file", config->seal_provider.path));
	if (mr_test_roots_warning())
		MR_LOG_PLAIN(log, MR_LOG_WARN, mr_test_roots_warning());
	if (config->seal_unprotected)
		MR_LOG_PLAIN(log, MR_LOG_WARN,
			"EDG_COORDINATOR_SEAL_KEY is none: the key of the sealed state lies in a file as it is");
	if (config->simulation)
		MR_LOG_PLAIN(log, MR_LOG_WARN,
			"SIMULATION: OE_SIMULATION=1 is set. Quotes of Marbles are NOT checked, this Coordinator "
			"cannot be attested, and the sealed state is NOT protected. Never use this with real "
			"secrets.");
}

/* The number of the signal that ends the process. */
static int wait_for_signal(const sigset_t *stop, struct mr_servers *servers, struct mr_core *core)
{
	static const struct timespec interval = { .tv_sec = TIDY_SECONDS };
	int number = 0;

	while ((number = sigtimedwait(stop, NULL, &interval)) < 0 &&
		(errno == EAGAIN || errno == EINTR)) {
		mr_servers_tidy(servers);
		mr_core_tick(core);
	}
	/* a libOS may not have the timed call */
	if (number < 0)
		(void)sigwait(stop, &number);
	return number;
}

/* Until a signal, whose number is given back. The supervisor starts what depends on this process when it is told. */
static int serve(const sigset_t *stop, struct mr_servers *servers, struct mr_core *core,
	struct mr_logger *log)
{
	if (!mr_notify("READY=1"))
		MR_LOG_PLAIN(log, MR_LOG_WARN,
			"The supervisor cannot be told that the Coordinator is ready");
	int number = wait_for_signal(stop, servers, core);
	(void)mr_notify("STOPPING=1");
	return number;
}

static int run(const struct mr_config *config, struct mr_logger *log, const sigset_t *stop)
{
	struct mr_core *core = NULL;
	struct mr_servers *servers = NULL;
	struct mr_error err;
	int status = EXIT_SUCCESS;
	int number = 0;

	/* Listeners are bound before the state is touched (40 §2.1 BEYOND). */
	if (mr_failed(mr_servers_bind(config, log, &servers, &err)))
		return fatal(log, "Error during execution", &err);
	if (mr_failed(mr_core_new(config, log, &core, &err))) {
		mr_servers_free(servers);
		return fatal(log, "Cannot create Coordinator core", &err);
	}
	if (config->startup_manifest && mr_failed(mr_startup_manifest_set(core, &err)))
		status = fatal(log, "Cannot set startup manifest", &err);
	else if (mr_failed(mr_servers_start(servers, core, &err)))
		status = fatal(log, "Error during execution", &err);
	else
		number = serve(stop, servers, core, log);
	if (number)
		MR_LOG(log, MR_LOG_INFO, "Stopping coordinator", mr_log_int("signal", number));
	/* Answers that are made now find their connections closed; the servers let go of them, and still tell the core. */
	mr_servers_stop(servers, STOP_GRACE_MS);
	mr_core_stop(core);
	mr_servers_free(servers);
	mr_core_free(core);
	return status;
}

/* 0: a start would serve; 1: it would end with an error; 3: it would wait for recovery. */
static int check_state(const char *directory)
{
	static const int statuses[] = { [MR_STATE_LOADS] = EXIT_SUCCESS,
		[MR_STATE_DOES_NOT_LOAD] = EXIT_FAILURE,
		[MR_STATE_NEEDS_RECOVERY] = 3 };
	MR_AUTO(buf) struct mr_buf out = { .max = 1 << 20 };
	enum mr_state_verdict verdict = MR_STATE_DOES_NOT_LOAD;
	struct mr_config config = { 0 };
	struct mr_error err;

	mr_result r = mr_config_read_state(&config, &err);
	if (!mr_failed(r))
		r = mr_check_state(&config, directory, &out, &verdict, &err);
	(void)fwrite(out.data ? out.data : (const uint8_t *)"", 1, out.len, stdout);
	if (mr_failed(r))
		(void)fprintf(stderr, "marblerun-coordinator: %s\n", err.message);
	if (fflush(stdout) != 0 || mr_failed(r))
		return EXIT_FAILURE;
	return statuses[verdict];
}

int main(int argc, char **argv)
{
	struct mr_config config = { 0 };
	struct mr_logger *log = NULL;
	struct mr_error err;
	sigset_t stop;

	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		(void)printf("marblerun-coordinator %s\n", MR_VERSION);
		return EXIT_SUCCESS;
	}
	if (argc > 1 && argc < 4 && strcmp(argv[1], "--check-state") == 0) {
		forbid_dumps();
		return check_state(argv[2]);
	}
	if (argc > 1) {
		(void)fprintf(stderr,
			"usage: marblerun-coordinator [--version | --check-state [DIRECTORY]]\n"
			"The Coordinator is configured by its environment, see marblerun-coordinator(8).\n");
		return EXIT_FAILURE;
	}
	forbid_dumps();
	forbid_swap();
	mr_heap_configure();
	block_signals(&stop);
	mr_config_read_log(&config);
	if (mr_failed(mr_logger_new(STDERR_FILENO, config.dev_mode ? MR_LOG_CONSOLE : MR_LOG_JSON,
		    config.debug_logging ? MR_LOG_DEBUG : MR_LOG_INFO, &log, &err))) {
		(void)fprintf(stderr, "failed to create logger: %s\n", err.message);
		return EXIT_FAILURE;
	}
	int status;
	if (mr_failed(mr_config_read(&config, &err))) {
		status = fatal(log, err.message, &err);
	} else {
		log_start(&config, log);
		status = run(&config, log, &stop);
	}
	mr_logger_free(log);
	return status;
}
