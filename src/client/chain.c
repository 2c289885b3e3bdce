/* SPDX-License-Identifier: Apache-2.0 */
#include "client/chain.h"

#include "codec/pem.h"

/* One block; text behind it is left in *rest. */
static mr_result parse_block(
	struct mr_str *rest, const char *what, struct mr_cert *ret, struct mr_error *err)
{
	mr_result r = mr_cert_from_pem(*rest, ret, rest, err);

	if (r.code == MR_CODE_NOT_FOUND)
		return mr_fail(err, MR_CODE_INVALID,
			"could not parse Coordinator %s certificate from PEM data", what);
	return mr_wrap(err, r, "parsing Coordinator %s certificate", what);
}

mr_result mr_chain_parse(struct mr_str pem, struct mr_chain *ret, struct mr_error *err)
{
	MR_AUTO(chain) struct mr_chain chain = { 0 };

	MR_TRY(parse_block(&pem, "intermediate", &chain.intermediate, err));
	MR_TRY(parse_block(&pem, "root", &chain.root, err));
	*ret = chain;
	chain = (struct mr_chain){ 0 };
	return MR_OK;
}

void mr_chain_put_cert(struct mr_buf *out, const struct mr_cert *cert)
{
	mr_pem_encode(out, "CERTIFICATE", cert->der);
}

void mr_chain_done(struct mr_chain *chain)
{
	mr_cert_done(&chain->intermediate);
	mr_cert_done(&chain->root);
}
