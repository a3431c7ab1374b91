/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The code mappings of an address space at one moment of the recording. Forked
 * processes share theirs until one of them changes; ->version is never the same
 * for two different states, so that what was learned of one can be cached.
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

struct pfl_maps {
	uint32_t refs;
	uint32_t count, room;
	uint64_t version;
	struct pfl_map *list;	/* by address, none overlaps another */
};

struct pfl_maps *pfl_maps_new(void);
struct pfl_maps *pfl_maps_hold(struct pfl_maps *maps);
/* NULL is fine. */
void pfl_maps_drop(struct pfl_maps *maps);

/*
 * Puts @map over whatever was in its place; with @map->dso PFL_NONE it only
 * makes a hole. *@maps becomes a copy where it was shared. 0 or -ENOMEM.
 */
int pfl_maps_put(struct pfl_maps **maps, const struct pfl_map *map);

/* The mapping that covers @address or else the next one above it, or NULL. */
const struct pfl_map *pfl_maps_from(const struct pfl_maps *maps, uint64_t address);

/* The mapping that covers @address, or NULL. */
const struct pfl_map *pfl_maps_find(const struct pfl_maps *maps, uint64_t address);

#endif
