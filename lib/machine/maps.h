/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The code mappings of an address space at one moment of the recording. Forked
 * processes share theirs; one that changes its mappings afterwards copies the
 * block that the change is in. ->version is never the same for two different
 * states, so that what was learned of one can be cached.
 */
#ifndef PFL_MACHINE_MAPS_H
#define PFL_MACHINE_MAPS_H

#include <stddef.h>
#include <stdint.h>

struct pfl_map {
	uint64_t start, end;	/* addresses: [start, end) */
	uint64_t offset;	/* in the DSO, of start */
	uint32_t dso;		/* number of the DSO */
};

/* What all address spaces of a machine take together, in bytes. */
struct pfl_maps_room {
	size_t used;
	size_t limit;
};

struct pfl_maps_block;

/* Blocks by address; ->end of the last mapping in each is here for the search. */
struct pfl_maps_place {
	uint64_t end;
	struct pfl_maps_block *block;
};

struct pfl_maps {
	uint32_t refs;
	uint32_t count, places_room;	/* of places */
	uint64_t version;
	struct pfl_maps_place *places;
	struct pfl_maps_room *room;
};

/* NULL: out of memory. @room must stay as long as the mappings do. */
struct pfl_maps *pfl_maps_new(struct pfl_maps_room *room);
struct pfl_maps *pfl_maps_hold(struct pfl_maps *maps);
/* NULL is fine. */
void pfl_maps_drop(struct pfl_maps *maps);

/*
 * Puts @map over whatever was in its place; with @map->dso PFL_NONE it only
 * makes a hole. *@maps becomes another where it was shared, and what others hold is
 * not touched: another thread may be reading it. 0, -ENOMEM, or -ENOSPC: more is
 * used than the room's limit, and nothing has changed.
 */
int pfl_maps_put(struct pfl_maps **maps, const struct pfl_map *map);

/* The mapping that covers @address or else the next one above it, or NULL. */
const struct pfl_map *pfl_maps_from(const struct pfl_maps *maps, uint64_t address);

/* The last mapping that ends at @address or below it, or NULL. */
const struct pfl_map *pfl_maps_below(const struct pfl_maps *maps, uint64_t address);

/* The mapping that covers @address, or NULL. */
const struct pfl_map *pfl_maps_find(const struct pfl_maps *maps, uint64_t address);

#endif
