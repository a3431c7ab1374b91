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

struct process {
	int32_t pid;	/* as it knows itself */
	uid_t uid;
};

/* -ENOENT: there is no such process any more. */
static int read_process(int32_t pid, struct process *process)
{
	char path[32], *line = NULL, *last;
	size_t size = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "re");
	if (!status)
		return -ENOENT;
	*process = (struct process){ .pid = pid, .uid = -1 };
	while (getline(&line, &size, status) > 0) {
		sscanf(line, "Uid: %*u %u", &process->uid);
		/* From the outermost PID namespace to its own. */
		if (!strncmp(line, "NSpid:", 6) && (last = strrchr(line, '\t')))
			process->pid = atoi(last + 1);
	}
	free(line);
	fclose(status);
	return process->uid == (uid_t)-1 ? -ENOENT : 0;
}

static int check_owner(int fd, uid_t uid)
{
	struct stat st;

	if (fd < 0)
		return fd;
	if (!fstat(fd, &st) && (st.st_uid == uid || !st.st_uid))
		return fd;
	close(fd);
	return -EPERM;
}

int pfl_perfmap_open(int32_t pid, bool live)
{
	struct process process;
	char path[48];

	if (live && !read_process(pid, &process)) {
		snprintf(path, sizeof(path), "/tmp/perf-%d.map", process.pid);
		return check_owner(pfl_open_in_process(pid, path, false), process.uid);
	}
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", pid);
	return check_owner(pfl_open_regular(path, false), geteuid());
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
