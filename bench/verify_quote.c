/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify_quote FOLDER: what the verification of an SGX quote with collateral at hand costs beside the signatures that it
 * checks, as JSON on stdout: CPU microseconds of both. FOLDER is tests/unit/attest/data.
 */
#include <stdio.h>
#include <time.h>

#include "attest/collateral_dir.h"
#include "base/file.h"

/* of the quote, of the quoting enclave's report, and of the three certificates */
enum { ROUNDS = 7, CALLS = 200, SIGNATURES = 5, NOW = 1780315200 /* 2026-06-01T12:00:00Z */ };
#define ROOM ((size_t)1 << 24)

struct state {
	struct mr_arena arena;
	struct mr_buf evidence;
	struct mr_collateral_dir dir;
	struct mr_roots roots;
	struct mr_collateral *collateral;
	struct mr_key *key;
	struct mr_buf signature;
};

static double cpu_us(void)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static enum mr_attest_code at_hand(void *context, const struct mr_intel_chain *pck,
	const struct mr_pck_extension *platform, bool is_td, const struct mr_collateral **ret,
	struct mr_error *err)
{
	const struct state *s = context;

	(void)pck;
	(void)platform;
	(void)is_td;
	(void)err;
	*ret = s->collateral;
	return MR_ATTEST_OK;
}

static mr_result verify_quote(struct state *s, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_evidence evidence;
	struct mr_verdict verdict;
	const struct mr_verify_input in = { .evidence = &evidence,
		.roots = &s->roots,
		.now = NOW,
		.source = { .context = s, .collateral = at_hand } };

	mr_arena_init(&arena, ROOM);
	if (mr_evidence_read(mr_buf_bytes(&s->evidence), &evidence, err) != MR_ATTEST_OK ||
		mr_verify(&in, &arena, &verdict, err) != MR_ATTEST_OK)
		return (mr_result){ MR_CODE_CRYPTO };
	return MR_OK;
}

static struct mr_bytes message(void)
{
	static const uint8_t text[432] = { 1 };

	return mr_bytes_of(text, sizeof text);
}

static mr_result verify_signatures(struct state *s, struct mr_error *err)
{
	for (unsigned i = 0; i < SIGNATURES; i++)
		MR_TRY(mr_key_verify(
			s->key, MR_HASH_SHA256, message(), mr_buf_bytes(&s->signature), err));
	return MR_OK;
}

static mr_result prepare(struct state *s, const char *folder, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf pem = { 0 };
	MR_AUTO(cert) struct mr_cert root = { .version = 0 };
	MR_AUTO(key) struct mr_key *key = NULL;
	char path[4096];

	mr_arena_init(&s->arena, ROOM);
	mr_buf_init(&s->evidence, ROOM);
	mr_buf_init(&s->signature, 256);
	mr_buf_init(&pem, ROOM);
	(void)snprintf(path, sizeof path, "%s/sgx/evidence", folder);
	MR_TRY(mr_file_read(path, &s->evidence, err));
	(void)snprintf(path, sizeof path, "%s/intel-root.pem", folder);
	MR_TRY(mr_file_read(path, &pem, err));
	MR_TRY(mr_cert_from_pem(mr_buf_str(&pem), &root, NULL, err));
	MR_TRY(mr_cert_key(&root, &key, err));
	memcpy(s->roots.intel_key, mr_key_public_bits(key).ptr, sizeof s->roots.intel_key);
	(void)snprintf(path, sizeof path, "%s/sgx", folder);
	MR_TRY(mr_collateral_dir_read(path, &s->arena, &s->dir, err));
	if (mr_collateral_new(&s->dir.intel, &s->roots, &s->collateral, err) != MR_ATTEST_OK)
		return (mr_result){ MR_CODE_CRYPTO };
	MR_TRY(mr_key_generate(MR_KEY_EC_P256, 0, &s->key, err));
	return mr_key_sign(s->key, MR_HASH_SHA256, message(), &s->signature, err);
}

static void finish(struct state *s)
{
	mr_collateral_unref(s->collateral);
	mr_key_unref(s->key);
	mr_buf_done(&s->evidence);
	mr_buf_done(&s->signature);
	mr_arena_done(&s->arena);
}

/* The best of some rounds of each, in turn: other load on the machine only ever adds. */
static mr_result measure(struct state *s, double ret_us[static 2], struct mr_error *err)
{
	mr_result (*const calls[])(
		struct state *, struct mr_error *) = { verify_quote, verify_signatures };

	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned which = 0; which < 2; which++) {
			double began = cpu_us();

			for (unsigned i = 0; i < CALLS; i++)
				MR_TRY(calls[which](s, err));
			double each = (cpu_us() - began) / CALLS;
			if (round == 0 || each < ret_us[which])
				ret_us[which] = each;
		}
	}
	return MR_OK;
}

int main(int argc, char **argv)
{
	struct state s = { .collateral = NULL };
	double us[2] = { 0, 0 };
	struct mr_error err;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: verify_quote FOLDER\n");
		return 2;
	}
	mr_result r = prepare(&s, argv[1], &err);
	if (!mr_failed(r))
		r = measure(&s, us, &err);
	finish(&s);
	if (mr_failed(r)) {
		(void)fprintf(stderr, "verify_quote: %s\n", err.message);
		return 1;
	}
	(void)printf("{\"verify_quote_us\": %.2f, \"verify_quote_raw_us\": %.2f}\n", us[0], us[1]);
	return 0;
}
