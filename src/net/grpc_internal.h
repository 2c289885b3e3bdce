/* SPDX-License-Identifier: Apache-2.0 */
/* What both sides of gRPC share. */
#ifndef MR_NET_GRPC_INTERNAL_H
#define MR_NET_GRPC_INTERNAL_H

#include <nghttp2/nghttp2.h>

#include "net/grpc.h"

#define MR_GRPC_PREFIX_SIZE ((size_t)5)     /* flag and length in front of a message (30 §1.4) */
#define MR_GRPC_FIELD_OVERHEAD ((size_t)32) /* of a field in a header list (RFC 9113, 6.5.2) */

/* A header field for nghttp2, which copies both parts. */
nghttp2_nv mr_grpc_field(struct mr_str name, struct mr_str value);
/* `application/grpc`, alone or followed by `+` or `;` and anything (30 §1.4). */
bool mr_grpc_is_content_type(struct mr_str type);

#endif
