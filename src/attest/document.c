/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/document.h"

#include "base/clock.h"
#include "codec/base64.h"
#include "crypto/der.h"

enum { HEX_MAX = 64 };

static const struct mr_json *member(struct mr_document *d, const struct mr_json *object,
	const char *name, enum mr_json_kind kind)
{
	if (d->bad)
		return NULL;
	const struct mr_json *value = mr_json_member(object, mr_str_of(name));
	if (!value || value->kind != kind) {
		d->bad = name;
		return NULL;
	}
	return value;
}

const struct mr_json *mr_document_array(
	struct mr_document *d, const struct mr_json *object, const char *name, size_t max)
{
	const struct mr_json *value = member(d, object, name, MR_JSON_ARRAY);

	if (value && value->count > max)
		d->bad = name;
	return value;
}

const struct mr_json *mr_document_object(
	struct mr_document *d, const struct mr_json *object, const char *name)
{
	return member(d, object, name, MR_JSON_OBJECT);
}

struct mr_str mr_document_text(
	struct mr_document *d, const struct mr_json *object, const char *name)
{
	const struct mr_json *value = member(d, object, name, MR_JSON_STRING);

	return value ? value->text : (struct mr_str){ NULL, 0 };
}

uint64_t mr_document_number(
	struct mr_document *d, const struct mr_json *object, const char *name, uint64_t max)
{
	const struct mr_json *value = member(d, object, name, MR_JSON_NUMBER);
	uint64_t n = 0;
	struct mr_error ignored;

	if (value && (mr_failed(mr_json_get_u64(value, &n, &ignored)) || n > max))
		d->bad = name;
	return n;
}

void mr_document_hex(struct mr_document *d, const struct mr_json *object, const char *name,
	uint8_t *out, size_t size)
{
	struct mr_str text = mr_document_text(d, object, name);
	MR_AUTO(buf) struct mr_buf bytes = { 0 };
	struct mr_error ignored;

	if (d->bad)
		return;
	mr_buf_init(&bytes, HEX_MAX);
	if (text.len != 2 * size || mr_failed(mr_hex_decode(text, &bytes, &ignored)) ||
		bytes.len != size) {
		d->bad = name;
		return;
	}
	memcpy(out, bytes.data, size);
}

/* As GeneralizedTime without its punctuation, whose reader knows the calendar. */
bool mr_utc_parse(struct mr_str text, int64_t *ret)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
	uint8_t der[2 + 15] = { MR_DER_GENERALIZED_TIME, 15 };
	size_t len = 2;

	if (text.len != sizeof form - 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		bool is_digit = text.ptr[i] >= '0' && text.ptr[i] <= '9';

		if (form[i] == 'd' ? !is_digit : text.ptr[i] != form[i])
			return false;
		if (form[i] == 'd' || form[i] == 'Z')
			der[len++] = (uint8_t)text.ptr[i];
	}
	struct mr_cursor c = mr_cursor_of(mr_bytes_of(der, len));
	return mr_der_time(&c, ret);
}

int64_t mr_document_date(struct mr_document *d, const struct mr_json *object, const char *name)
{
	struct mr_str text = mr_document_text(d, object, name);
	int64_t seconds = 0;

	if (!d->bad && !mr_utc_parse(text, &seconds))
		d->bad = name;
	return seconds;
}

/* Absent is none; anything but an array of strings is wrong. */
static void read_advisories(
	struct mr_document *d, const struct mr_json *object, struct mr_tcb_level *level)
{
	static const char name[] = "advisoryIDs";

	if (d->bad || !mr_json_member(object, MR_STR("advisoryIDs")))
		return;
	const struct mr_json *list = mr_document_array(d, object, name, MR_DOCUMENT_MAX_ADVISORIES);
	if (d->bad)
		return;
	struct mr_str *texts = mr_arena_array(d->arena, list->count + 1, sizeof *texts);
	if (!texts) {
		d->bad = name;
		return;
	}
	for (const struct mr_json *at = list->first; at; at = at->next) {
		if (at->kind != MR_JSON_STRING) {
			d->bad = name;
			return;
		}
		texts[level->advisory_count++] = at->text;
	}
	level->advisories = texts;
}

void mr_document_level(
	struct mr_document *d, const struct mr_json *object, struct mr_tcb_level *ret)
{
	if (!d->bad && object->kind != MR_JSON_OBJECT)
		d->bad = "tcbLevels";
	(void)mr_document_date(d, object, "tcbDate");
	ret->date = mr_document_text(d, object, "tcbDate");
	struct mr_str status = mr_document_text(d, object, "tcbStatus");
	if (!d->bad && !mr_tcb_status_parse(status, &ret->status))
		d->bad = "tcbStatus";
	read_advisories(d, object, ret);
}

const struct mr_tcb_level *mr_document_isv_levels(
	struct mr_document *d, const struct mr_json *object, size_t *ret_count)
{
	const struct mr_json *list = mr_document_array(
		d, object, "tcbLevels", MR_DOCUMENT_MAX_LEVELS);

	if (d->bad)
		return NULL;
	struct mr_tcb_level *levels = mr_arena_array(d->arena, list->count + 1, sizeof *levels);
	if (!levels) {
		d->bad = "tcbLevels";
		return NULL;
	}
	size_t count = 0;
	for (const struct mr_json *at = list->first; at && !d->bad; at = at->next) {
		struct mr_tcb_level *level = &levels[count++];

		mr_document_level(d, at, level);
		const struct mr_json *tcb = mr_document_object(d, at, "tcb");
		level->svn = (uint16_t)mr_document_number(d, tcb, "isvsvn", UINT16_MAX);
	}
	*ret_count = count;
	return levels;
}

const struct mr_tcb_level *mr_isv_level_of(
	const struct mr_tcb_level *levels, size_t count, unsigned isv_svn)
{
	for (size_t i = 0; i < count; i++) {
		if (levels[i].svn <= isv_svn)
			return &levels[i];
	}
	return NULL;
}
