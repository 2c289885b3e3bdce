/* SPDX-License-Identifier: Apache-2.0 */
/* Readiness and sockets that do not block (30 §6.3). */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

int __poll_chk(struct pollfd *fds, nfds_t count, int ms, size_t room);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
	const sigset_t *mask, size_t room);

/* --- is it readable? asked in every way --- */

static bool by_poll(int fd)
{
	return rig_has(fd, POLLIN);
}

static bool by_poll_chk(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return __poll_chk(&p, 1, 0, sizeof p) == 1 && p.revents == POLLIN;
}

static bool by_ppoll(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	const struct timespec now = { 0 };

	return __ppoll_chk(&p, 1, &now, NULL, sizeof p) == 1 && p.revents == POLLIN;
}

static bool by_select(int fd)
{
	struct timeval now = { 0 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	int n = select(fd + 1, &set, NULL, NULL, &now);
	assert_int_equal(n, FD_ISSET(fd, &set) ? 1 : 0);
	return n == 1;
}

static bool by_pselect(int fd)
{
	const struct timespec now = { 0 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return pselect(fd + 1, &set, NULL, NULL, &now, NULL) == 1;
}

static bool in_epoll_set(int fd, uint32_t modes)
{
	struct epoll_event event = { .events = EPOLLIN | modes, .data.u64 = 77 };
	const struct timespec now = { 0 };
	int set = epoll_create1(0);

	assert_true(set >= 0);
	assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), 0);
	event.data.u64 = 0;
	int n = modes & EPOLLET ? epoll_pwait2(set, &event, 1, &now, NULL)
				: epoll_wait(set, &event, 1, 0);
	if (n == 1) {
		assert_int_equal(event.data.u64, 77);
		assert_int_equal(event.events, EPOLLIN);
	}
	assert_int_equal(epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL), 0);
	(void)close(set);
	return n == 1;
}

static bool by_epoll(int fd)
{
	return in_epoll_set(fd, 0);
}

static bool by_edge(int fd)
{
	return in_epoll_set(fd, EPOLLET);
}

typedef bool asker(int fd);
static asker *const askers[] = { by_poll, by_poll_chk, by_ppoll, by_select, by_pselect, by_epoll,
	by_edge };

static void expect(int fd, bool readable)
{
	for (size_t i = 0; i < MR_COUNT(askers); i++)
		assert_int_equal(askers[i](fd), readable);
}

/* Until what was sent on the loopback interface has arrived. */
static void until_readable(int fd)
{
	assert_int_equal(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 10000), 1);
}

static void test_readable_while_data_are_left(void **state)
{
	int fds[2];
	char byte;

	(void)state;
	rig_pair(fds);
	expect(fds[1], false);
	assert_int_equal(write(fds[0], "abc", 3), 3);
	until_readable(fds[1]);
	for (int i = 0; i < 3; i++) {
		expect(fds[1], true);
		assert_int_equal(read(fds[1], &byte, 1), 1);
		assert_int_equal(byte, "abc"[i]);
	}
	expect(fds[1], false);
	(void)close(fds[0]);
	until_readable(fds[1]);
	assert_int_equal(read(fds[1], &byte, 1), 0);
	until_readable(fds[1]); /* the end stays */
	assert_true(by_select(fds[1]));
	(void)close(fds[1]);
}

static void test_parts_of_records_are_nothing(void **state)
{
	struct rig_peer peer;
	char got[8];
	int fd;

	(void)state;
	rig_played_server(&peer, &fd);
	expect(fd, false);
	rig_peer_write(&peer, "whole");
	while (mr_tls_engine_output(peer.engine)->len > 1) {
		rig_peer_send(&peer, 1);
		assert_int_equal(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 1), 0);
		expect(fd, false);
		assert_int_equal(recv(fd, got, sizeof got, MSG_DONTWAIT), -1);
		assert_int_equal(errno, EAGAIN);
	}
	rig_peer_send(&peer, 1);
	until_readable(fd);
	expect(fd, true);
	assert_int_equal(read(fd, got, sizeof got), 5);
	assert_memory_equal(got, "whole", 5);
	(void)close(fd);
	rig_peer_done(&peer);
}

/* --- epoll in detail --- */

static int event_of(int set, struct epoll_event *event, int ms)
{
	event->events = 0;
	return epoll_wait(set, event, 1, ms);
}

static void test_edges(void **state)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.fd = 1234 };
	int fds[2], set = epoll_create1(0);
	char got[8];

	(void)state;
	rig_pair(fds);
	assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, fds[1], &event), 0);
	assert_int_equal(event_of(set, &event, 0), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(write(fds[0], "x", 1), 1);
		assert_int_equal(event_of(set, &event, 10000), 1);
		assert_int_equal(event.data.fd, 1234);
		assert_int_equal(event_of(set, &event, 0), 0); /* once an edge */
		assert_int_equal(recv(fds[1], got, sizeof got, MSG_DONTWAIT), 1);
		assert_int_equal(recv(fds[1], got, sizeof got, MSG_DONTWAIT), -1);
	}
	(void)close(fds[0]);
	assert_int_equal(event_of(set, &event, 10000), 1);
	(void)close(fds[1]);
	(void)close(set);
}

static void test_one_shot(void **state)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT, .data.u32 = 5 };
	struct rig_peer peer;
	int fd, set = epoll_create1(0);

	(void)state;
	rig_played_server(&peer, &fd);
	assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), 0);
	rig_peer_write(&peer, "data");
	rig_peer_send(&peer, 3); /* not an event of the program's: it stays armed */
	assert_int_equal(event_of(set, &event, 5), 0);
	rig_peer_send(&peer, SIZE_MAX);
	assert_int_equal(event_of(set, &event, 10000), 1);
	assert_int_equal(event.data.u32, 5);
	assert_int_equal(event_of(set, &event, 5), 0);
	event = (struct epoll_event){ .events = EPOLLIN | EPOLLONESHOT, .data.u32 = 6 };
	assert_int_equal(epoll_ctl(set, EPOLL_CTL_MOD, fd, &event), 0);
	assert_int_equal(event_of(set, &event, 10000), 1);
	assert_int_equal(event.data.u32, 6);
	(void)close(fd);
	(void)close(set);
	rig_peer_done(&peer);
}

/* A socket that is in a set before it is connected; writable is told after the handshake only. */
static void test_connecting_in_a_set(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(rig.port) };
	struct epoll_event event = { .events = EPOLLOUT, .data.u64 = 9 };
	int set = epoll_create1(0), fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int failure = -1;
	socklen_t len = sizeof failure;

	(void)state;
	assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), 0);
	while (event_of(set, &event, 0) == 1) /* not connected at all: HUP, as ever */
		assert_int_equal(epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL), 0);
	event = (struct epoll_event){ .events = EPOLLOUT, .data.u64 = 9 };
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), -1);
	assert_int_equal(errno, EINPROGRESS);
	assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), 0);
	assert_int_equal(event_of(set, &event, 20), 0); /* the server has not answered */
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), -1);
	assert_int_equal(errno, EALREADY);
	int server = accept(rig.listener, NULL, NULL);
	for (int i = 0; i < 1000 && event_of(set, &event, 10) == 0; i++)
		(void)rig_has(server, POLLIN);
	assert_int_equal(event.events, EPOLLOUT);
	assert_int_equal(event.data.u64, 9);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len), 0);
	assert_int_equal(failure, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), -1);
	assert_int_equal(errno, EISCONN);
	assert_int_equal(write(fd, "x", 1), 1);
	until_readable(server);
	(void)close(fd);
	(void)close(server);
	(void)close(set);
}

/* --- output that the kernel does not take at once --- */

static void make_small(int fd, int option)
{
	const int size = 4096;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, option, &size, sizeof size), 0);
}

/* Writes until the socket is full; what was taken. */
static size_t fill_up(int fd)
{
	static char block[20000];
	size_t total = 0;

	for (;;) {
		memset(block, (int)(total % 251), sizeof block);
		ssize_t n = write(fd, block, 3000);
		if (n < 0)
			break;
		total += (size_t)n;
	}
	assert_int_equal(errno, EAGAIN);
	return total;
}

/* Reads as much; the writer only waits for input, in a way of its own. */
static void read_back(int fd, size_t total, int writer, int set)
{
	static char got[65536];
	struct epoll_event event;
	size_t n = 0;

	while (n < total) {
		ssize_t part = recv(fd, got, sizeof got, MSG_DONTWAIT);
		if (part > 0)
			n += (size_t)part;
		else
			assert_int_equal(errno, EAGAIN);
		if (set >= 0)
			assert_int_equal(epoll_wait(set, &event, 1, 1), 0);
		else
			assert_int_equal(
				poll(&(struct pollfd){ .fd = writer, .events = POLLIN }, 1, 1), 0);
	}
	assert_int_equal(n, total);
}

static void test_unsent_output_goes_out(void **state)
{
	(void)state;
	for (int way = 0; way < 2; way++) {
		struct epoll_event event = { .events = EPOLLIN };
		int fds[2], set = way ? epoll_create1(0) : -1;
		rig_pair(fds);
		make_small(fds[0], SO_SNDBUF);
		make_small(fds[1], SO_RCVBUF);
		rig_set_blocking(fds[0], false);
		if (way)
			assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, fds[0], &event), 0);
		size_t total = fill_up(fds[0]);
		assert_false(rig_has(fds[0], POLLOUT));
		read_back(fds[1], total, fds[0], set);
		assert_true(rig_has(fds[0], POLLOUT));
		(void)close(fds[0]);
		(void)close(fds[1]);
		if (way)
			(void)close(set);
	}
}

static void test_close_keeps_what_was_taken(void **state)
{
	static char got[65536];
	int fds[2];
	size_t n = 0;

	(void)state;
	rig_pair(fds);
	make_small(fds[0], SO_SNDBUF);
	make_small(fds[1], SO_RCVBUF);
	rig_set_blocking(fds[0], false);
	size_t total = fill_up(fds[0]);
	assert_int_equal(close(fds[0]), 0);
	for (;;) {
		/* poll sends what is left of the closed connection */
		(void)poll(&(struct pollfd){ .fd = fds[1], .events = POLLIN }, 1, 1000);
		ssize_t part = recv(fds[1], got, sizeof got, MSG_DONTWAIT);
		if (part == 0)
			break;
		assert_true(part > 0 || errno == EAGAIN);
		n += part > 0 ? (size_t)part : 0;
	}
	assert_int_equal(n, total);
	(void)close(fds[1]);
}

static void test_bad_calls(void **state)
{
	struct timeval negative = { -1, 0 };
	int fds[2];
	fd_set set;

	(void)state;
	rig_pair(fds);
	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	assert_int_equal(select(fds[0] + 1, &set, NULL, NULL, &negative), -1);
	assert_int_equal(errno, EINVAL);
	FD_SET(fds[1] + 1, &set);
	assert_int_equal(select(fds[1] + 2, &set, NULL, NULL, NULL), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(epoll_ctl(fds[1], EPOLL_CTL_ADD, fds[0], &(struct epoll_event){ 0 }), -1);
	assert_int_equal(errno, EINVAL);
	int epoll = epoll_create1(0);
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_MOD, fds[0], &(struct epoll_event){ 0 }), -1);
	assert_int_equal(errno, ENOENT);
	(void)close(epoll);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readable_while_data_are_left),
		cmocka_unit_test(test_parts_of_records_are_nothing),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_one_shot),
		cmocka_unit_test(test_connecting_in_a_set),
		cmocka_unit_test(test_unsent_output_goes_out),
		cmocka_unit_test(test_close_keeps_what_was_taken),
		cmocka_unit_test(test_bad_calls),
	};

	return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
