/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where code is in a file, and at which addresses it was linked: mappings have
 * the one, symbols and debug information the other.
 */
#ifndef PFL_SYMBOL_SEGMENTS_H
#define PFL_SYMBOL_SEGMENTS_H

#include <gelf.h>
#include <stdbool.h>
#include <stdint.h>

struct pfl_segment {
	uint64_t offset;
	uint64_t addr;
	uint64_t size;
};

struct pfl_segments {
	struct pfl_segment *list;
	size_t count;
};

/* The executable segments of @elf. 0, -ENOEXEC or -ENOMEM. */
int pfl_segments_read(Elf *elf, struct pfl_segments *out);
void pfl_segments_free(struct pfl_segments *segments);

/* The segment that @addr is in, or NULL. */
const struct pfl_segment *pfl_segments_find(const struct pfl_segments *segments, uint64_t addr);

/* The address of the code at @offset of the file. False: there is none. */
bool pfl_segments_addr(const struct pfl_segments *segments, uint64_t offset, uint64_t *addr);

#endif
