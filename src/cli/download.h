/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Downloads from the web, by libcurl, which knows proxies (50 §3). It is loaded when it is needed, since few commands do,
 * and its TLS library is another than ours.
 */
#ifndef MR_CLI_DOWNLOAD_H
#define MR_CLI_DOWNLOAD_H

#include "base/bytes.h"

/* Appends what is at an https:// address, after up to 10 redirects to others, to `out`, whose maximum bounds it.
 * *ret_status is the last answer's; what came with another than 200 is not kept. HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and
 * SSL_CERT_DIR count. MR_CODE_UNAVAILABLE. */
MR_MUST_USE mr_result mr_download(
	const char *url, struct mr_buf *out, long *ret_status, struct mr_error *err);

#endif
