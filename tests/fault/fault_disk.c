/* SPDX-License-Identifier: Apache-2.0 */
/* One directory and one thread: for tests of the file store alone. */
#include "fault_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "store_test.h"

enum { NAMES = 6, INODES = 32, CALLS = 64, FDS = 256, SEEN = 1 << 14, SIZE = 1 << 14, NONE = -1 };

static const char *const names[NAMES] = { "sealed_data", "sealed_data.tmp", "sealed_data.old",
	"sealed_key", "sealed_key.tmp", "sealed_key.old" };

enum kind { WRITTEN, FILE_SYNCED, DIRECTORY_SYNCED, NAME_SET, NAME_GONE, NAME_MOVED };
static const char *const kind_texts[] = { "write", "sync", "sync directory", "name", "remove",
	"rename" };

struct call {
	enum kind kind;
	int inode, from, to; /* names by index */
};

struct inode {
	uint8_t bytes[SIZE];
	size_t len;
};

static bool recording;
static int links_errno;
static int live[NAMES], base[NAMES]; /* inode of each name: now, and when recording began */
static struct inode inodes[INODES];
static int inode_count;
static struct call calls[CALLS];
static size_t call_count;
static int fd_inodes[FDS];
static uint8_t seen[SEEN][MR_SHA256_SIZE];
static size_t seen_count;
static char story[4096];

static int index_of(const char *name)
{
	for (int i = 0; i < NAMES; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return NONE;
}

static int new_inode(struct mr_bytes content)
{
	assert_true(inode_count < INODES && content.len <= SIZE);
	inodes[inode_count].len = content.len;
	if (content.len)
		memcpy(inodes[inode_count].bytes, content.ptr, content.len);
	return inode_count++;
}

static void note(enum kind kind, int inode, int from, int to)
{
	assert_true(call_count < CALLS);
	calls[call_count++] = (struct call){ kind, inode, from, to };
}

void mr_disk_begin(const char *directory)
{
	inode_count = 0;
	call_count = seen_count = 0;
	for (int i = 0; i < NAMES; i++) {
		MR_AUTO(buf) struct mr_buf content;
		base[i] = get_file(directory, names[i], &content)
				  ? new_inode(mr_buf_bytes(&content))
				  : NONE;
		live[i] = base[i];
	}
	for (int i = 0; i < FDS; i++)
		fd_inodes[i] = NONE;
	recording = true;
}

void mr_disk_no_links(int errnum)
{
	links_errno = errnum;
}

size_t mr_disk_end(void)
{
	recording = false;
	return call_count;
}

/* --- what the disk may hold --- */

static bool is_name_change(const struct call *c)
{
	return c->kind == NAME_SET || c->kind == NAME_GONE || c->kind == NAME_MOVED;
}

static void apply(const struct call *c, int table[static NAMES])
{
	if (c->kind == NAME_MOVED)
		table[c->from] = NONE;
	table[c->to] = c->kind == NAME_GONE ? NONE : c->inode;
}

/* The first call behind the last sync of the directory, and the names that were durable by it. */
static size_t durable(size_t count, int table[static NAMES])
{
	size_t first = 0;

	memcpy(table, base, sizeof base);
	for (size_t i = 0; i < count; i++) {
		if (calls[i].kind == DIRECTORY_SYNCED)
			first = i + 1;
	}
	for (size_t i = 0; i < first; i++) {
		if (is_name_change(&calls[i]))
			apply(&calls[i], table);
	}
	return first;
}

unsigned mr_disk_pending(size_t count)
{
	int table[NAMES];
	unsigned pending = 0;

	for (size_t i = durable(count, table); i < count; i++)
		pending += is_name_change(&calls[i]);
	return pending;
}

static bool is_synced(int inode, size_t count)
{
	bool synced = true;

	for (size_t i = 0; i < count; i++) {
		if (calls[i].inode == inode && calls[i].kind == WRITTEN)
			synced = false;
		if (calls[i].inode == inode && calls[i].kind == FILE_SYNCED)
			synced = true;
	}
	return synced;
}

static struct mr_bytes content_of(int inode, size_t count, unsigned contents)
{
	static const uint8_t zeros[SIZE];
	const struct inode *in = &inodes[inode];

	if (is_synced(inode, count) || contents == 0)
		return mr_bytes_of(in->bytes, in->len);
	if (contents == 1)
		return mr_bytes_of(in->bytes, 0);
	return contents == 2 ? mr_bytes_of(in->bytes, in->len / 2) : mr_bytes_of(zeros, in->len);
}

static void tell(size_t count, uint32_t kept, unsigned contents)
{
	int len = snprintf(story, sizeof story, "kept 0x%x, contents %u:", kept, contents);

	for (size_t i = 0; i < count; i++)
		len += snprintf(story + len, sizeof story - (size_t)len, " %s %s;",
			kind_texts[calls[i].kind], calls[i].to == NONE ? "" : names[calls[i].to]);
}

/* One text for what is laid out; false when it was there before. */
static bool is_new(const int table[static NAMES], size_t count, unsigned contents)
{
	MR_AUTO(buf) struct mr_buf text = { .max = NAMES * (SIZE + 16) };
	uint8_t hash[MR_SHA256_SIZE];
	struct mr_error err;

	for (int i = 0; i < NAMES; i++) {
		struct mr_bytes content = { NULL, 0 };
		if (table[i] != NONE)
			content = content_of(table[i], count, contents);
		mr_buf_printf(&text, "%d %zu ", table[i] != NONE, content.len);
		mr_buf_put_bytes(&text, content);
	}
	OK(mr_sha256(mr_buf_bytes(&text), hash, &err));
	for (size_t i = 0; i < seen_count; i++) {
		if (memcmp(seen[i], hash, sizeof hash) == 0)
			return false;
	}
	assert_true(seen_count < SEEN);
	memcpy(seen[seen_count++], hash, sizeof hash);
	return true;
}

bool mr_disk_lay_out(const char *target, size_t count, uint32_t kept, unsigned contents)
{
	size_t changes[32];
	size_t pending = 0;
	int table[NAMES];

	for (size_t i = durable(count, table); i < count; i++) {
		if (is_name_change(&calls[i])) {
			assert_true(pending < MR_COUNT(changes));
			changes[pending++] = i;
		}
	}
	for (size_t i = 0; i < pending; i++) {
		if (kept >> i & 1)
			apply(&calls[changes[i]], table);
	}
	if (!is_new(table, count, contents))
		return false;
	tell(count, kept, contents);
	for (int i = 0; i < NAMES; i++) {
		if (has_file(target, names[i]))
			remove_file(target, names[i]);
		if (table[i] != NONE)
			put_file(target, names[i], content_of(table[i], count, contents));
	}
	return true;
}

const char *mr_disk_story(void)
{
	return story;
}

/* --- the wrapped calls: what succeeds is recorded --- */

int __real_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __real_unlinkat(int dir, const char *path, int flags);
int __wrap_unlinkat(int dir, const char *path, int flags);

int __wrap_openat(int dir, const char *path, int flags, ...)
{
	va_list args;

	va_start(args, flags);
	mode_t mode = (flags & O_CREAT) ? va_arg(args, mode_t) : 0;
	va_end(args);
	int fd = __real_openat(dir, path, flags, mode);
	int name = index_of(path);
	if (!recording || fd < 0 || name == NONE || !(flags & O_CREAT))
		return fd;
	assert_true(fd < FDS && (flags & O_EXCL));
	fd_inodes[fd] = live[name] = new_inode(mr_bytes_of("", 0));
	note(NAME_SET, live[name], NONE, name);
	return fd;
}

int __wrap_openat64(int dir, const char *path, int flags, ...)
{
	va_list args;

	va_start(args, flags);
	mode_t mode = (flags & O_CREAT) ? va_arg(args, mode_t) : 0;
	va_end(args);
	return __wrap_openat(dir, path, flags, mode);
}

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	ssize_t n = __real_write(fd, data, len);

	if (recording && n > 0 && fd < FDS && fd_inodes[fd] != NONE) {
		struct inode *in = &inodes[fd_inodes[fd]];
		assert_true(in->len + (size_t)n <= SIZE);
		memcpy(in->bytes + in->len, data, (size_t)n);
		in->len += (size_t)n;
		note(WRITTEN, fd_inodes[fd], NONE, NONE);
	}
	return n;
}

/* A directory is the only thing that is synced and was not made through the wrapper. */
int __wrap_fsync(int fd)
{
	struct stat st;

	if (recording && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		note(DIRECTORY_SYNCED, NONE, NONE, NONE);
	else if (recording && fd < FDS && fd_inodes[fd] != NONE)
		note(FILE_SYNCED, fd_inodes[fd], NONE, NONE);
	return 0; /* the test's own disk loses nothing */
}

int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	if (recording && links_errno) {
		errno = links_errno;
		return -1;
	}
	int failed = __real_linkat(from_dir, from, to_dir, to, flags);
	if (recording && !failed) {
		live[index_of(to)] = live[index_of(from)];
		note(NAME_SET, live[index_of(to)], NONE, index_of(to));
	}
	return failed;
}

int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	int failed = __real_renameat(from_dir, from, to_dir, to);

	if (recording && !failed) {
		live[index_of(to)] = live[index_of(from)];
		live[index_of(from)] = NONE;
		note(NAME_MOVED, live[index_of(to)], index_of(from), index_of(to));
	}
	return failed;
}

int __wrap_unlinkat(int dir, const char *path, int flags)
{
	int failed = __real_unlinkat(dir, path, flags);

	if (recording && !failed) {
		live[index_of(path)] = NONE;
		note(NAME_GONE, NONE, NONE, index_of(path));
	}
	return failed;
}
