/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * perf-PID.map: where runtimes that compile as they run tell the names of their
 * code, "START SIZE NAME" a line, both in hexadecimal. Source: the kernel's
 * tools/perf/Documentation/jit-interface.txt.
 */
#ifndef PFL_SYMBOL_PERFMAP_H
#define PFL_SYMBOL_PERFMAP_H

#include <stdbool.h>

#include "symbol/symtab.h"

/*
 * Opens the map of process @pid. @live: the process may still run; then the
 * file is the one in its own /tmp, named by the pid that it knows itself by,
 * and must belong to its user or to root. Of a process that is gone nobody
 * knows the user any more: then it is /tmp/perf-PID.map and must belong to root
 * or to whoever asks. A file descriptor; -EPERM: somebody else's file; -errno.
 */
int pfl_perfmap_open(int32_t pid, bool live);

/*
 * Reads a map to @table, by address, and finishes it. *@bad: lines that were
 * left out. 0; -EFBIG; -ENOMEM; or what read(2) said.
 */
int pfl_perfmap_read(int fd, struct pfl_symtab *table, uint64_t *bad);

#endif
