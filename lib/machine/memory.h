/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What kind of memory stands at an address: for the one type of profile that is
 * about data. The mappings of a process are kept for it beside those of its code,
 * in a struct pfl_maps whose dso is an enum pfl_memory.
 */
#ifndef PFL_MACHINE_MEMORY_H
#define PFL_MACHINE_MEMORY_H

#include "machine/machine.h"

enum pfl_memory {
	PFL_MEMORY_UNKNOWN,	/* no mapping was told of that covers it */
	PFL_MEMORY_ANON,	/* of no file that has a name */
	PFL_MEMORY_FILE,
	PFL_MEMORY_HEAP,	/* brk(2) */
	PFL_MEMORY_STACK,	/* the process's first one; those of threads are anonymous memory */
};

/*
 * What the mapping @map called @path is, that comes to those of @process->memory. The kernel
 * calls a heap so only when it grows again (since 6.2 or so): the first memory of
 * no file above the program is taken for it.
 */
enum pfl_memory pfl_memory_of(const struct pfl_process *process, const struct pfl_map *map,
			      const char *path);

/*
 * What @task has mapped at @address. A stack begins below where it was when it
 * was told of: it grows, and nothing else is put below it.
 */
enum pfl_memory pfl_machine_memory(const struct pfl_task *task, uint64_t address);

/* "heap" */
const char *pfl_memory_name(enum pfl_memory memory);

#endif
