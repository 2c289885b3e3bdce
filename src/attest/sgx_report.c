/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sgx_report.h"

bool mr_sgx_report_read(struct mr_bytes body, struct mr_sgx_report *ret)
{
	struct mr_cursor c = mr_cursor_of(body);
	struct mr_sgx_report r;

	if (body.len != MR_SGX_REPORT_SIZE || !mr_cursor_take(&c, 16, &r.cpu_svn) ||
		!mr_cursor_take(&c, 4, &r.misc_select_raw) || !mr_cursor_skip(&c, 12) ||
		!mr_cursor_take(&c, 16, &r.isv_ext_prod_id) ||
		!mr_cursor_take(&c, 16, &r.attributes) || !mr_cursor_take(&c, 32, &r.mr_enclave) ||
		!mr_cursor_skip(&c, 32) || !mr_cursor_take(&c, 32, &r.mr_signer) ||
		!mr_cursor_skip(&c, 32) || !mr_cursor_take(&c, 64, &r.config_id) ||
		!mr_cursor_u16le(&c, &r.isv_prod_id) || !mr_cursor_u16le(&c, &r.isv_svn) ||
		!mr_cursor_u16le(&c, &r.config_svn) || !mr_cursor_skip(&c, 42) ||
		!mr_cursor_take(&c, 16, &r.isv_family_id) ||
		!mr_cursor_take(&c, 64, &r.report_data))
		return false;
	struct mr_cursor misc = mr_cursor_of(r.misc_select_raw);
	struct mr_cursor attributes = mr_cursor_of(r.attributes);
	bool good = mr_cursor_u32le(&misc, &r.misc_select) &&
		    mr_cursor_u64le(&attributes, &r.flags);
	*ret = r;
	return good;
}
