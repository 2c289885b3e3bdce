/* SPDX-License-Identifier: Apache-2.0 */
/* What a start makes of a seal directory: 40 §6.4, §6.5, §13.1. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "crypto/aead.h"
#include "store/file_store.h"
#include "store_test.h"

enum { FILE_MAX = 1 << 20, DEK = 0x11, NEW_DEK = 0x22 };

/* Generations of one mesh: the last one after a change of the recovery keys. */
enum { OLD, MIDDLE, NEW, GENERATIONS };
static const uint8_t generation_dek[GENERATIONS] = { DEK, DEK, NEW_DEK };

/* A file of a layout. */
struct entry {
	const char *name;
	int generation;   /* -1: the bytes of `text` */
	const char *text; /* or NULL */
};

enum { FRESH = 1000, RECOVERY, FAILURE };

struct layout {
	const char *name;
	struct entry files[5];
	unsigned raw, bound; /* expected, by form: a generation, or one of the above */
};

#define CUT "\4\0\0\0null123"
#define BYTES(literal) -1, literal

static const struct layout layouts[] = {
	{ "nothing", { { NULL, 0, NULL } }, FRESH, FRESH },
	{ "both", { { "sealed_data", MIDDLE, NULL }, { "sealed_key", MIDDLE, NULL } }, MIDDLE,
		MIDDLE },
	{ "data alone", { { "sealed_data", MIDDLE, NULL } }, RECOVERY, RECOVERY },
	{ "key alone", { { "sealed_key", MIDDLE, NULL } }, FRESH, FRESH },
	{ "data removed, all else there",
		{ { "sealed_key", MIDDLE, NULL }, { "sealed_data.old", OLD, NULL },
			{ "sealed_key.old", OLD, NULL }, { "sealed_key.tmp", NEW, NULL } },
		FRESH, FRESH },
	{ "key removed, older generation there",
		{ { "sealed_data", MIDDLE, NULL }, { "sealed_data.old", OLD, NULL },
			{ "sealed_key.old", MIDDLE, NULL } },
		RECOVERY, RECOVERY },
	{ "key spoilt, older generation there",
		{ { "sealed_data", MIDDLE, NULL }, { "sealed_data.old", OLD, NULL },
			{ "sealed_key", BYTES("garbage") }, { "sealed_key.old", OLD, NULL } },
		RECOVERY, RECOVERY },
	{ "key empty", { { "sealed_data", MIDDLE, NULL }, { "sealed_key", BYTES("") } }, RECOVERY,
		RECOVERY },
	{ "key of other data, same DEK",
		{ { "sealed_data", MIDDLE, NULL }, { "sealed_key", OLD, NULL } }, MIDDLE,
		RECOVERY },
	{ "key of other data, other DEK",
		{ { "sealed_data", MIDDLE, NULL }, { "sealed_key", NEW, NULL } }, RECOVERY,
		RECOVERY },
	{ "no older data under a good key",
		{ { "sealed_data", BYTES("\4\0\0\0null1234567890123456789012345678") },
			{ "sealed_key", MIDDLE, NULL }, { "sealed_data.old", OLD, NULL },
			{ "sealed_key.old", OLD, NULL } },
		RECOVERY, RECOVERY },
	{ "data empty", { { "sealed_data", BYTES("") }, { "sealed_key", MIDDLE, NULL } }, FAILURE,
		FAILURE },
	{ "data cut in the recovery data",
		{ { "sealed_data", BYTES("\4\0\0\0nul") }, { "sealed_key", MIDDLE, NULL } },
		FAILURE, FAILURE },

	/* interrupted replaces, of this program and of the reference */
	{ "before any rename",
		{ { "sealed_data", MIDDLE, NULL }, { "sealed_key", MIDDLE, NULL },
			{ "sealed_data.tmp", NEW, NULL }, { "sealed_key.tmp", NEW, NULL } },
		MIDDLE, MIDDLE },
	{ "garbage in .tmp",
		{ { "sealed_data", MIDDLE, NULL }, { "sealed_key", MIDDLE, NULL },
			{ "sealed_data.tmp", BYTES("") }, { "sealed_key.tmp", BYTES("x") } },
		MIDDLE, MIDDLE },
	{ "between the renames of the data",
		{ { "sealed_data.tmp", MIDDLE, NULL }, { "sealed_data.old", OLD, NULL },
			{ "sealed_key", OLD, NULL }, { "sealed_key.tmp", MIDDLE, NULL } },
		MIDDLE, MIDDLE },
	{ "the same, the key not sealed yet",
		{ { "sealed_data.tmp", MIDDLE, NULL }, { "sealed_data.old", OLD, NULL },
			{ "sealed_key", OLD, NULL } },
		MIDDLE, MIDDLE },
	{ "the same with a new DEK",
		{ { "sealed_data.tmp", NEW, NULL }, { "sealed_data.old", MIDDLE, NULL },
			{ "sealed_key", MIDDLE, NULL } },
		MIDDLE, MIDDLE },
	{ "the same with a new DEK in .tmp",
		{ { "sealed_data.tmp", NEW, NULL }, { "sealed_data.old", MIDDLE, NULL },
			{ "sealed_key", MIDDLE, NULL }, { "sealed_key.tmp", NEW, NULL } },
		NEW, NEW },
	{ "cut .tmp, data missing",
		{ { "sealed_data.tmp", BYTES(CUT) }, { "sealed_data.old", OLD, NULL },
			{ "sealed_key", OLD, NULL } },
		OLD, OLD },
	{ "empty .tmp, data missing",
		{ { "sealed_data.tmp", BYTES("") }, { "sealed_data.old", OLD, NULL },
			{ "sealed_key", OLD, NULL } },
		OLD, OLD },
	{ "cut .tmp, data missing, key bound to yet other data",
		{ { "sealed_data.tmp", BYTES(CUT) }, { "sealed_data.old", OLD, NULL },
			{ "sealed_key", MIDDLE, NULL } },
		OLD, RECOVERY },
	{ "data missing, key lost",
		{ { "sealed_data.tmp", MIDDLE, NULL }, { "sealed_data.old", OLD, NULL } }, RECOVERY,
		RECOVERY },
	{ "data missing, key in .tmp and bound to .old",
		{ { "sealed_data.tmp", MIDDLE, NULL }, { "sealed_data.old", OLD, NULL },
			{ "sealed_key.tmp", OLD, NULL }, { "sealed_key", BYTES("?") } },
		MIDDLE, MIDDLE },
	{ "new data, old key",
		{ { "sealed_data", NEW, NULL }, { "sealed_data.old", MIDDLE, NULL },
			{ "sealed_key", MIDDLE, NULL }, { "sealed_key.tmp", NEW, NULL } },
		NEW, NEW },
	{ "between the renames of the key",
		{ { "sealed_data", NEW, NULL }, { "sealed_data.old", MIDDLE, NULL },
			{ "sealed_key.old", MIDDLE, NULL }, { "sealed_key.tmp", NEW, NULL } },
		NEW, NEW },
	{ "first write, complete",
		{ { "sealed_data.tmp", NEW, NULL }, { "sealed_key.tmp", NEW, NULL } }, NEW, NEW },
	{ "first write, key missing", { { "sealed_data.tmp", NEW, NULL } }, FRESH, FRESH },
	{ "first write, data cut",
		{ { "sealed_data.tmp", BYTES(CUT) }, { "sealed_key.tmp", NEW, NULL } }, FRESH,
		FRESH },
	{ "first write, nothing yet", { { "sealed_data.tmp", BYTES("") } }, FRESH, FRESH },
	{ "putting the old pair back",
		{ { "sealed_data", MIDDLE, NULL }, { "sealed_key", NEW, NULL },
			{ "sealed_key.tmp", MIDDLE, NULL } },
		MIDDLE, MIDDLE },
};

static struct pair generations[2][GENERATIONS]; /* by form */

static int make_generations(void **unused)
{
	(void)unused;
	for (unsigned g = 0; g < GENERATIONS; g++) {
		pair_make(&generations[0][g], g, generation_dek[g], MR_KEY_FORM_RAW);
		generations[1][g].data = (struct mr_buf){ .max = FILE_MAX };
		generations[1][g].key = (struct mr_buf){ .max = FILE_MAX };
		/* the same data in both forms */
		mr_buf_put_bytes(&generations[1][g].data, mr_buf_bytes(&generations[0][g].data));
		struct mr_error err;
		OK(mr_sealed_key_make(dek_of(generation_dek[g]), generations[0][g].hash,
			MR_KEY_FORM_SIMULATION, MR_SEAL_PRODUCT_KEY, &generations[1][g].key, &err));
	}
	return 0;
}

static int free_generations(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < GENERATIONS; i++) {
		pair_done(&generations[0][i]);
		pair_done(&generations[1][i]);
	}
	return 0;
}

static size_t text_size(const char *text)
{
	/* the texts with NUL bytes all begin with this length */
	return text[0] == '\4' ? 4 + strlen(text + 4) : strlen(text);
}

static void lay_out(const char *dir, const struct layout *layout, size_t form)
{
	struct mr_error err;

	OK(mr_file_make_dirs(dir, 0700, &err));
	for (size_t i = 0; i < MR_COUNT(layout->files) && layout->files[i].name; i++) {
		const struct entry *e = &layout->files[i];
		struct mr_bytes content;
		if (e->generation < 0)
			content = mr_bytes_of(e->text, text_size(e->text));
		else if (mr_str_starts(mr_str_of(e->name), MR_STR("sealed_data")))
			content = mr_buf_bytes(&generations[form][e->generation].data);
		else
			content = mr_buf_bytes(&generations[form][e->generation].key);
		put_file(dir, e->name, content);
	}
}

/* Opens and loads; the store stays open for more. */
static unsigned load(const char *dir, struct mr_logger *log, struct mr_file_store **ret_store)
{
	MR_AUTO(state) struct mr_state *state = NULL;
	enum mr_load_result result = MR_LOAD_FRESH;
	struct mr_error err;

	OK(mr_file_store_open(dir, false, log, ret_store, &err));
	if (mr_failed(mr_file_store_load(*ret_store, &result, &state, &err))) {
		assert_null(state);
		return FAILURE;
	}
	if (result == MR_LOAD_STATE)
		return number_of(state);
	assert_null(state);
	return result == MR_LOAD_FRESH ? FRESH : RECOVERY;
}

static unsigned load_copy(const char *dir)
{
	MR_AUTO(scratch) struct scratch copy;
	MR_AUTO(file_store) struct mr_file_store *store = NULL;

	copy_sealed(dir, &copy);
	return load(copy.seal, NULL, &store);
}

static void write_on(struct mr_file_store *store, unsigned outcome, unsigned number)
{
	MR_AUTO(state) struct mr_state *state = numbered_state(number);
	const struct mr_protection protection = protection_of(0x77);
	struct mr_error err;

	if (outcome < GENERATIONS)
		mr_file_store_set_mode(store, MR_SEAL_PRODUCT_KEY);
	OK(mr_file_store_commit(store, state, outcome < GENERATIONS ? NULL : &protection, &err));
}

static void check_layout(const struct layout *layout, size_t form)
{
	MR_AUTO(scratch) struct scratch s = { 0 };
	MR_AUTO(buf) struct mr_buf before = { 0 };
	MR_AUTO(buf) struct mr_buf after = { 0 };
	MR_AUTO(file_store) struct mr_file_store *store = NULL;

	scratch_new(&s);
	lay_out(s.seal, layout, form);
	snapshot(s.seal, &before);
	unsigned outcome = load(s.seal, NULL, &store);
	unsigned expected = form ? layout->bound : layout->raw;
	if (outcome != expected)
		fail_msg("%s, form %zu: %u instead of %u", layout->name, form, outcome, expected);
	/* a load changes nothing, whatever it finds, and finds the same again */
	snapshot(s.seal, &after);
	assert_bytes_equal(mr_buf_bytes(&after), mr_buf_bytes(&before));
	if (outcome == FAILURE)
		return;

	write_on(store, outcome, 50);
	write_on(store, outcome, 51);
	assert_int_equal(load_copy(s.seal), 51);
	assert_false(has_file(s.seal, "sealed_data.tmp") || has_file(s.seal, "sealed_key.tmp"));
}

static void test_layouts(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < MR_COUNT(layouts); i++) {
		check_layout(&layouts[i], 0);
		check_layout(&layouts[i], 1);
	}
}

/* In mode Disabled what was interrupted is moved away as well. */
static void test_layouts_retired(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < MR_COUNT(layouts); i++) {
		MR_AUTO(scratch) struct scratch s = { 0 };
		MR_AUTO(file_store) struct mr_file_store *store = NULL;
		MR_AUTO(state) struct mr_state *state = numbered_state(50);
		const struct mr_protection protection = { .mode = MR_SEAL_DISABLED };
		struct mr_error err;
		scratch_new(&s);
		lay_out(s.seal, &layouts[i], i % 2);
		if (load(s.seal, NULL, &store) == FAILURE)
			continue;
		OK(mr_file_store_commit(store, state, &protection, &err));
		assert_int_equal(load_copy(s.seal), FRESH);
	}
}

/* --- recovery --- */

static void test_recovery_tries_without_changing_anything(void **unused)
{
	static const struct layout alone = { "", { { "sealed_data", MIDDLE, NULL } }, 0, 0 };
	MR_AUTO(scratch) struct scratch s = { 0 };
	MR_AUTO(buf) struct mr_buf before = { 0 };
	MR_AUTO(buf) struct mr_buf after = { 0 };
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	MR_AUTO(state) struct mr_state *state = NULL;
	struct mr_error err;

	(void)unused;
	scratch_new(&s);
	lay_out(s.seal, &alone, 0);
	snapshot(s.seal, &before);
	assert_int_equal(load(s.seal, NULL, &store), RECOVERY);
	assert_bytes_equal(mr_file_store_recovery_data(store), mr_str_bytes(MR_STR("null")));
	FAILS(mr_file_store_recover(store, dek_of(NEW_DEK), &state, &err), MR_CODE_CRYPTO,
		"decrypting sealed data: cipher: message authentication failed");
	assert_true(mr_file_store_may_recover(store, dek_of(DEK)));
	OK(mr_file_store_recover(store, dek_of(DEK), &state, &err));
	assert_int_equal(number_of(state), MIDDLE);
	/* commits in recovery state are of memory only */
	OK(mr_file_store_commit(store, state, NULL, &err));
	snapshot(s.seal, &after);
	assert_bytes_equal(mr_buf_bytes(&after), mr_buf_bytes(&before));

	const struct mr_protection protection = protection_of(DEK);
	OK(mr_file_store_commit(store, state, &protection, &err));
	assert_int_equal(load_copy(s.seal), MIDDLE);
	mr_state_unref(state);
	state = NULL;
	FAILS(mr_file_store_recover(store, dek_of(DEK), &state, &err), MR_CODE_STATE,
		"no sealed state to recover");
}

/* --- recovery beside a commit --- */

struct trying {
	struct mr_file_store *store;
	struct mr_bytes dek;
	sem_t *begun;
	enum mr_code last;
};

/* Tries keys until there is nothing to recover any more. */
static void *try_keys(void *argument)
{
	struct trying *t = argument;
	struct mr_error err;

	do {
		struct mr_state *state = NULL;
		(void)mr_file_store_may_recover(t->store, t->dek);
		t->last = mr_file_store_recover(t->store, t->dek, &state, &err).code;
		(void)sem_post(t->begun);
	} while (t->last == MR_CODE_CRYPTO);
	return NULL;
}

static void test_a_commit_ends_recovery_while_others_try(void **unused)
{
	static const struct layout alone = { "", { { "sealed_data", MIDDLE, NULL } }, 0, 0 };
	MR_AUTO(scratch) struct scratch s = { 0 };
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	MR_AUTO(state) struct mr_state *state = numbered_state(60);
	const struct mr_protection protection = protection_of(DEK);
	struct trying trying[2];
	pthread_t threads[2];
	sem_t begun;
	struct mr_error err;

	(void)unused;
	scratch_new(&s);
	lay_out(s.seal, &alone, 0);
	assert_int_equal(load(s.seal, NULL, &store), RECOVERY);
	assert_int_equal(sem_init(&begun, 0, 0), 0);
	for (size_t i = 0; i < MR_COUNT(threads); i++) {
		trying[i] = (struct trying){ store, dek_of(NEW_DEK), &begun, MR_CODE_OK };
		assert_int_equal(pthread_create(&threads[i], NULL, try_keys, &trying[i]), 0);
	}
	for (size_t i = 0; i < 2 * MR_COUNT(threads); i++)
		assert_int_equal(sem_wait(&begun), 0);
	OK(mr_file_store_commit(store, state, &protection, &err));
	for (size_t i = 0; i < MR_COUNT(threads); i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(trying[i].last, MR_CODE_STATE);
	}
	assert_false(mr_file_store_may_recover(store, dek_of(DEK)));
	(void)sem_destroy(&begun);
	assert_int_equal(load_copy(s.seal), 60);
}

static void test_most_wrong_keys_are_told_apart_quickly(void **unused)
{
	enum { TRIES = 64 };
	static const struct layout lost = { "",
		{ { "sealed_data.tmp", NEW, NULL }, { "sealed_data.old", MIDDLE, NULL } }, 0, 0 };
	MR_AUTO(scratch) struct scratch s;
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	MR_AUTO(state) struct mr_state *state = numbered_state(1);
	const struct mr_protection protection = protection_of(DEK);
	unsigned maybe = 0;
	struct mr_error err;

	(void)unused;
	scratch_new(&s);
	lay_out(s.seal, &lost, 0);
	assert_int_equal(load(s.seal, NULL, &store), RECOVERY);
	assert_true(mr_file_store_may_recover(store, dek_of(DEK)));
	assert_true(mr_file_store_may_recover(store, dek_of(NEW_DEK)));
	/* one of 256 looks right by chance, for each of the two */
	for (unsigned i = 0; i < TRIES; i++)
		maybe += mr_file_store_may_recover(store, dek_of((uint8_t)(0x80 + i)));
	assert_true(maybe < TRIES / 2);
	assert_false(mr_file_store_may_recover(store, mr_bytes_of("short", 5)));
	OK(mr_file_store_commit(store, state, &protection, &err));
	assert_false(mr_file_store_may_recover(store, dek_of(DEK)));
}

static void test_recovery_after_an_interrupted_replace_tries_both(void **unused)
{
	static const struct layout lost = { "",
		{ { "sealed_data.tmp", NEW, NULL }, { "sealed_data.old", MIDDLE, NULL } }, 0, 0 };
	static const struct {
		uint8_t dek;
		unsigned number;
	} cases[] = { { DEK, MIDDLE }, { NEW_DEK, NEW } };

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(scratch) struct scratch s = { 0 };
		MR_AUTO(file_store) struct mr_file_store *store = NULL;
		MR_AUTO(state) struct mr_state *state = NULL;
		struct mr_error err;
		scratch_new(&s);
		lay_out(s.seal, &lost, 0);
		assert_int_equal(load(s.seal, NULL, &store), RECOVERY);
		FAILS(mr_file_store_recover(store, dek_of(1), &state, &err), MR_CODE_CRYPTO,
			"decrypting sealed data: cipher: message authentication failed");
		OK(mr_file_store_recover(store, dek_of(cases[i].dek), &state, &err));
		assert_int_equal(number_of(state), cases[i].number);
		const struct mr_protection protection = protection_of(cases[i].dek);
		OK(mr_file_store_commit(store, state, &protection, &err));
		assert_int_equal(load_copy(s.seal), cases[i].number);
	}
}

/* --- strange contents --- */

static void seal_text(const char *dir, const char *text)
{
	MR_AUTO(buf) struct mr_buf data = { .max = FILE_MAX };
	struct mr_error err;

	OK(mr_sealed_data_make(mr_str_bytes(MR_STR("null")), mr_str_bytes(mr_str_of(text)),
		dek_of(DEK), &data, &err));
	put_file(dir, "sealed_data", mr_buf_bytes(&data));
	put_file(dir, "sealed_key", dek_of(DEK));
}

static void test_plaintexts(void **unused)
{
	static const struct {
		const char *text, *error;
		enum mr_load_result result;
	} cases[] = {
		{ "", NULL, MR_LOAD_FRESH },
		{ "{}", NULL, MR_LOAD_STATE },
		{ "null", NULL, MR_LOAD_STATE },
		{ "{\"state\":\"Mg==\"}", NULL, MR_LOAD_STATE },
		{ "[]",
			"unmarshalling state: json: cannot unmarshal array into Go value of type "
			"map[string][]uint8",
			MR_LOAD_FRESH },
		{ "{\"state\":\"Mw==", "unmarshalling state: unexpected end of JSON input",
			MR_LOAD_FRESH },
		{ "{\"state\":\"*\"}", "unmarshalling state: illegal base64 data at input byte 0",
			MR_LOAD_FRESH },
	};

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(scratch) struct scratch s = { 0 };
		MR_AUTO(file_store) struct mr_file_store *store = NULL;
		MR_AUTO(state) struct mr_state *state = NULL;
		enum mr_load_result result = MR_LOAD_FRESH;
		struct mr_error err;
		scratch_new(&s);
		seal_text(s.seal, cases[i].text);
		OK(mr_file_store_open(s.seal, true, NULL, &store, &err));
		mr_result r = mr_file_store_load(store, &result, &state, &err);
		assert_int_equal(mr_failed(r), cases[i].error != NULL);
		if (cases[i].error)
			assert_string_equal(err.message, cases[i].error);
		else
			assert_int_equal(result, cases[i].result);
		assert_int_equal(state != NULL, !mr_failed(r) && result == MR_LOAD_STATE);
	}
}

static void test_a_recovered_plaintext_that_is_no_state(void **unused)
{
	static const char *const texts[] = { "no sealed data found in state",
		"unmarshalling state: unexpected end of JSON input" };

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(texts); i++) {
		MR_AUTO(scratch) struct scratch s = { 0 };
		MR_AUTO(file_store) struct mr_file_store *store = NULL;
		struct mr_state *state = NULL;
		struct mr_error err;
		scratch_new(&s);
		seal_text(s.seal, i ? "{" : "");
		remove_file(s.seal, "sealed_key");
		assert_int_equal(load(s.seal, NULL, &store), RECOVERY);
		FAILS(mr_file_store_recover(store, dek_of(DEK), &state, &err), MR_CODE_INVALID,
			texts[i]);
		assert_null(state);
	}
}

static void test_directories_in_the_place_of_files(void **unused)
{
	static const struct {
		const char *name;
		unsigned outcome;
	} cases[] = {
		{ "sealed_data", FAILURE },
		{ "sealed_data.tmp", FAILURE }, /* no sealed_data, so it counts */
		{ "sealed_key", RECOVERY },
	};

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(scratch) struct scratch s = { 0 };
		MR_AUTO(file_store) struct mr_file_store *store = NULL;
		char path[512];
		scratch_new(&s);
		(void)snprintf(path, sizeof path, "%s/%s", s.seal, cases[i].name);
		put_file(path, "inner", (struct mr_bytes){ NULL, 0 });
		if (i == 2)
			put_file(s.seal, "sealed_data", mr_buf_bytes(&generations[0][OLD].data));
		assert_int_equal(load(s.seal, NULL, &store), cases[i].outcome);
	}
}

static void test_a_huge_key_file_is_no_key(void **unused)
{
	MR_AUTO(scratch) struct scratch s = { 0 };
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	MR_AUTO(buf) struct mr_buf huge = { .max = FILE_MAX };

	(void)unused;
	scratch_new(&s);
	assert_non_null(mr_buf_reserve(&huge, FILE_MAX));
	memset(huge.data, 7, FILE_MAX);
	mr_buf_commit(&huge, FILE_MAX);
	put_file(s.seal, "sealed_data", mr_buf_bytes(&generations[0][OLD].data));
	put_file(s.seal, "sealed_key", mr_buf_bytes(&huge));
	assert_int_equal(load(s.seal, NULL, &store), RECOVERY);
}

/* --- warnings --- */

static void assert_logged(const char *path, const char *text)
{
	MR_AUTO(buf) struct mr_buf log = { 0 };

	assert_true(get_file(path, "log", &log));
	mr_buf_put_u8(&log, '\0');
	if (!strstr((const char *)log.data, text))
		fail_msg("no `%s` in: %s", text, (const char *)log.data);
}

static void test_oddities_are_logged(void **unused)
{
	static const struct layout interrupted = { "",
		{ { "sealed_data.tmp", NEW, NULL }, { "sealed_key.tmp", NEW, NULL } }, 0, 0 };
	static const struct layout unfinished = { "", { { "sealed_data.tmp", NEW, NULL } }, 0, 0 };
	static const struct layout lost = { "", { { "sealed_data", NEW, NULL } }, 0, 0 };
	static const struct layout wrong = { "",
		{ { "sealed_data", NEW, NULL }, { "sealed_key", OLD, NULL } }, 0, 0 };
	static const struct {
		const struct layout *layout;
		size_t form;
		const char *text;
	} cases[] = {
		{ &interrupted, 0, "A write of the state was interrupted" },
		{ &interrupted, 0, "sealed_data.tmp" },
		{ &unfinished, 0, "The first write of a state was interrupted" },
		{ &lost, 0,
			"cannot unseal encryption key: reading encrypted key from disk: open " },
		{ &wrong, 0, "retry unsealing state with loaded key: decrypting sealed data: " },
		{ &wrong, 1, "cannot unseal encryption key: decrypting data key: cipher: " },
	};

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(scratch) struct scratch s = { 0 };
		MR_AUTO(file_store) struct mr_file_store *store = NULL;
		struct mr_logger *log;
		char path[512];
		struct mr_error err;
		scratch_new(&s);
		lay_out(s.seal, cases[i].layout, cases[i].form);
		put_file(s.path, "log", (struct mr_bytes){ NULL, 0 });
		(void)snprintf(path, sizeof path, "%s/log", s.path);
		FILE *f = fopen(path, "w");
		assert_non_null(f);
		OK(mr_logger_new(fileno(f), MR_LOG_JSON, MR_LOG_DEBUG, &log, &err));
		(void)load(s.seal, log, &store);
		mr_logger_free(log);
		(void)fclose(f);
		assert_logged(s.path, cases[i].text);
		assert_logged(s.path, "\"warn\"");
	}
}

static void test_an_unbound_key_of_old_releases_is_logged(void **unused)
{
	static const uint8_t zeros[512];
	MR_AUTO(scratch) struct scratch s = { 0 };
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	MR_AUTO(buf) struct mr_buf key = { .max = FILE_MAX };
	struct mr_logger *log;
	char path[512];
	struct mr_error err;

	(void)unused;
	scratch_new(&s);
	mr_buf_put_u32le(&key, sizeof zeros);
	mr_buf_put(&key, zeros, sizeof zeros);
	OK(mr_box_seal(
		mr_bytes_of(zeros, 16), (struct mr_bytes){ NULL, 0 }, dek_of(DEK), &key, &err));
	put_file(s.seal, "sealed_data", mr_buf_bytes(&generations[0][OLD].data));
	put_file(s.seal, "sealed_key", mr_buf_bytes(&key));
	(void)snprintf(path, sizeof path, "%s/log", s.path);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	OK(mr_logger_new(fileno(f), MR_LOG_JSON, MR_LOG_DEBUG, &log, &err));
	assert_int_equal(load(s.seal, log, &store), OLD);
	mr_logger_free(log);
	(void)fclose(f);
	assert_logged(s.path, "not bound to the sealed data");
}

/* --- damage --- */

static void check_damaged(const char *dir, const struct mr_bytes content, const char *name)
{
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	MR_AUTO(buf) struct mr_buf before = { 0 };
	MR_AUTO(buf) struct mr_buf after = { 0 };

	put_file(dir, name, content);
	snapshot(dir, &before);
	unsigned outcome = load(dir, NULL, &store);
	/* never fresh: what is there must not be written over without being asked */
	assert_true(outcome == OLD || outcome == RECOVERY || outcome == FAILURE);
	snapshot(dir, &after);
	assert_bytes_equal(mr_buf_bytes(&after), mr_buf_bytes(&before));
}

static void damage_every_byte(size_t form, const char *name, const struct mr_buf *good)
{
	MR_AUTO(scratch) struct scratch s = { 0 };
	MR_AUTO(buf) struct mr_buf copy = { .max = FILE_MAX };
	MR_AUTO(file_store) struct mr_file_store *store = NULL;

	scratch_new(&s);
	put_file(s.seal, "sealed_data", mr_buf_bytes(&generations[form][OLD].data));
	put_file(s.seal, "sealed_key", mr_buf_bytes(&generations[form][OLD].key));
	mr_buf_put_bytes(&copy, mr_buf_bytes(good));
	for (size_t i = 0; i < copy.len; i++) {
		uint8_t bit = (uint8_t)(1u << i % 8);
		copy.data[i] ^= bit;
		check_damaged(s.seal, mr_buf_bytes(&copy), name);
		copy.data[i] ^= bit;
		check_damaged(s.seal, mr_bytes_of(copy.data, i), name);
	}
	mr_buf_put_u8(&copy, 0);
	check_damaged(s.seal, mr_buf_bytes(&copy), name);
	put_file(s.seal, name, mr_buf_bytes(good));
	assert_int_equal(load(s.seal, NULL, &store), OLD);
}

static void test_a_flipped_bit_in_every_byte_and_every_cut(void **unused)
{
	(void)unused;
	for (size_t form = 0; form < 2; form++) {
		damage_every_byte(form, "sealed_data", &generations[form][OLD].data);
		damage_every_byte(form, "sealed_key", &generations[form][OLD].key);
	}
}

/* --- states that a release of the reference wrote --- */

static void compare_with_expectation(const struct mr_state *state, const char *dir)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const struct mr_json *root;
	struct mr_error err;

	assert_true(get_file(dir, "expect.json", &text));
	mr_arena_init(&arena, 1 << 26);
	OK(mr_json_parse(mr_buf_str(&text), &arena, &root, &err));
	const struct mr_json *values = mr_json_member(root, MR_STR("state"));
	assert_non_null(values);
	assert_int_equal(mr_state_count(state), values->count);
	for (const struct mr_json *v = values->first; v; v = v->next) {
		MR_AUTO(buf) struct mr_buf digest = { .max = 64 };
		uint8_t hash[MR_SHA256_SIZE];
		struct mr_bytes value;
		assert_true(mr_state_get(state, v->name, &value));
		OK(mr_sha256(value, hash, &err));
		OK(mr_hex_decode(v->text, &digest, &err));
		assert_bytes_equal(mr_bytes_of(hash, sizeof hash), mr_buf_bytes(&digest));
	}
}

static void take_over(const char *folder, const char *name, uint32_t requests)
{
	static const uint8_t zeros[1024];
	MR_AUTO(scratch) struct scratch s = { 0 };
	MR_AUTO(buf) struct mr_buf data = { 0 };
	MR_AUTO(buf) struct mr_buf key = { 0 };
	MR_AUTO(buf) struct mr_buf sealed_key = { .max = FILE_MAX };
	MR_AUTO(state) struct mr_state *state = NULL;
	char dir[2048];
	char seal[2100];
	uint8_t hash[MR_SHA256_SIZE];
	enum mr_load_result result = MR_LOAD_FRESH;
	struct mr_error err;

	scratch_new(&s);
	(void)snprintf(dir, sizeof dir, "%s/%s", folder, name);
	(void)snprintf(seal, sizeof seal, "%s/seal", dir);
	assert_true(get_file(seal, "sealed_data", &data) && get_file(seal, "sealed_key", &key));
	OK(mr_sha256(mr_buf_bytes(&data), hash, &err));
	if (requests) {
		mr_buf_put_u32le(&sealed_key, requests);
		mr_buf_put(&sealed_key, zeros, requests);
		OK(mr_box_seal(mr_bytes_of(zeros, requests / 32), mr_bytes_of(hash, sizeof hash),
			mr_buf_bytes(&key), &sealed_key, &err));
	} else {
		mr_buf_put_bytes(&sealed_key, mr_buf_bytes(&key));
	}
	put_file(s.seal, "sealed_data", mr_buf_bytes(&data));
	put_file(s.seal, "sealed_key", mr_buf_bytes(&sealed_key));

	for (unsigned round = 0; round < 2; round++) { /* as found, then as written here */
		MR_AUTO(file_store) struct mr_file_store *store = NULL;
		OK(mr_file_store_open(s.seal, false, NULL, &store, &err));
		OK(mr_file_store_load(store, &result, &state, &err));
		assert_int_equal(result, MR_LOAD_STATE);
		compare_with_expectation(state, dir);
		mr_file_store_set_mode(store, MR_SEAL_PRODUCT_KEY);
		OK(mr_file_store_commit(store, state, NULL, &err));
		mr_state_unref(state);
		state = NULL;
	}
	/* the blob is the reference's own, byte for byte */
	MR_AUTO(buf) struct mr_buf written = { 0 };
	MR_AUTO(secret) struct mr_secret before = { NULL, 0 };
	MR_AUTO(secret) struct mr_secret after = { NULL, 0 };
	assert_true(get_file(s.seal, "sealed_data", &written));
	OK(mr_sealed_data_open(mr_buf_bytes(&data), mr_buf_bytes(&key), &before, &err));
	OK(mr_sealed_data_open(mr_buf_bytes(&written), mr_buf_bytes(&key), &after, &err));
	assert_bytes_equal(mr_secret_bytes(&after), mr_secret_bytes(&before));
}

static void test_states_of_the_reference(void **unused)
{
	static const char *const names[] = { "all-of-three", "much-happened", "no-recovery",
		"pending", "rotated", "single", "two-of-three" };
	static const uint32_t forms[] = { 0, 1024, 512 };
	const char *folder = vector_folder();

	(void)unused;
	for (size_t i = 0; folder && i < MR_COUNT(names); i++) {
		for (size_t form = 0; form < MR_COUNT(forms); form++)
			take_over(folder, names[i], forms[form]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_layouts_retired),
		cmocka_unit_test(test_recovery_tries_without_changing_anything),
		cmocka_unit_test(test_a_commit_ends_recovery_while_others_try),
		cmocka_unit_test(test_most_wrong_keys_are_told_apart_quickly),
		cmocka_unit_test(test_recovery_after_an_interrupted_replace_tries_both),
		cmocka_unit_test(test_plaintexts),
		cmocka_unit_test(test_a_recovered_plaintext_that_is_no_state),
		cmocka_unit_test(test_directories_in_the_place_of_files),
		cmocka_unit_test(test_a_huge_key_file_is_no_key),
		cmocka_unit_test(test_oddities_are_logged),
		cmocka_unit_test(test_an_unbound_key_of_old_releases_is_logged),
		cmocka_unit_test(test_a_flipped_bit_in_every_byte_and_every_cut),
		cmocka_unit_test(test_states_of_the_reference),
	};

	return cmocka_run_group_tests_name("file_load", tests, make_generations, free_generations);
}
