/* SPDX-License-Identifier: Apache-2.0 */
#include "store/file_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/aead.h"
#include "store_test.h"

enum { FILE_MAX = 1 << 20, DEK = 0x11, OTHER_DEK = 0x22 };

static struct mr_file_store *opened(const char *dir, bool simulation)
{
	struct mr_file_store *store;
	struct mr_error err;

	OK(mr_file_store_open(dir, simulation, NULL, &store, &err));
	return store;
}

static void commit(
	struct mr_file_store *store, unsigned number, const struct mr_protection *protection)
{
	MR_AUTO(state) struct mr_state *state = numbered_state(number);
	struct mr_error err;

	OK(mr_file_store_commit(store, state, protection, &err));
}

/* Loads from a copy; the number of the state. */
static unsigned loaded_number(const char *dir)
{
	MR_AUTO(scratch) struct scratch copy;
	copy_sealed(dir, &copy);
	MR_AUTO(file_store) struct mr_file_store *store = opened(copy.seal, false);
	MR_AUTO(state) struct mr_state *state = NULL;
	enum mr_load_result result = MR_LOAD_FRESH;
	struct mr_error err;

	OK(mr_file_store_load(store, &result, &state, &err));
	assert_int_equal(result, MR_LOAD_STATE);
	return number_of(state);
}

static enum mr_load_result load_result(const char *dir)
{
	MR_AUTO(scratch) struct scratch copy;
	copy_sealed(dir, &copy);
	MR_AUTO(file_store) struct mr_file_store *store = opened(copy.seal, false);
	MR_AUTO(state) struct mr_state *state = NULL;
	enum mr_load_result result = MR_LOAD_FRESH;
	struct mr_error err;

	OK(mr_file_store_load(store, &result, &state, &err));
	return result;
}

static unsigned mode_of(const char *dir, const char *name)
{
	char path[512];
	struct stat st;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void assert_same_file(const char *dir, const char *name, const struct mr_buf *expected)
{
	MR_AUTO(buf) struct mr_buf content = { 0 };

	assert_true(get_file(dir, name, &content));
	assert_bytes_equal(mr_buf_bytes(&content), mr_buf_bytes(expected));
}

/* --- the directory --- */

static void test_a_directory_is_made_and_empty_is_fresh(void **unused)
{
	MR_AUTO(scratch) struct scratch s = { 0 };
	char deep[512];
	mode_t before = umask(0);

	(void)unused;
	scratch_new(&s);
	(void)snprintf(deep, sizeof deep, "%s/deep/er", s.path);
	MR_AUTO(file_store) struct mr_file_store *store = opened(deep, false);
	MR_AUTO(state) struct mr_state *state = NULL;
	enum mr_load_result result = MR_LOAD_FRESH;
	struct mr_error err;
	OK(mr_file_store_load(store, &result, &state, &err));
	assert_int_equal(result, MR_LOAD_FRESH);
	assert_null(state);
	assert_int_equal(mr_file_store_recovery_data(store).len, 0);

	const struct mr_protection protection = protection_of(DEK);
	commit(store, 1, &protection);
	commit(store, 2, NULL);
	(void)umask(before);
	static const char *const names[] = { "lock", "sealed_data", "sealed_key", "sealed_data.old",
		"sealed_key.old" };
	for (size_t i = 0; i < MR_COUNT(names); i++)
		assert_int_equal(mode_of(deep, names[i]), 0600);
	assert_int_equal(mode_of(deep, "."), 0700);
	assert_false(has_file(deep, "sealed_data.tmp") || has_file(deep, "sealed_key.tmp"));
}

static void test_directories_that_cannot_be(void **unused)
{
	MR_AUTO(scratch) struct scratch s = { 0 };
	struct mr_file_store *store = NULL;
	struct mr_error err;
	char *long_path = malloc(5000);

	(void)unused;
	scratch_new(&s);
	put_file(s.path, "seal", mr_str_bytes(MR_STR("a file")));
	assert_int_equal(mr_file_store_open(s.seal, false, NULL, &store, &err).code, MR_CODE_IO);
	remove_file(s.path, "seal");
	assert_non_null(long_path);
	memset(long_path, 'x', 4999);
	long_path[4999] = '\0';
	assert_int_equal(mr_file_store_open(long_path, false, NULL, &store, &err).code, MR_CODE_IO);
	free(long_path);
	/* a directory in the lock's place */
	char lock[512];
	(void)snprintf(lock, sizeof lock, "%s/lock", s.seal);
	put_file(lock, "inner", (struct mr_bytes){ NULL, 0 });
	assert_int_equal(mr_file_store_open(s.seal, false, NULL, &store, &err).code, MR_CODE_IO);
	assert_null(store);
}

static void test_the_lock_is_one_processes(void **unused)
{
	MR_AUTO(scratch) struct scratch s = { 0 };
	int to_child[2];
	int from_child[2];
	char byte = 0;

	(void)unused;
	scratch_new(&s);
	assert_int_equal(pipe(to_child) | pipe(from_child), 0);
	pid_t child = fork();
	if (child == 0) {
		struct mr_file_store *store;
		struct mr_error err;
		(void)close(to_child[1]);
		byte = mr_failed(mr_file_store_open(s.seal, false, NULL, &store, &err)) ? 'n' : 'y';
		bool told = write(from_child[1], &byte, 1) == 1;
		/* ends with the parent's word, holding the lock as a killed process would */
		_exit(read(to_child[0], &byte, 1) == 1 && told ? 0 : 1);
	}
	assert_true(child > 0);
	assert_int_equal(read(from_child[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');

	struct mr_file_store *store = NULL;
	struct mr_error err;
	char expected[512];
	(void)snprintf(
		expected, sizeof expected, "%s is in use: another process holds its lock", s.seal);
	FAILS(mr_file_store_open(s.seal, false, NULL, &store, &err), MR_CODE_CONFLICT, expected);
	assert_int_equal(write(to_child[1], "x", 1), 1);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	mr_file_store_close(opened(s.seal, false));
	for (size_t i = 0; i < 2; i++) {
		(void)close(to_child[i]);
		(void)close(from_child[i]);
	}
	mr_file_store_close(NULL);
}

/* --- commits --- */

static void test_commits_keep_the_last_two_generations(void **unused)
{
	static const bool simulations[] = { false, true };

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(simulations); i++) {
		MR_AUTO(scratch) struct scratch s = { 0 };
		scratch_new(&s);
		MR_AUTO(file_store) struct mr_file_store *store = opened(s.seal, simulations[i]);
		const struct mr_protection protection = protection_of(DEK);
		commit(store, 1, &protection);
		assert_false(has_file(s.seal, "sealed_data.old"));
		for (unsigned number = 2; number < 6; number++) {
			MR_AUTO(buf) struct mr_buf data = { 0 };
			MR_AUTO(buf) struct mr_buf key = { 0 };
			assert_true(get_file(s.seal, "sealed_data", &data));
			assert_true(get_file(s.seal, "sealed_key", &key));
			assert_int_equal(key.len, simulations[i] ? 1088 : 32);
			commit(store, number, NULL);
			assert_same_file(s.seal, "sealed_data.old", &data);
			assert_same_file(s.seal, "sealed_key.old", &key);
			assert_int_equal(loaded_number(s.seal), number);
		}
	}
}

static void test_nothing_is_written_before_there_is_a_protection(void **unused)
{
	MR_AUTO(scratch) struct scratch s = { 0 };

	(void)unused;
	scratch_new(&s);
	MR_AUTO(file_store) struct mr_file_store *store = opened(s.seal, true);
	commit(store, 1, NULL);
	mr_file_store_set_mode(store, MR_SEAL_PRODUCT_KEY); /* of no loaded state: no effect */
	commit(store, 2, NULL);
	assert_false(has_file(s.seal, "sealed_data"));
}

static void test_a_loaded_state_must_be_told_its_mode(void **unused)
{
	MR_AUTO(scratch) struct scratch s = { 0 };
	MR_AUTO(pair) struct pair p = { 0 };
	MR_AUTO(state) struct mr_state *state = NULL;
	enum mr_load_result result = MR_LOAD_FRESH;
	struct mr_error err;

	(void)unused;
	scratch_new(&s);
	pair_make(&p, 7, DEK, MR_KEY_FORM_SIMULATION);
	put_file(s.seal, "sealed_data", mr_buf_bytes(&p.data));
	put_file(s.seal, "sealed_key", mr_buf_bytes(&p.key));
	MR_AUTO(file_store) struct mr_file_store *store = opened(s.seal, false);
	OK(mr_file_store_load(store, &result, &state, &err));
	assert_bytes_equal(mr_file_store_recovery_data(store), mr_str_bytes(MR_STR("null")));
	FAILS(mr_file_store_commit(store, state, NULL, &err), MR_CODE_INTERNAL,
		"seal mode of the loaded state not set");
	mr_file_store_set_mode(store, MR_SEAL_UNIQUE_KEY);
	commit(store, 8, NULL);
	MR_AUTO(buf) struct mr_buf key = { 0 };
	assert_true(get_file(s.seal, "sealed_key", &key));
	assert_true(key.len == 1088 && key.data && key.data[6] == 1);
	assert_int_equal(loaded_number(s.seal), 8);
}

static void test_protections_that_cannot_be(void **unused)
{
	MR_AUTO(scratch) struct scratch s = { 0 };
	MR_AUTO(state) struct mr_state *state = numbered_state(1);
	struct mr_protection protection = protection_of(DEK);
	struct mr_error err;

	(void)unused;
	scratch_new(&s);
	MR_AUTO(file_store) struct mr_file_store *store = opened(s.seal, false);
	protection.dek.len = 0;
	FAILS(mr_file_store_commit(store, state, &protection, &err), MR_CODE_CRYPTO,
		"encrypting data: encryption key not set");
	protection.dek.len = 24; /* the box would take it, the sealed key not */
	FAILS(mr_file_store_commit(store, state, &protection, &err), MR_CODE_CRYPTO,
		"sealing encryption key: crypto/aes: invalid key size 24");
	commit(store, 1, NULL);
	assert_false(has_file(s.seal, "sealed_data"));
}

static void test_a_protection_changes_with_its_commit(void **unused)
{
	MR_AUTO(scratch) struct scratch s = { 0 };
	struct mr_protection protection = protection_of(DEK);

	(void)unused;
	scratch_new(&s);
	MR_AUTO(file_store) struct mr_file_store *store = opened(s.seal, true);
	commit(store, 1, &protection);
	protection.dek = dek_of(OTHER_DEK);
	protection.recovery_data = mr_str_bytes(MR_STR("{\"ab\":true}"));
	protection.mode = MR_SEAL_UNIQUE_KEY;
	commit(store, 2, &protection);
	/* without a DEK the key and what tells of it stay */
	protection.dek = (struct mr_bytes){ NULL, 0 };
	protection.recovery_data = (struct mr_bytes){ NULL, 0 };
	commit(store, 3, &protection);
	commit(store, 4, NULL);

	MR_AUTO(buf) struct mr_buf data = { 0 };
	MR_AUTO(buf) struct mr_buf key = { 0 };
	MR_AUTO(secret) struct mr_secret plain = { NULL, 0 };
	struct mr_bytes recovery_data;
	struct mr_bytes box;
	struct mr_error err;
	assert_true(get_file(s.seal, "sealed_data", &data) && get_file(s.seal, "sealed_key", &key));
	OK(mr_sealed_data_open(mr_buf_bytes(&data), dek_of(OTHER_DEK), &plain, &err));
	OK(mr_sealed_data_split(mr_buf_bytes(&data), &recovery_data, &box, &err));
	assert_bytes_equal(recovery_data, mr_str_bytes(MR_STR("{\"ab\":true}")));
	assert_bytes_equal(mr_file_store_recovery_data(store), recovery_data);
	assert_true(key.len == 1088 && key.data && key.data[6] == 1); /* policy: unique */
	assert_int_equal(loaded_number(s.seal), 4);
}

/* What was found is what is written, whatever the environment says (40 §13.2). */
static void test_form_and_key_size_are_kept(void **unused)
{
	static const struct {
		size_t requests, dek_size, written;
		bool simulation;
	} cases[] = {
		{ 0, 32, 32, true },
		{ 0, 16, 16, true },
		{ 1024, 32, 1088, false },
		{ 1024, 16, 1072, false },
		{ 512, 32, 1088, false },
		{ 512, 16, 1072, false },
	};
	static const uint8_t zeros[1024];

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(scratch) struct scratch s = { 0 };
		MR_AUTO(buf) struct mr_buf data = { .max = FILE_MAX };
		MR_AUTO(buf) struct mr_buf key = { .max = FILE_MAX };
		MR_AUTO(state) struct mr_state *state = NULL;
		struct mr_bytes dek = mr_bytes_of(dek_of(DEK).ptr, cases[i].dek_size);
		uint8_t hash[MR_SHA256_SIZE];
		enum mr_load_result result = MR_LOAD_FRESH;
		struct mr_error err;

		scratch_new(&s);
		OK(mr_sealed_data_make((struct mr_bytes){ NULL, 0 },
			mr_str_bytes(MR_STR("{\"number\":\"NQ==\",\"x\":null}")), dek, &data,
			&err));
		OK(mr_sha256(mr_buf_bytes(&data), hash, &err));
		if (cases[i].requests) {
			mr_buf_put_u32le(&key, (uint32_t)cases[i].requests);
			mr_buf_put(&key, zeros, cases[i].requests);
			OK(mr_box_seal(mr_bytes_of(zeros, cases[i].requests / 32),
				mr_bytes_of(hash, sizeof hash), dek, &key, &err));
		} else {
			mr_buf_put_bytes(&key, dek);
		}
		put_file(s.seal, "sealed_data", mr_buf_bytes(&data));
		put_file(s.seal, "sealed_key", mr_buf_bytes(&key));
		MR_AUTO(file_store)
		struct mr_file_store *store = opened(s.seal, cases[i].simulation);
		OK(mr_file_store_load(store, &result, &state, &err));
		assert_int_equal(number_of(state), 5);
		mr_file_store_set_mode(store, MR_SEAL_PRODUCT_KEY);
		OK(mr_file_store_commit(store, state, NULL, &err));
		assert_int_equal(loaded_number(s.seal), 5);
		MR_AUTO(buf) struct mr_buf written = { 0 };
		assert_true(get_file(s.seal, "sealed_key", &written));
		assert_int_equal(written.len, cases[i].written);
		MR_AUTO(buf) struct mr_buf written_data = { 0 };
		assert_true(get_file(s.seal, "sealed_data", &written_data));
		MR_AUTO(secret) struct mr_secret plain = { NULL, 0 };
		OK(mr_sealed_data_open(mr_buf_bytes(&written_data), dek, &plain, &err));
		assert_bytes_equal(mr_secret_bytes(&plain),
			mr_str_bytes(MR_STR("{\"number\":\"NQ==\",\"x\":null}")));
	}
}

/* A .tmp left by a crash may be a second name of a file that counts. */
static void test_a_linked_temporary_file_is_not_written_over(void **unused)
{
	MR_AUTO(scratch) struct scratch s = { 0 };
	MR_AUTO(buf) struct mr_buf data = { 0 };
	MR_AUTO(buf) struct mr_buf key = { 0 };
	const struct mr_protection protection = protection_of(DEK);

	(void)unused;
	scratch_new(&s);
	MR_AUTO(file_store) struct mr_file_store *store = opened(s.seal, true);
	commit(store, 1, &protection);
	assert_true(get_file(s.seal, "sealed_data", &data) && get_file(s.seal, "sealed_key", &key));
	char from[512];
	char to[512];
	for (size_t i = 0; i < 2; i++) {
		static const char *const names[] = { "sealed_data", "sealed_key" };
		(void)snprintf(from, sizeof from, "%s/%s", s.seal, names[i]);
		(void)snprintf(to, sizeof to, "%s/%s.tmp", s.seal, names[i]);
		assert_int_equal(link(from, to), 0);
	}
	commit(store, 2, NULL);
	assert_same_file(s.seal, "sealed_data.old", &data);
	assert_same_file(s.seal, "sealed_key.old", &key);
	assert_int_equal(loaded_number(s.seal), 2);
}

static void test_a_write_that_cannot_be_leaves_all_as_it_was(void **unused)
{
	static const struct {
		const char *blocked, *context;
	} cases[] = {
		{ "sealed_data.tmp", "writing sealed data file: writing temporary file: remove " },
		{ "sealed_key.tmp",
			"writing encrypted key to disk: writing temporary file: remove " },
		{ "sealed_data.old", "writing sealed data file: backing up old file: remove " },
		{ "sealed_key.old", "writing encrypted key to disk: backing up old file: remove " },
	};

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(scratch) struct scratch s = { 0 };
		MR_AUTO(state) struct mr_state *state = numbered_state(2);
		char path[512];
		const struct mr_protection protection = protection_of(DEK);
		const struct mr_protection next = protection_of(OTHER_DEK);
		struct mr_error err;

		scratch_new(&s);
		MR_AUTO(file_store) struct mr_file_store *store = opened(s.seal, true);
		commit(store, 1, &protection);
		/* a directory that is not empty is in the way */
		(void)snprintf(path, sizeof path, "%s/%s", s.seal, cases[i].blocked);
		put_file(path, "inner", (struct mr_bytes){ NULL, 0 });
		assert_int_equal(mr_file_store_commit(store, state, &next, &err).code, MR_CODE_IO);
		assert_true(mr_str_starts(mr_str_of(err.message), mr_str_of(cases[i].context)));
		assert_int_equal(loaded_number(s.seal), 1);
		assert_bytes_equal(
			mr_file_store_recovery_data(store), mr_str_bytes(MR_STR("null")));
		remove_file(path, "inner");
		assert_int_equal(rmdir(path), 0);
		commit(store, 3, NULL);
		assert_int_equal(loaded_number(s.seal), 3);
		MR_AUTO(buf) struct mr_buf data = { 0 };
		MR_AUTO(secret) struct mr_secret plain = { NULL, 0 };
		assert_true(get_file(s.seal, "sealed_data", &data));
		OK(mr_sealed_data_open(mr_buf_bytes(&data), dek_of(DEK), &plain, &err));
		assert_false(has_file(s.seal, "sealed_data.tmp"));
		assert_false(has_file(s.seal, "sealed_key.tmp"));
	}
}

/* --- mode Disabled --- */

static void test_disabled_writes_nothing(void **unused)
{
	MR_AUTO(scratch) struct scratch s = { 0 };
	struct mr_protection protection = protection_of(DEK);

	(void)unused;
	scratch_new(&s);
	MR_AUTO(file_store) struct mr_file_store *store = opened(s.seal, false);
	protection.mode = MR_SEAL_DISABLED;
	commit(store, 1, &protection);
	commit(store, 2, NULL);
	MR_AUTO(buf) struct mr_buf files = { 0 };
	snapshot(s.seal, &files);
	assert_int_equal(files.len, 0);
	/* and on again, with the key of before */
	protection.mode = MR_SEAL_PRODUCT_KEY;
	protection.dek.len = 0;
	commit(store, 3, &protection);
	assert_int_equal(loaded_number(s.seal), 3);
}

static void test_disabled_moves_an_older_state_away(void **unused)
{
	MR_AUTO(scratch) struct scratch s = { 0 };
	MR_AUTO(buf) struct mr_buf data = { 0 };
	struct mr_protection protection = protection_of(DEK);

	(void)unused;
	scratch_new(&s);
	MR_AUTO(file_store) struct mr_file_store *store = opened(s.seal, false);
	commit(store, 1, &protection);
	assert_true(get_file(s.seal, "sealed_data", &data));
	put_file(s.seal, "sealed_data.tmp", mr_buf_bytes(&data));
	protection.mode = MR_SEAL_DISABLED;
	commit(store, 2, &protection);
	commit(store, 3, NULL);
	assert_false(has_file(s.seal, "sealed_data") || has_file(s.seal, "sealed_key"));
	assert_false(has_file(s.seal, "sealed_data.tmp"));
	assert_same_file(s.seal, "sealed_data.old", &data);
	assert_true(has_file(s.seal, "sealed_key.old"));
	assert_int_equal(load_result(s.seal), MR_LOAD_FRESH);
	protection.mode = MR_SEAL_PRODUCT_KEY;
	commit(store, 4, &protection);
	assert_int_equal(loaded_number(s.seal), 4);
	protection.mode = MR_SEAL_DISABLED;
	commit(store, 5, &protection);
	assert_int_equal(load_result(s.seal), MR_LOAD_FRESH);
}

static void test_disabled_can_fail(void **unused)
{
	static const char *const blocked[] = { "sealed_data.tmp", "sealed_key.tmp",
		"sealed_data.old", "sealed_key.old" };

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(blocked); i++) {
		MR_AUTO(scratch) struct scratch s = { 0 };
		MR_AUTO(state) struct mr_state *state = numbered_state(2);
		struct mr_protection protection = protection_of(DEK);
		char path[512];
		struct mr_error err;

		scratch_new(&s);
		MR_AUTO(file_store) struct mr_file_store *store = opened(s.seal, true);
		commit(store, 1, &protection);
		(void)snprintf(path, sizeof path, "%s/%s", s.seal, blocked[i]);
		put_file(path, "inner", (struct mr_bytes){ NULL, 0 });
		protection.mode = MR_SEAL_DISABLED;
		assert_int_equal(
			mr_file_store_commit(store, state, &protection, &err).code, MR_CODE_IO);
		assert_int_equal(loaded_number(s.seal), 1);
		remove_file(path, "inner");
		assert_int_equal(rmdir(path), 0);
		commit(store, 3, NULL);
		assert_int_equal(loaded_number(s.seal), 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_directory_is_made_and_empty_is_fresh),
		cmocka_unit_test(test_directories_that_cannot_be),
		cmocka_unit_test(test_the_lock_is_one_processes),
		cmocka_unit_test(test_commits_keep_the_last_two_generations),
		cmocka_unit_test(test_nothing_is_written_before_there_is_a_protection),
		cmocka_unit_test(test_a_loaded_state_must_be_told_its_mode),
		cmocka_unit_test(test_protections_that_cannot_be),
		cmocka_unit_test(test_a_protection_changes_with_its_commit),
		cmocka_unit_test(test_form_and_key_size_are_kept),
		cmocka_unit_test(test_a_linked_temporary_file_is_not_written_over),
		cmocka_unit_test(test_a_write_that_cannot_be_leaves_all_as_it_was),
		cmocka_unit_test(test_disabled_writes_nothing),
		cmocka_unit_test(test_disabled_moves_an_older_state_away),
		cmocka_unit_test(test_disabled_can_fail),
	};

	return cmocka_run_group_tests_name("file_store", tests, NULL, NULL);
}
