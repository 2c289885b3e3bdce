/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/pem.h"
#include "crypto/der.h"
#include "crypto/key.h"

enum { MAX_BLOCK = 1 << 20 };

/* The label is no proof of the form: files labelled otherwise than what they hold are common. */
static mr_result from_any_form(struct mr_bytes der, struct mr_key **ret, struct mr_error *err)
{
	struct mr_cursor all = mr_cursor_of(der);
	struct mr_cursor seq;
	uint64_t version;

	if (mr_der_enter(&all, MR_DER_SEQUENCE, &seq) && mr_der_u64(&seq, &version)) {
		if (mr_der_peek(&seq, MR_DER_OCTET_STRING))
			return mr_key_from_sec1(der, ret, err);
		if (mr_der_peek(&seq, MR_DER_INTEGER))
			return mr_key_from_pkcs1(der, ret, err);
	}
	return mr_key_from_pkcs8(der, ret, err);
}

static bool is_key_label(struct mr_str label)
{
	return mr_str_eq(label, MR_STR("PRIVATE KEY")) ||
	       mr_str_eq(label, MR_STR("EC PRIVATE KEY")) ||
	       mr_str_eq(label, MR_STR("RSA PRIVATE KEY"));
}

mr_result mr_key_from_pem(struct mr_str pem, struct mr_key **ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	struct mr_str label = { NULL, 0 };

	mr_buf_init_secret(&der, MAX_BLOCK);
	while (!is_key_label(label)) {
		mr_buf_clear(&der);
		MR_TRY(mr_pem_decode(pem, &label, &der, &pem, err));
	}
	return from_any_form(mr_buf_bytes(&der), ret, err);
}
