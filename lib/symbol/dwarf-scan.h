/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finding the functions of a compilation unit, in one pass over its bytes. libdw
 * can walk the tree too, but decodes each entry anew at every step; this is
 * what reading inlined functions spends its time on. All else is libdw's.
 */
#ifndef PFL_SYMBOL_DWARF_SCAN_H
#define PFL_SYMBOL_DWARF_SCAN_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

/* A subprogram or inlined subroutine that has code. */
struct pfl_scanned {
	Dwarf_Die die;
	bool inlined;
	uint64_t start, end;	/* of its only range; both 0: ask dwarf_ranges() */
};

/*
 * What is called for each of them; *@function is the number of the one that it
 * lies in, PFL_NONE: in none, and becomes its own. 0 or -errno, which ends the scan.
 */
typedef int pfl_dwarf_scan_fn(void *data, struct pfl_scanned *scanned, uint32_t *function);

/*
 * Scans the unit whose entry is @unit. What it reads is taken off *@budget. 0;
 * -EFBIG: too large, or nested too deep; -ENOEXEC: broken; -ENOMEM; what @found
 * returned.
 */
int pfl_dwarf_scan(Dwarf_Die *unit, uint64_t *budget, pfl_dwarf_scan_fn *found, void *data);

/* What is in section .@name, .z@name or .@name.dwo of @elf, inflated; NULL: there is none. */
Elf_Data *pfl_dwarf_section(Elf *elf, const char *name);

/*
 * Whether libdw can read @unit's entry at a bounded price: it keeps all the
 * abbreviations that stand before the one that the entry has.
 */
bool pfl_dwarf_is_cheap(Dwarf_Die *unit, uint64_t *budget);

#endif
