/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/pem.h"
#include "crypto/cert_write.h"
#include "crypto/name.h"

enum { MAX_MANIFESTS = 4096, MAX_CERTIFICATES = 16 };

static struct mr_arena arena;
static struct mr_manifest *manifests[MAX_MANIFESTS];
static size_t manifests_count;

static void clean(void)
{
	for (size_t i = 0; i < manifests_count; i++)
		mr_manifest_free(manifests[i]);
	mr_arena_done(&arena);
}

struct mr_arena *test_arena(void)
{
	if (arena.limit == 0) {
		mr_arena_init(&arena, (size_t)1 << 30);
		assert_int_equal(atexit(clean), 0);
	}
	return &arena;
}

static MR_PRINTF(1, 0) char *vtextf(const char *format, va_list args)
{
	va_list again;
	char first[1];

	va_copy(again, args);
	int size = vsnprintf(first, sizeof first, format, again);
	va_end(again);
	assert_true(size >= 0);
	char *text = mr_arena_alloc(test_arena(), (size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(vsnprintf(text, (size_t)size + 1, format, args), size);
	return text;
}

const char *textf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	const char *text = vtextf(format, args);
	va_end(args);
	return text;
}

static struct mr_bytes quotes(char *text)
{
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	return mr_bytes_of(text, strlen(text));
}

struct mr_bytes jsonf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *text = vtextf(format, args);
	va_end(args);
	return quotes(text);
}

struct mr_bytes json(const char *text)
{
	return jsonf("%s", text);
}

const struct mr_manifest *decoded(struct mr_bytes raw)
{
	struct mr_error err;

	(void)test_arena();
	assert_true(manifests_count < MAX_MANIFESTS);
	OK(mr_manifest_decode(raw, NULL, &manifests[manifests_count], &err));
	return manifests[manifests_count++];
}

void assert_str_(struct mr_str got, const char *want, const char *file, int line)
{
	if (mr_str_eq(got, mr_str_of(want)))
		return;
	print_error("got  %.*s\nwant %s\n", MR_STR_ARGS(got), want);
	_fail(file, line);
}

void assert_json(const struct mr_buf *got, const char *want)
{
	struct mr_error err;

	OK(mr_buf_status(got, &err));
	assert_str(mr_buf_str(got), textf("%.*s", MR_STR_ARGS(mr_bytes_str(json(want)))));
}

static struct mr_key *new_key(enum mr_key_type type)
{
	struct mr_key *key;
	struct mr_error err;

	OK(mr_key_generate(type, 0, &key, &err));
	return key;
}

static struct mr_cert_issuer issuer;

static void free_issuer(void)
{
	struct mr_key *key = (struct mr_key *)(uintptr_t)issuer.key;
	mr_key_unref(key);
}

const struct mr_cert_issuer *test_issuer(void)
{
	MR_AUTO(buf) struct mr_buf name = { 0 };
	struct mr_error err;

	if (issuer.key)
		return &issuer;
	mr_buf_init(&name, 1024);
	mr_name_put_common_name(&name, MR_STR("MarbleRun Coordinator - Intermediate CA"));
	OK(mr_arena_bytes(test_arena(), mr_buf_bytes(&name), &issuer.subject, &err));
	issuer.key_id = mr_bytes_of("0123456789abcdefghij", 20);
	issuer.key = new_key(MR_KEY_EC_P384);
	assert_int_equal(atexit(free_issuer), 0);
	return &issuer;
}

static void issue(int64_t not_after, struct mr_bytes *ret)
{
	MR_AUTO(key) struct mr_key *key = new_key(MR_KEY_EC_P256);
	MR_AUTO(buf) struct mr_buf der;
	struct mr_error err;

	mr_buf_init(&der, MR_CERT_MAX_SIZE);
	OK(mr_cert_template_issue(NULL, test_issuer(), key, 1000000, not_after, &der, &err));
	OK(mr_arena_bytes(test_arena(), mr_buf_bytes(&der), ret, &err));
}

struct mr_bytes certificate_der(unsigned number)
{
	static struct mr_bytes made[MAX_CERTIFICATES];

	assert_true(number < MAX_CERTIFICATES);
	if (!made[number].len)
		issue(INT64_C(4000000000), &made[number]);
	return made[number];
}

static const char *pem_json(struct mr_bytes der)
{
	MR_AUTO(buf) struct mr_buf pem, text;

	mr_buf_init(&pem, 1 << 16);
	mr_buf_init(&text, 1 << 16);
	mr_pem_encode(&pem, "CERTIFICATE", der);
	for (size_t i = 0; i < pem.len; i++) {
		if (pem.data[i] == '\n')
			mr_buf_put_cstr(&text, "\\n");
		else
			mr_buf_put_u8(&text, pem.data[i]);
	}
	return textf("%.*s", (int)text.len, (const char *)text.data);
}

const char *certificate_json(unsigned number)
{
	return pem_json(certificate_der(number));
}

const char *expired_certificate_json(void)
{
	struct mr_bytes der;

	issue(INT64_C(1000000000), &der);
	return pem_json(der);
}
