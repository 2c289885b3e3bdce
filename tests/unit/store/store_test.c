/* SPDX-License-Identifier: Apache-2.0 */
#include "store_test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "codec/base64.h"
#include "crypto/digest.h"

enum { FILE_MAX = 1 << 24 };

void assert_bytes_equal(struct mr_bytes got, struct mr_bytes expected)
{
	assert_int_equal(got.len, expected.len);
	if (got.len)
		assert_memory_equal(got.ptr, expected.ptr, got.len);
}

void put_hex(struct mr_buf *out, const char *text)
{
	MR_AUTO(buf) struct mr_buf digits = { .max = FILE_MAX };
	struct mr_error err;

	for (; *text; text++) {
		if (*text != ' ')
			mr_buf_put_u8(&digits, (uint8_t)*text);
	}
	OK(mr_hex_decode(mr_buf_str(&digits), out, &err));
}

/* --- directories and files --- */

void scratch_new(struct scratch *s)
{
	const char *base = getenv("TMPDIR");

	/* in memory if that is offered: tests of single system calls make many small files */
	(void)snprintf(s->path, sizeof s->path, "/dev/shm/mr-store-XXXXXX");
	if (!mkdtemp(s->path)) {
		(void)snprintf(s->path, sizeof s->path, "%s/mr-store-XXXXXX",
			base && *base ? base : "/tmp");
		assert_non_null(mkdtemp(s->path));
	}
	(void)snprintf(s->seal, sizeof s->seal, "%s/seal", s->path);
}

static void remove_tree(const char *path, int depth)
{
	DIR *dir = depth > 0 ? opendir(path) : NULL;

	if (dir) {
		for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
			char below[1024];
			if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
				continue;
			(void)snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
			remove_tree(below, depth - 1);
		}
		(void)closedir(dir);
	}
	(void)remove(path);
}

void scratch_done(struct scratch *s)
{
	remove_tree(s->path, 4);
}

static void join(char *out, size_t size, const char *dir, const char *name)
{
	assert_true(snprintf(out, size, "%s/%s", dir, name) < (int)size);
}

void put_file(const char *dir, const char *name, struct mr_bytes content)
{
	char path[512];
	struct mr_error err;

	OK(mr_file_make_dirs(dir, 0700, &err));
	join(path, sizeof path, dir, name);
	OK(mr_file_write(path, content, 0600, &err));
}

bool get_file(const char *dir, const char *name, struct mr_buf *out)
{
	char path[512];
	struct mr_error err;

	join(path, sizeof path, dir, name);
	mr_buf_init(out, FILE_MAX);
	return !mr_failed(mr_file_read(path, out, &err));
}

bool has_file(const char *dir, const char *name)
{
	char path[512];
	struct stat st;

	join(path, sizeof path, dir, name);
	return lstat(path, &st) == 0;
}

void remove_file(const char *dir, const char *name)
{
	char path[512];

	join(path, sizeof path, dir, name);
	assert_int_equal(unlink(path), 0);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_no_lock(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strcmp(entry->d_name, "lock") != 0;
}

void snapshot(const char *dir, struct mr_buf *out)
{
	struct dirent **entries;
	int count = scandir(dir, &entries, is_no_lock, by_name);

	mr_buf_init(out, FILE_MAX);
	for (int i = 0; i < count; i++) {
		MR_AUTO(buf) struct mr_buf content = { 0 };
		bool is_file = get_file(dir, entries[i]->d_name, &content);
		mr_buf_printf(out, "%s %d %zu\n", entries[i]->d_name, is_file, content.len);
		mr_buf_put_bytes(out, mr_buf_bytes(&content));
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	assert_int_equal(out->failure, MR_CODE_OK);
}

void copy_sealed(const char *dir, struct scratch *copy)
{
	static const char *const names[] = { "sealed_data", "sealed_data.tmp", "sealed_data.old",
		"sealed_key", "sealed_key.tmp", "sealed_key.old" };

	scratch_new(copy);
	for (size_t i = 0; i < MR_COUNT(names); i++) {
		MR_AUTO(buf) struct mr_buf content;
		if (get_file(dir, names[i], &content))
			put_file(copy->seal, names[i], mr_buf_bytes(&content));
	}
}

/* --- states and pairs --- */

struct mr_state *numbered_state(unsigned number)
{
	MR_AUTO(buf) struct mr_buf json = { .max = FILE_MAX };
	MR_AUTO(buf) struct mr_buf digits = { .max = 32 };
	struct mr_state *state;
	struct mr_error err;

	mr_buf_put_uint(&digits, number);
	mr_buf_put_str(&json, MR_STR("{\"manifest\":\"e30=\",\"number\":\""));
	mr_base64_encode(&json, mr_buf_bytes(&digits), MR_BASE64_STANDARD);
	mr_buf_put_str(&json, MR_STR("\",\"state\":\"Mw==\"}"));
	OK(mr_state_parse(mr_buf_str(&json), &state, &err));
	return state;
}

unsigned number_of(const struct mr_state *state)
{
	struct mr_bytes value;
	unsigned number = 0;

	assert_non_null(state);
	assert_true(mr_state_get(state, MR_STR("number"), &value));
	assert_true(value.len > 0 && value.len < 9);
	for (size_t i = 0; i < value.len; i++) {
		assert_in_range(value.ptr[i], '0', '9');
		number = number * 10 + (value.ptr[i] - '0');
	}
	return number;
}

struct mr_bytes dek_of(uint8_t byte)
{
	static uint8_t deks[256][DEK_SIZE];

	memset(deks[byte], byte, DEK_SIZE);
	return mr_bytes_of(deks[byte], DEK_SIZE);
}

struct mr_protection protection_of(uint8_t dek)
{
	return (struct mr_protection){
		.mode = MR_SEAL_PRODUCT_KEY,
		.recovery_data = mr_str_bytes(MR_STR("null")),
		.dek = dek_of(dek),
	};
}

void pair_make(struct pair *p, unsigned number, uint8_t dek, enum mr_key_form form)
{
	MR_AUTO(state) struct mr_state *state = numbered_state(number);
	MR_AUTO(buf) struct mr_buf plain = { .max = FILE_MAX };
	struct mr_error err;

	mr_buf_init(&p->data, FILE_MAX);
	mr_buf_init(&p->key, FILE_MAX);
	mr_state_write(state, &plain);
	OK(mr_sealed_data_make(
		mr_str_bytes(MR_STR("null")), mr_buf_bytes(&plain), dek_of(dek), &p->data, &err));
	OK(mr_sha256(mr_buf_bytes(&p->data), p->hash, &err));
	OK(mr_sealed_key_make(dek_of(dek), p->hash, form, MR_SEAL_PRODUCT_KEY, &p->key, &err));
}

void pair_done(struct pair *p)
{
	mr_buf_done(&p->data);
	mr_buf_done(&p->key);
}

const char *vector_folder(void)
{
	static char path[1024];
	const char *given = getenv("MR_VECTORS");
	const char *top = getenv("MR_SOURCE_ROOT");
	struct stat st;

	if (given && *given)
		(void)snprintf(path, sizeof path, "%s/state", given);
	else
		(void)snprintf(path, sizeof path, "%s/../shared/vectors/state", top ? top : ".");
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return path;
	print_message("stored states are not at hand (MR_VECTORS): ran without them, %s\n", path);
	return NULL;
}
