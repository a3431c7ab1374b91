/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "machine/maps.h"
#include "util/table.h"

static uint64_t next_version(void)
{
	static atomic_uint_fast64_t last;

	return ++last;
}

struct pfl_maps *pfl_maps_new(void)
{
	struct pfl_maps *maps = calloc(1, sizeof(*maps));

	if (!maps)
		return NULL;
	maps->refs = 1;
	maps->version = next_version();
	return maps;
}

struct pfl_maps *pfl_maps_hold(struct pfl_maps *maps)
{
	maps->refs++;
	return maps;
}

void pfl_maps_drop(struct pfl_maps *maps)
{
	if (!maps || --maps->refs)
		return;
	free(maps->list);
	free(maps);
}

static int reserve(struct pfl_maps *maps, uint32_t count)
{
	uint32_t room = maps->room ? maps->room : 16;
	struct pfl_map *list;

	while (room < count)
		room *= 2;
	if (room == maps->room)
		return 0;
	list = realloc(maps->list, room * sizeof(*list));
	if (!list)
		return -ENOMEM;
	maps->list = list;
	maps->room = room;
	return 0;
}

static struct pfl_maps *copy(const struct pfl_maps *maps, uint32_t more)
{
	struct pfl_maps *own = pfl_maps_new();

	if (!own)
		return NULL;
	if (reserve(own, maps->count + more)) {
		pfl_maps_drop(own);
		return NULL;
	}
	if (maps->count)
		memcpy(own->list, maps->list, maps->count * sizeof(*own->list));
	own->count = maps->count;
	return own;
}

/* The first mapping that ends behind @address. */
static uint32_t lower(const struct pfl_maps *maps, uint64_t address)
{
	uint32_t low = 0, high = maps->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (maps->list[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void move(struct pfl_maps *maps, uint32_t to, uint32_t from)
{
	memmove(&maps->list[to], &maps->list[from], (maps->count - from) * sizeof(*maps->list));
	maps->count += to;
	maps->count -= from;
}

/*
 * Frees [start, end), with room for two more. What sticks out on the left keeps
 * its place; what sticks out on the right begins later in its DSO. Returns where
 * a mapping of the hole belongs.
 */
static uint32_t punch(struct pfl_maps *maps, uint64_t start, uint64_t end)
{
	uint32_t first = lower(maps, start);
	uint32_t last = first;
	struct pfl_map *map = &maps->list[first];

	if (first < maps->count && map->start < start) {
		if (map->end > end) {
			move(maps, first + 1, first);
			maps->list[first + 1].offset += end - map->start;
			maps->list[first + 1].start = end;
			map->end = start;
			return first + 1;
		}
		map->end = start;
		last = ++first;
	}
	while (last < maps->count && maps->list[last].end <= end)
		last++;
	if (last < maps->count && maps->list[last].start < end) {
		maps->list[last].offset += end - maps->list[last].start;
		maps->list[last].start = end;
	}
	if (last > first)
		move(maps, first, last);
	return first;
}

static int own(struct pfl_maps **maps)
{
	struct pfl_maps *mine;

	if ((*maps)->refs == 1)
		return reserve(*maps, (*maps)->count + 2);
	mine = copy(*maps, 2);
	if (!mine)
		return -ENOMEM;
	pfl_maps_drop(*maps);
	*maps = mine;
	return 0;
}

int pfl_maps_put(struct pfl_maps **maps, const struct pfl_map *map)
{
	uint32_t at;

	if (map->start >= map->end)
		return 0;
	if (own(maps))
		return -ENOMEM;
	at = punch(*maps, map->start, map->end);
	(*maps)->version = next_version();
	if (map->dso == PFL_NONE)
		return 0;
	move(*maps, at + 1, at);
	(*maps)->list[at] = *map;
	return 0;
}

const struct pfl_map *pfl_maps_from(const struct pfl_maps *maps, uint64_t address)
{
	uint32_t at = lower(maps, address);

	return at == maps->count ? NULL : &maps->list[at];
}

const struct pfl_map *pfl_maps_find(const struct pfl_maps *maps, uint64_t address)
{
	const struct pfl_map *map = pfl_maps_from(maps, address);

	return map && map->start <= address ? map : NULL;
}
