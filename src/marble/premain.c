/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/premain.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "crypto/digest.h"
#include "marble/premain_log.h"
#include "net/grpc_client.h"

#define TTLS_VARIABLE MR_STR("MARBLE_TTLS_CONFIG")

enum {
	REQUEST_MAX = 8 << 20,
	QUOTE_MAX = 1 << 20,
	RESPONSE_MEMORY_MAX = 64 << 20,
	ROOT_FILE_MAX = 1 << 20
};
enum { FIRST_WAIT_MS = 100, LONGEST_WAIT_MS = 5000, MAX_ROOTS = 16 };

void mr_premain_result_done(struct mr_premain_result *result)
{
	mr_arena_done(&result->arena);
	mr_buf_done(&result->response);
	*result = (struct mr_premain_result){ 0 };
}

/* --- trust in the Coordinator, only where asked for (30 §4.5) --- */

struct roots {
	struct mr_cert list[MAX_ROOTS];
	size_t count;
};

static void roots_done(struct roots *roots)
{
	for (size_t i = 0; i < roots->count; i++)
		mr_cert_done(&roots->list[i]);
	roots->count = 0;
}

static mr_result read_roots(const char *path, struct roots *roots, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init(&text, ROOT_FILE_MAX);
	if (!path)
		return MR_OK;
	MR_TRY(mr_wrap(err, mr_file_read(path, &text, err), "reading the Coordinator's root"));
	for (struct mr_str rest = mr_buf_str(&text); roots->count < MAX_ROOTS;) {
		mr_result r = mr_cert_from_pem(rest, &roots->list[roots->count], &rest, err);
		if (mr_failed(r) && r.code == MR_CODE_NOT_FOUND)
			break;
		MR_TRY(mr_wrap(err, r, "reading the Coordinator's root"));
		roots->count++;
	}
	if (roots->count == 0)
		return mr_fail(err, MR_CODE_INVALID, "no certificate in %s", path);
	return MR_OK;
}

/* --- one activation --- */

struct attempt {
	const struct mr_premain_config *config;
	const struct mr_runtime *runtime;
	struct mr_premain_credentials credentials;
	struct mr_tls_identity *identity;
	struct roots roots;
	struct mr_uuid uuid;
	struct mr_buf quote;
	struct mr_buf request;
	int64_t deadline_ms; /* INT64_MAX: none */
};

static void attempt_done(struct attempt *a)
{
	mr_premain_credentials_done(&a->credentials);
	mr_tls_identity_unref(a->identity);
	roots_done(&a->roots);
	mr_buf_done(&a->quote);
	mr_buf_done(&a->request);
}

/* Outside confidential VMs any failure to get a quote means simulation; a Coordinator that checks quotes then refuses (30
 * §4.2 step 6, §5.6). */
static mr_result issue_quote(struct attempt *a, struct mr_error *err)
{
	const struct mr_issuer *issuer = a->runtime->issuer;
	uint8_t hash[MR_SHA256_SIZE];

	mr_premain_log("generating quote");
	MR_TRY(mr_sha256(mr_buf_bytes(&a->credentials.certificate), hash, err));
	mr_result r = issuer->issue(issuer, hash, &a->quote, err);
	if (!mr_failed(r) || a->runtime->must_quote)
		return mr_wrap(err, r, "issuing quote");
	mr_premain_log("failed to get quote: %s. Proceeding in simulation mode", err->message);
	mr_buf_clear(&a->quote);
	return MR_OK;
}

static mr_result build_request(struct attempt *a, struct mr_error *err)
{
	char uuid[MR_UUID_TEXT_LEN + 1];

	mr_uuid_format(&a->uuid, uuid);
	const struct mr_activation_request request = {
		.quote = mr_buf_bytes(&a->quote),
		.csr = mr_buf_bytes(&a->credentials.csr),
		.marble_type = mr_str_of(a->config->marble_type),
		.uuid = mr_str_of(uuid),
	};
	mr_activation_request_encode(&a->request, &request);
	return mr_buf_status(&a->request, err);
}

static mr_result call_once(struct attempt *a, struct mr_buf *response,
	struct mr_grpc_outcome *outcome, struct mr_error *err)
{
	const struct mr_grpc_request request = {
		.address = a->config->coordinator,
		.path = "/rpc.Marble/Activate",
		.tls = {
			.identity = a->identity,
			.anchors = a->roots.list,
			.anchor_count = a->roots.count,
			.check_host = false,
		},
		.message = mr_buf_bytes(&a->request),
		.deadline_ms = a->deadline_ms,
	};

	return mr_grpc_client_call(&request, response, outcome, err);
}

static void wait_ms(int64_t milliseconds)
{
	struct timespec left = { milliseconds / 1000, milliseconds % 1000 * 1000000 };

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		continue;
}

/* One call; more only where the operator asked for them, and for answers that time may change (30 §4.5). */
static mr_result call_coordinator(struct attempt *a, struct mr_buf *response, struct mr_error *err)
{
	int64_t give_up = mr_clock_monotonic_ms() + (int64_t)a->config->retry_seconds * 1000;
	int64_t pause = FIRST_WAIT_MS;

	if (give_up > a->deadline_ms)
		give_up = a->deadline_ms;
	mr_premain_log("activating marble of type %s", a->config->marble_type);
	for (;;) {
		struct mr_grpc_outcome outcome = { 0 };
		mr_result r = call_once(a, response, &outcome, err);
		if (!mr_failed(r) || (outcome.status != MR_GRPC_UNAVAILABLE &&
					     outcome.status != MR_GRPC_FAILED_PRECONDITION))
			return r;
		if (mr_clock_monotonic_ms() + pause >= give_up)
			return r;
		wait_ms(pause);
		pause = pause * 2 < LONGEST_WAIT_MS ? pause * 2 : LONGEST_WAIT_MS;
		mr_buf_clear(response);
	}
}

static mr_result prepare(struct attempt *a, struct mr_error *err)
{
	mr_buf_init(&a->quote, QUOTE_MAX);
	mr_buf_init(&a->request, REQUEST_MAX);
	MR_TRY(read_roots(a->config->root_file, &a->roots, err));
	MR_TRY(mr_premain_make_certificate(a->config, mr_clock_wall(), &a->credentials, err));
	mr_premain_log("loading TLS Credentials");
	const struct mr_bytes der = mr_buf_bytes(&a->credentials.certificate);
	MR_TRY(mr_tls_identity_new(&der, 1, a->credentials.key, &a->identity, err));
	if (a->config->deadline_seconds)
		a->deadline_ms = mr_clock_monotonic_ms() +
				 (int64_t)a->config->deadline_seconds * 1000;
	MR_TRY(mr_premain_uuid(a->config->uuid_file, &a->uuid, err));
	mr_premain_log("generating CSR");
	MR_TRY(mr_premain_make_csr(a->config, &a->credentials, err));
	MR_TRY(issue_quote(a, err));
	return build_request(a, err);
}

static const struct mr_bytes *find_ttls(const struct mr_parameters *p)
{
	for (size_t i = 0; i < p->env_count; i++)
		if (mr_str_eq(p->env[i].name, TTLS_VARIABLE))
			return &p->env[i].value;
	return NULL;
}

static mr_result activate(struct attempt *a, struct mr_premain_result *result, struct mr_error *err)
{
	bool present = false;

	MR_TRY(prepare(a, err));
	MR_TRY(call_coordinator(a, &result->response, err));
	MR_TRY(mr_activation_response_decode(mr_buf_bytes(&result->response), &result->arena,
		&result->parameters, &present, err));
	if (!present)
		return mr_fail(err, MR_CODE_INVALID, "the Coordinator's answer has no parameters");
	return MR_OK;
}

static mr_result run(struct attempt *a, struct mr_premain_result *result, struct mr_error *err)
{
	struct mr_parameters *p = &result->parameters;

	MR_TRY(activate(a, result, err));
	const struct mr_bytes *ttls = find_ttls(p);
	if (ttls && !a->runtime->ttls)
		return mr_fail(err, MR_CODE_UNSUPPORTED,
			"TTLS configured, but Marble runtime doesn't support TTLS");
	MR_TRY(mr_premain_check_parameters(p, err));
	if (a->runtime->take_files)
		MR_TRY(a->runtime->take_files(p, err));
	MR_TRY(mr_premain_ttls_summary(ttls, err));
	if (mr_clock_monotonic_ms() >= a->deadline_ms)
		return mr_fail(err, MR_CODE_DEADLINE, "deadline exceeded");
	MR_TRY(mr_premain_apply(p, err));
	mr_premain_log("done with PreMain");
	return MR_OK;
}

mr_result mr_premain_run(const struct mr_premain_config *config, const struct mr_runtime *runtime,
	struct mr_premain_result *ret, struct mr_error *err)
{
	struct attempt a = { .config = config, .runtime = runtime, .deadline_ms = INT64_MAX };
	struct mr_premain_result result = { 0 };

	mr_arena_init(&result.arena, RESPONSE_MEMORY_MAX);
	mr_buf_init_secret(&result.response, MR_GRPC_MESSAGE_LIMIT + 64);
	mr_result r = run(&a, &result, err);
	attempt_done(&a);
	if (mr_failed(r)) {
		mr_premain_result_done(&result);
		return r;
	}
	*ret = result;
	return MR_OK;
}
