/* SPDX-License-Identifier: Apache-2.0 */
/* Intel's signed documents: where they are cut, what of them is taken and what refused. */
#include "attest_test.h"

#include <string.h>

#include "attest/signed_json.h"

enum { ROOM = 1 << 22 };

#define SIGNATURE                                                                                  \
	"00000000000000000000000000000000000000000000000000000000000000000000000000000000"         \
	"0000000000000000000000000000000000000000000000aB"

static const struct {
	const char *text;
	const char *object; /* NULL: refused */
} cuts[] = {
	{ "{\"doc\":{},\"signature\":\"" SIGNATURE "\"}", "{}" },
	{ " { \"doc\" : {\"a\":\"}\\\"{\"} , \"signature\" : \"" SIGNATURE "\" } \n",
		"{\"a\":\"}\\\"{\"}" },
	{ "{\"doc\":{\"a\":[1,{\"b\":2}]},\"signature\":\"" SIGNATURE "\"}",
		"{\"a\":[1,{\"b\":2}]}" },
	{ "{\"doc\":{broken},\"signature\":\"" SIGNATURE "\"}", "{broken}" },
	{ "{\"doc\":{]]],\"signature\":\"" SIGNATURE "\"}", NULL },
	{ "{\"doc\":{\"a\":1],\"signature\":\"" SIGNATURE "\"}", NULL },
	{ "{\"Doc\":{},\"signature\":\"" SIGNATURE "\"}", NULL },
	{ "{\"signature\":\"" SIGNATURE "\",\"doc\":{}}", NULL },
	{ "{\"doc\":{},\"doc\":{},\"signature\":\"" SIGNATURE "\"}", NULL },
	{ "{\"doc\":[],\"signature\":\"" SIGNATURE "\"}", NULL },
	{ "{\"doc\":{},\"signature\":\"12\"}", NULL },
	{ "{\"doc\":{},\"signature\":\"" SIGNATURE "\",\"more\":1}", NULL },
	{ "{\"doc\":{},\"signature\":\"" SIGNATURE "\"}x", NULL },
	{ "{\"doc\":{\"a", NULL },
	{ "{\"doc\":{\"a\\", NULL },
	{ "", NULL },
};

static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(cuts); i++) {
		struct mr_signed_json cut;
		bool good = mr_signed_json_cut(mr_str_of(cuts[i].text), MR_STR("doc"), &cut);

		if (good != (cuts[i].object != NULL))
			fail_msg("%s", cuts[i].text);
		if (!good)
			continue;
		assert_true(mr_str_eq(cut.object, mr_str_of(cuts[i].object)));
		assert_int_equal(cut.signature[63], 0xab);
		assert_false(cut.too_deep);
	}
}

/* A document of the scene, with one text in it exchanged for another. */
static struct mr_str changed(
	struct mr_arena *arena, struct mr_str object, const char *old, const char *new)
{
	struct mr_str kept;
	struct mr_error err;

	assert_false(mr_failed(mr_arena_str(arena, object, &kept, &err)));
	const char *at = strstr(kept.ptr, old);
	if (!at)
		fail_msg("no %s in the document", old);
	size_t before = (size_t)(at - kept.ptr);
	size_t size = kept.len - strlen(old) + strlen(new);
	char *text = mr_arena_alloc(arena, size + 1);
	assert_non_null(text);
	memcpy(text, kept.ptr, before);
	memcpy(text + before, new, strlen(new));
	memcpy(text + before + strlen(new), at + strlen(old), kept.len - before - strlen(old));
	return (struct mr_str){ text, size };
}

static const struct {
	const char *old, *new;
	const char *bad; /* the member that is named; NULL: still good */
} tcb_changes[] = {
	{ "\"version\":3", "\"version\":3", NULL },
	{ "\"version\":3", "\"version\":4", "version" },
	{ "\"version\":3", "\"version\":\"3\"", "version" },
	{ "\"id\":\"SGX\"", "\"id\":\"sgx\"", "id" },
	{ "\"fmspc\":\"", "\"fmspc\":\"00", "fmspc" },
	{ "\"fmspc\"", "\"FMSPC\"", "fmspc" },
	{ "\"tcbType\":0", "\"tcbType\":-1", "tcbType" },
	{ "\"tcbType\":0", "\"tcbType\":1", NULL },
	{ "\"tcbLevels\":[", "\"tcbLevels\":[1,", "tcbLevels" },
	{ "\"svn\":255", "\"svn\":256", "svn" },
	{ "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"Fine\"", "tcbStatus" },
	{ "T00:00:00Z", "T24:00:00Z", "tcbDate" },
	{ "T00:00:00Z", "T00:00:00+00", "tcbDate" },
};

static void test_tcb_info(void **state)
{
	struct attest_scene s;
	struct mr_signed_json cut;

	(void)state;
	attest_scene_open(&s, "sgx");
	assert_true(
		mr_signed_json_cut(mr_bytes_str(s.dir.intel.tcb_info), MR_STR("tcbInfo"), &cut));
	for (size_t i = 0; i < MR_COUNT(tcb_changes); i++) {
		struct mr_str text = changed(
			&s.arena, cut.object, tcb_changes[i].old, tcb_changes[i].new);
		struct mr_tcb_info info;
		const char *bad;

		assert_true(mr_tcb_info_read(text, &s.arena, &info, &bad) == !tcb_changes[i].bad);
		if (tcb_changes[i].bad)
			assert_string_equal(bad, tcb_changes[i].bad);
		else
			assert_true(info.level_count > 0);
	}
	attest_scene_close(&s);
}

static const struct {
	const char *old, *new, *bad;
} qe_changes[] = {
	{ "\"id\":\"QE\"", "\"id\":\"QVE\"", NULL },
	{ "\"id\":\"QE\"", "\"id\":7", "id" },
	{ "\"isvprodid\":1", "\"isvprodid\":65536", "isvprodid" },
	{ "\"isvprodid\":1", "\"isvprodid\":1.0", "isvprodid" },
	{ "\"miscselect\":\"", "\"miscselect\":\"z", "miscselect" },
	{ "\"mrsigner\":\"", "\"mrsigner\":\"0", "mrsigner" },
	{ "\"isvsvn\":", "\"isvsvn\":-", "isvsvn" },
	{ "\"tcbLevels\":", "\"levels\":", "tcbLevels" },
};

static void test_qe_identity(void **state)
{
	struct attest_scene s;
	struct mr_signed_json cut;

	(void)state;
	attest_scene_open(&s, "sgx");
	assert_true(mr_signed_json_cut(
		mr_bytes_str(s.dir.intel.qe_identity), MR_STR("enclaveIdentity"), &cut));
	for (size_t i = 0; i < MR_COUNT(qe_changes); i++) {
		struct mr_str text = changed(
			&s.arena, cut.object, qe_changes[i].old, qe_changes[i].new);
		struct mr_qe_identity identity;
		const char *bad;

		assert_true(
			mr_qe_identity_read(text, &s.arena, &identity, &bad) == !qe_changes[i].bad);
		if (qe_changes[i].bad)
			assert_string_equal(bad, qe_changes[i].bad);
	}
	attest_scene_close(&s);
}

static void test_old_version(void **state)
{
	static const char text[] =
		"{\"version\":2,\"issueDate\":\"2026-01-01T00:00:00Z\",\"nextUpdate\":\"2026-02-01T00:00:00Z\","
		"\"fmspc\":\"00906ED50000\",\"pceId\":\"0000\",\"tcbType\":0,\"tcbEvaluationDataNumber\":1,\"tcbLevels\":[]}";
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_tcb_info info;
	const char *bad;

	(void)state;
	mr_arena_init(&arena, ROOM);
	assert_true(mr_tcb_info_read(mr_str_of(text), &arena, &info, &bad));
	assert_int_equal(info.level_count, 0);
	assert_int_equal(info.fmspc[1], 0x90);
	assert_false(mr_tcb_info_read(MR_STR("[]"), &arena, &info, &bad));
	assert_null(bad);
}

static void test_dates(void **state)
{
	int64_t seconds = 0;

	(void)state;
	assert_true(mr_utc_parse(MR_STR("2026-06-01T12:00:00Z"), &seconds));
	assert_int_equal(seconds, 1780315200);
	assert_false(mr_utc_parse(MR_STR("2026-02-30T12:00:00Z"), &seconds));
	assert_false(mr_utc_parse(MR_STR("2026-06-01 12:00:00Z"), &seconds));
	assert_false(mr_utc_parse(MR_STR("2026-06-01T12:00:00z"), &seconds));
	assert_false(mr_utc_parse(MR_STR("2026-06-01T12:00Z"), &seconds));
}

static void test_status(void **state)
{
	enum mr_tcb_status status;

	(void)state;
	assert_true(mr_tcb_status_parse(MR_STR("SWHardeningNeeded"), &status));
	assert_int_equal(status, MR_TCB_SW_HARDENING_NEEDED);
	assert_false(mr_tcb_status_parse(MR_STR("TDRelaunchAdvised"), &status));
	assert_false(mr_tcb_status_parse(MR_STR("uptodate"), &status));
	assert_int_equal(mr_tcb_converge(MR_TCB_UP_TO_DATE, MR_TCB_REVOKED), MR_TCB_REVOKED);
	assert_int_equal(mr_tcb_converge(MR_TCB_CONFIGURATION_NEEDED, MR_TCB_OUT_OF_DATE),
		MR_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED);
	assert_int_equal(mr_tcb_converge(MR_TCB_REVOKED, MR_TCB_UP_TO_DATE), MR_TCB_REVOKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_tcb_info),
		cmocka_unit_test(test_qe_identity),
		cmocka_unit_test(test_old_version),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
