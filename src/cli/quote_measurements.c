/* SPDX-License-Identifier: Apache-2.0 */
/* The measurements of each kind of evidence, as one list that both forms of output go over (70 §21.4). */
#include "cli/quote_report.h"

#include <inttypes.h>

#include "codec/base64.h"
#include "codec/json.h"

enum { MEASUREMENTS_MAX = 24 };

struct measurement {
	const char *name;
	struct mr_bytes bytes; /* printed as hex, unless it is a number */
	bool is_number, is_hex_number;
	uint64_t number;
};

struct list {
	struct measurement item[MEASUREMENTS_MAX];
	size_t count;
};

static void add(struct list *l, const char *name, struct mr_bytes bytes)
{
	l->item[l->count++] = (struct measurement){ .name = name, .bytes = bytes };
}

static void add_number(struct list *l, const char *name, uint64_t number)
{
	l->item[l->count++] = (struct measurement){
		.name = name, .is_number = true, .number = number
	};
}

static void list_sgx(const struct mr_sgx_report *r, struct list *l)
{
	add(l, "mrEnclave", r->mr_enclave);
	add(l, "mrSigner", r->mr_signer);
	add_number(l, "isvProdId", r->isv_prod_id);
	add_number(l, "isvSvn", r->isv_svn);
	add(l, "cpuSvn", r->cpu_svn);
	add(l, "attributes", r->attributes);
	add_number(l, "miscSelect", r->misc_select);
	add(l, "configId", r->config_id);
	add_number(l, "configSvn", r->config_svn);
	add(l, "isvExtProdId", r->isv_ext_prod_id);
	add(l, "isvFamilyId", r->isv_family_id);
}

static void list_td(const struct mr_td_report *r, struct list *l)
{
	static const char *const rtmrs[MR_TD_RTMR_COUNT] = { "rtmr0", "rtmr1", "rtmr2", "rtmr3" };

	add(l, "mrTd", r->mr_td);
	for (unsigned i = 0; i < MR_TD_RTMR_COUNT; i++)
		add(l, rtmrs[i], r->rtmr[i]);
	add(l, "mrConfigId", r->mr_config_id);
	add(l, "mrOwner", r->mr_owner);
	add(l, "mrOwnerConfig", r->mr_owner_config);
	add(l, "mrSeam", r->mr_seam);
	add(l, "mrSignerSeam", r->mr_signer_seam);
	add(l, "tdAttributes", r->attributes);
	add(l, "xfam", r->xfam);
	add(l, "teeTcbSvn", r->tee_tcb_svn);
	if (!r->is_15)
		return;
	add(l, "teeTcbSvn2", r->tee_tcb_svn2);
	add(l, "mrServiceTd", r->mr_service_td);
}

static void list_snp(const struct mr_snp_report *r, struct list *l)
{
	add(l, "measurement", r->measurement);
	add(l, "hostData", r->host_data);
	add(l, "idKeyDigest", r->id_key_digest);
	add(l, "authorKeyDigest", r->author_key_digest);
	add(l, "familyId", r->family_id);
	add(l, "imageId", r->image_id);
	add(l, "reportId", r->report_id);
	add_number(l, "guestSvn", r->guest_svn);
	add_number(l, "vmpl", r->vmpl);
	l->item[l->count++] = (struct measurement){
		.name = "policy", .is_hex_number = true, .number = r->policy
	};
	add(l, "currentTcb", r->current_tcb);
	add(l, "reportedTcb", r->reported_tcb);
	add(l, "committedTcb", r->committed_tcb);
	add(l, "launchTcb", r->launch_tcb);
}

static void list_all(const struct mr_evidence *e, struct list *l)
{
	if (e->tee == MR_TEE_SGX)
		list_sgx(&e->quote.sgx, l);
	else if (e->tee == MR_TEE_TDX)
		list_td(&e->quote.td, l);
	else
		list_snp(&e->snp, l);
}

static void put_value(const struct measurement *m, const char *quote, struct mr_buf *out)
{
	if (m->is_number) {
		mr_buf_put_uint(out, m->number);
		return;
	}
	mr_buf_put_cstr(out, quote);
	if (m->is_hex_number)
		mr_buf_printf(out, "%016" PRIx64, m->number);
	else
		mr_hex_encode(out, m->bytes);
	mr_buf_put_cstr(out, quote);
}

void mr_quote_put_measurements(const struct mr_evidence *evidence, struct mr_buf *out)
{
	struct list l = { .count = 0 };

	list_all(evidence, &l);
	mr_buf_put_u8(out, '{');
	for (size_t i = 0; i < l.count; i++) {
		mr_json_put_name(out, l.item[i].name, i == 0);
		put_value(&l.item[i], "\"", out);
	}
	mr_buf_put_u8(out, '}');
}

void mr_quote_list_measurements(const struct mr_evidence *evidence, struct mr_buf *out)
{
	struct list l = { .count = 0 };

	list_all(evidence, &l);
	for (size_t i = 0; i < l.count; i++) {
		mr_buf_printf(out, "  %-16s ", l.item[i].name);
		put_value(&l.item[i], "", out);
		mr_buf_put_u8(out, '\n');
	}
}
