/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/qcnl.h"

#include "codec/json.h"

enum { ARENA_MAX = 4 << 20, RETRIES_MAX = 10, DELAY_MAX = 60, HOURS_MAX = 2160 };

/* The values that were found, as texts, before any is believed. */
struct found {
	struct mr_str pccs_url, collateral_service, tcb_update_type, api_version;
	bool use_secure_cert;
	double retry_times, retry_delay, cache_hours;
};

void mr_qcnl_defaults(struct mr_qcnl *ret)
{
	*ret = (struct mr_qcnl){ .use_secure_cert = true,
		.pccs = { .endpoint = "localhost:8081", .path = "/sgx/certification/v4/" } };
	ret->collateral = ret->pccs;
}

mr_result mr_qcnl_of_url(struct mr_str url, struct mr_qcnl *ret, struct mr_error *err)
{
	mr_qcnl_defaults(ret);
	MR_TRY(mr_service_url_parse(url, &ret->pccs, err));
	ret->collateral = ret->pccs;
	return MR_OK;
}

static double bounded(double value, double max)
{
	return value >= 0 ? value < max ? value : max : 0;
}

static mr_result apply(const struct found *f, struct mr_qcnl *ret, struct mr_error *err)
{
	mr_qcnl_defaults(ret);
	if (f->pccs_url.len)
		MR_TRY(mr_wrap(
			err, mr_service_url_parse(f->pccs_url, &ret->pccs, err), "pccs_url"));
	ret->collateral = ret->pccs;
	if (f->collateral_service.len)
		MR_TRY(mr_wrap(err,
			mr_service_url_parse(f->collateral_service, &ret->collateral, err),
			"collateral_service"));
	ret->early = mr_str_eq_nocase(f->tcb_update_type, MR_STR("early"));
	if (f->tcb_update_type.len && !ret->early &&
		!mr_str_eq_nocase(f->tcb_update_type, MR_STR("standard")))
		return mr_fail(
			err, MR_CODE_INVALID, "tcb_update_type is neither standard nor early");
	ret->api_31 = mr_str_eq(f->api_version, MR_STR("3.1"));
	ret->use_secure_cert = f->use_secure_cert;
	ret->retry_times = (unsigned)bounded(f->retry_times, RETRIES_MAX);
	ret->retry_delay = (unsigned)bounded(f->retry_delay, DELAY_MAX);
	ret->cache_seconds = (int64_t)(bounded(f->cache_hours, HOURS_MAX) * 3600);
	return MR_OK;
}

/* --- JSON --- */

/* Comments become blanks, line ends stay. False when one does not end. */
static bool blank_comments(char *text, size_t len)
{
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		if (in_string) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				in_string = false;
			continue;
		}
		in_string = text[i] == '"';
		if (text[i] != '/' || i + 1 == len || (text[i + 1] != '/' && text[i + 1] != '*'))
			continue;
		bool line = text[i + 1] == '/';
		size_t end = i + 2;
		while (end < len &&
			(line ? text[end] != '\n'
			      : !(text[end - 1] == '*' && text[end] == '/' && end > i + 2)))
			end++;
		if (end == len && !line)
			return false;
		memset(text + i, ' ', end - i + (line ? 0 : 1));
		i = line ? end - 1 : end;
	}
	return true;
}

/* A decimal number without exponent: more than seconds and hours is not asked for. */
static bool read_number(struct mr_str text, double *ret)
{
	double value = 0;
	double unit = 1;
	bool fraction = false;

	if (text.len == 0 || text.len > 15)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '.' && !fraction && i > 0) {
			fraction = true;
			continue;
		}
		if (c < '0' || c > '9')
			return false;
		unit = fraction ? unit / 10 : unit;
		value = fraction ? value + (c - '0') * unit : value * 10 + (c - '0');
	}
	*ret = value;
	return true;
}

static void take_text(const struct mr_json *root, const char *name, struct mr_str *ret)
{
	const struct mr_json *value = mr_json_member(root, mr_str_of(name));

	if (value && value->kind == MR_JSON_STRING)
		*ret = value->text;
}

static void take_number(const struct mr_json *root, const char *name, double *ret)
{
	const struct mr_json *value = mr_json_member(root, mr_str_of(name));

	if (value && value->kind == MR_JSON_NUMBER)
		(void)read_number(value->text, ret);
}

static mr_result parse_json(struct mr_str text, struct mr_qcnl *ret, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct found f = { .use_secure_cert = true };
	const struct mr_json *root;

	mr_arena_init(&arena, ARENA_MAX);
	char *copy = mr_arena_alloc(&arena, text.len);
	if (!copy)
		return mr_arena_fail(&arena, err);
	memcpy(copy, text.ptr, text.len);
	if (!blank_comments(copy, text.len))
		return mr_fail(err, MR_CODE_INVALID, "a comment does not end");
	MR_TRY(mr_json_parse((struct mr_str){ copy, text.len }, &arena, &root, err));
	take_text(root, "pccs_url", &f.pccs_url);
	take_text(root, "collateral_service", &f.collateral_service);
	take_text(root, "tcb_update_type", &f.tcb_update_type);
	take_text(root, "pccs_api_version", &f.api_version);
	take_number(root, "retry_times", &f.retry_times);
	take_number(root, "retry_delay", &f.retry_delay);
	take_number(root, "verify_collateral_cache_expire_hours", &f.cache_hours);
	const struct mr_json *secure = mr_json_member(root, MR_STR("use_secure_cert"));
	if (secure && secure->kind == MR_JSON_BOOL)
		f.use_secure_cert = secure->boolean;
	return apply(&f, ret, err);
}

/* --- lines --- */

/* Without white space, which the form allows anywhere. */
static struct mr_str squeeze(char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r')
			text[n++] = text[i];
	}
	return (struct mr_str){ text, n };
}

static void take_line(struct found *f, struct mr_str key, struct mr_str value)
{
	const struct {
		const char *name;
		struct mr_str *text;
		double *number;
	} all[] = {
		{ "PCCS_URL", &f->pccs_url, NULL },
		{ "COLLATERAL_SERVICE", &f->collateral_service, NULL },
		{ "PCCS_API_VERSION", &f->api_version, NULL },
		{ "RETRY_TIMES", NULL, &f->retry_times },
		{ "RETRY_DELAY", NULL, &f->retry_delay },
		{ "VERIFY_COLLATERAL_CACHE_EXPIRE_HOURS", NULL, &f->cache_hours },
	};

	if (mr_str_eq(key, MR_STR("USE_SECURE_CERT")))
		f->use_secure_cert = !mr_str_eq(value, MR_STR("FALSE")) &&
				     !mr_str_eq(value, MR_STR("false"));
	for (size_t i = 0; i < MR_COUNT(all); i++) {
		if (!mr_str_eq(key, mr_str_of(all[i].name)))
			continue;
		if (all[i].text)
			*all[i].text = value;
		else
			(void)read_number(value, all[i].number);
	}
}

static mr_result parse_lines(struct mr_str text, struct mr_qcnl *ret, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct found f = { .use_secure_cert = true };

	mr_arena_init(&arena, ARENA_MAX);
	char *copy = mr_arena_alloc(&arena, text.len + 1);
	if (!copy)
		return mr_arena_fail(&arena, err);
	memcpy(copy, text.len ? text.ptr : "", text.len);
	for (size_t at = 0; at < text.len;) {
		size_t end = mr_str_find(text, '\n', at);
		if (end == SIZE_MAX)
			end = text.len;
		struct mr_str line = squeeze(copy + at, end - at);
		at = end + 1;
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		size_t equals = mr_str_find(line, '=', 0);
		if (equals == SIZE_MAX)
			return mr_fail(err, MR_CODE_INVALID,
				"a line is neither KEY=VALUE nor a comment, and it is no JSON");
		take_line(&f, mr_str_sub(line, 0, equals), mr_str_sub(line, equals + 1, line.len));
	}
	return apply(&f, ret, err);
}

mr_result mr_qcnl_parse(struct mr_str text, struct mr_qcnl *ret, struct mr_error *err)
{
	size_t at = 0;

	if (text.len > MR_QCNL_MAX)
		return mr_fail(err, MR_CODE_LIMIT, "larger than %zu bytes", MR_QCNL_MAX);
	while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t' ||
					text.ptr[at] == '\n' || text.ptr[at] == '\r'))
		at++;
	/* comments may come first */
	bool json = at < text.len && (text.ptr[at] == '{' || text.ptr[at] == '/');
	return json ? parse_json(text, ret, err) : parse_lines(text, ret, err);
}
