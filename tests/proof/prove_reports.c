/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No input of 0 to 1,192 bytes makes the readers of SGX, TD and SNP report bodies read outside of it, overflow or use
 * what was not initialized (tools/prove.sh). Their one precondition is the cursor's: `len` bytes are at `ptr`.
 */
#include "attest/sgx_report.h"
#include "attest/snp_report.h"
#include "attest/td_report.h"
#include "prove.h"

enum { MAX = MR_SNP_REPORT_SIZE + 8 };

static unsigned char input[MAX];

/* The proof is about the readers; what they say in words is printf's. */
enum mr_attest_code mr_attest_fail(
	struct mr_error *err, enum mr_attest_code code, const char *format, ...)
{
	(void)format;
	err->message[0] = '\0';
	return code;
}

static void read_all(struct mr_bytes all)
{
	struct mr_sgx_report sgx;
	struct mr_td_report td;
	struct mr_snp_report snp;
	struct mr_error err;

	if (mr_sgx_report_read(all, &sgx))
		(void)sgx.report_data.ptr[63];
	if (mr_td_report_read(all, &td) && mr_td_report_reserved_zero(&td))
		(void)td.report_data.ptr[63];
	if (mr_snp_report_read(all, &snp, &err) == MR_ATTEST_OK) {
		enum mr_snp_line line = mr_snp_line_of(&snp);
		struct mr_snp_tcb tcb = mr_snp_tcb_of(line, snp.reported_tcb);

		(void)mr_snp_tcb_eq(&tcb, &tcb);
	}
}

/* Each length by itself: the analyzer does not relate a length to a pointer. */
int main(void)
{
	for (unsigned size = 0; size <= MAX; size++) {
		struct mr_bytes all = { any_input(input, MAX, size), size };

		read_all(all);
	}
	return 0;
}
