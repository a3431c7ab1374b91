/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The part of a program's memory that its sample brought: the top of the stack.
 */
#ifndef PFL_UNWIND_MEMORY_H
#define PFL_UNWIND_MEMORY_H

#include <stdbool.h>

#include "util/bytes.h"

struct pfl_memory {
	uint64_t base;		/* address of the first byte */
	uint64_t size;
	const unsigned char *bytes;
	uint64_t missing;	/* end of the last word that was asked for and lies behind; or 0 */
};

static inline bool pfl_memory_read(struct pfl_memory *memory, uint64_t address, uint64_t *word)
{
	uint64_t at = address - memory->base;

	if (at < memory->size && memory->size - at >= 8) {
		*word = pfl_load64(memory->bytes + at);
		return true;
	}
	if (address >= memory->base && address < UINT64_MAX - 8)
		memory->missing = address + 8;
	return false;
}

#endif
