/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a token's session, for pkcs11_*.c. */
#ifndef MR_CLI_PKCS11_INTERNAL_H
#define MR_CLI_PKCS11_INTERNAL_H

#include <p11-kit/pkcs11.h>

#include "cli/pkcs11_token.h"

struct mr_pkcs11_token {
	void *module;
	CK_FUNCTION_LIST_PTR f;
	CK_SESSION_HANDLE session;
	bool initialized, has_session;
	CK_OBJECT_HANDLE key; /* the private one */
};

/* MR_CODE_IO `<what>: pkcs11: 0x…: CKR_…`, or MR_OK. */
MR_MUST_USE mr_result mr_pkcs11_check(CK_RV value, const char *what, struct mr_error *err);
/* The first object of a class and name; MR_CODE_NOT_FOUND. */
MR_MUST_USE mr_result mr_pkcs11_find(struct mr_pkcs11_token *t, CK_OBJECT_CLASS class,
	const struct mr_pkcs11_name *name, CK_OBJECT_HANDLE *ret, struct mr_error *err);
/* Appends an attribute's value. */
MR_MUST_USE mr_result mr_pkcs11_attribute(struct mr_pkcs11_token *t, CK_OBJECT_HANDLE object,
	CK_ATTRIBUTE_TYPE type, struct mr_buf *out, struct mr_error *err);

extern const struct mr_key_external mr_pkcs11_operations;

#endif
