/* SPDX-License-Identifier: Apache-2.0 */
/* Every call that moves bytes, at either end (30 §6.3, data calls). */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

ssize_t __read_chk(int fd, void *to, size_t size, size_t room);
ssize_t __recv_chk(int fd, void *to, size_t size, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *to, size_t size, size_t room, int flags, struct sockaddr *from,
	socklen_t *from_len);
ssize_t __read(int fd, void *to, size_t size);
ssize_t __write(int fd, const void *data, size_t size);
ssize_t __send(int fd, const void *data, size_t size, int flags);
ssize_t __recv(int fd, void *to, size_t size, int flags);

#define SIZE ((size_t)40000)

static char data[SIZE];

/* --- ways to send, all of it --- */

static void all(ssize_t n, size_t size)
{
	assert_int_equal(n, size);
}

static void by_write(int fd, char *from, size_t size)
{
	all(write(fd, from, size), size);
}

static void by_write_alias(int fd, char *from, size_t size)
{
	all(__write(fd, from, size), size);
}

static void by_send(int fd, char *from, size_t size)
{
	all(send(fd, from, size, MSG_NOSIGNAL), size);
}

static void by_send_alias(int fd, char *from, size_t size)
{
	all(__send(fd, from, size, 0), size);
}

static void by_sendto(int fd, char *from, size_t size)
{
	all(sendto(fd, from, size, 0, NULL, 0), size);
}

// NOLINTNEXTLINE(readability-non-const-parameter): it is written through the vector
static void by_writev(int fd, char *from, size_t size)
{
	struct iovec v[4] = { { from, 1 }, { NULL, 0 }, { from + 1, size / 2 },
		{ from + 1 + size / 2, size - size / 2 - 1 } };

	all(writev(fd, v, 4), size);
}

// NOLINTNEXTLINE(readability-non-const-parameter): it is written through the vector
static void by_pwritev2(int fd, char *from, size_t size)
{
	struct iovec v = { from, size };

	errno = 0;
	assert_int_equal(pwritev2(fd, &v, 1, 0, 0), -1);
	assert_int_equal(errno, ESPIPE);
	all(pwritev2(fd, &v, 1, -1, 0), size);
}

// NOLINTNEXTLINE(readability-non-const-parameter): it is written through the vector
static void by_sendmsg(int fd, char *from, size_t size)
{
	struct iovec v[2] = { { from, 7 }, { from + 7, size - 7 } };
	struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };

	all(sendmsg(fd, &m, 0), size);
}

// NOLINTNEXTLINE(readability-non-const-parameter): it is written through the vector
static void by_sendmmsg(int fd, char *from, size_t size)
{
	struct iovec v[2] = { { from, 7 }, { from + 7, size - 7 } };
	struct mmsghdr m[2] = { { .msg_hdr = { .msg_iov = &v[0], .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_iov = &v[1], .msg_iovlen = 1 } } };

	assert_int_equal(sendmmsg(fd, m, 2, 0), 2);
	all(m[0].msg_len + m[1].msg_len, size);
}

static void by_sendfile(int fd, char *from, size_t size)
{
	FILE *file = tmpfile();
	off_t at = 0;

	assert_non_null(file);
	assert_int_equal(fwrite(from, 1, size, file), size);
	assert_int_equal(fflush(file), 0);
	all(sendfile(fd, fileno(file), &at, size / 2), size / 2);
	assert_int_equal(at, size / 2);
	assert_int_equal(lseek(fileno(file), (off_t)(size / 2), SEEK_SET), size / 2);
	all(sendfile(fd, fileno(file), NULL, size), size - size / 2);
	(void)fclose(file);
}

static void by_dprintf(int fd, char *from, size_t size)
{
	all(dprintf(fd, "%.*s", (int)size, from), size);
}

static void by_stream(int fd, char *from, size_t size)
{
	int copy = dup(fd);
	FILE *file = fdopen(copy, "w");

	assert_non_null(file);
	assert_int_equal(fileno(file), copy);
	assert_int_equal(fwrite(from, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* --- ways to receive some --- */

static ssize_t by_read(int fd, char *to, size_t size)
{
	return read(fd, to, size);
}

static ssize_t by_read_alias(int fd, char *to, size_t size)
{
	return __read(fd, to, size);
}

static ssize_t by_read_chk(int fd, char *to, size_t size)
{
	return __read_chk(fd, to, size, size);
}

static ssize_t by_recv(int fd, char *to, size_t size)
{
	return recv(fd, to, size, 0);
}

static ssize_t by_recv_alias(int fd, char *to, size_t size)
{
	return __recv(fd, to, size, 0);
}

static ssize_t by_recv_chk(int fd, char *to, size_t size)
{
	return __recv_chk(fd, to, size, size, 0);
}

static ssize_t by_recvfrom(int fd, char *to, size_t size)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof from;
	ssize_t n = recvfrom(fd, to, size, 0, (struct sockaddr *)&from, &len);

	assert_int_equal(len, 0);
	return n;
}

static ssize_t by_recvfrom_chk(int fd, char *to, size_t size)
{
	return __recvfrom_chk(fd, to, size, size, 0, NULL, NULL);
}

// NOLINTNEXTLINE(readability-non-const-parameter): it is written through the vector
static ssize_t by_readv(int fd, char *to, size_t size)
{
	size_t first = size < 3 ? size : 3;
	struct iovec v[2] = { { to, first }, { to + first, size - first } };

	return readv(fd, v, 2);
}

// NOLINTNEXTLINE(readability-non-const-parameter): it is written through the vector
static ssize_t by_preadv2(int fd, char *to, size_t size)
{
	struct iovec v = { to, size };

	return preadv2(fd, &v, 1, -1, 0);
}

// NOLINTNEXTLINE(readability-non-const-parameter): it is written through the vector
static ssize_t by_recvmsg(int fd, char *to, size_t size)
{
	char control[64];
	struct iovec v = { to, size };
	struct msghdr m = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control };
	ssize_t n = recvmsg(fd, &m, 0);

	assert_int_equal(m.msg_controllen, 0);
	return n;
}

// NOLINTNEXTLINE(readability-non-const-parameter): it is written through the vector
static ssize_t by_recvmmsg(int fd, char *to, size_t size)
{
	struct iovec v = { to, size };
	struct mmsghdr m = { .msg_hdr = { .msg_iov = &v, .msg_iovlen = 1 } };

	return recvmmsg(fd, &m, 1, 0, NULL) == 1 ? (ssize_t)m.msg_len : -1;
}

static ssize_t by_small_reads(int fd, char *to, size_t size)
{
	return read(fd, to, size < 100 ? size : 100);
}

static ssize_t by_peeking(int fd, char *to, size_t size)
{
	char seen[64];
	ssize_t n = recv(fd, seen, sizeof seen, MSG_PEEK);

	assert_true(n > 0);
	ssize_t got = recv(fd, to, size, 0);
	size_t both = (size_t)(n < got ? n : got);
	assert_memory_equal(seen, to, both);
	return got;
}

static ssize_t by_waiting_for_all(int fd, char *to, size_t size)
{
	return recv(fd, to, size, MSG_WAITALL);
}

static ssize_t by_peeking_at_all(int fd, char *to, size_t size)
{
	assert_int_equal(recv(fd, to, size, MSG_PEEK | MSG_WAITALL), size);
	memset(to, 0, size);
	return recv(fd, to, size, MSG_WAITALL);
}

typedef void sender(int fd, char *from, size_t size);
typedef ssize_t receiver(int fd, char *to, size_t size);

static sender *const senders[] = { by_write, by_write_alias, by_send, by_send_alias, by_sendto,
	by_writev, by_pwritev2, by_sendmsg, by_sendmmsg, by_sendfile, by_dprintf, by_stream };
static receiver *const receivers[] = { by_read, by_read_alias, by_read_chk, by_recv, by_recv_alias,
	by_recv_chk, by_recvfrom, by_recvfrom_chk, by_readv, by_preadv2, by_recvmsg, by_recvmmsg,
	by_small_reads, by_peeking, by_waiting_for_all, by_peeking_at_all };

static void move(int from, int to, sender *send_all, receiver *receive, size_t size)
{
	static char got[SIZE];
	size_t n = 0;

	memset(got, 0, sizeof got);
	send_all(from, data, size);
	while (n < size) {
		ssize_t part = receive(to, got + n, size - n);
		assert_true(part > 0);
		n += (size_t)part;
	}
	assert_memory_equal(got, data, size);
}

static void test_ways(void **state)
{
	int fds[2];

	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (char)('a' + i * 31 % 26);
	rig_pair(fds);
	for (size_t s = 0; s < MR_COUNT(senders); s++) {
		for (size_t r = 0; r < MR_COUNT(receivers); r++) {
			move(fds[0], fds[1], senders[s], receivers[r], 50);
			move(fds[1], fds[0], senders[s], receivers[r], SIZE);
			assert_false(rig_has(fds[0], POLLIN));
			assert_false(rig_has(fds[1], POLLIN));
		}
	}
	(void)close(fds[0]);
	assert_int_equal(read(fds[1], data, 1), 0);
	(void)close(fds[1]);
}

static void test_a_stream_reads(void **state)
{
	int fds[2];
	char line[32];

	(void)state;
	rig_pair(fds);
	FILE *file = fdopen(fds[1], "r+");
	assert_non_null(file);
	assert_int_equal(write(fds[0], "one\ntwo\n", 8), 8);
	assert_non_null(fgets(line, sizeof line, file));
	assert_string_equal(line, "one\n");
	assert_non_null(fgets(line, sizeof line, file));
	assert_string_equal(line, "two\n");
	(void)close(fds[0]);
	assert_null(fgets(line, sizeof line, file));
	assert_int_equal(fclose(file), 0);
}

static void test_flags(void **state)
{
	int fds[2], count = -1;
	char got[16] = { 0 };

	(void)state;
	rig_pair(fds);
	assert_int_equal(recv(fds[1], got, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(read(fds[1], got, 0), 0);
	assert_int_equal(write(fds[0], "12345", 5), 5);
	while (!rig_has(fds[1], POLLIN))
		continue;
	assert_int_equal(ioctl(fds[1], FIONREAD, &count), 0);
	assert_int_equal(count, 5);
	assert_int_equal(recv(fds[1], NULL, 2, MSG_TRUNC), 2);
	assert_int_equal(recv(fds[1], got, sizeof got, 0), 3);
	assert_string_equal(got, "345");

	const struct timeval some = { .tv_usec = 20000 };
	assert_int_equal(setsockopt(fds[1], SOL_SOCKET, SO_RCVTIMEO, &some, sizeof some), 0);
	assert_int_equal(recv(fds[1], got, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void refused(ssize_t result, int failure)
{
	assert_int_equal(result, -1);
	assert_int_equal(errno, failure);
}

static void test_what_is_refused(void **state)
{
	volatile int none = -1; /* not for the compiler to see */
	int fds[2], pipe_fds[2];
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
			      .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS } };
	struct iovec v = { data, 1 };
	struct msghdr m = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control.bytes };

	(void)state;
	rig_pair(fds);
	assert_int_equal(pipe(pipe_fds), 0);
	refused(sendmsg(fds[0], &m, 0), EINVAL);
	refused(send(fds[0], data, 1, MSG_OOB), EINVAL);
	refused(recv(fds[0], data, 1, MSG_OOB), EINVAL);
	refused(splice(pipe_fds[0], NULL, fds[0], NULL, 1, 0), EINVAL);
	refused(splice(fds[0], NULL, pipe_fds[1], NULL, 1, 0), EINVAL);
	refused(writev(fds[0], &v, none), EINVAL);
	refused(readv(fds[0], &v, none), EINVAL);
	refused(syscall(SYS_io_uring_setup, 1, NULL), ENOSYS);
	refused(dup2(fds[0], 1), EINVAL);
	refused(dup3(fds[0], 2, 0), EINVAL);
	refused(shutdown(fds[0], 77), EINVAL);
	/* the connection is as good as before */
	move(fds[0], fds[1], by_write, by_read, 50);
	for (int i = 0; i < 2; i++) {
		(void)close(fds[i]);
		(void)close(pipe_fds[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_a_stream_reads),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
