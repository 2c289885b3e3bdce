/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "marble/premain.h"

enum { DER_MAX = 1 << 20, LEAF_KEY_USAGE = 1 | 16, NAMES_MAX = MR_CERT_MAX_NAMES + 2 };

static const uint8_t loopback4[] = { 127, 0, 0, 1 };
static const uint8_t loopback6[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };

struct names {
	struct mr_san_list given;
	struct mr_alt_name list[NAMES_MAX];
	size_t count;
};

void mr_premain_credentials_done(struct mr_premain_credentials *c)
{
	mr_key_unref(c->key);
	mr_buf_done(&c->certificate);
	mr_buf_done(&c->csr);
	*c = (struct mr_premain_credentials){ 0 };
}

static void put_kind(struct names *n, uint8_t tag)
{
	for (size_t i = 0; i < n->given.count; i++)
		if (n->given.names[i].tag == tag)
			n->list[n->count++] = n->given.names[i];
}

static void put_loopback(struct names *n)
{
	n->list[n->count++] = (struct mr_alt_name){ 7, mr_bytes_of(loopback4, sizeof loopback4) };
	n->list[n->count++] = (struct mr_alt_name){ 7, mr_bytes_of(loopback6, sizeof loopback6) };
}

/* Certificate and request list the same names, the addresses in different orders (30 §3.5). */
static mr_result read_names(
	const char *text, bool for_csr, struct names **ret, struct mr_error *err)
{
	struct names *n = calloc(1, sizeof *n);

	if (!n)
		return mr_fail_nomem(err);
	mr_result r = mr_san_list_parse(mr_str_of(text), &n->given, err);
	if (mr_failed(r)) {
		free(n);
		return r;
	}
	put_kind(n, 2);
	if (for_csr)
		put_loopback(n);
	put_kind(n, 7);
	if (!for_csr)
		put_loopback(n);
	*ret = n;
	return MR_OK;
}

static mr_result sign_certificate(
	const struct names *n, int64_t now, struct mr_premain_credentials *c, struct mr_error *err)
{
	const struct mr_bytes purposes[] = { MR_OID_SERVER_AUTH, MR_OID_CLIENT_AUTH };
	MR_AUTO(buf) struct mr_buf name = { 0 };
	MR_AUTO(buf) struct mr_buf extensions = { 0 };

	mr_buf_init(&name, 1024);
	mr_buf_init(&extensions, DER_MAX);
	mr_name_put_common_name(&name, MR_STR("MarbleRun Marble"));
	mr_ext_put_key_usage(&extensions, LEAF_KEY_USAGE);
	mr_ext_put_ext_key_usage(&extensions, purposes, MR_COUNT(purposes));
	mr_ext_put_basic_constraints(&extensions, false, -1);
	mr_ext_put_alt_names(&extensions, n->list, n->count, false);
	MR_TRY(mr_buf_status(&name, err));
	MR_TRY(mr_buf_status(&extensions, err));
	const struct mr_cert_profile profile = {
		.issuer = mr_buf_bytes(&name),
		.subject = mr_buf_bytes(&name),
		.not_before = now,
		.not_after = now + MR_NO_EXPIRY_SECONDS,
		.spki = mr_key_spki(c->key),
		.extensions = mr_buf_bytes(&extensions),
	};
	return mr_cert_issue(&profile, c->key, &c->certificate, err);
}

mr_result mr_premain_make_certificate(const struct mr_premain_config *config, int64_t now,
	struct mr_premain_credentials *c, struct mr_error *err)
{
	struct names *n;

	mr_buf_init(&c->certificate, DER_MAX);
	mr_buf_init(&c->csr, DER_MAX);
	MR_TRY(read_names(config->dns_names, false, &n, err));
	mr_result r = mr_key_generate(MR_KEY_EC_P384, 0, &c->key, err);
	if (!mr_failed(r))
		r = sign_certificate(n, now, c, err);
	free(n);
	return r;
}

mr_result mr_premain_make_csr(const struct mr_premain_config *config,
	struct mr_premain_credentials *c, struct mr_error *err)
{
	struct names *n;

	MR_TRY(read_names(config->dns_names, true, &n, err));
	mr_result r = mr_csr_write(n->list, n->count, c->key, &c->csr, err);
	free(n);
	return r;
}
