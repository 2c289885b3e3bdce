/* SPDX-License-Identifier: Apache-2.0 */
/* How connections end, and what happens to their descriptors and processes (30 §6.3). */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void echo(int from, int to, const char *text)
{
	char got[64];
	size_t size = strlen(text);

	assert_int_equal(write(from, text, size), size);
	assert_int_equal(recv(to, got, size, MSG_WAITALL), size);
	assert_memory_equal(got, text, size);
}

static void close_both(int fds[static 2])
{
	(void)close(fds[0]);
	(void)close(fds[1]);
}

/* --- ends --- */

static void test_half_close(void **state)
{
	char got[4];
	int fds[2];

	(void)state;
	rig_pair(fds);
	assert_int_equal(shutdown(fds[0], SHUT_WR), 0);
	assert_int_equal(read(fds[1], got, sizeof got), 0);
	assert_int_equal(send(fds[0], "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	echo(fds[1], fds[0], "still open");
	assert_int_equal(shutdown(fds[1], SHUT_RDWR), 0);
	assert_int_equal(read(fds[0], got, sizeof got), 0);
	close_both(fds);
}

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

static void test_broken_pipe_signals(void **state)
{
	struct sigaction action = { .sa_handler = count_signal }, before;
	int fds[2];

	(void)state;
	rig_pair(fds);
	assert_int_equal(sigaction(SIGPIPE, &action, &before), 0);
	assert_int_equal(shutdown(fds[0], SHUT_WR), 0);
	assert_int_equal(write(fds[0], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(signals, 1);
	assert_int_equal(sigaction(SIGPIPE, &before, NULL), 0);
	close_both(fds);
}

/* Data that came whole are read; then the missing close_notify is an error, every time. */
static void test_truncation(void **state)
{
	struct rig_peer peer;
	char got[16];
	int fd;

	(void)state;
	rig_played_server(&peer, &fd);
	rig_peer_write(&peer, "data");
	rig_peer_send(&peer, SIZE_MAX);
	rig_peer_done(&peer);
	assert_int_equal(recv(fd, got, sizeof got, 0), 4);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(recv(fd, got, sizeof got, 0), -1);
		assert_int_equal(errno, ECONNABORTED);
	}
	assert_true(rig_has(fd, POLLIN));
	(void)close(fd);
}

static void test_changed_byte(void **state)
{
	struct rig_peer peer;
	char got[16];
	int fd;

	(void)state;
	rig_played_server(&peer, &fd);
	rig_peer_write(&peer, "data");
	mr_tls_engine_output(peer.engine)->data[12] ^= 1;
	rig_peer_send(&peer, SIZE_MAX);
	assert_int_equal(recv(fd, got, sizeof got, 0), -1);
	assert_int_equal(errno, ECONNABORTED);
	(void)close(fd);
	rig_peer_done(&peer);
}

/* A client that speaks plain text, or nothing: the program sees no byte of it. */
static void test_plain_client(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(rig.foreign_port) };
	char got[64];
	int client = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(connect(client, (struct sockaddr *)&a, sizeof a), 0);
	int server = accept(rig.foreign_listener, NULL, NULL);
	assert_int_equal(recv(server, got, sizeof got, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(write(client, "GET / HTTP/1.0\r\n\r\n", 18), 18);
	assert_int_equal(recv(server, got, sizeof got, 0), -1);
	assert_int_equal(errno, ECONNABORTED);
	ssize_t n = read(client, got, sizeof got); /* an alert, or nothing */
	assert_true(n <= 7);
	close_both((int[]){ client, server });
}

static void test_reset(void **state)
{
	const struct linger at_once = { 1, 0 };
	struct rig_peer peer;
	char got;
	int fd;

	(void)state;
	rig_played_server(&peer, &fd);
	assert_int_equal(setsockopt(peer.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
	rig_peer_done(&peer);
	assert_int_equal(read(fd, &got, 1), -1);
	assert_int_equal(errno, ECONNRESET);
	(void)close(fd);
}

/* --- descriptors --- */

static bool closes_on_exec(int fd)
{
	return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

static void test_copies(void **state)
{
	int fds[2], copies[4];
	char got;

	(void)state;
	rig_pair(fds);
	copies[0] = dup(fds[0]);
	copies[1] = fcntl(fds[0], F_DUPFD, 100);
	copies[2] = dup2(fds[0], 150);
	copies[3] = dup3(fds[0], 151, 0);
	assert_true(copies[1] >= 100);
	(void)close(fds[0]);
	for (int i = 0; i < 4; i++) {
		assert_true(closes_on_exec(copies[i]));
		assert_int_equal(fcntl(copies[i], F_SETFD, 0), 0);
		assert_int_equal(ioctl(copies[i], FIONCLEX), 0);
		assert_true(closes_on_exec(copies[i]));
		echo(copies[i], fds[1], "through a copy");
	}
	for (int i = 0; i < 3; i++)
		(void)close(copies[i]);
	echo(fds[1], copies[3], "one is left");
	assert_int_equal(close_range(151, 151, 0), 0);
	assert_int_equal(read(fds[1], &got, 1), 0);
	(void)close(fds[1]);
}

static void test_numbers_are_forgotten(void **state)
{
	int fds[2], pipe_fds[2];
	char got;

	(void)state;
	rig_pair(fds);
	int number = fds[0];
	(void)close(fds[0]);
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(dup2(pipe_fds[0], number), number);
	assert_int_equal(write(pipe_fds[1], "p", 1), 1);
	assert_int_equal(read(number, &got, 1), 1);
	assert_int_equal(got, 'p');
	/* a copy over a connection closes it */
	assert_int_equal(dup2(pipe_fds[0], fds[1]), fds[1]);
	assert_int_equal(write(pipe_fds[1], "q", 1), 1);
	assert_int_equal(read(fds[1], &got, 1), 1);
	if (number != pipe_fds[0] && number != pipe_fds[1])
		(void)close(number);
	close_both(pipe_fds);
	(void)close(fds[1]);
}

/* A copy that cannot be made leaves the connection as it was, or nothing; never a plain socket. */
static void test_a_failed_copy_leaves_no_plain_socket(void **state)
{
	volatile int none = -1;
	int fds[2], pipe_fds[2];

	(void)state;
	rig_pair(fds);
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(dup3(pipe_fds[0], fds[0], O_NONBLOCK), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(dup2(none, fds[0]), -1);
	assert_int_equal(errno, EBADF);
	echo(fds[0], fds[1], "as before");
	close_both(fds);
	close_both(pipe_fds);
}

static void test_plain_sockets_stay_plain(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(rig.plain_port) };
	int client = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(connect(client, (struct sockaddr *)&a, sizeof a), 0);
	int server = accept(rig.plain_listener, NULL, NULL);
	echo(client, server, "plain");
	assert_false(closes_on_exec(server));
	int copy = dup(client);
	assert_false(closes_on_exec(copy));
	assert_int_equal(dup2(client, 160), 160);
	echo(server, 160, "plain");
	(void)close(160);
	(void)close(copy);
	close_both((int[]){ client, server });
}

/* --- sockets from elsewhere --- */

static void send_fd(int to, int fd, ssize_t expected)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
			      .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS } };
	char byte = 0;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control.bytes };

	memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
	assert_int_equal(sendmsg(to, &m, 0), expected);
}

static int receive_fd(int from)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control.bytes };
	int fd;

	assert_int_equal(recvmsg(from, &m, 0), 1);
	memcpy(&fd, CMSG_DATA(&control.header), sizeof fd);
	return fd;
}

static void test_connections_are_not_passed_on(void **state)
{
	int fds[2], way[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, way), 0);
	rig_pair(fds);
	errno = 0;
	send_fd(way[0], fds[0], -1);
	assert_int_equal(errno, EINVAL);
	close_both(fds);
	close_both(way);
}

/* A socket that was accepted on a listed port elsewhere: TLS begins here. */
static void test_foreign_sockets_are_taken_over(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(rig.foreign_port) };
	int way[2], client = socket(AF_INET, SOCK_STREAM, 0);
	char got[32];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, way), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&a, sizeof a), 0);
	/* past the library, as by another process */
	int accepted = (int)syscall(SYS_accept, rig.foreign_listener, NULL, NULL);
	assert_true(accepted >= 0);
	send_fd(way[1], accepted, 1);
	(void)close(accepted);
	int server = receive_fd(way[0]);
	assert_true(closes_on_exec(server));
	assert_int_equal(write(client, "no TLS here\r\n", 13), 13);
	assert_int_equal(recv(server, got, sizeof got, 0), -1);
	assert_int_equal(errno, ECONNABORTED);
	close_both((int[]){ client, server });
	close_both(way);
}

/* --- processes --- */

static int status_of(pid_t child)
{
	int status = -1;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_a_child_serves(void **state)
{
	int fds[2];
	char got[32];

	(void)state;
	rig_pair(fds);
	pid_t child = fork();
	if (child == 0) {
		ssize_t n = read(fds[1], got, sizeof got);
		bool good = n == 5 && write(fds[1], "world", 5) == 5 && close(fds[1]) == 0;
		_exit(good ? 0 : 1);
	}
	/* the parent's copy ends nothing */
	assert_int_equal(close(fds[1]), 0);
	assert_int_equal(write(fds[0], "hello", 5), 5);
	assert_int_equal(recv(fds[0], got, 5, MSG_WAITALL), 5);
	assert_memory_equal(got, "world", 5);
	assert_int_equal(read(fds[0], got, 1), 0);
	assert_int_equal(status_of(child), 0);
	(void)close(fds[0]);
}

/* Two processes with the same keys: only one may go on. */
static void test_only_one_process_writes(void **state)
{
	int fds[2];
	char got[32];

	(void)state;
	rig_pair(fds);
	pid_t child = fork();
	if (child == 0)
		_exit(write(fds[0], "child", 5) == 5 ? 0 : 1);
	assert_int_equal(status_of(child), 0);
	assert_int_equal(send(fds[0], "parent", 6, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, ECONNABORTED);
	assert_int_equal(recv(fds[0], got, 1, 0), -1);
	assert_int_equal(recv(fds[1], got, sizeof got, 0), 5);
	assert_memory_equal(got, "child", 5);
	assert_int_equal(recv(fds[1], got, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close_both(fds);
}

/* Between vfork and exec the parent's memory is used: closing there must not end anything here. */
static void test_vfork(void **state)
{
	int fds[2];

	(void)state;
	rig_pair(fds);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	pid_t child = vfork(); // NOLINT(clang-analyzer-security.insecureAPI.vfork)
#pragma GCC diagnostic pop
	if (child == 0) {
		(void)close(fds[0]); // NOLINT(clang-analyzer-unix.Vfork)
		(void)close_range(3, 200, 0);
		_exit(0);
	}
	assert_int_equal(status_of(child), 0);
	echo(fds[0], fds[1], "as before");
	echo(fds[1], fds[0], "as before");
	close_both(fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_half_close),
		cmocka_unit_test(test_broken_pipe_signals),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_changed_byte),
		cmocka_unit_test(test_plain_client),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_numbers_are_forgotten),
		cmocka_unit_test(test_a_failed_copy_leaves_no_plain_socket),
		cmocka_unit_test(test_plain_sockets_stay_plain),
		cmocka_unit_test(test_connections_are_not_passed_on),
		cmocka_unit_test(test_foreign_sockets_are_taken_over),
		cmocka_unit_test(test_a_child_serves),
		cmocka_unit_test(test_only_one_process_writes),
		cmocka_unit_test(test_vfork),
	};

	return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
