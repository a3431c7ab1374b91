/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbol/jitdump.h"
#include "symbol/openfile.h"
#include "util/array.h"
#include "util/bytes.h"

#define MAGIC 0x4a695444u	/* "JiTD" */
#define HEADER_SIZE 40
#define PREFIX_SIZE 16		/* of each record: id, size, time */

/* A runtime of days makes some millions of functions, of a hundred bytes of name each. */
#define MAX_RECORDS 10000000u
#define MAX_NAMES (512u << 20)
#define MAX_NAME 65535u
#define MAX_LINES (16u << 20)

enum record_id {
	CODE_LOAD,
	CODE_MOVE,
	CODE_DEBUG_INFO,
};

struct reader {
	int fd;
	bool swap;
	uint64_t at;		/* of the record in hand */
	uint64_t end;		/* of the file, as far as anything could be read */
	unsigned char *window;
	uint64_t start;		/* of the window in the file */
	size_t filled;
	struct pfl_symtab *table;
	size_t names_room;
	struct pfl_jit_lines *lines;
	struct pfl_table by_index;	/* code index -> number of the latest entry */
	struct pfl_jit_range pending;	/* lines of the code that is loaded next … */
	uint64_t pending_addr;		/* … here */
	uint64_t *bad;
};

#define WINDOW (1u << 20)

bool pfl_jitdump_is_path(const char *path)
{
	const char *name = strrchr(path, '/');

	if (!name || strncmp(name, "/jit-", 5))
		return false;
	name += 5;
	name += strspn(name, "0123456789");
	return isdigit((unsigned char)name[-1]) && !strcmp(name, ".dump");
}

int pfl_jitdump_open(int32_t pid, const char *path, bool live)
{
	struct pfl_identity process;

	/* The kernel told where it was mapped from: a link on the way was put there since. */
	if (live && !pfl_identity_read(pid, &process))
		return pfl_open_owned(pfl_open_in_process(pid, path, PFL_LINKS_NONE), process.uid);
	return pfl_open_owned(pfl_open_regular(path, PFL_LINKS_NONE), geteuid());
}

void pfl_jit_lines_free(struct pfl_jit_lines *lines)
{
	free(lines->list);
	free(lines->ranges);
	pfl_table_free(&lines->of_name);
	*lines = (struct pfl_jit_lines){ 0 };
}

size_t pfl_jit_lines_size(const struct pfl_jit_lines *lines)
{
	return (size_t)lines->room * sizeof(*lines->list) +
	       (size_t)lines->ranges_room * sizeof(*lines->ranges);
}

/*
 * Up to @size bytes at @offset, through a window: the machine code between the
 * names is passed over. An empty reader where the file ends before.
 */
static struct pfl_bytes bytes_at(struct reader *reader, uint64_t offset, size_t size)
{
	size_t skipped;
	ssize_t got;

	if (offset < reader->start || offset + size > reader->start + reader->filled) {
		reader->start = offset;
		reader->filled = 0;
		while (reader->filled < WINDOW) {
			got = pread(reader->fd, reader->window + reader->filled,
				    WINDOW - reader->filled, offset + reader->filled);
			if (got < 0 && errno == EINTR)
				continue;
			if (got <= 0)
				break;
			reader->filled += got;
		}
	}
	skipped = offset - reader->start;
	if (skipped > reader->filled)
		skipped = reader->filled;
	if (size > reader->filled - skipped)
		size = reader->filled - skipped;
	return pfl_bytes(reader->window + skipped, size, reader->swap);
}

/* Copies a name to the table's names; *place is where it lies there. 0, -EFBIG or -ENOMEM. */
static int add_name(struct reader *reader, const char *name, size_t len, uint32_t *place)
{
	struct pfl_symtab *table = reader->table;

	*place = table->names_size;
	if (table->names_size + len + 2 > reader->names_room) {
		size_t room = 2 * reader->names_room + len + 4096;
		char *names = room <= MAX_NAMES ? realloc(table->names, room) : NULL;

		if (!names)
			return room <= MAX_NAMES ? -ENOMEM : -EFBIG;
		table->names = names;
		reader->names_room = room;
	}
	memcpy(table->names + *place, name, len);
	table->names[*place + len] = '\0';
	table->names[*place + len + 1] = '\0';
	table->names_size += len + 1;
	return 0;
}

/* Gives the code that was last called @index these lines. */
static int add_lines(struct reader *reader, uint64_t index, struct pfl_jit_range range)
{
	uint32_t number = pfl_table_get(&reader->by_index, index), *slot;
	struct pfl_jit_lines *lines = reader->lines;
	struct pfl_jit_range *ranges;

	if (number == PFL_NONE || !range.count)
		return 0;
	ranges = pfl_array_grow(lines->ranges, lines->nranges, &lines->ranges_room, sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	lines->ranges = ranges;
	slot = pfl_table_put(&lines->of_name, reader->table->entries[number].name);
	if (!slot)
		return -ENOMEM;
	ranges[lines->nranges] = range;
	*slot = lines->nranges++;
	return 0;
}

/* Adds code under a name of its own: what is told later has the later name, and wins. */
static int add_code(struct reader *reader, uint64_t start, uint64_t size, uint64_t index,
		    const char *name, size_t len)
{
	struct pfl_entry entry = { .start = start, .end = start + size, .bind = PFL_BIND_GLOBAL };
	uint32_t before = reader->table->count, *slot;
	int err;

	if (!size || entry.end < start) {
		++*reader->bad;
		return 0;
	}
	err = add_name(reader, name, len, &entry.name);
	if (!err)
		err = pfl_symtab_add(reader->table, &entry);
	if (err)
		return err;
	slot = pfl_table_put(&reader->by_index, index);
	if (!slot)
		return -ENOMEM;
	*slot = before;
	return 0;
}

/* V8 counts from the start of an ELF header that perf would put before the code. */
#define ELF_HEADER 0x40

/*
 * Makes the addresses of the lines read last offsets in the code of @size bytes
 * at @start. False: some are not in it. The lines come before the code, and some
 * V8 write file names that are none, which leaves the rest out of step.
 */
static bool settle_lines(struct reader *reader, uint64_t start, uint64_t size)
{
	struct pfl_jit_line *lines = reader->lines->list + reader->pending.first;
	uint64_t skipped = ELF_HEADER;

	for (uint32_t i = 0; i < reader->pending.count; i++)
		if (lines[i].offset - start < ELF_HEADER)
			skipped = 0;
	for (uint32_t i = 0; i < reader->pending.count; i++) {
		lines[i].offset -= start + skipped;
		if (lines[i].offset > size)
			return false;
	}
	return true;
}

static int read_load(struct reader *reader, uint64_t size)
{
	struct pfl_bytes bytes;
	uint64_t start, length, index;
	const char *name;
	int err;

	bytes = bytes_at(reader, reader->at + PREFIX_SIZE,
			 size < MAX_NAME + 40 ? size : MAX_NAME + 40);
	pfl_bytes_take(&bytes, 16);	/* pid, tid, address in memory: the next one is the code's */
	start = pfl_bytes_u64(&bytes);
	length = pfl_bytes_u64(&bytes);
	index = pfl_bytes_u64(&bytes);
	name = pfl_bytes_string(&bytes, pfl_bytes_left(&bytes));
	if (!name || !*name) {
		++*reader->bad;
		return 0;
	}
	err = add_code(reader, start, length, index, name, strlen(name));
	if (!err && reader->pending.count && reader->pending_addr == start &&
	    settle_lines(reader, start, length))
		err = add_lines(reader, index, reader->pending);
	reader->pending.count = 0;
	return err;
}

static int read_move(struct reader *reader)
{
	struct pfl_bytes bytes = bytes_at(reader, reader->at + PREFIX_SIZE, 48);
	uint64_t start, length, index;
	uint32_t number, range, old;
	char *name;
	int err;

	pfl_bytes_take(&bytes, 24);	/* pid, tid, address in memory, old address */
	start = pfl_bytes_u64(&bytes);
	length = pfl_bytes_u64(&bytes);
	index = pfl_bytes_u64(&bytes);
	number = pfl_table_get(&reader->by_index, index);
	if (bytes.bad || number == PFL_NONE) {
		++*reader->bad;
		return 0;
	}
	old = reader->table->entries[number].name;
	range = pfl_table_get(&reader->lines->of_name, old);
	/* a copy: the names may move while one is added */
	name = strdup(reader->table->names + old);
	err = name ? add_code(reader, start, length, index, name, strlen(name)) : -ENOMEM;
	free(name);
	if (!err && range != PFL_NONE)
		err = add_lines(reader, index, reader->lines->ranges[range]);
	return err;
}

/* One line of debug information, @offset behind the record's start: its size, 0: it is bad. */
static int read_line(struct reader *reader, uint64_t offset, uint64_t left, uint32_t *file,
		     uint64_t *size)
{
	struct pfl_bytes bytes = bytes_at(reader, reader->at + offset,
					  left < MAX_NAME + 16 ? left : MAX_NAME + 16);
	struct pfl_jit_line line = { .offset = pfl_bytes_u64(&bytes) }, *list;
	const char *name;
	int err = 0;

	line.line = pfl_bytes_u32(&bytes);
	pfl_bytes_u32(&bytes);		/* discriminator */
	name = pfl_bytes_string(&bytes, pfl_bytes_left(&bytes));
	*size = name ? 16 + strlen(name) + 1 : 0;
	if (!name)
		return 0;
	/* "\377": the same as before */
	if (strcmp(name, "\377"))
		err = add_name(reader, name, strlen(name), file);
	if (err || *file == PFL_NONE)
		return err;
	if (reader->lines->count == MAX_LINES)
		return -EFBIG;
	line.file = *file;
	list = pfl_array_grow(reader->lines->list, reader->lines->count, &reader->lines->room,
			      sizeof(*list));
	if (!list)
		return -ENOMEM;
	reader->lines->list = list;
	list[reader->lines->count++] = line;
	return 0;
}

static int read_debug_info(struct reader *reader, uint64_t size)
{
	struct pfl_bytes bytes = bytes_at(reader, reader->at + PREFIX_SIZE, 16);
	uint64_t offset = PREFIX_SIZE + 16, count, used = 1;
	uint32_t file = PFL_NONE;
	int err = 0;

	reader->pending.first = reader->lines->count;
	reader->pending_addr = pfl_bytes_u64(&bytes);
	count = pfl_bytes_u64(&bytes);
	for (; count && used && offset < size && !err; count--, offset += used)
		err = read_line(reader, offset, size - offset, &file, &used);
	*reader->bad += count || bytes.bad;
	reader->pending.count = reader->lines->count - reader->pending.first;
	return err;
}

static int read_record(struct reader *reader, uint32_t id, uint64_t size)
{
	switch (id) {
	case CODE_LOAD:
		return read_load(reader, size - PREFIX_SIZE);
	case CODE_MOVE:
		return read_move(reader);
	case CODE_DEBUG_INFO:
		return read_debug_info(reader, size);
	default:
		return 0;	/* closing, unwinding, and what is to come */
	}
}

static int read_header(struct reader *reader)
{
	struct pfl_bytes bytes = bytes_at(reader, 0, HEADER_SIZE);
	uint32_t magic = pfl_bytes_u32(&bytes), version, size;

	reader->swap = magic == bswap_32(MAGIC);
	bytes.swap = reader->swap;
	version = pfl_bytes_u32(&bytes);
	size = pfl_bytes_u32(&bytes);
	if (bytes.bad || (magic != MAGIC && !reader->swap) || version != 1 || size < HEADER_SIZE)
		return -ENOEXEC;
	reader->at = size;
	return 0;
}

static int read_records(struct reader *reader)
{
	int err = read_header(reader);

	for (uint32_t count = 0; !err; count++) {
		struct pfl_bytes bytes = bytes_at(reader, reader->at, PREFIX_SIZE);
		uint32_t id = pfl_bytes_u32(&bytes), size = pfl_bytes_u32(&bytes);

		pfl_bytes_u64(&bytes);
		if (bytes.bad)		/* the end, or what is being written */
			break;
		if (size < PREFIX_SIZE) {
			++*reader->bad;
			break;
		}
		err = count < MAX_RECORDS ? read_record(reader, id, size) : -EFBIG;
		reader->at += size;
	}
	return err;
}

static int compare_offsets(const void *a, const void *b)
{
	const struct pfl_jit_line *one = a, *other = b;

	return (one->offset > other->offset) - (one->offset < other->offset);
}

int pfl_jitdump_read(int fd, struct pfl_symtab *table, struct pfl_jit_lines *lines, uint64_t *bad)
{
	struct reader reader = { .fd = fd, .table = table, .lines = lines, .bad = bad };
	int err;

	*table = (struct pfl_symtab){ 0 };
	*lines = (struct pfl_jit_lines){ 0 };
	*bad = 0;
	reader.window = malloc(WINDOW);
	if (!reader.window)
		return -ENOMEM;
	err = read_records(&reader);
	for (uint32_t i = 0; !err && i < lines->nranges; i++)
		qsort(lines->list + lines->ranges[i].first, lines->ranges[i].count,
		      sizeof(*lines->list), compare_offsets);
	if (!err)
		err = pfl_symtab_finish_latest(table);
	pfl_table_free(&reader.by_index);
	free(reader.window);
	if (err) {
		pfl_symtab_free(table);
		pfl_jit_lines_free(lines);
	}
	return err;
}

const struct pfl_jit_line *pfl_jit_lines_find(const struct pfl_jit_lines *lines,
					      const struct pfl_entry *entry, uint64_t addr)
{
	uint32_t number = pfl_table_get(&lines->of_name, entry->name), low = 0, high;
	const struct pfl_jit_line *list;

	if (number == PFL_NONE)
		return NULL;
	list = lines->list + lines->ranges[number].first;
	for (high = lines->ranges[number].count; low < high;) {
		uint32_t mid = low + (high - low) / 2;

		if (list[mid].offset <= addr - entry->start)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? &list[low - 1] : NULL;
}
