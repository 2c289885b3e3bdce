/* SPDX-License-Identifier: Apache-2.0 */
/* What the TLS library makes for a context and for a connection. */
#include "fault_stub.h"

MR_FAULT_WRAP(SSL_CTX_new)
MR_FAULT_WRAP(SSL_CTX_set_cipher_list)
MR_FAULT_WRAP(SSL_new)
MR_FAULT_WRAP(BIO_new)
MR_FAULT_WRAP(SSL_set_ex_data)
