/* SPDX-License-Identifier: Apache-2.0 */
#include "attest_test.h"

#include <stdio.h>

#include "base/file.h"

#define SCENE_OK(call)                                                                             \
	do {                                                                                       \
		if (mr_failed(call))                                                               \
			fail_msg("%s: %s", #call, s->err.message);                                 \
	} while (0)

enum { ROOM = 1 << 24, NOW = 1780315200 /* 2026-06-01T12:00:00Z */ };

static void read_file(struct attest_scene *s, const char *name, struct mr_buf *out)
{
	char path[4096];

	(void)snprintf(path, sizeof path, "%s/%s", MR_TEST_DATA, name);
	mr_buf_init(out, ROOM);
	SCENE_OK(mr_file_read(path, out, &s->err));
}

static void read_roots(struct attest_scene *s)
{
	MR_AUTO(buf) struct mr_buf intel = { 0 };
	MR_AUTO(buf) struct mr_buf amd = { 0 };
	MR_AUTO(cert) struct mr_cert root = { .version = 0 };
	MR_AUTO(key) struct mr_key *key = NULL;

	read_file(s, "intel-root.pem", &intel);
	read_file(s, "amd-ark.der", &amd);
	SCENE_OK(mr_cert_from_pem(mr_buf_str(&intel), &root, NULL, &s->err));
	SCENE_OK(mr_cert_key(&root, &key, &s->err));
	memcpy(s->roots.intel_key, mr_key_public_bits(key).ptr, sizeof s->roots.intel_key);
	s->roots.has_ark[MR_SNP_MILAN] = true;
	SCENE_OK(mr_sha256(mr_buf_bytes(&amd), s->roots.ark[MR_SNP_MILAN], &s->err));
}

void attest_scene_open(struct attest_scene *s, const char *name)
{
	char path[4096];

	*s = (struct attest_scene){ .now = NOW };
	mr_arena_init(&s->arena, ROOM);
	(void)snprintf(path, sizeof path, "%s/evidence", name);
	read_file(s, path, &s->evidence);
	(void)snprintf(path, sizeof path, "%s/%s", MR_TEST_DATA, name);
	SCENE_OK(mr_collateral_dir_read(path, &s->arena, &s->dir, &s->err));
	read_roots(s);
}

void attest_scene_close(struct attest_scene *s)
{
	mr_collateral_unref(s->collateral);
	mr_buf_done(&s->evidence);
	mr_arena_done(&s->arena);
}

static enum mr_attest_code load(void *context, const struct mr_intel_chain *pck,
	const struct mr_pck_extension *platform, bool is_td, const struct mr_collateral **ret,
	struct mr_error *err)
{
	struct attest_scene *s = context;

	(void)pck;
	(void)platform;
	(void)is_td;
	if (!s->collateral)
		MR_ATTEST_TRY(mr_collateral_new(&s->dir.intel, &s->roots, &s->collateral, err));
	*ret = s->collateral;
	return MR_ATTEST_OK;
}

enum mr_attest_code attest_scene_judge(struct attest_scene *s)
{
	struct mr_evidence evidence;
	struct mr_verify_input in = { .evidence = &evidence,
		.roots = &s->roots,
		.now = s->now,
		.source = { .context = s, .collateral = load },
		.pck_chain = s->dir.pck_chain,
		.snp = s->dir.snp };

	s->verdict = (struct mr_verdict){ .step = MR_STEP_FORMAT };
	MR_ATTEST_TRY(mr_evidence_read(mr_buf_bytes(&s->evidence), &evidence, &s->err));
	return mr_verify(&in, &s->arena, &s->verdict, &s->err);
}
