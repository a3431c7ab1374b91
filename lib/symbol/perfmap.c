/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbol/openfile.h"
#include "symbol/perfmap.h"

#define MAX_BYTES (1u << 30)
#define MAX_LINES 10000000u

int pfl_perfmap_open(int32_t pid, bool live)
{
	struct pfl_process process;
	char path[48];

	if (live && !pfl_process_read(pid, &process)) {
		snprintf(path, sizeof(path), "/tmp/perf-%d.map", process.pid);
		return pfl_open_owned(pfl_open_in_process(pid, path, false), process.uid);
	}
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", pid);
	return pfl_open_owned(pfl_open_regular(path, false), geteuid());
}

static int read_text(int fd, char **text, size_t *size)
{
	struct stat st;
	ssize_t got;

	*size = 0;
	if (fstat(fd, &st))
		return -errno;
	if (st.st_size > MAX_BYTES)
		return -EFBIG;
	*text = malloc(st.st_size + 1);
	if (!*text)
		return -ENOMEM;
	/* What is written to it from now on is not waited for. */
	while (*size < (size_t)st.st_size) {
		got = read(fd, *text + *size, st.st_size - *size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		*size += got;
	}
	(*text)[*size] = '\0';
	return 0;
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

static int parse_line(struct pfl_symtab *table, char *line, uint64_t *bad)
{
	struct pfl_entry entry = { .bind = PFL_BIND_GLOBAL };
	uint64_t size;
	char *p;

	line[strcspn(line, "\r")] = '\0';
	if (!*line)
		return 0;
	p = parse_number(line, &entry.start);
	if (p)
		p = parse_number(p, &size);
	if (!p || !*p || !size || size > UINT64_MAX - entry.start) {
		++*bad;
		return 0;
	}
	entry.end = entry.start + size;
	entry.name = p - table->names;
	return pfl_symtab_add(table, &entry);
}

static int parse(struct pfl_symtab *table, uint64_t *bad)
{
	char *line, *next, *end = table->names + table->names_size;
	int err = 0;

	for (line = table->names; line < end && !err; line = next) {
		next = memchr(line, '\n', end - line);
		if (next)
			*next++ = '\0';
		else
			next = end;
		err = table->count < MAX_LINES ? parse_line(table, line, bad) : -EFBIG;
	}
	return err;
}

int pfl_perfmap_read(int fd, struct pfl_symtab *table, uint64_t *bad)
{
	int err;

	*table = (struct pfl_symtab){ 0 };
	*bad = 0;
	err = read_text(fd, &table->names, &table->names_size);
	if (!err)
		err = parse(table, bad);
	if (!err)
		err = pfl_symtab_finish_latest(table);
	if (err)
		pfl_symtab_free(table);
	return err;
}
