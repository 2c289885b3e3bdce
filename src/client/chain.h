/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Coordinator's two certificates: PEM text of intermediate and root, in this order, as the quote
 * route answers it and as the certificate cache holds it (50 §5.1, §5.5). And that cache.
 */
#ifndef MR_CLIENT_CHAIN_H
#define MR_CLIENT_CHAIN_H

#include "base/arena.h"
#include "crypto/cert.h"

struct mr_chain {
	struct mr_cert intermediate, root;
};

/* Two CERTIFICATE blocks; whatever stands around them is ignored. `could not parse Coordinator
 * intermediate certificate from PEM data`, `parsing Coordinator root certificate: …`. */
MR_MUST_USE mr_result mr_chain_parse(struct mr_str pem, struct mr_chain *ret, struct mr_error *err);
/* Appends the PEM block of a certificate. */
void mr_chain_put_cert(struct mr_buf *out, const struct mr_cert *cert);
void mr_chain_done(struct mr_chain *chain);

/* The default path of the cache, `<config dir>/marblerun/coordinator-cert.pem` (50 §3), in memory of
 * the arena; NULL if the environment names no configuration directory. */
const char *mr_cache_default_path(struct mr_arena *arena);
/* Reads the cache: `open x: no such file or directory`, or the texts of mr_chain_parse. An empty
 * path is an error that names the flag. */
MR_MUST_USE mr_result mr_cache_read(const char *path, struct mr_chain *ret, struct mr_error *err);
/* Writes it, mode 0600 if it is new, missing folders 0755. */
MR_MUST_USE mr_result mr_cache_write(
	const char *path, const struct mr_chain *chain, struct mr_error *err);

MR_DEFINE_AUTO(chain, struct mr_chain, mr_chain_done)

#endif
