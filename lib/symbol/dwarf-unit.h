/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One compilation unit of the debug information of a file.
 */
#ifndef PFL_SYMBOL_DWARF_UNIT_H
#define PFL_SYMBOL_DWARF_UNIT_H

#include <elfutils/libdw.h>

#include "symbol/dwarf.h"
#include "symbol/pieces.h"

enum pfl_unit_error {
	PFL_UNIT_FINE,
	PFL_UNIT_NO_DWO,	/* its split file is not there, or not to be trusted */
	PFL_UNIT_TOO_COSTLY,
	PFL_UNIT_BROKEN,
};

/* A function with code; its number is higher than that of the one it lies in. */
struct pfl_function {
	void *die;		/* its entry, in pfl_unit.code */
	uint32_t caller;	/* the function it is inlined into; PFL_NONE: there is none */
	bool inlined;
};

struct pfl_unit {
	Dwarf_Die die;
	Dwarf_Die code;		/* what has the functions: @die, or that of its split file */
	const char *dir;	/* where it was compiled; NULL: not told */
	struct pfl_function *functions;
	struct pfl_pieces pieces;	/* of functions */
	bool functions_read, lines_read, has_lines;
	size_t size;		/* of functions and lines, in bytes */
	enum pfl_unit_error error;
};

void pfl_unit_free(struct pfl_unit *unit);

/* For want of memory: gives back what can be, and finds nothing from now on. */
void pfl_unit_give_up(struct pfl_unit *unit);

/*
 * As pfl_dwarf_find(), with @dir the directory of the file that the unit is in.
 * What is read for it is taken off *@budget, in bytes.
 */
int pfl_unit_find(struct pfl_unit *unit, const char *dir, uint64_t addr, unsigned int what,
		  uint64_t *budget, struct pfl_dwarf_frame *out, unsigned int max);

#endif
