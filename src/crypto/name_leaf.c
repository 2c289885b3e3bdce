/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/der.h"
#include "crypto/name.h"

enum { MAX_TEXT = 16 << 10 };

/* Where a value's text lies in the buffer that holds them all. */
struct span {
	size_t from, to;
};

/* All values of one attribute, as text. */
struct values {
	struct mr_buf text;
	struct span spans[MR_NAME_MAX_VALUES];
	size_t count;
};

static mr_result collect(
	struct mr_bytes name, struct mr_bytes oid, struct values *v, struct mr_error *err)
{
	struct mr_name_reader r = mr_name_read(name);
	struct mr_name_attribute a;

	mr_buf_clear(&v->text);
	v->count = 0;
	while (mr_name_next(&r, &a)) {
		if (!mr_bytes_eq(a.oid, oid))
			continue;
		if (v->count == MR_NAME_MAX_VALUES)
			return mr_fail(err, MR_CODE_LIMIT, "too many attributes in the subject");
		size_t from = v->text.len;
		if (!mr_name_put_text(&a, &v->text))
			return mr_fail(err, MR_CODE_INVALID, "invalid text in the subject");
		v->spans[v->count++] = (struct span){ from, v->text.len };
	}
	return mr_buf_status(&v->text, err);
}

static mr_result put_kept(struct mr_bytes name, struct mr_bytes oid, bool last_only,
	struct values *v, struct mr_buf *out, struct mr_error *err)
{
	struct mr_str texts[MR_NAME_MAX_VALUES];

	MR_TRY(collect(name, oid, v, err));
	for (size_t i = 0; i < v->count; i++)
		texts[i] = mr_str_sub(mr_buf_str(&v->text), v->spans[i].from, v->spans[i].to);
	size_t first = last_only && v->count > 0 ? v->count - 1 : 0;
	mr_name_put_multi_rdn(out, oid, texts + first, v->count - first);
	return MR_OK;
}

static mr_result put_all(struct mr_bytes name, struct mr_str common_name, struct values *v,
	struct mr_buf *out, struct mr_error *err)
{
	const struct mr_bytes before[] = { MR_OID_COUNTRY, MR_OID_PROVINCE, MR_OID_LOCALITY,
		MR_OID_STREET, MR_OID_POSTAL_CODE, MR_OID_ORGANIZATIONAL_UNIT };
	size_t at = mr_der_open(out, MR_DER_SEQUENCE);

	for (size_t i = 0; i < MR_COUNT(before); i++)
		MR_TRY(put_kept(name, before[i], false, v, out, err));
	mr_name_put_rdn(out, MR_OID_COMMON_NAME, common_name);
	MR_TRY(put_kept(name, MR_OID_SERIAL_NUMBER, true, v, out, err));
	mr_der_close(out, at);
	return mr_buf_status(out, err);
}

mr_result mr_csr_subject_for_leaf(struct mr_bytes csr_subject_name, struct mr_str common_name,
	struct mr_buf *out_name, struct mr_error *err)
{
	static const uint8_t empty[] = { MR_DER_SEQUENCE, 0 };
	struct values v;
	size_t start = out_name->len;

	/* What Marbles send, as good as always. */
	if (mr_bytes_eq(csr_subject_name, mr_bytes_of(empty, sizeof empty))) {
		mr_name_put_common_name(out_name, common_name);
		return mr_buf_status(out_name, err);
	}
	if (!mr_name_valid(csr_subject_name))
		return mr_fail(err, MR_CODE_INVALID, "invalid subject");
	mr_buf_init(&v.text, MAX_TEXT);
	mr_result r = put_all(csr_subject_name, common_name, &v, out_name, err);
	mr_buf_done(&v.text);
	if (mr_failed(r))
		mr_buf_truncate(out_name, start);
	return r;
}
