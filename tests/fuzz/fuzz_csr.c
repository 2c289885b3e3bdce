/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests, and what follows them: the subject of a leaf and its names. A mutated request seldom
 * gets past its signature, so a first byte sends the rest of an input to these directly.
 */
#include "crypto/cert_write.h"
#include "fuzz.h"

enum { ROOM = 1 << 18 };

static struct mr_alt_name names[MR_CERT_MAX_NAMES];
static struct mr_san_list list;

static void make_subject(struct mr_bytes subject)
{
	MR_AUTO(buf) struct mr_buf leaf = { 0 };
	struct mr_error err;

	mr_buf_init(&leaf, ROOM);
	if (!mr_failed(mr_csr_subject_for_leaf(subject, MR_STR("uuid"), &leaf, &err)))
		FUZZ_CHECK(mr_name_valid(mr_buf_bytes(&leaf)));
	else
		FUZZ_CHECK(leaf.len == 0);
}

/* What parses is written again, and is then the same. */
static void trip_names(struct mr_bytes value)
{
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_error err;
	size_t count;

	mr_buf_init(&b, ROOM);
	if (mr_failed(mr_alt_names_parse(value, names, MR_CERT_MAX_NAMES, &count, &err)))
		return;
	mr_ext_put_alt_names(&b, names, count, false);
	FUZZ_CHECK(count == 0 || b.failure != MR_CODE_OK ||
		   (b.len > value.len &&
			   memcmp(b.data + b.len - value.len, value.ptr, value.len) == 0));
}

static void parse(struct mr_bytes der)
{
	struct mr_csr csr;
	struct mr_error err;

	if (mr_failed(mr_csr_parse(der, &csr, &err)))
		return;
	FUZZ_CHECK(mr_name_valid(csr.subject));
	make_subject(csr.subject);
	if (csr.alt_names.len)
		trip_names(csr.alt_names);
}

static void parse_list(struct mr_str text)
{
	struct mr_error err;

	if (mr_failed(mr_san_list_parse(text, &list, &err)))
		return;
	for (size_t i = 0; i < list.count; i++)
		FUZZ_CHECK(list.names[i].tag == 2 || list.names[i].value.len == 4 ||
			   list.names[i].value.len == 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_bytes input;

	if (size == 0)
		return 0;
	input = mr_bytes_of(data + 1, size - 1);
	if (data[0] == 's')
		make_subject(input);
	else if (data[0] == 'n')
		trip_names(input);
	else if (data[0] == 'l')
		parse_list(mr_bytes_str(input));
	else
		parse(mr_bytes_of(data, size));
	return 0;
}
