/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/activate.h"

#include <stdio.h>

#include "base/utf8.h"
#include "coordinator/secret_source.h"

enum { LEAF_MAX = 1 << 20, REQUEST_MEMORY_MAX = 64 << 20 };

static mr_result refuse(mr_result r, enum mr_grpc_status status, enum mr_grpc_status *ret_status)
{
	if (mr_failed(r))
		*ret_status = status;
	return r;
}

static mr_result fail_over_budget(const struct mr_marble *marble, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf quoted = { 0 };

	mr_buf_init(&quoted, MR_ERROR_MAX * 4);
	mr_utf8_put_quoted(&quoted,
		mr_str_sub(marble->name, 0, marble->name.len < 512 ? marble->name.len : 512));
	MR_TRY(mr_buf_status(&quoted, err));
	return mr_fail(err, MR_CODE_DENIED,
		"reached max activations count (%llu) for marble type %.*s",
		(unsigned long long)marble->max_activations, MR_STR_ARGS(mr_buf_str(&quoted)));
}

static mr_result parse_count(struct mr_bytes text, uint64_t *ret, struct mr_error *err)
{
	uint64_t value = 0;

	if (text.len == 0 || text.len > 16)
		return mr_fail(err, MR_CODE_INVALID, "stored activation count is malformed");
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
						   : 16;
		if (digit > 15)
			return mr_fail(
				err, MR_CODE_INVALID, "stored activation count is malformed");
		value = value << 4 | (uint64_t)digit;
	}
	*ret = value;
	return MR_OK;
}

static mr_result check_budget(const struct mr_marble *marble, bool stored, struct mr_bytes text,
	uint64_t *ret_count, struct mr_error *err)
{
	uint64_t count = 0;

	if (stored)
		MR_TRY(parse_count(text, &count, err));
	if (count >= marble->max_activations)
		return fail_over_budget(marble, err);
	*ret_count = count;
	return MR_OK;
}

/* Fails closed: outside simulation a Marble must be verified. */
static mr_result check_quote(struct mr_activation *a, struct mr_error *err)
{
	const struct mr_marble_check check = {
		.service = a->attest,
		.log = a->log,
		.view = a->snapshot->view,
		.package = a->marble->package,
		.quote = a->request.quote,
		.certificate = a->peer_certificate,
		.waiter = a->waiter,
	};

	if (a->simulation)
		return MR_OK;
	return mr_marble_check(&check, &a->verdict, &a->pending, err);
}

static mr_result verify_marble(struct mr_activation *a, struct mr_error *err)
{
	const struct mr_view *view = a->snapshot->view;
	MR_AUTO(buf) struct mr_buf key = { 0 };
	struct mr_bytes stored = { NULL, 0 };
	uint64_t count;

	a->marble = mr_view_marble(view, a->request.marble_type);
	if (!a->marble)
		return mr_fail(err, MR_CODE_DENIED, "unknown marble type requested");
	if (!a->marble->package)
		return mr_fail(err, MR_CODE_DENIED, "undefined package \"%.*s\"",
			MR_STR_ARGS(a->marble->definition->package));
	MR_TRY(check_quote(a, err));
	if (!a->marble->definition->max_activations)
		return MR_OK;
	mr_buf_init(&key, 8 << 20);
	struct mr_str name = mr_view_key(&key, "activations:", a->marble->definition->name);
	MR_TRY(mr_buf_status(&key, err));
	bool present = mr_state_get(a->snapshot->state, name, &stored);
	return check_budget(a->marble->definition, present, stored, &count, err);
}

mr_result mr_activation_check(
	struct mr_activation *a, enum mr_grpc_status *ret_status, struct mr_error *err)
{
	if (a->snapshot->view->state != MR_STATE_ACCEPTING_MARBLES)
		return refuse(mr_fail(err, MR_CODE_STATE, "cannot accept marbles in current state"),
			MR_GRPC_FAILED_PRECONDITION, ret_status);
	if (!a->peer_certificate.len)
		return refuse(mr_fail(err, MR_CODE_UNAUTHENTICATED,
				      "couldn't get marble TLS certificate"),
			MR_GRPC_UNAUTHENTICATED, ret_status);
	MR_TRY(refuse(mr_wrap(err, verify_marble(a, err), "marble verification failed"),
		MR_GRPC_PERMISSION_DENIED, ret_status));
	mr_result r = mr_uuid_parse(a->request.uuid, &a->uuid, err);
	/* The nil UUID would mean "shared" to other implementations (30 §2.5). */
	if (!mr_failed(r) && mr_uuid_is_nil(&a->uuid))
		r = mr_fail(err, MR_CODE_INVALID, "the nil UUID names no Marble");
	return refuse(mr_wrap(err, r, "invalid UUID"), MR_GRPC_INVALID_ARGUMENT, ret_status);
}

/* Credentials of one Marble: key pair and leaf (30 §2.1 step 9). */
struct credentials {
	struct mr_key *key;
	struct mr_secret private_key;
	struct mr_buf leaf;
};

static void credentials_done(struct credentials *c)
{
	mr_key_unref(c->key);
	mr_secret_done(&c->private_key);
	mr_buf_done(&c->leaf);
}

static mr_result make_credentials(
	const struct mr_activation *a, struct credentials *c, struct mr_error *err)
{
	char uuid[MR_UUID_TEXT_LEN + 1];
	struct mr_csr csr;

	mr_buf_init(&c->leaf, LEAF_MAX);
	MR_TRY(mr_csr_parse(a->request.csr, &csr, err));
	MR_TRY(mr_key_pool_take(a->keys, &c->key, err));
	MR_TRY(mr_key_to_pkcs8(c->key, &c->private_key, err));
	mr_uuid_format(&a->uuid, uuid);
	return mr_authority_issue_leaf(a->snapshot->view->authority, &csr, mr_str_of(uuid),
		a->marble->definition->name, c->key, a->now, &c->leaf, err);
}

/* Parameters whose templates do not compile are compiled again for the text of their error. */
static mr_result compile_error(const struct mr_activation *a, struct mr_error *err)
{
	const struct mr_view *view = a->snapshot->view;
	MR_AUTO(parameters) struct mr_compiled_parameters *compiled = NULL;

	MR_TRY(mr_parameters_compile(
		a->marble->definition, view->tls_tags, view->tls_tags_count, &compiled, err));
	return mr_fail(err, MR_CODE_INTERNAL, "parameters are not available");
}

static mr_result render(const struct mr_activation *a, const struct credentials *c,
	struct mr_arena *arena, struct mr_buf *values, struct mr_parameters *ret,
	struct mr_error *err)
{
	const struct mr_authority *authority = a->snapshot->view->authority;
	const struct mr_reserved_values reserved = {
		.marble_root = authority->marble_root.der,
		.marble_cert = mr_buf_bytes(&c->leaf),
		.marble_private = mr_secret_bytes(&c->private_key),
		.marble_public = mr_key_spki(c->key),
		.coordinator_root = authority->root.der,
		.coordinator_intermediate = authority->intermediate.der,
	};
	struct mr_secret_source secrets;

	if (!a->marble->parameters)
		return compile_error(a, err);
	MR_TRY(mr_secret_source_init(
		&secrets, a->snapshot->view, a->marble, &a->uuid, a->now, a->keys, arena, err));
	const struct mr_parameters_source source = mr_secret_source_of(&secrets, &reserved);
	return mr_parameters_render(a->marble->parameters, &source, arena, values, ret, err);
}

mr_result mr_activation_answer(const struct mr_activation *a, struct mr_buf *out,
	enum mr_grpc_status *ret_status, struct mr_error *err)
{
	__attribute__((cleanup(credentials_done))) struct credentials c = { 0 };
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(buf) struct mr_buf values = { 0 };
	struct mr_parameters parameters = { 0 };

	*ret_status = MR_GRPC_INTERNAL;
	mr_arena_init(&arena, REQUEST_MEMORY_MAX);
	mr_buf_init_secret(&values, MR_PARAMETERS_MAX_OUTPUT);
	MR_TRY(mr_wrap(
		err, make_credentials(a, &c, err), "generating marble authentication secrets"));
	MR_TRY(mr_wrap(err, render(a, &c, &arena, &values, &parameters, err),
		"customizing marble parameters"));
	mr_activation_response_encode(out, &parameters);
	return mr_wrap(err, mr_buf_status(out, err), "customizing marble parameters");
}

mr_result mr_activation_count(const struct mr_marble *marble, struct mr_tx *tx,
	enum mr_grpc_status *ret_status, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf key = { 0 };
	struct mr_bytes stored = { NULL, 0 };
	char text[17];
	uint64_t count = 0;

	mr_buf_init(&key, 8 << 20);
	struct mr_str name = mr_view_key(&key, "activations:", marble->name);
	MR_TRY(refuse(mr_wrap(err, mr_buf_status(&key, err), "incrementing marble activations"),
		MR_GRPC_INTERNAL, ret_status));
	bool present = mr_tx_get(tx, name, &stored);
	MR_TRY(refuse(mr_wrap(err, check_budget(marble, present, stored, &count, err),
			      "marble verification failed"),
		MR_GRPC_PERMISSION_DENIED, ret_status));
	int n = snprintf(text, sizeof text, "%llx", (unsigned long long)(count + 1));
	mr_result r = mr_tx_put(tx, name, mr_bytes_of(text, (size_t)n), err);
	return refuse(
		mr_wrap(err, r, "incrementing marble activations"), MR_GRPC_INTERNAL, ret_status);
}
