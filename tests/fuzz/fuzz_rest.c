/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to the client API of a running core, without connections. An input is a sequence of
 * requests: a byte that chooses the method and who asks, the target up to a NUL byte, the body up to
 * a byte 0xFF. A core serves a number of inputs, in recovery state or with a manifest, and then makes
 * room for a new one; whatever was asked, it must answer each request once and be fine afterwards.
 */
#include "fuzz.h"

#include "../unit/coordinator/coordinator_test.h"
#include "../unit/coordinator/fake_api.h"
#include "codec/json.h"

enum {
	REQUESTS = 8,
	INPUTS_OF_A_CORE = 512,
	TARGET_ROOM = 512,
	STATUS_LEAST = 200,
	STATUS_MOST = 599
};

static struct rig rig;
static unsigned inputs_left;
/* The slot of the current snapshot hides its pointer from who looks for leaks between inputs. */
static struct mr_snapshot *current;

static struct mr_bytes manifest(void)
{
	return jsonf(
		"{'Packages':{'p':{'SignerID':'aa','ProductID':1,'SecurityVersion':2}},"
		"'Marbles':{'m':{'Package':'p','MaxActivations':3,"
		"'Parameters':{'Env':{'A':'{{ hex .Secrets.given }}'}}}},"
		"'Secrets':{'key':{'Type':'symmetric-key','Size':128,'Shared':true},"
		"'given':{'Type':'plain','UserDefined':true}},"
		"'Users':{'alice':{'Certificate':'%s','Roles':['updater','packer','reader','writer']},"
		"'bob':{'Certificate':'%s','Roles':['updater']}},"
		"'Roles':{'updater':{'ResourceType':'Manifest','Actions':['UpdateManifest']},"
		"'packer':{'ResourceType':'Packages','ResourceNames':['p'],'Actions':['UpdateSecurityVersion']},"
		"'reader':{'ResourceType':'Secrets','ResourceNames':['key','given'],'Actions':['ReadSecret']},"
		"'writer':{'ResourceType':'Secrets','ResourceNames':['given'],'Actions':['WriteSecret']}},"
		"'Config':{'FeatureGates':['SignQuoteEndpoint','MonotonicCounter']}}",
		person(0)->pem, person(1)->pem);
}

/* Before the TLS library's own end: the core's threads use it. */
static void finish(void)
{
	mr_snapshot_unref(current);
	rig_done(&rig);
}

/* The same for the same input, as far as its place among those of a core goes. */
static void ready(void)
{
	static struct mr_bytes text;
	bool first = rig.core == NULL;

	mr_snapshot_unref(current);
	current = NULL;
	if (inputs_left-- > 0)
		return;
	if (rig.core)
		rig_done(&rig);
	if (!text.len)
		text = manifest();
	rig_new(&rig);
	rig_start(&rig);
	rig_set_manifest(&rig, text);
	if (first)
		FUZZ_CHECK(atexit(finish) == 0);
	inputs_left = INPUTS_OF_A_CORE - 1;
}

static struct mr_bytes peer_of(unsigned choice)
{
	static const struct mr_bytes nobody;

	return choice == 0 ? nobody : person(choice - 1)->certificate;
}

static void check_answer(const struct mr_http_exchange *e)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const struct mr_json *json;
	struct mr_error err;

	FUZZ_CHECK(e->response.status >= STATUS_LEAST && e->response.status <= STATUS_MOST);
	if (!e->response.content_type || strcmp(e->response.content_type, "application/json") != 0)
		return;
	mr_arena_init(&arena, 64 << 20);
	FUZZ_CHECK(!mr_failed(mr_json_parse(mr_buf_str(&e->response.body), &arena, &json, &err)));
	FUZZ_CHECK(mr_json_member(json, MR_STR("status")) != NULL);
}

/* One request; what is behind it. */
static struct mr_bytes request(struct mr_bytes in)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "DELETE" };
	MR_AUTO(exchange) struct mr_http_exchange e;
	char target[TARGET_ROOM];
	unsigned how = in.ptr[0];
	size_t at = 1, len = 0;

	while (at < in.len && in.ptr[at] != '\0' && len < sizeof target - 1)
		target[len++] = (char)in.ptr[at++];
	target[len] = '\0';
	if (at < in.len)
		at++;
	size_t end = at;
	while (end < in.len && in.ptr[end] != 0xFF)
		end++;
	http_begin(&e, rig.core, methods[how % MR_COUNT(methods)], target,
		mr_bytes_of(in.ptr + at, end - at), peer_of(how / MR_COUNT(methods) % 4));
	(void)http_end(&e);
	check_answer(&e);
	end += end < in.len;
	return mr_bytes_of(in.ptr + end, in.len - end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_bytes in = mr_bytes_of(data, size);

	ready();
	for (unsigned i = 0; i < REQUESTS && in.len > 0; i++)
		in = request(in);
	/* still there */
	FUZZ_CHECK(http_call(rig.core, "GET", "/api/v2/status", (struct mr_bytes){ NULL, 0 },
			   peer_of(0), NULL) == 200);
	current = mr_core_snapshot(rig.core);
	return 0;
}
