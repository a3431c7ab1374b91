/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Debug information: the inlined functions and the lines of an address.
 *
 * What it costs: opening a file reads its tables of contents. The first address
 * in a compilation unit has that unit's entries walked, once, into sorted pieces
 * (100 to 150 MB of .debug_info a second); every further one is a bisection.
 * Units that no address was asked of are not read.
 */
#ifndef PFL_SYMBOL_DWARF_H
#define PFL_SYMBOL_DWARF_H

#include <stdbool.h>
#include <stdint.h>

struct pfl_dwarf;
struct pfl_room;

/* A function that an address is in. Strings are valid as long as the pfl_dwarf. */
struct pfl_dwarf_frame {
	const char *name;	/* for the linker, where it has such a name; NULL: not told */
	const char *file;	/* NULL: not told */
	const char *dir;	/* that @file is in, if it does not start with '/'; NULL: not told */
	uint32_t line;		/* 0: not told */
	bool inlined;		/* into the next one, or, in the last, who knows where */
};

/* What is asked for. */
#define PFL_DWARF_INLINES 1
#define PFL_DWARF_LINES 2

/*
 * The debug information in the ELF file @fd, which is not used any more
 * afterwards; @alt is the file that it shares with others (.gnu_debugaltlink),
 * or -1. What it takes in memory comes out of @room until it is freed. 0; -ENOENT: there
 * is none; -EFBIG: larger than is read of a file that may belong to anybody; -E2BIG: there is
 * no room left; -ENOEXEC: libdw cannot read it; -ENOLINK: it needs an @alt; -ENOMEM.
 */
int pfl_dwarf_open(int fd, int alt, struct pfl_room *room, struct pfl_dwarf **out);
void pfl_dwarf_free(struct pfl_dwarf *dwarf);

/*
 * The functions that @addr, as linked, is in: the innermost first, and last the
 * one they are all inlined into. With PFL_DWARF_LINES each has the line where
 * @addr or the call is; without PFL_DWARF_INLINES there is only one, without a
 * name. If there are more than @max (at least 2), some before the last are left
 * out. How many; 0: nothing is known of @addr; -ENOMEM.
 */
int pfl_dwarf_find(struct pfl_dwarf *dwarf, uint64_t addr, unsigned int what,
		   struct pfl_dwarf_frame *out, unsigned int max);

/*
 * What could not be read in all the answers so far, as a sentence's end, told
 * once: NULL where there is nothing new.
 */
const char *pfl_dwarf_trouble(struct pfl_dwarf *dwarf);

#endif
