/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the cryptography of an activation costs by itself, as JSON on stdout: CPU microseconds a
 * P-384 key generation, signature and verification, a leaf certificate and a verified request.
 * The figures of a whole activation are read against these.
 */
#include <stdio.h>
#include <time.h>

#include "crypto/cert_write.h"

enum { ROUNDS = 7, CALLS = 200 };

struct state {
	struct mr_key *key;
	struct mr_buf out, signature, csr, name, extensions;
};

static double cpu_us(void)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct mr_bytes message(void)
{
	static const uint8_t text[600] = { 1 };

	return mr_bytes_of(text, sizeof text);
}

static mr_result keygen(struct state *s, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *key = NULL;

	(void)s;
	return mr_key_generate(MR_KEY_EC_P384, 0, &key, err);
}

static mr_result sign(struct state *s, struct mr_error *err)
{
	mr_buf_clear(&s->out);
	return mr_key_sign(s->key, MR_HASH_SHA384, message(), &s->out, err);
}

static mr_result verify(struct state *s, struct mr_error *err)
{
	return mr_key_verify(s->key, MR_HASH_SHA384, message(), mr_buf_bytes(&s->signature), err);
}

static mr_result issue_leaf(struct state *s, struct mr_error *err)
{
	struct mr_cert_profile profile = {
		.issuer = mr_buf_bytes(&s->name),
		.subject = mr_buf_bytes(&s->name),
		.not_before = 1767225600,
		.not_after = 1767225600 + MR_NO_EXPIRY_SECONDS,
		.spki = mr_key_spki(s->key),
		.extensions = mr_buf_bytes(&s->extensions),
	};

	mr_buf_clear(&s->out);
	return mr_cert_issue(&profile, s->key, &s->out, err);
}

static mr_result check_csr(struct state *s, struct mr_error *err)
{
	struct mr_csr csr;

	return mr_csr_parse(mr_buf_bytes(&s->csr), &csr, err);
}

static mr_result export_key(struct state *s, struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret der = { NULL, 0 };

	return mr_key_to_pkcs8(s->key, &der, err);
}

static mr_result prepare(struct state *s, struct mr_error *err)
{
	const struct mr_bytes purposes[] = { MR_OID_SERVER_AUTH, MR_OID_CLIENT_AUTH };
	const struct mr_alt_name names[] = { { 2, { (const uint8_t *)"localhost", 9 } },
		{ 7, { (const uint8_t *)"\x7F\0\0\1", 4 } } };
	uint8_t id[20];

	mr_buf_init(&s->out, 1 << 16);
	mr_buf_init(&s->signature, 1 << 16);
	mr_buf_init(&s->csr, 1 << 16);
	mr_buf_init(&s->name, 1 << 16);
	mr_buf_init(&s->extensions, 1 << 16);
	MR_TRY(mr_key_generate(MR_KEY_EC_P384, 0, &s->key, err));
	MR_TRY(mr_key_sign(s->key, MR_HASH_SHA384, message(), &s->signature, err));
	MR_TRY(mr_csr_write(names, MR_COUNT(names), s->key, &s->csr, err));
	MR_TRY(mr_key_identifier(s->key, id, err));
	mr_name_put_common_name(&s->name, MR_STR("11111111-2222-4333-8444-555555555555"));
	mr_ext_put_key_usage(&s->extensions, 1 | 16);
	mr_ext_put_ext_key_usage(&s->extensions, purposes, MR_COUNT(purposes));
	mr_ext_put_basic_constraints(&s->extensions, false, -1);
	mr_ext_put_authority_key_id(&s->extensions, mr_bytes_of(id, sizeof id));
	mr_ext_put_alt_names(&s->extensions, names, MR_COUNT(names), false);
	mr_ext_put(&s->extensions, MR_OID_MARBLE_TYPE, false, mr_bytes_of("frontend", 8));
	return mr_buf_status(&s->extensions, err);
}

static void finish(struct state *s)
{
	mr_key_unref(s->key);
	mr_buf_done(&s->out);
	mr_buf_done(&s->signature);
	mr_buf_done(&s->csr);
	mr_buf_done(&s->name);
	mr_buf_done(&s->extensions);
}

/* The best of some rounds: other load on the machine only ever adds. */
static mr_result measure(mr_result (*call)(struct state *, struct mr_error *), struct state *s,
	double *ret_us, struct mr_error *err)
{
	double best = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double start = cpu_us();

		for (int i = 0; i < CALLS; i++)
			MR_TRY(call(s, err));
		double us = (cpu_us() - start) / CALLS;
		if (round == 0 || us < best)
			best = us;
	}
	*ret_us = best;
	return MR_OK;
}

static mr_result run(struct state *s, struct mr_error *err)
{
	static const struct {
		const char *name;
		mr_result (*call)(struct state *, struct mr_error *);
	} steps[] = {
		{ "p384_keygen_us", keygen },
		{ "p384_sign_us", sign },
		{ "p384_verify_us", verify },
		{ "leaf_issue_us", issue_leaf },
		{ "csr_parse_verify_us", check_csr },
		{ "pkcs8_export_us", export_key },
	};

	MR_TRY(prepare(s, err));
	for (size_t i = 0; i < MR_COUNT(steps); i++) {
		double us = 0;

		MR_TRY(measure(steps[i].call, s, &us, err));
		printf("%s\"%s\": %.2f", i == 0 ? "{" : ", ", steps[i].name, us);
	}
	printf("}\n");
	return MR_OK;
}

int main(void)
{
	struct state s = { .key = NULL };
	struct mr_error err;
	mr_result r = run(&s, &err);

	finish(&s);
	if (mr_failed(r))
		(void)fprintf(stderr, "%s\n", err.message);
	return mr_failed(r);
}
