/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"
#include "marble/premain.h"
#include "marble/premain_log.h"

enum { CONFIG_MEMORY_MAX = 64 << 20, DEPTH = 4 };

/* An object of objects of objects of objects: section, direction, connection, properties. Null is an absent object. */
static mr_result check_shape(const struct mr_json *value, int depth, struct mr_error *err)
{
	MR_TRY(mr_json_want(value, MR_JSON_OBJECT, "map[string]interface {}", err));
	for (const struct mr_json *child = value->first; child && depth > 1; child = child->next)
		MR_TRY(check_shape(child, depth - 1, err));
	return MR_OK;
}

static void log_keys(const char *title, const struct mr_json *connections)
{
	mr_premain_log("  %s", title);
	for (const struct mr_json *c = connections ? connections->first : NULL; c; c = c->next)
		mr_premain_log("    %.*s", MR_STR_ARGS(c->name));
}

static const struct mr_json *member(const struct mr_json *object, struct mr_str name)
{
	return object && object->kind == MR_JSON_OBJECT ? mr_json_member(object, name) : NULL;
}

mr_result mr_premain_ttls_summary(const struct mr_bytes *config, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const struct mr_json *root;

	mr_arena_init(&arena, CONFIG_MEMORY_MAX);
	if (!config) {
		mr_premain_log("Not using TTLS");
		return MR_OK;
	}
	MR_TRY(mr_wrap(err, mr_json_parse(mr_bytes_str(*config), &arena, &root, err),
		"unmarshaling TTLS config"));
	MR_TRY(mr_wrap(err, check_shape(root, DEPTH, err), "unmarshaling TTLS config"));
	const struct mr_json *tls = member(root, MR_STR("tls"));
	const struct mr_json *incoming = member(tls, MR_STR("Incoming"));
	const struct mr_json *outgoing = member(tls, MR_STR("Outgoing"));
	if ((!incoming || !incoming->count) && (!outgoing || !outgoing->count))
		return mr_fail(err, MR_CODE_INVALID, "TTLS config is empty");
	mr_premain_log("TTLS config");
	log_keys("Incoming", incoming);
	log_keys("Outgoing", outgoing);
	return MR_OK;
}
