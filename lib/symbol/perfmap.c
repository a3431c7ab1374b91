/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbol/openfile.h"
#include "symbol/perfmap.h"

/*
 * Whoever runs the process writes it. What is in none of its lines, as the holes of a
 * file that only seems large, costs time and no memory.
 */
#define MAX_BYTES (1u << 30)
#define MAX_LINES 10000000u
#define MAX_LINE 65536
#define MAX_NAMES (512u << 20)

struct reader {
	struct pfl_symtab *table;
	size_t names_room;
	uint64_t bad;
	size_t used;		/* of text */
	bool passing_over;	/* a line that is too long */
	char text[MAX_LINE + 1];
};

int pfl_perfmap_open(int32_t pid, bool live)
{
	struct pfl_identity process;
	char path[48];

	if (live && !pfl_identity_read(pid, &process)) {
		snprintf(path, sizeof(path), "/tmp/perf-%d.map", process.pid);
		return pfl_open_owned(pfl_open_in_process(pid, path, PFL_LINKS_BEFORE), process.uid);
	}
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", pid);
	return pfl_open_owned(pfl_open_regular(path, PFL_LINKS_BEFORE), geteuid());
}

/* A number with or without "0x", and the spaces behind it. NULL: there is none. */
static char *parse_number(char *p, uint64_t *value)
{
	char *end;

	/* strtoull() would take white space and signs as well. */
	if (!strchr("0123456789abcdefABCDEF", *p) || !*p)
		return NULL;
	errno = 0;
	*value = strtoull(p, &end, 16);
	if (errno || *end != ' ')
		return NULL;
	return end + strspn(end, " ");
}

/* A name of @len bytes joins the others. */
static int add_name(struct reader *reader, const char *name, size_t len, uint32_t *place)
{
	struct pfl_symtab *table = reader->table;
	size_t room = 2 * reader->names_room + len + 4096;
	char *names;

	*place = table->names_size;
	/* and the NUL behind the last */
	if (table->names_size + len + 2 > reader->names_room) {
		if (room > MAX_NAMES)
			return -EFBIG;
		names = realloc(table->names, room);
		if (!names)
			return -ENOMEM;
		table->names = names;
		reader->names_room = room;
	}
	memcpy(table->names + *place, name, len);
	memset(table->names + *place + len, 0, 2);
	table->names_size += len + 1;
	return 0;
}

static int take_line(struct reader *reader, char *line)
{
	struct pfl_entry entry = { .bind = PFL_BIND_GLOBAL };
	uint64_t size;
	char *p;
	int err;

	line[strcspn(line, "\r")] = '\0';
	if (!*line)
		return 0;
	p = parse_number(line, &entry.start);
	if (p)
		p = parse_number(p, &size);
	if (!p || !*p || !size || size > UINT64_MAX - entry.start) {
		reader->bad++;
		return 0;
	}
	if (reader->table->count == MAX_LINES)
		return -EFBIG;
	entry.end = entry.start + size;
	err = add_name(reader, p, strlen(p), &entry.name);
	return err ? err : pfl_symtab_add(reader->table, &entry);
}

/* Takes the lines that end in the buffer; what is left is the beginning of the next. */
static int take_lines(struct reader *reader)
{
	char *line = reader->text, *text_end = line + reader->used, *end;
	int err = 0;

	for (; !err && (end = memchr(line, '\n', text_end - line)); line = end + 1) {
		*end = '\0';
		/* what stands before is the end of a line that was too long */
		if (!reader->passing_over)
			err = take_line(reader, line);
		reader->passing_over = false;
	}
	reader->used = text_end - line;
	memmove(reader->text, line, reader->used);
	if (reader->used == MAX_LINE) {
		reader->bad += !reader->passing_over;
		reader->passing_over = true;
		reader->used = 0;
	}
	return err;
}

/* What is written to the file from now on is not waited for. */
static int read_lines(struct reader *reader, int fd)
{
	struct stat st;
	off_t left;
	ssize_t got;
	int err = fstat(fd, &st) ? -errno : st.st_size > MAX_BYTES ? -EFBIG : 0;

	for (left = err ? 0 : st.st_size; left > 0 && !err; left -= got) {
		got = read(fd, reader->text + reader->used, MAX_LINE - reader->used);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (!got)
			break;
		got = got < 0 ? 0 : got;
		reader->used += got;
		err = take_lines(reader);
	}
	reader->text[reader->used] = '\0';
	return err || reader->passing_over ? err : take_line(reader, reader->text);
}

int pfl_perfmap_read(int fd, struct pfl_symtab *table, uint64_t *bad)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	int err;

	*table = (struct pfl_symtab){ 0 };
	*bad = 0;
	if (!reader)
		return -ENOMEM;
	reader->table = table;
	err = read_lines(reader, fd);
	if (!err)
		err = pfl_symtab_finish_latest(table);
	*bad = reader->bad;
	free(reader);
	if (err)
		pfl_symtab_free(table);
	return err;
}
