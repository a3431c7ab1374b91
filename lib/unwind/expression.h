/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DWARF expressions, as CFI has them in a few places: a small stack machine
 * over registers and memory. Source: DWARF 5, section 2.5.
 */
#ifndef PFL_UNWIND_EXPRESSION_H
#define PFL_UNWIND_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "unwind/arch/arch.h"

struct pfl_memory;

/*
 * Runs @code; @cfa, where not NULL, is on the stack at first. *@steps is how many
 * operations there may be, and at the end how many are left. False: it is broken
 * or endless, or needs a register or memory that nobody has.
 */
bool pfl_expression_run(const unsigned char *code, size_t size, const struct pfl_regs *regs,
			struct pfl_memory *memory, const uint64_t *cfa, unsigned int *steps,
			uint64_t *result);

#endif
