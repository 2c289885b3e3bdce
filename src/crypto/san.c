/* SPDX-License-Identifier: Apache-2.0 */
/* Names as people write them: "SAN lists" and IP literals. */
#include <arpa/inet.h>

#include "crypto/cert_write.h"

enum { TAG_DNS = 2, TAG_IP = 7 };

size_t mr_ip_parse(struct mr_str text, uint8_t out[static 16])
{
	static const uint8_t mapped[12] = { [10] = 0xFF, [11] = 0xFF };
	char terminated[INET6_ADDRSTRLEN];
	uint8_t address[16];

	if (text.len == 0 || text.len >= sizeof terminated || memchr(text.ptr, 0, text.len))
		return 0;
	memcpy(terminated, text.ptr, text.len);
	terminated[text.len] = '\0';
	if (inet_pton(AF_INET, terminated, address) == 1) {
		memcpy(out, address, 4);
		return 4;
	}
	if (inet_pton(AF_INET6, terminated, address) != 1)
		return 0;
	if (memcmp(address, mapped, sizeof mapped) == 0) {
		memcpy(out, address + sizeof mapped, 4);
		return 4;
	}
	memcpy(out, address, 16);
	return 16;
}

static bool is_ascii(struct mr_str text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] >= 0x80)
			return false;
	return true;
}

static mr_result put_name(struct mr_san_list *list, struct mr_str text, struct mr_error *err)
{
	if (list->count == MR_CERT_MAX_NAMES)
		return mr_fail(err, MR_CODE_LIMIT, "more than %d names", MR_CERT_MAX_NAMES);
	if (!is_ascii(text))
		return mr_fail(err, MR_CODE_INVALID,
			"x509: \"%.*s\" cannot be encoded as an IA5String", MR_STR_ARGS(text));
	uint8_t *storage = list->storage[list->count];
	size_t size = mr_ip_parse(text, storage);
	struct mr_alt_name *name = &list->names[list->count++];
	name->tag = size ? TAG_IP : TAG_DNS;
	name->value = size ? mr_bytes_of(storage, size) : mr_str_bytes(text);
	return MR_OK;
}

mr_result mr_san_list_parse(struct mr_str text, struct mr_san_list *ret, struct mr_error *err)
{
	size_t from = 0;

	ret->count = 0;
	for (;;) {
		size_t comma = mr_str_find(text, ',', from);
		size_t to = comma == SIZE_MAX ? text.len : comma;

		MR_TRY(put_name(ret, mr_str_sub(text, from, to), err));
		if (comma == SIZE_MAX)
			return MR_OK;
		from = comma + 1;
	}
}
