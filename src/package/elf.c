/* SPDX-License-Identifier: Apache-2.0 */
#include "package/elf.h"

enum {
	HEADER_SIZE = 64,
	ENTRY_SIZE = 64, /* of the section table */
	CLASS_64 = 2,
	LITTLE_ENDIAN_DATA = 1,
	TYPE_NOBITS = 8,
	LINK_IS_INDEX = 0xffff, /* the index of the names is in section 0 */
};

struct section {
	uint32_t name, type, link;
	uint64_t offset, size;
};

struct elf {
	struct mr_bytes file, table, names;
	uint64_t count;
};

static bool part(struct mr_bytes file, uint64_t offset, uint64_t size, struct mr_bytes *ret)
{
	if (offset > file.len || size > file.len - offset)
		return false;
	*ret = mr_bytes_of(file.ptr + offset, (size_t)size);
	return true;
}

static bool read_section(struct mr_bytes table, uint64_t index, struct section *ret)
{
	struct mr_bytes entry;

	if (index > table.len / ENTRY_SIZE || !part(table, index * ENTRY_SIZE, ENTRY_SIZE, &entry))
		return false;
	struct mr_cursor c = mr_cursor_of(entry);
	return mr_cursor_u32le(&c, &ret->name) && mr_cursor_u32le(&c, &ret->type) &&
	       mr_cursor_skip(&c, 16) && mr_cursor_u64le(&c, &ret->offset) &&
	       mr_cursor_u64le(&c, &ret->size) && mr_cursor_u32le(&c, &ret->link);
}

/* The header's numbers; those that do not fit there are in section 0. */
static bool read_header(struct elf *elf)
{
	struct mr_cursor c = mr_cursor_of(elf->file);
	uint16_t entry_size, count, names;
	uint64_t offset;
	struct section zero = { 0 }, named;

	if (!mr_cursor_skip(&c, 40) || !mr_cursor_u64le(&c, &offset) || !mr_cursor_skip(&c, 10) ||
		!mr_cursor_u16le(&c, &entry_size) || !mr_cursor_u16le(&c, &count) ||
		!mr_cursor_u16le(&c, &names))
		return false;
	if (entry_size != ENTRY_SIZE || offset > elf->file.len)
		return false;
	elf->table = mr_bytes_of(elf->file.ptr + offset, elf->file.len - (size_t)offset);
	if (!read_section(elf->table, 0, &zero))
		return false;
	elf->count = count ? count : zero.size;
	return read_section(elf->table, names == LINK_IS_INDEX ? zero.link : names, &named) &&
	       named.type != TYPE_NOBITS &&
	       part(elf->file, named.offset, named.size, &elf->names) &&
	       elf->count <= elf->table.len / ENTRY_SIZE;
}

static bool is_named(const struct elf *elf, const struct section *s, struct mr_str name)
{
	struct mr_bytes at;

	return part(elf->names, s->name, name.len + 1, &at) &&
	       memcmp(at.ptr, name.ptr, name.len) == 0 && at.ptr[name.len] == '\0';
}

mr_result mr_elf_section(
	struct mr_bytes file, struct mr_str name, struct mr_bytes *ret, struct mr_error *err)
{
	struct elf elf = { .file = file };
	struct section s;

	if (file.len < HEADER_SIZE || memcmp(file.ptr,
					      "\x7f"
					      "ELF",
					      4) != 0)
		return mr_fail(err, MR_CODE_INVALID, "not an ELF file");
	if (file.ptr[4] != CLASS_64 || file.ptr[5] != LITTLE_ENDIAN_DATA)
		return mr_fail(err, MR_CODE_INVALID, "not a 64-bit little-endian ELF file");
	if (!read_header(&elf))
		return mr_fail(err, MR_CODE_INVALID, "damaged ELF file");
	for (uint64_t i = 0; i < elf.count && read_section(elf.table, i, &s); i++) {
		if (!is_named(&elf, &s, name) || s.type == TYPE_NOBITS)
			continue;
		if (!part(file, s.offset, s.size, ret))
			return mr_fail(
				err, MR_CODE_INVALID, "damaged ELF file: section out of range");
		return MR_OK;
	}
	return mr_fail(err, MR_CODE_NOT_FOUND, "no section %.*s", MR_STR_ARGS(name));
}
