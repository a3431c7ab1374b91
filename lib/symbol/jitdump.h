/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * jit-PID.dump: where runtimes that compile as they run tell the names, and the
 * lines, of their code, in the order of making it. Source: the kernel's
 * tools/perf/Documentation/jitdump-specification.txt.
 *
 * Addresses are used again when code is thrown away. A profile joins samples of
 * one address whenever they were taken, so that what the address was last wins,
 * as with perf maps.
 */
#ifndef PFL_SYMBOL_JITDUMP_H
#define PFL_SYMBOL_JITDUMP_H

#include <stdbool.h>

#include "symbol/symtab.h"
#include "util/table.h"

/* A place in the code from which on a source line counts. */
struct pfl_jit_line {
	uint64_t offset;	/* from the code's start */
	uint32_t line;
	uint32_t file;		/* in the table's names */
};

struct pfl_jit_lines {
	struct pfl_jit_line *list;
	uint32_t count, room;
	struct pfl_table of_name;	/* pfl_entry.name -> number of its range */
	struct pfl_jit_range {
		uint32_t first, count;
	} *ranges;
	uint32_t nranges, ranges_room;
};

/* Whether a mapping of @path says that the process has a dump, and it is this. */
bool pfl_jitdump_is_path(const char *path);

/*
 * Opens the dump @path of process @pid. @live: the process may still run; then
 * it is the file as the process sees it, and must belong to its user or to root;
 * else it must belong to root or to whoever asks. A file descriptor; -EPERM:
 * somebody else's file; -errno.
 */
int pfl_jitdump_open(int32_t pid, const char *path, bool live);

/*
 * Reads a dump to @table, by address, and finishes it; to @lines what it tells of
 * source lines. *@bad: records that were left out. What is still being written
 * is read as far as it goes. 0; -ENOEXEC: no dump; -EFBIG; -ENOMEM; or what
 * pread(2) said.
 */
int pfl_jitdump_read(int fd, struct pfl_symtab *table, struct pfl_jit_lines *lines, uint64_t *bad);
void pfl_jit_lines_free(struct pfl_jit_lines *lines);

/* What they take, in bytes. */
size_t pfl_jit_lines_size(const struct pfl_jit_lines *lines);

/* The line of @addr, in the code @entry of @table; NULL: not told. */
const struct pfl_jit_line *pfl_jit_lines_find(const struct pfl_jit_lines *lines,
					      const struct pfl_entry *entry, uint64_t addr);

#endif
