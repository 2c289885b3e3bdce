/* SPDX-License-Identifier: Apache-2.0 */
/* Values of the state, the first byte choosing the kind: what is read can be written, and then read
 * as the same. */
#include "fuzz.h"
#include "manifest/records.h"
#include "manifest/secret.h"
#include "manifest/update.h"
#include "manifest/users.h"

enum { ROOM = 1 << 24 };

#define TRIP(kind)                                                                                 \
	do {                                                                                       \
		struct mr_##kind record;                                                           \
		if (mr_failed(mr_##kind##_decode(json, MR_STR("n"), &arena, &record, &err)))       \
			break;                                                                     \
		mr_##kind##_encode(&first, &record);                                               \
		FUZZ_CHECK(!mr_failed(mr_##kind##_decode(                                          \
			mr_buf_bytes(&first), MR_STR("n"), &arena, &record, &err)));               \
		mr_##kind##_encode(&second, &record);                                              \
	} while (0)

static void read_uploads(struct mr_bytes json, struct mr_arena *arena)
{
	static const enum mr_secret_type types[] = { MR_SECRET_SYMMETRIC_KEY, MR_SECRET_PLAIN,
		MR_SECRET_CERT_ECDSA };
	struct mr_secret_upload *uploads;
	const struct mr_json *tree;
	struct mr_error err;
	size_t count;

	if (mr_failed(mr_json_parse(mr_bytes_str(json), arena, &tree, &err)) ||
		mr_failed(mr_secret_uploads_decode(tree, arena, &uploads, &count, &err)))
		return;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < MR_COUNT(types); j++) {
			const struct mr_secret_def def = { .name = uploads[i].name,
				.type = types[j],
				.user_defined = true,
				.size = 16 };
			struct mr_secret_value value;
			if (!mr_failed(
				    mr_secret_upload_apply(&uploads[i], &def, arena, &value, &err)))
				FUZZ_CHECK(j != 0 || value.private_part.bytes.len == 2);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(buf) struct mr_buf first = { 0 }, second = { 0 };
	struct mr_error err;

	if (size < 1 || size > 1 << 16)
		return 0;
	struct mr_bytes json = mr_bytes_of(data + 1, size - 1);
	mr_arena_init(&arena, ROOM);
	mr_buf_init_secret(&first, ROOM);
	mr_buf_init_secret(&second, ROOM);
	switch (data[0]) {
	case 'p':
		TRIP(package);
		break;
	case 'i':
		TRIP(infrastructure);
		break;
	case 'm':
		TRIP(marble);
		break;
	case 't':
		TRIP(tls_tag);
		break;
	case 's':
		TRIP(secret_value);
		break;
	case 'u':
		TRIP(user);
		break;
	default:
		read_uploads(json, &arena);
	}
	FUZZ_CHECK(mr_str_eq(mr_buf_str(&first), mr_buf_str(&second)));
	return 0;
}
