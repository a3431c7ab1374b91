/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "machine/block.h"

#define ROOM_MIN 8u

static size_t size_of(uint32_t room)
{
	return sizeof(struct pfl_maps_block) + room * sizeof(struct pfl_map);
}

struct pfl_maps_block *pfl_maps_block_new(struct pfl_maps_room *room, uint32_t count,
					  const struct pfl_map *list, uint32_t from)
{
	uint32_t places = ROOM_MIN;
	struct pfl_maps_block *block;

	while (places < count)
		places *= 2;
	block = malloc(size_of(places));
	if (!block)
		return NULL;
	*block = (struct pfl_maps_block){ .refs = 1, .count = from, .room = places };
	if (from)
		memcpy(block->list, list, from * sizeof(*list));
	room->used += size_of(places);
	return block;
}

void pfl_maps_block_drop(struct pfl_maps_room *room, struct pfl_maps_block *block)
{
	if (--block->refs)
		return;
	room->used -= size_of(block->room);
	free(block);
}
