/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert_write.h"

#include "crypto/der.h"
#include "crypto/random.h"
#include "crypto/signature.h"
#include "crypto/x509_internal.h"

/* What a certificate has beside its variable parts, generously. */
enum { FIXED_SIZE = 512, SERIAL_SIZE = 16 };

mr_result mr_x509_sign(struct mr_buf *out, size_t all_at, size_t tbs_at, const struct mr_key *key,
	enum mr_hash hash, struct mr_error *err)
{
	mr_der_close(out, tbs_at);
	size_t tbs_len = out->len - tbs_at;
	mr_signature_put_algorithm(out, key, hash);
	size_t bits_at = mr_der_open(out, MR_DER_BIT_STRING);
	mr_buf_put_u8(out, 0);
	MR_TRY(mr_buf_status(out, err));
	MR_TRY(mr_key_sign(key, hash, mr_bytes_of(out->data + tbs_at, tbs_len), out, err));
	mr_der_close(out, bits_at);
	mr_der_close(out, all_at);
	return mr_buf_status(out, err);
}

/* In the order of TBSCertificate, see cert.c. Issuer and subject are taken over byte for byte. */
static void put_tbs_body(struct mr_buf *out, const struct mr_cert_profile *p,
	const struct mr_key *issuer_key, enum mr_hash hash, struct mr_bytes serial)
{
	size_t at = mr_der_open(out, MR_DER_CONTEXT_CONSTRUCTED);

	mr_der_put_u64(out, 2);
	mr_der_close(out, at);
	mr_der_put_unsigned(out, serial);
	mr_signature_put_algorithm(out, issuer_key, hash);
	mr_buf_put_bytes(out, p->issuer);
	at = mr_der_open(out, MR_DER_SEQUENCE);
	mr_der_put_time(out, p->not_before);
	mr_der_put_time(out, p->not_after);
	mr_der_close(out, at);
	mr_buf_put_bytes(out, p->subject);
	mr_buf_put_bytes(out, p->spki);
	if (p->extensions.len == 0)
		return;
	at = mr_der_open(out, MR_DER_CONTEXT_CONSTRUCTED | 3);
	size_t seq = mr_der_open(out, MR_DER_SEQUENCE);
	mr_buf_put_bytes(out, p->extensions);
	mr_der_close(out, seq);
	mr_der_close(out, at);
}

static mr_result issue(const struct mr_cert_profile *p, const struct mr_key *issuer_key,
	enum mr_hash hash, struct mr_buf *out, struct mr_error *err)
{
	uint8_t serial[SERIAL_SIZE];

	MR_TRY(mr_random(serial, sizeof serial, err));
	/* At once, so that nothing is copied while it grows. */
	(void)mr_buf_reserve(
		out, FIXED_SIZE + p->issuer.len + p->subject.len + p->spki.len + p->extensions.len);
	size_t all_at = mr_der_open(out, MR_DER_SEQUENCE);
	size_t tbs_at = mr_der_open(out, MR_DER_SEQUENCE);
	put_tbs_body(out, p, issuer_key, hash, mr_bytes_of(serial, sizeof serial));
	return mr_x509_sign(out, all_at, tbs_at, issuer_key, hash, err);
}

mr_result mr_cert_issue_with_hash(const struct mr_cert_profile *profile,
	const struct mr_key *issuer_key, enum mr_hash hash, struct mr_buf *out,
	struct mr_error *err)
{
	size_t start = out->len;
	mr_result r = issue(profile, issuer_key, hash, out, err);

	if (mr_failed(r))
		mr_buf_truncate(out, start);
	return r;
}

mr_result mr_cert_issue(const struct mr_cert_profile *profile, const struct mr_key *issuer_key,
	struct mr_buf *out, struct mr_error *err)
{
	return mr_cert_issue_with_hash(
		profile, issuer_key, mr_key_default_hash(issuer_key), out, err);
}
