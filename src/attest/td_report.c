/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/td_report.h"

/* What both versions have. */
static bool read_10(struct mr_cursor *c, struct mr_td_report *r)
{
	bool good = mr_cursor_take(c, 16, &r->tee_tcb_svn) && mr_cursor_take(c, 48, &r->mr_seam) &&
		    mr_cursor_take(c, 48, &r->mr_signer_seam) &&
		    mr_cursor_take(c, 8, &r->seam_attributes) &&
		    mr_cursor_take(c, 8, &r->attributes) && mr_cursor_take(c, 8, &r->xfam) &&
		    mr_cursor_take(c, 48, &r->mr_td) && mr_cursor_take(c, 48, &r->mr_config_id) &&
		    mr_cursor_take(c, 48, &r->mr_owner) &&
		    mr_cursor_take(c, 48, &r->mr_owner_config);

	for (unsigned i = 0; good && i < MR_TD_RTMR_COUNT; i++)
		good = mr_cursor_take(c, 48, &r->rtmr[i]);
	if (!good || !mr_cursor_take(c, 64, &r->report_data))
		return false;
	struct mr_cursor attributes = mr_cursor_of(r->attributes);
	return mr_cursor_u64le(&attributes, &r->attribute_bits);
}

bool mr_td_report_read(struct mr_bytes body, struct mr_td_report *ret)
{
	struct mr_cursor c = mr_cursor_of(body);
	struct mr_td_report r = { .is_15 = body.len == MR_TD15_REPORT_SIZE };

	if ((body.len != MR_TD10_REPORT_SIZE && !r.is_15) || !read_10(&c, &r) ||
		(r.is_15 && (!mr_cursor_take(&c, 16, &r.tee_tcb_svn2) ||
				    !mr_cursor_take(&c, 48, &r.mr_service_td))))
		return false;
	*ret = r;
	return true;
}

bool mr_td_report_reserved_zero(const struct mr_td_report *report)
{
	return mr_bytes_is_zero(report->seam_attributes) &&
	       (report->attribute_bits & MR_TD_ATTRIBUTES_RESERVED) == 0;
}
