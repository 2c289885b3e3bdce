/* SPDX-License-Identifier: Apache-2.0 */
/* Threads (30 §6.3): one reads while another writes, many connections at once, a server that waits
 * for all its clients in one set, forks in between. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child has the threads of its parent in its books, but never joins them. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "report_thread_leaks=0";
}

#define TOTAL ((size_t)1 << 20)
#define CLIENTS 8
#define ROUNDS 60

static uint8_t pattern(size_t at)
{
	return (uint8_t)(at * 7 + at / 256);
}

static void *write_all(void *argument)
{
	int fd = *(int *)argument;
	uint8_t block[5000];

	for (size_t done = 0; done < TOTAL;) {
		size_t n = TOTAL - done < sizeof block ? TOTAL - done : sizeof block;
		for (size_t i = 0; i < n; i++)
			block[i] = pattern(done + i);
		ssize_t sent = send(fd, block, n, MSG_NOSIGNAL);
		if (sent <= 0)
			return argument;
		done += (size_t)sent;
	}
	return NULL;
}

static void *read_all(void *argument)
{
	int fd = *(int *)argument;
	uint8_t block[7000];

	for (size_t done = 0; done < TOTAL;) {
		ssize_t n = recv(fd, block, sizeof block, 0);
		if (n <= 0)
			return argument;
		for (size_t i = 0; i < (size_t)n; i++) {
			if (block[i] != pattern(done + i))
				return argument;
		}
		done += (size_t)n;
	}
	return NULL;
}

/* Both directions of one connection at once, by four threads. */
static void test_both_ways(void **state)
{
	pthread_t threads[4];
	int fds[2];

	(void)state;
	rig_pair(fds);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, write_all, &fds[i]), 0);
		assert_int_equal(pthread_create(&threads[2 + i], NULL, read_all, &fds[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		void *failed;
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	(void)close(fds[0]);
	(void)close(fds[1]);
}

/* --- a server with one set, and clients that come and go --- */

static atomic_int ended;

static int connect_blocking(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(rig.port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static bool one_round(int number)
{
	char sent[300], got[300];
	int fd = connect_blocking();

	if (fd < 0)
		return false;
	memset(sent, 'a' + number % 26, sizeof sent);
	bool good = send(fd, sent, sizeof sent, MSG_NOSIGNAL) == (ssize_t)sizeof sent &&
		    recv(fd, got, sizeof got, MSG_WAITALL) == (ssize_t)sizeof got &&
		    memcmp(sent, got, sizeof got) == 0;
	(void)close(fd);
	return good;
}

static void *be_client(void *argument)
{
	void *failed = NULL;

	for (int i = 0; i < ROUNDS && !failed; i++) {
		if (!one_round(i))
			failed = argument;
	}
	atomic_fetch_add(&ended, 1);
	return failed;
}

static void serve(int set, int fd)
{
	char block[512];

	for (;;) {
		ssize_t n = recv(fd, block, sizeof block, MSG_DONTWAIT);
		if (n > 0) {
			assert_int_equal(send(fd, block, (size_t)n, MSG_NOSIGNAL), n);
			continue;
		}
		if (n < 0 && errno == EAGAIN)
			return;
		assert_int_equal(n, 0);
		assert_int_equal(epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL), 0);
		(void)close(fd);
		return;
	}
}

static void serve_all(int set)
{
	struct epoll_event events[16];

	while (atomic_load(&ended) < CLIENTS) {
		int count = epoll_wait(set, events, 16, 50);
		assert_true(count >= 0);
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			if (fd != rig.listener) {
				serve(set, fd);
				continue;
			}
			int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
			struct epoll_event event = { .events = EPOLLIN | EPOLLET,
				.data.fd = client };
			assert_true(client >= 0);
			assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, client, &event), 0);
		}
	}
}

static void test_many_clients(void **state)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = rig.listener };
	int set = epoll_create1(0);
	pthread_t threads[CLIENTS];

	(void)state;
	atomic_store(&ended, 0);
	assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, rig.listener, &event), 0);
	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, be_client, &ended), 0);
	serve_all(set);
	for (int i = 0; i < CLIENTS; i++) {
		void *failed;
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	(void)close(set);
}

/* Children come while connections are in use; none of them may wait for a lock. */
static void test_forks_between(void **state)
{
	pthread_t threads[2];
	int fds[2], status;

	(void)state;
	rig_pair(fds);
	assert_int_equal(pthread_create(&threads[0], NULL, write_all, &fds[0]), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, read_all, &fds[1]), 0);
	for (int i = 0; i < 20; i++) {
		pid_t child = fork();
		if (child == 0) {
			(void)close(fds[0]);
			(void)close(fds[1]);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
	for (int i = 0; i < 2; i++) {
		void *failed;
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	(void)close(fds[0]);
	(void)close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_many_clients),
		cmocka_unit_test(test_forks_between),
	};

	return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
