/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exported: C streams over sockets. libc's own streams do not call the exported read and write, so a
 * stream over a socket that is, or may become, a connection gets functions of ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ttls/calls.h"
#include "ttls/real.h"
#include "ttls/table.h"

/* The streams that we made, for fileno(). */
struct stream {
	FILE *file;
	int fd;
	struct stream *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct stream *streams;
static atomic_int stream_count;

static ssize_t stream_read(void *cookie, char *to, size_t size)
{
	return read(((struct stream *)cookie)->fd, to, size);
}

static ssize_t stream_write(void *cookie, const char *data, size_t size)
{
	const struct stream *s = cookie;
	ssize_t n = write(s->fd, data, size);

	return n < 0 ? 0 : n; /* how a stream's write says that it failed */
}

static int stream_close(void *cookie)
{
	struct stream *s = cookie;
	int fd = s->fd;

	(void)pthread_mutex_lock(&lock);
	struct stream **at = &streams;
	while (*at && *at != s)
		at = &(*at)->next;
	if (*at)
		*at = s->next;
	(void)pthread_mutex_unlock(&lock);
	(void)atomic_fetch_sub(&stream_count, 1);
	free(s);
	return mr_ttls_close_fd(fd);
}

static FILE *open_stream(int fd, const char *mode)
{
	const cookie_io_functions_t functions = { stream_read, stream_write, NULL, stream_close };
	struct stream *s = malloc(sizeof *s);

	if (!s)
		return NULL;
	s->fd = fd;
	s->file = fopencookie(s, mode, functions);
	if (!s->file) {
		free(s);
		return NULL;
	}
	(void)pthread_mutex_lock(&lock);
	s->next = streams;
	streams = s;
	(void)pthread_mutex_unlock(&lock);
	(void)atomic_fetch_add(&stream_count, 1);
	return s->file;
}

MR_TTLS_EXPORT(FILE *, fdopen, int fd, const char *mode)
{
	return mr_ttls_table_has(fd) ? open_stream(fd, mode) : MR_REAL(fdopen)(fd, mode);
}

static int number_of(FILE *file)
{
	int fd = -1;

	if (atomic_load_explicit(&stream_count, memory_order_acquire) > 0) {
		(void)pthread_mutex_lock(&lock);
		for (const struct stream *s = streams; s && fd < 0; s = s->next) {
			if (s->file == file)
				fd = s->fd;
		}
		(void)pthread_mutex_unlock(&lock);
	}
	return fd >= 0 ? fd : MR_REAL(fileno)(file);
}

MR_TTLS_EXPORT(int, fileno, FILE *file)
{
	return number_of(file);
}

MR_TTLS_EXPORT(int, fileno_unlocked, FILE *file)
{
	return number_of(file);
}

/* --- printing to a descriptor --- */

MR_PRINTF(2, 0)
static int print(int fd, const char *format, va_list list)
{
	struct mr_ttls_conn *c = mr_ttls_tls_of(fd);
	char *text = NULL;

	if (!c)
		return MR_REAL(vdprintf)(fd, format, list);
	int n = vasprintf(&text, format, list);
	if (n > 0 && mr_ttls_write_all(c, fd, text, (size_t)n) != n)
		n = -1;
	int failure = errno;
	free(text);
	mr_ttls_conn_unref(c);
	errno = failure;
	return n;
}

MR_PRINTF(2, 0)
MR_TTLS_EXPORT(int, vdprintf, int fd, const char *format, va_list list)
{
	return print(fd, format, list);
}

MR_PRINTF(3, 0)
MR_TTLS_EXPORT(int, __vdprintf_chk, int fd, int flag, const char *format, va_list list)
{
	(void)flag;
	return print(fd, format, list);
}

MR_PRINTF(2, 0)
MR_TTLS_EXPORT(int, dprintf, int fd, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	int n = print(fd, format, list);
	va_end(list);
	return n;
}

MR_PRINTF(3, 0)
MR_TTLS_EXPORT(int, __dprintf_chk, int fd, int flag, const char *format, ...)
{
	va_list list;

	(void)flag;
	va_start(list, format);
	int n = print(fd, format, list);
	va_end(list);
	return n;
}
