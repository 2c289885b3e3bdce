/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates that this machine trusts for servers on the web. */
#ifndef MR_NET_ANCHORS_H
#define MR_NET_ANCHORS_H

#include "crypto/cert.h"

struct mr_anchors {
	struct mr_cert *items; /* owned */
	size_t count;
};

/* Reads the bundle in SSL_CERT_FILE, else the system's. Certificates in it that cannot be read are left out;
 * MR_CODE_NOT_FOUND when none is left. */
MR_MUST_USE mr_result mr_anchors_load(struct mr_anchors *ret, struct mr_error *err);
/* Accepts a zeroed object. */
void mr_anchors_done(struct mr_anchors *anchors);

MR_DEFINE_AUTO(anchors, struct mr_anchors, mr_anchors_done)

#endif
