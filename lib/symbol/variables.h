/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's own variables by address: what locks are called that are no part of something
 * else. /proc/kallsyms lists them where the kernel was built with CONFIG_KALLSYMS_ALL; else only
 * what the linker marks sections with, which must not be taken for what lies there.
 */
#ifndef PFL_SYMBOL_VARIABLES_H
#define PFL_SYMBOL_VARIABLES_H

#include <stdbool.h>
#include <stdint.h>

struct pfl_variable {
	uint64_t start;		/* first: it is sorted by */
	uint32_t name;		/* offset in the table's names */
	bool writable;		/* else it only ends the one before it */
};

/* All zero is empty. */
struct pfl_variables {
	struct pfl_variable *list;
	uint32_t count, room;
	bool listed;		/* the kernel lists all */
	uint64_t init_start, init_end;	/* what lay between is gone, and other data is there */
	uint64_t end;			/* so it is behind the kernel */
};

void pfl_variables_free(struct pfl_variables *variables);

/* Adds one of type @type, as kallsyms and nm(1) have it: no code. 0 or -ENOMEM. */
int pfl_variables_add(struct pfl_variables *variables, uint64_t start, char type, uint32_t name);

/* When all were added. 0 or -ENOMEM. */
int pfl_variables_finish(struct pfl_variables *variables);

/*
 * The variable that @address is in, and how far behind its start; NULL: none that is known.
 * @names is what their names are offsets in. Only after finishing.
 */
const char *pfl_variables_find(const struct pfl_variables *variables, const char *names,
			       uint64_t address, uint64_t *offset);

#endif
