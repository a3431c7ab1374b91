/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What mappings are kept in (machine/maps.c): some that follow one another, shared while equal. */
#ifndef PFL_MACHINE_BLOCK_H
#define PFL_MACHINE_BLOCK_H

#include "machine/maps.h"

struct pfl_maps_block {
	uint32_t refs;
	uint32_t count, room;
	struct pfl_map list[];	/* by address, none overlaps another */
};

/*
 * One with room for @count, and with the first @from of @list in it; @room is charged with
 * what it takes, until the last who holds it drops it. NULL: out of memory.
 */
struct pfl_maps_block *pfl_maps_block_new(struct pfl_maps_room *room, uint32_t count,
					  const struct pfl_map *list, uint32_t from);
void pfl_maps_block_drop(struct pfl_maps_room *room, struct pfl_maps_block *block);

#endif
