/* SPDX-License-Identifier: Apache-2.0 */
/* What the TLS library makes for a context and for a connection. */
#include "fault_stub.h"

MR_FAULT_STUB(SSL_CTX_new)
MR_FAULT_STUB(SSL_CTX_set_cipher_list)
MR_FAULT_STUB(SSL_new)
MR_FAULT_STUB(BIO_new)
MR_FAULT_STUB(SSL_set_ex_data)
