/* SPDX-License-Identifier: Apache-2.0 */
#include "net/anchors.h"

#include <stdlib.h>

#include "base/env.h"
#include "base/file.h"
#include "codec/pem.h"

enum { BUNDLE_MAX = 4 << 20, COUNT_MAX = 1024 };

static mr_result read_bundle(struct mr_buf *out, struct mr_error *err)
{
	static const char *const places[] = { "/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem" };
	const char *given = mr_env_get("SSL_CERT_FILE", NULL);
	mr_result r = MR_OK;

	if (given)
		return mr_file_read(given, out, err);
	for (size_t i = 0; i < MR_COUNT(places); i++) {
		mr_buf_clear(out);
		r = mr_file_read(places[i], out, err);
		if (!mr_failed(r))
			return MR_OK;
	}
	return r;
}

mr_result mr_anchors_load(struct mr_anchors *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf bundle = { 0 };
	MR_AUTO(anchors) struct mr_anchors all = { NULL, 0 };

	mr_buf_init(&bundle, BUNDLE_MAX);
	MR_TRY(mr_wrap(err, read_bundle(&bundle, err), "certificates of authorities"));
	all.items = calloc(COUNT_MAX, sizeof *all.items);
	if (!all.items)
		return mr_fail_nomem(err);
	struct mr_str rest = mr_buf_str(&bundle);
	while (all.count < COUNT_MAX) {
		MR_AUTO(buf) struct mr_buf der = { 0 };
		struct mr_str label;

		mr_buf_init(&der, MR_CERT_MAX_SIZE);
		if (mr_failed(mr_pem_decode(rest, &label, &der, &rest, err)))
			break;
		if (mr_str_eq(label, MR_STR("CERTIFICATE")) &&
			!mr_failed(mr_cert_parse(mr_buf_bytes(&der), &all.items[all.count], err)))
			all.count++;
	}
	if (all.count == 0)
		return mr_fail(err, MR_CODE_NOT_FOUND,
			"no certificate of an authority that this machine trusts");
	*ret = all;
	all = (struct mr_anchors){ NULL, 0 };
	return MR_OK;
}

void mr_anchors_done(struct mr_anchors *anchors)
{
	for (size_t i = 0; i < anchors->count; i++)
		mr_cert_done(&anchors->items[i]);
	free(anchors->items);
	*anchors = (struct mr_anchors){ NULL, 0 };
}
