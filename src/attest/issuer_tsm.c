/* SPDX-License-Identifier: Apache-2.0 */
/* configfs-tsm (70 §16.5): a folder a request, files for what goes in and comes out. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/issuer.h"
#include "base/file.h"
#include "crypto/random.h"

enum { FULL_REPORT_DATA = 64, SNP_REPORT = 1184, TRIES = 5 };
#define BLOB_MAX ((size_t)256 << 10)

struct request {
	char folder[PATH_MAX - 32];
};

static mr_result open_request(const char *device, struct request *ret, struct mr_error *err)
{
	uint8_t random[8];
	uint64_t number;

	MR_TRY(mr_random(random, sizeof random, err));
	memcpy(&number, random, sizeof number);
	int n = snprintf(ret->folder, sizeof ret->folder, "%s/marblerun-%016llx", device,
		(unsigned long long)number);
	if (n < 0 || (size_t)n >= sizeof ret->folder)
		return mr_fail(err, MR_CODE_LIMIT, "path of the report is too long");
	if (mkdir(ret->folder, 0700) != 0)
		return mr_fail_errno(err, errno, "mkdir %s", ret->folder);
	return MR_OK;
}

static mr_result read_file(
	const struct request *q, const char *name, struct mr_buf *out, struct mr_error *err)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof path, "%s/%s", q->folder, name);
	mr_buf_clear(out);
	return mr_file_read(path, out, err);
}

/* The kernel takes all of it in one write. */
static mr_result write_input(
	const struct request *q, const uint8_t *report_data, struct mr_error *err)
{
	uint8_t padded[FULL_REPORT_DATA] = { 0 };
	char path[PATH_MAX];

	(void)snprintf(path, sizeof path, "%s/inblob", q->folder);
	memcpy(padded, report_data, MR_REPORT_DATA_SIZE);
	MR_AUTO(fd) int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return mr_fail_errno(err, errno, "open %s", path);
	ssize_t n = write(fd, padded, sizeof padded);
	if (n != (ssize_t)sizeof padded)
		return mr_fail_errno(err, n < 0 ? errno : EIO, "write %s", path);
	return MR_OK;
}

static mr_result generation(const struct request *q, uint64_t *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	*ret = 0;
	mr_buf_init(&text, 64);
	MR_TRY(read_file(q, "generation", &text, err));
	for (size_t i = 0; i < text.len && text.data[i] >= '0' && text.data[i] <= '9' && i < 18;
		i++)
		*ret = *ret * 10 + (uint64_t)(text.data[i] - '0');
	return MR_OK;
}

/* What the platform has answered; all of one generation. */
struct answer {
	struct mr_buf evidence, certificates, provider;
};

static void answer_done(struct answer *a)
{
	mr_buf_done(&a->evidence);
	mr_buf_done(&a->certificates);
	mr_buf_done(&a->provider);
}

MR_DEFINE_AUTO(answer, struct answer, answer_done)

/* *ret_same: nobody else has written in between. */
static mr_result ask_once(const struct request *q, const uint8_t *report_data, struct answer *a,
	bool *ret_same, struct mr_error *err)
{
	uint64_t before = 0, after = 0;

	MR_TRY(generation(q, &before, err));
	MR_TRY(write_input(q, report_data, err));
	MR_TRY(read_file(q, "outblob", &a->evidence, err));
	/* not there with a provider that has no certificates */
	mr_result r = read_file(q, "auxblob", &a->certificates, err);
	if (mr_failed(r) && r.code != MR_CODE_NOT_FOUND)
		return r;
	MR_TRY(read_file(q, "provider", &a->provider, err));
	MR_TRY(generation(q, &after, err));
	*ret_same = after == before + 1;
	return MR_OK;
}

static mr_result ask(
	const struct request *q, const uint8_t *report_data, struct answer *a, struct mr_error *err)
{
	bool same = false;

	for (int i = 0; i < TRIES && !same; i++)
		MR_TRY(ask_once(q, report_data, a, &same, err));
	return same ? MR_OK
		    : mr_fail(err, MR_CODE_CONFLICT, "others keep writing to %s", q->folder);
}

static mr_result put_evidence(const struct answer *a, struct mr_buf *out, struct mr_error *err)
{
	const struct mr_str provider = mr_buf_str(&a->provider);

	if (a->evidence.len == 0)
		return mr_fail(err, MR_CODE_INVALID, "the platform gave no evidence");
	if (mr_str_starts(provider, MR_STR("tdx_guest"))) {
		mr_quote_put_envelope(out, mr_buf_bytes(&a->evidence));
	} else if (mr_str_starts(provider, MR_STR("sev_guest"))) {
		if (a->evidence.len != SNP_REPORT)
			return mr_fail(err, MR_CODE_INVALID, "an SNP report of %zu bytes",
				a->evidence.len);
		mr_evidence_put_snp(
			out, mr_buf_bytes(&a->evidence), mr_buf_bytes(&a->certificates));
	} else {
		return mr_fail(err, MR_CODE_UNSUPPORTED, "unknown provider of evidence: %.32s",
			provider.len ? (const char *)a->provider.data : "");
	}
	return mr_buf_status(out, err);
}

static mr_result issue(const struct mr_issuer *issuer,
	const uint8_t report_data[static MR_REPORT_DATA_SIZE], struct mr_buf *out,
	struct mr_error *err)
{
	MR_AUTO(answer) struct answer a = { 0 };
	struct request q;

	mr_buf_init(&a.evidence, BLOB_MAX);
	mr_buf_init(&a.certificates, BLOB_MAX);
	mr_buf_init(&a.provider, 64);
	MR_TRY(open_request(issuer->device, &q, err));
	mr_result r = ask(&q, report_data, &a, err);
	(void)rmdir(q.folder);
	MR_TRY(r);
	mr_buf_put_u8(&a.provider, 0);
	return put_evidence(&a, out, err);
}

const struct mr_issuer mr_issuer_tsm = { .issue = issue,
	.device = "/sys/kernel/config/tsm/report" };
