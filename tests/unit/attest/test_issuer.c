/* SPDX-License-Identifier: Apache-2.0 */
/* Quote issuers against a folder that stands for the device (30 §5.7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "attest/issuer.h"
#include "base/file.h"

static char folder[] = "/tmp/test_issuer.XXXXXX";

static const uint8_t report_data[MR_REPORT_DATA_SIZE] = { 1, 2, 3, 255 };

static int enter_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	(void)state;
	(void)remove("user_report_data");
	(void)remove("quote");
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void write_device(size_t quote_size)
{
	struct mr_error err;
	uint8_t *quote = malloc(quote_size + 1);

	assert_non_null(quote);
	memset(quote, 'Q', quote_size);
	assert_false(mr_failed(mr_file_write("user_report_data", mr_bytes_of("", 0), 0600, &err)));
	assert_false(mr_failed(mr_file_write("quote", mr_bytes_of(quote, quote_size), 0600, &err)));
	free(quote);
}

static void test_none(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	mr_buf_init(&out, 100);
	mr_result r = mr_issuer_none.issue(&mr_issuer_none, report_data, &out, &err);
	assert_int_equal(r.code, MR_CODE_UNSUPPORTED);
	assert_string_equal(err.message, "OE_UNSUPPORTED");
	assert_int_equal(out.len, 0);
}

static void test_gramine(void **state)
{
	(void)state;
	static const uint8_t envelope[16] = { 1, 0, 0, 0, 2, 0, 0, 0, 0xff, 0x1f, 0, 0, 0, 0, 0,
		0 };
	struct mr_issuer issuer = mr_issuer_gramine;
	MR_AUTO(buf) struct mr_buf out = { 0 };
	MR_AUTO(buf) struct mr_buf written = { 0 };
	struct mr_error err;

	issuer.device = folder;
	mr_buf_init(&out, 10000);
	mr_buf_init(&written, 100);
	write_device(8191);
	assert_false(mr_failed(issuer.issue(&issuer, report_data, &out, &err)));
	assert_int_equal(out.len, 16 + 8191);
	assert_memory_equal(out.data, envelope, sizeof envelope);
	assert_int_equal(out.data[16], 'Q');
	assert_false(mr_failed(mr_file_read("user_report_data", &written, &err)));
	assert_true(
		mr_bytes_eq(mr_buf_bytes(&written), mr_bytes_of(report_data, sizeof report_data)));
}

static void test_gramine_refuses_sizes(void **state)
{
	(void)state;
	static const size_t sizes[] = { 0, 8192, 9000 };
	struct mr_issuer issuer = mr_issuer_gramine;

	issuer.device = folder;
	for (size_t i = 0; i < MR_COUNT(sizes); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		struct mr_error err;
		mr_buf_init(&out, 20000);
		write_device(sizes[i]);
		assert_int_equal(
			issuer.issue(&issuer, report_data, &out, &err).code, MR_CODE_INVALID);
		assert_string_equal(err.message, "invalid quote size");
		assert_int_equal(out.len, 0);
	}
}

static void test_missing_devices(void **state)
{
	(void)state;
	struct mr_issuer gramine = mr_issuer_gramine;
	struct mr_issuer occlum = mr_issuer_occlum;
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	mr_buf_init(&out, 100);
	(void)remove("user_report_data");
	gramine.device = folder;
	assert_int_equal(gramine.issue(&gramine, report_data, &out, &err).code, MR_CODE_IO);
	assert_non_null(strstr(err.message, "user_report_data: no such file or directory"));
	occlum.device = "not-there";
	assert_int_equal(occlum.issue(&occlum, report_data, &out, &err).code, MR_CODE_IO);
	assert_string_equal(err.message, "open not-there: no such file or directory");
	/* an ordinary file knows none of the ioctls */
	write_device(1);
	occlum.device = "quote";
	assert_int_equal(occlum.issue(&occlum, report_data, &out, &err).code, MR_CODE_IO);
	assert_non_null(strstr(err.message, "getting quote size: "));
}

static void test_output_bound(void **state)
{
	(void)state;
	struct mr_issuer issuer = mr_issuer_gramine;
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	issuer.device = folder;
	mr_buf_init(&out, 100);
	write_device(1000);
	assert_int_equal(issuer.issue(&issuer, report_data, &out, &err).code, MR_CODE_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_gramine),
		cmocka_unit_test(test_gramine_refuses_sizes),
		cmocka_unit_test(test_missing_devices),
		cmocka_unit_test(test_output_bound),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
