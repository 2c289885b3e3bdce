/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/pkcs11_internal.h"

enum { SLOTS_MAX = 256, VALUE_MAX = 65536 };

/* What other clients call the second kind of user. */
#define VENDOR_CRYPTO_USER 0x80000001UL

/* --- errors --- */

#define NAME(value)                                                                                \
	{                                                                                          \
		value, #value                                                                      \
	}
static const struct {
	CK_RV value;
	const char *name;
} names[] = { NAME(CKR_HOST_MEMORY), NAME(CKR_SLOT_ID_INVALID), NAME(CKR_GENERAL_ERROR),
	NAME(CKR_FUNCTION_FAILED), NAME(CKR_ARGUMENTS_BAD), NAME(CKR_ATTRIBUTE_SENSITIVE),
	NAME(CKR_ATTRIBUTE_TYPE_INVALID), NAME(CKR_DATA_INVALID), NAME(CKR_DATA_LEN_RANGE),
	NAME(CKR_DEVICE_ERROR), NAME(CKR_DEVICE_MEMORY), NAME(CKR_DEVICE_REMOVED),
	NAME(CKR_ENCRYPTED_DATA_INVALID), NAME(CKR_ENCRYPTED_DATA_LEN_RANGE),
	NAME(CKR_FUNCTION_CANCELED), NAME(CKR_FUNCTION_NOT_SUPPORTED), NAME(CKR_KEY_HANDLE_INVALID),
	NAME(CKR_KEY_TYPE_INCONSISTENT), NAME(CKR_KEY_FUNCTION_NOT_PERMITTED),
	NAME(CKR_MECHANISM_INVALID), NAME(CKR_MECHANISM_PARAM_INVALID), NAME(CKR_OPERATION_ACTIVE),
	NAME(CKR_PIN_INCORRECT), NAME(CKR_PIN_INVALID), NAME(CKR_PIN_LEN_RANGE),
	NAME(CKR_PIN_EXPIRED), NAME(CKR_PIN_LOCKED), NAME(CKR_SESSION_CLOSED),
	NAME(CKR_SESSION_COUNT), NAME(CKR_SESSION_HANDLE_INVALID), NAME(CKR_TOKEN_NOT_PRESENT),
	NAME(CKR_TOKEN_NOT_RECOGNIZED), NAME(CKR_USER_NOT_LOGGED_IN),
	NAME(CKR_USER_PIN_NOT_INITIALIZED), NAME(CKR_USER_TYPE_INVALID),
	NAME(CKR_CRYPTOKI_NOT_INITIALIZED) };
#undef NAME

mr_result mr_pkcs11_check(CK_RV value, const char *what, struct mr_error *err)
{
	const char *name = "unknown";

	if (value == CKR_OK)
		return MR_OK;
	for (size_t i = 0; i < MR_COUNT(names); i++) {
		if (names[i].value == value)
			name = names[i].name;
	}
	return mr_fail(err, MR_CODE_IO, "%s: pkcs11: 0x%lX: %s", what, value, name);
}

/* --- opening --- */

static mr_result load(struct mr_pkcs11_token *t, struct mr_str path, struct mr_error *err)
{
	char name[4096];
	CK_C_GetFunctionList get;
	void *symbol;

	if (path.len == 0 || path.len >= sizeof name || memchr(path.ptr, '\0', path.len))
		return mr_fail(err, MR_CODE_INVALID, "could not open PKCS#11");
	memcpy(name, path.ptr, path.len);
	name[path.len] = '\0';
	t->module = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!t->module)
		return mr_fail(err, MR_CODE_IO, "could not open PKCS#11: %s", dlerror());
	symbol = dlsym(t->module, "C_GetFunctionList");
	if (!symbol)
		return mr_fail(
			err, MR_CODE_IO, "could not open PKCS#11: %s is no PKCS#11 module", name);
	/* POSIX: an object pointer of dlsym may be taken for a function's */
	memcpy(&get, &symbol, sizeof get);
	MR_TRY(mr_pkcs11_check(get(&t->f), "could not open PKCS#11", err));
	CK_C_INITIALIZE_ARGS arguments = { .flags = CKF_OS_LOCKING_OK };
	CK_RV result = t->f->C_Initialize(&arguments);
	if (result == CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return MR_OK;
	MR_TRY(mr_pkcs11_check(result, "could not initialize PKCS#11", err));
	t->initialized = true;
	return MR_OK;
}

/* Texts of a token are padded with blanks. */
static bool is_padded(const CK_UTF8CHAR *have, size_t size, struct mr_str want)
{
	while (size > 0 && (have[size - 1] == ' ' || have[size - 1] == '\0'))
		size--;
	return want.len == size && memcmp(have, want.ptr, size) == 0;
}

static bool is_chosen(struct mr_pkcs11_token *t, const struct mr_pkcs11_config *c, CK_SLOT_ID slot)
{
	CK_TOKEN_INFO info;

	if (c->has_slot)
		return slot == c->slot;
	if (t->f->C_GetTokenInfo(slot, &info) != CKR_OK)
		return false;
	if (c->token_serial.len > 0)
		return is_padded(info.serialNumber, sizeof info.serialNumber, c->token_serial);
	return is_padded(info.label, sizeof info.label, c->token_label);
}

static mr_result find_slot(struct mr_pkcs11_token *t, const struct mr_pkcs11_config *c,
	CK_SLOT_ID *ret, struct mr_error *err)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;

	MR_TRY(mr_pkcs11_check(t->f->C_GetSlotList(CK_TRUE, slots, &count), "listing slots", err));
	for (CK_ULONG i = 0; i < count; i++) {
		if (is_chosen(t, c, slots[i])) {
			*ret = slots[i];
			return MR_OK;
		}
	}
	return mr_fail(err, MR_CODE_NOT_FOUND, "could not find PKCS#11 token");
}

static mr_result log_in(
	struct mr_pkcs11_token *t, const struct mr_pkcs11_config *c, struct mr_error *err)
{
	CK_USER_TYPE user = c->user_type <= 1 ? CKU_USER : VENDOR_CRYPTO_USER;
	CK_UTF8CHAR pin[256];

	if (c->login_not_supported)
		return MR_OK;
	if (c->pin.len > sizeof pin)
		return mr_fail(err, MR_CODE_LIMIT, "the PIN is too long");
	if (c->pin.len)
		memcpy(pin, c->pin.ptr, c->pin.len);
	CK_RV result = t->f->C_Login(t->session, user, pin, c->pin.len);
	explicit_bzero(pin, sizeof pin);
	if (result == CKR_USER_ALREADY_LOGGED_IN)
		return MR_OK;
	return mr_pkcs11_check(result, "could not log in to PKCS#11 token", err);
}

static mr_result open_session(
	struct mr_pkcs11_token *t, const struct mr_pkcs11_config *c, struct mr_error *err)
{
	CK_SLOT_ID slot;

	MR_TRY(load(t, c->path, err));
	MR_TRY(find_slot(t, c, &slot, err));
	MR_TRY(mr_pkcs11_check(
		t->f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &t->session),
		"opening a session", err));
	t->has_session = true;
	return log_in(t, c, err);
}

mr_result mr_pkcs11_token_open(
	const struct mr_pkcs11_config *config, struct mr_pkcs11_token **ret, struct mr_error *err)
{
	struct mr_pkcs11_token *t = calloc(1, sizeof *t);

	if (!t)
		return mr_fail_nomem(err);
	mr_result r = open_session(t, config, err);
	if (mr_failed(r)) {
		mr_pkcs11_token_close(t);
		return r;
	}
	*ret = t;
	return MR_OK;
}

void mr_pkcs11_token_close(struct mr_pkcs11_token *token)
{
	struct mr_error err;

	if (token->has_session &&
		mr_failed(mr_pkcs11_check(token->f->C_CloseSession(token->session),
			"Failed to close PKCS #11 session", &err)))
		(void)dprintf(STDERR_FILENO, "%s\n", err.message);
	if (token->initialized)
		(void)token->f->C_Finalize(NULL);
	if (token->module)
		(void)dlclose(token->module);
	free(token);
}

/* --- objects --- */

static void add(CK_ATTRIBUTE *list, CK_ULONG *count, CK_ATTRIBUTE_TYPE type, struct mr_bytes value)
{
	if (!value.ptr)
		return;
	list[*count].type = type;
	list[*count].ulValueLen = value.len;
	/* a template's values are only read */
	memcpy(&list[*count].pValue, &value.ptr, sizeof value.ptr);
	++*count;
}

mr_result mr_pkcs11_find(struct mr_pkcs11_token *t, CK_OBJECT_CLASS class,
	const struct mr_pkcs11_name *name, CK_OBJECT_HANDLE *ret, struct mr_error *err)
{
	CK_ATTRIBUTE wanted[3];
	CK_ULONG count = 0, found = 0;

	add(wanted, &count, CKA_CLASS, mr_bytes_of(&class, sizeof class));
	add(wanted, &count, CKA_ID, name->id);
	add(wanted, &count, CKA_LABEL, name->label);
	MR_TRY(mr_pkcs11_check(
		t->f->C_FindObjectsInit(t->session, wanted, count), "finding objects", err));
	CK_RV result = t->f->C_FindObjects(t->session, ret, 1, &found);
	(void)t->f->C_FindObjectsFinal(t->session);
	MR_TRY(mr_pkcs11_check(result, "finding objects", err));
	return found == 1 ? MR_OK : mr_fail(err, MR_CODE_NOT_FOUND, "no such object");
}

mr_result mr_pkcs11_attribute(struct mr_pkcs11_token *t, CK_OBJECT_HANDLE object,
	CK_ATTRIBUTE_TYPE type, struct mr_buf *out, struct mr_error *err)
{
	CK_ATTRIBUTE a = { .type = type };

	MR_TRY(mr_pkcs11_check(
		t->f->C_GetAttributeValue(t->session, object, &a, 1), "reading an object", err));
	if (a.ulValueLen > VALUE_MAX)
		return mr_fail(err, MR_CODE_LIMIT, "reading an object: a value is too long");
	a.pValue = mr_buf_reserve(out, a.ulValueLen ? a.ulValueLen : 1);
	if (!a.pValue)
		return mr_buf_status(out, err);
	MR_TRY(mr_pkcs11_check(
		t->f->C_GetAttributeValue(t->session, object, &a, 1), "reading an object", err));
	mr_buf_commit(out, a.ulValueLen);
	return MR_OK;
}

mr_result mr_pkcs11_certificate(struct mr_pkcs11_token *token, const struct mr_pkcs11_name *name,
	struct mr_buf *out, struct mr_error *err)
{
	CK_OBJECT_HANDLE object;

	MR_TRY(mr_pkcs11_find(token, CKO_CERTIFICATE, name, &object, err));
	return mr_pkcs11_attribute(token, object, CKA_VALUE, out, err);
}
