/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/signature_raw.h"

#include "crypto/der.h"
#include "crypto/key_internal.h"

enum { TEXT_MAX = 512 };

mr_result mr_key_from_point(
	enum mr_key_type type, struct mr_bytes x_y, struct mr_key **ret, struct mr_error *err)
{
	const struct mr_ec_curve *curve = mr_ec_curve_of(type);
	MR_AUTO(buf) struct mr_buf spki = { 0 };
	uint8_t point[1 + 2 * 66] = { 4 };

	if (!curve || x_y.len != 2 * curve->field || x_y.len >= sizeof point)
		return mr_fail(err, MR_CODE_INVALID, "invalid public key");
	memcpy(point + 1, x_y.ptr, x_y.len);
	mr_buf_init(&spki, TEXT_MAX);
	size_t all = mr_der_open(&spki, MR_DER_SEQUENCE);
	size_t algorithm = mr_der_open(&spki, MR_DER_SEQUENCE);
	mr_der_put_oid(&spki, MR_OID_EC_PUBLIC_KEY);
	mr_der_put_oid(&spki, curve->oid);
	mr_der_close(&spki, algorithm);
	mr_der_put_bits(&spki, mr_bytes_of(point, 1 + x_y.len), 0);
	mr_der_close(&spki, all);
	MR_TRY(mr_buf_status(&spki, err));
	return mr_key_from_spki(mr_buf_bytes(&spki), ret, err);
}

mr_result mr_key_verify_raw(const struct mr_key *key, enum mr_hash hash, struct mr_bytes data,
	struct mr_bytes r, struct mr_bytes s, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf signature = { 0 };

	mr_buf_init(&signature, TEXT_MAX);
	size_t all = mr_der_open(&signature, MR_DER_SEQUENCE);
	mr_der_put_unsigned(&signature, r);
	mr_der_put_unsigned(&signature, s);
	mr_der_close(&signature, all);
	MR_TRY(mr_buf_status(&signature, err));
	return mr_key_verify(key, hash, data, mr_buf_bytes(&signature), err);
}
