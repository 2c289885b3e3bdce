/* SPDX-License-Identifier: Apache-2.0 */
/* Reading routes: status, quote, manifest, update log (20 §6.1-6.3, 6.7). All answer from the current snapshot. */
#include "codec/json.h"
#include "coordinator/api.h"

static void log_call(const struct mr_api_call *call, const char *message)
{
	MR_LOG(call->core->log, MR_LOG_DEBUG, message,
		mr_log_cstr("remote", mr_http_request_of(call->exchange)->remote));
}

static const char *status_message(enum mr_coordinator_state state)
{
	switch (state) {
	case MR_STATE_RECOVERY:
		return "Coordinator is in recovery mode. Either upload a key to unseal the saved state, or set a new "
		       "manifest. For more information on how to proceed, consult the documentation.";
	case MR_STATE_ACCEPTING_MANIFEST:
		return "Coordinator is ready to accept a manifest.";
	case MR_STATE_ACCEPTING_MARBLES:
		return "Coordinator is running correctly and ready to accept marbles.";
	case MR_STATE_UNINITIALIZED:
		break;
	}
	return NULL;
}

void mr_api_get_status(const struct mr_api_call *call)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(call->core);
	const char *message = status_message(s->view->state);
	bool v1 = call->version == MR_API_V1;
	struct mr_buf data;

	log_call(call, "GetStatus called");
	if (!message) {
		mr_api_error(call, 500, MR_STR("cannot determine coordinator status"));
		return;
	}
	mr_buf_init(&data, 1024);
	mr_buf_put_u8(&data, '{');
	mr_json_put_name(&data, v1 ? "StatusCode" : "code", true);
	mr_buf_put_uint(&data, (uint64_t)s->view->state);
	mr_json_put_name(&data, v1 ? "StatusMessage" : "message", false);
	mr_json_put_str(&data, mr_str_of(message));
	mr_buf_put_u8(&data, '}');
	mr_api_success(call, &data);
}

static void put_manifest(const struct mr_view *view, bool v1, struct mr_buf *data)
{
	bool set = view->manifest != NULL;

	mr_buf_put_u8(data, '{');
	mr_json_put_name(
		data, v1 ? "ManifestSignatureRootECDSA" : "manifestSignatureRootECDSA", true);
	if (set)
		mr_json_put_bytes(data, view->manifest_signature);
	else
		mr_buf_put_cstr(data, "null");
	mr_json_put_name(data, v1 ? "ManifestSignature" : "manifestFingerprint", false);
	mr_json_put_str(data, mr_str_of(view->fingerprint));
	mr_json_put_name(data, v1 ? "Manifest" : "manifest", false);
	if (set)
		mr_json_put_bytes(data, view->manifest_raw);
	else
		mr_buf_put_cstr(data, "null");
	mr_buf_put_u8(data, '}');
}

void mr_api_get_manifest(const struct mr_api_call *call)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(call->core);
	struct mr_buf data;

	log_call(call, "GetManifestSignature called");
	if (call->version == MR_API_V2 && !s->view->manifest) {
		mr_api_error(call, 500, MR_STR("requested value not set"));
		return;
	}
	mr_buf_init(&data, 64 << 20);
	put_manifest(s->view, call->version == MR_API_V1, &data);
	mr_api_success(call, &data);
}

/* The stored text has one JSON line an entry; v2 gives a list, v1 one string with a final LF (20 §6.7). */
static void put_update_log(struct mr_str log, bool v1, struct mr_buf *data)
{
	bool first = true;

	while (log.len && log.ptr[log.len - 1] == '\n')
		log.len--;
	if (v1) {
		MR_AUTO(buf) struct mr_buf text = { 0 };
		mr_buf_init(&text, 64 << 20);
		mr_buf_put_str(&text, log);
		mr_buf_put_u8(&text, '\n');
		mr_json_put_str(data, mr_buf_str(&text));
		if (text.failure != MR_CODE_OK)
			mr_buf_set_failure(data, text.failure);
		return;
	}
	mr_buf_put_cstr(data, "{\"updateLog\":[");
	for (size_t at = 0; at < log.len;) {
		size_t end = mr_str_find(log, '\n', at);
		if (end == SIZE_MAX)
			end = log.len;
		if (!first)
			mr_buf_put_u8(data, ',');
		first = false;
		mr_json_put_str(data, mr_str_sub(log, at, end));
		at = end + 1;
	}
	mr_buf_put_cstr(data, "]}");
}

void mr_api_get_update_log(const struct mr_api_call *call)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(call->core);
	struct mr_bytes log = { NULL, 0 };
	struct mr_error err;
	struct mr_buf data;

	log_call(call, "GetUpdateLog called");
	if (mr_failed(mr_require_state(
		    s->view, MR_STATE_ACCEPTING_MARBLES, MR_STATE_ACCEPTING_MARBLES, &err))) {
		mr_api_error(call, 500, mr_str_of(err.message));
		return;
	}
	(void)mr_state_get(s->state, MR_STR("updateLog"), &log);
	mr_buf_init(&data, 128 << 20);
	put_update_log(mr_bytes_str(log), call->version == MR_API_V1, &data);
	mr_api_success(call, &data);
}
