/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A URI given by its parts (10 §7.5, `URIs`), put together the way Go's net/url does, which is how
 * it appears in certificates. Private to this room.
 */
#ifndef MR_MANIFEST_URL_H
#define MR_MANIFEST_URL_H

#include "base/bytes.h"

struct mr_url {
	struct mr_str scheme;
	struct mr_str opaque;
	bool has_user; /* an object was given; nothing in it can be set */
	struct mr_str host;
	struct mr_str path;
	struct mr_str raw_path;
	bool omit_host;
	bool force_query;
	struct mr_str raw_query;
	struct mr_str fragment;
	struct mr_str raw_fragment;
};

/* Appends the text of the URI (RFC 3986). */
void mr_url_put(struct mr_buf *out, const struct mr_url *u);

#endif
