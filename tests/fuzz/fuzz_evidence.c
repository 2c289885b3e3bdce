/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence in any framing: quotes of all versions, SNP reports, envelopes with their certificates. */
#include "attest/platform.h"
#include "fuzz.h"

/* A view that was read lies inside the input. */
static void inside(struct mr_bytes part, struct mr_bytes all)
{
	FUZZ_CHECK(part.len == 0 || (part.ptr >= all.ptr && part.len <= all.len &&
					    (size_t)(part.ptr - all.ptr) <= all.len - part.len));
}

/* What is asked of a report that was read. */
static void ask(const struct mr_evidence *e)
{
	FUZZ_CHECK(mr_tee_name(e->tee)[0] && mr_framing_name(e->framing)[0]);
	FUZZ_CHECK(mr_evidence_version(e) >= 2 && mr_evidence_version(e) <= 5);
	(void)mr_evidence_is_debug(e);
	if (e->tee != MR_TEE_SNP)
		return;
	FUZZ_CHECK(mr_snp_line_name(mr_snp_line_of(&e->snp))[0]);
	for (unsigned line = 0; line <= MR_SNP_UNKNOWN; line++) {
		enum mr_snp_line which = (enum mr_snp_line)line;
		struct mr_snp_tcb reported = mr_snp_tcb_of(which, e->snp.reported_tcb);
		struct mr_snp_tcb committed = mr_snp_tcb_of(which, e->snp.committed_tcb);

		FUZZ_CHECK(mr_snp_tcb_eq(&reported, &reported));
		FUZZ_CHECK(mr_snp_tcb_eq(&reported, &committed) ==
			   (mr_snp_tcb_at_most(&reported, &committed) &&
				   mr_snp_tcb_at_most(&committed, &reported)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_bytes all = mr_bytes_of(data, size);
	struct mr_evidence e;
	struct mr_verdict verdict;
	struct mr_error err;

	enum mr_attest_code code = mr_evidence_read(all, &e, &err);
	FUZZ_CHECK(
		code == MR_ATTEST_OK || code == MR_ATTEST_PARSE || code == MR_ATTEST_UNSUPPORTED);
	if (code != MR_ATTEST_OK)
		return 0;
	inside(e.raw, all);
	inside(mr_evidence_report_data(&e), e.raw);
	if (e.tee == MR_TEE_SNP) {
		inside(e.snp.s, e.raw);
		for (unsigned i = 0; i < MR_SNP_ITEM_COUNT; i++)
			inside(e.table.item[i], all);
	} else {
		inside(e.quote.signed_bytes, e.raw);
		inside(e.quote.certification_data, e.raw);
	}
	ask(&e);
	mr_platform_read(&e, &verdict);
	return 0;
}
