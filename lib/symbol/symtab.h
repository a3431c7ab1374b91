/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A symbol table: added to in any order, finished once, then bisected. Names
 * lie in one block of text that the table owns, so that half a million symbols
 * cost no allocation each.
 */
#ifndef PFL_SYMBOL_SYMTAB_H
#define PFL_SYMBOL_SYMTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbol/pieces.h"

enum pfl_entry_bind {
	PFL_BIND_LOCAL,
	PFL_BIND_GLOBAL,
	PFL_BIND_WEAK,
};

#define PFL_ENTRY_UNSIZED 1	/* reaches to the next symbol, no farther than ->end */
#define PFL_ENTRY_DATA 2	/* not code: ends the symbol before it, is never found */
#define PFL_ENTRY_PLT 4		/* the PLT entry that calls the function of this name */

struct pfl_entry {
	uint64_t start;
	uint64_t end;		/* first byte behind */
	uint32_t name;		/* offset in pfl_symtab.names */
	uint16_t group;		/* kallsyms: which module; 0 is the kernel itself */
	uint8_t bind;
	uint8_t flags;
};

struct pfl_symtab {
	char *names;		/* NUL-terminated strings, and NUL at names[names_size] */
	size_t names_size;
	struct pfl_entry *entries;
	uint32_t count;
	uint32_t room;
	struct pfl_pieces pieces;
};

void pfl_symtab_free(struct pfl_symtab *table);

/* What it takes, in bytes. */
size_t pfl_symtab_size(const struct pfl_symtab *table);

/*
 * Adds a copy of @entry; one that covers nothing, or whose name lies outside
 * the names, is left out. 0 or -ENOMEM.
 */
int pfl_symtab_add(struct pfl_symtab *table, const struct pfl_entry *entry);

/*
 * Ends the adding for symbols as a linker leaves them: gives those without a
 * size one, keeps one of several at one address, and lets the innermost win
 * where they overlap. 0 or -ENOMEM.
 */
int pfl_symtab_finish_linked(struct pfl_symtab *table);

/*
 * Ends the adding for symbols of code that is made and thrown away again: where
 * they overlap, the one whose name comes last in the names wins. 0 or -ENOMEM.
 */
int pfl_symtab_finish_latest(struct pfl_symtab *table);

/* The symbol that covers @addr, or NULL. Only after finishing. */
const struct pfl_entry *pfl_symtab_find(const struct pfl_symtab *table, uint64_t addr);

/* The first symbol behind @addr of a table that was finished as linked, or NULL. */
const struct pfl_entry *pfl_symtab_next(const struct pfl_symtab *table, uint64_t addr);

static inline const char *pfl_symtab_name(const struct pfl_symtab *table,
					  const struct pfl_entry *entry)
{
	return table->names + entry->name;
}

#endif
