/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "codec/pem.h"
#include "crypto/cert.h"
#include "manifest/check_internal.h"
#include "manifest/weakness.h"

enum { SHORT_RSA_BITS = 2048, ID_DIGITS = 64 };

void mr_warn_say(const struct mr_warn *warn, const char *format, ...)
{
	char text[MR_ERROR_MAX];
	va_list args;

	if (!warn || !warn->call)
		return;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n >= 0)
		warn->call(warn->context, text);
}

static bool is_id(struct mr_str id)
{
	if (id.len != 0 && id.len != ID_DIGITS)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		char c = (char)(id.ptr[i] | 0x20);
		if (!(id.ptr[i] >= '0' && id.ptr[i] <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
	}
	return true;
}

/* One flag a package, or NULL when there is no memory for that. */
static bool *find_used(const struct mr_manifest *m)
{
	bool *used = calloc(m->packages_count, sizeof *used);

	for (size_t i = 0; used && i < m->marbles_count; i++) {
		const struct mr_package *p = mr_manifest_package(m, m->marbles[i].package);
		if (p)
			used[p - m->packages] = true;
	}
	return used;
}

static void remark_package(const struct mr_package *p, bool used, const struct mr_warn *warn)
{
	if (!used)
		mr_warn_say(warn, "package %.*s is used by no Marble", MR_STR_ARGS(p->name));
	if (!is_id(p->unique_id) || !is_id(p->signer_id))
		mr_warn_say(warn, "package %.*s: UniqueID and SignerID should have %d hex digits",
			MR_STR_ARGS(p->name), ID_DIGITS);
	for (size_t i = 0; i < p->accepted_tcb_statuses.count; i++)
		if (!mr_tcb_status_is_known(p->accepted_tcb_statuses.items[i]))
			mr_warn_say(warn, "package %.*s accepts \"%.*s\", which is no TCB status",
				MR_STR_ARGS(p->name),
				MR_STR_ARGS(p->accepted_tcb_statuses.items[i]));
}

static void remark_secret(const struct mr_secret_def *def, const struct mr_warn *warn)
{
	if (def->type == MR_SECRET_CERT_RSA && !def->user_defined && def->size < SHORT_RSA_BITS)
		mr_warn_say(warn, "secret %.*s: RSA keys should have at least %d bits",
			MR_STR_ARGS(def->name), SHORT_RSA_BITS);
}

static void remark_user(const struct mr_manifest_user *user, const struct mr_warn *warn)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	MR_AUTO(cert) struct mr_cert c = { 0 };
	struct mr_str label, rest;
	struct mr_error ignored;

	mr_buf_init(&der, MR_CERT_MAX_SIZE);
	if (mr_failed(mr_pem_decode(user->certificate, &label, &der, &rest, &ignored)) ||
		mr_failed(mr_cert_parse(mr_buf_bytes(&der), &c, &ignored)))
		return;
	if (c.not_after < mr_clock_wall())
		mr_warn_say(
			warn, "the certificate of user %.*s has expired", MR_STR_ARGS(user->name));
}

void mr_check_remarks(const struct mr_manifest *m, const struct mr_warn *warn)
{
	if (!warn || !warn->call)
		return;
	bool *used = find_used(m);
	for (size_t i = 0; i < m->packages_count; i++)
		remark_package(&m->packages[i], !used || used[i], warn);
	free(used);
	for (size_t i = 0; i < m->secrets_count; i++)
		remark_secret(&m->secrets[i].def, warn);
	for (size_t i = 0; i < m->users_count; i++)
		remark_user(&m->users[i], warn);
	mr_manifest_remark_weakness(m, warn);
}
