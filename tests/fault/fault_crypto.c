/* SPDX-License-Identifier: Apache-2.0 */
/* Wrappers for the calls of src/crypto into the crypto library; their list is read from its objects
 * when the tests are built. */
#include "fault.h"
#include "fault_stub.h"

/* not there for checkers that look at the source alone */
#if __has_include("fault_crypto_list.h")
#include "fault_crypto_list.h"
#endif
