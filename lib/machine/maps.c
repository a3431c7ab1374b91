/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program of thousands of mappings that forks thousands of times is ordinary, and
 * a copy of all mappings for each child would be gigabytes. So they are kept in
 * blocks of at most BLOCK_MAX, by address, and address spaces share the blocks that
 * are equal, with a count of references each. A change copies the list of blocks
 * (16 bytes each) where the address space is shared, and then the blocks it is in
 * where those are.
 *
 * No block is empty. One that is full is split in its middle, but where mappings
 * come in order, upwards or downwards, a new one is begun: they stay full.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "machine/block.h"
#include "util/table.h"

#define BLOCK_MAX 64u	/* a power of two */

/* Where a mapping is, or would be: behind the last one, {number of blocks, 0}. */
struct position {
	uint32_t block, at;
};

static uint64_t next_version(void)
{
	static atomic_uint_fast64_t last;

	return ++last;
}

struct pfl_maps *pfl_maps_new(struct pfl_maps_room *room)
{
	struct pfl_maps *maps = calloc(1, sizeof(*maps));

	if (!maps)
		return NULL;
	maps->refs = 1;
	maps->room = room;
	maps->version = next_version();
	room->used += sizeof(*maps);
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
	for (uint32_t i = 0; i < maps->count; i++)
		pfl_maps_block_drop(maps->room, maps->places[i].block);
	maps->room->used -= sizeof(*maps) + maps->places_room * sizeof(*maps->places);
	free(maps->places);
	free(maps);
}

static int reserve(struct pfl_maps *maps, uint32_t count)
{
	uint32_t room = maps->places_room ? maps->places_room : 1;
	struct pfl_maps_place *places;

	while (room < count)
		room *= 2;
	if (room == maps->places_room)
		return 0;
	places = realloc(maps->places, room * sizeof(*places));
	if (!places)
		return -ENOMEM;
	maps->room->used += (room - maps->places_room) * sizeof(*places);
	maps->places = places;
	maps->places_room = room;
	return 0;
}

/* Makes *@maps one that nobody else holds. */
static int own(struct pfl_maps **maps)
{
	struct pfl_maps *from = *maps, *mine;

	if (from->refs == 1)
		return 0;
	mine = pfl_maps_new(from->room);
	if (!mine || reserve(mine, from->count)) {
		pfl_maps_drop(mine);
		return -ENOMEM;
	}
	for (; mine->count < from->count; mine->count++) {
		mine->places[mine->count] = from->places[mine->count];
		mine->places[mine->count].block->refs++;
	}
	pfl_maps_drop(from);
	*maps = mine;
	return 0;
}

/* The block of that number, which nobody else holds from now on, with room for @more. Or NULL. */
static struct pfl_maps_block *own_block(struct pfl_maps *maps, uint32_t number, uint32_t more)
{
	struct pfl_maps_block *block = maps->places[number].block, *mine;

	if (block->refs == 1 && block->count + more <= block->room)
		return block;
	mine = pfl_maps_block_new(maps->room, block->count + more, block->list, block->count);
	if (!mine)
		return NULL;
	pfl_maps_block_drop(maps->room, block);
	return maps->places[number].block = mine;
}

static void move(struct pfl_maps *maps, uint32_t to, uint32_t from)
{
	memmove(&maps->places[to], &maps->places[from],
		(maps->count - from) * sizeof(*maps->places));
	maps->count += to;
	maps->count -= from;
}

static void move_in(struct pfl_maps_block *block, uint32_t to, uint32_t from)
{
	memmove(&block->list[to], &block->list[from], (block->count - from) * sizeof(*block->list));
	block->count += to;
	block->count -= from;
}

static void note_end(struct pfl_maps *maps, uint32_t number)
{
	const struct pfl_maps_block *block = maps->places[number].block;

	maps->places[number].end = block->list[block->count - 1].end;
}

/* Puts @block, whose reference it takes, before the one of that number. */
static int put_block(struct pfl_maps *maps, uint32_t number, struct pfl_maps_block *block)
{
	if (!block)
		return -ENOMEM;
	if (reserve(maps, maps->count + 1)) {
		pfl_maps_block_drop(maps->room, block);
		return -ENOMEM;
	}
	move(maps, number + 1, number);
	maps->places[number].block = block;
	note_end(maps, number);
	return 0;
}

/*
 * How many of these end at @address or below it. Which half it goes on in decides an
 * addition, not a jump: nobody could guess it, and a walk asks for each of its frames.
 */
static inline uint32_t blocks_below(const struct pfl_maps *maps, uint64_t address)
{
	const struct pfl_maps_place *at = maps->places;
	uint32_t count = maps->count, half;

	for (; count > 1; count -= half) {
		half = count / 2;
		at += at[half - 1].end <= address ? half : 0;
	}
	return count ? at - maps->places + (at->end <= address) : 0;
}

static inline uint32_t maps_below(const struct pfl_maps_block *block, uint64_t address)
{
	const struct pfl_map *at = block->list;
	uint32_t count = block->count, half;

	for (; count > 1; count -= half) {
		half = count / 2;
		at += at[half - 1].end <= address ? half : 0;
	}
	return at - block->list + (at->end <= address);
}

/* The first mapping that ends behind @address. */
static struct position lower(const struct pfl_maps *maps, uint64_t address)
{
	struct position position = { .block = blocks_below(maps, address) };

	if (position.block < maps->count)
		position.at = maps_below(maps->places[position.block].block, address);
	return position;
}

static const struct pfl_map *map_at(const struct pfl_maps *maps, struct position position)
{
	return position.block == maps->count ? NULL :
	       &maps->places[position.block].block->list[position.at];
}

static struct position next(const struct pfl_maps *maps, struct position position)
{
	if (++position.at == maps->places[position.block].block->count)
		position = (struct position){ position.block + 1, 0 };
	return position;
}

/* The upper half of a full block becomes one of its own. */
static int split(struct pfl_maps *maps, uint32_t number)
{
	const struct pfl_maps_block *block = maps->places[number].block;
	uint32_t half = block->count / 2, rest = block->count - half;
	struct pfl_maps_block *lower_half, *upper_half;
	int err;

	upper_half = pfl_maps_block_new(maps->room, rest, block->list + half, rest);
	err = put_block(maps, number + 1, upper_half);
	if (err)
		return err;
	lower_half = pfl_maps_block_new(maps->room, half, block->list, half);
	if (!lower_half) {	/* as it was */
		pfl_maps_block_drop(maps->room, maps->places[number + 1].block);
		move(maps, number + 1, number + 2);
		return -ENOMEM;
	}
	pfl_maps_block_drop(maps->room, maps->places[number].block);
	maps->places[number].block = lower_half;
	note_end(maps, number);
	return 0;
}

static bool is_full(const struct pfl_maps *maps, uint32_t number)
{
	return maps->places[number].block->count == BLOCK_MAX;
}

/* Puts @map where no mapping is. */
static int insert(struct pfl_maps *maps, const struct pfl_map *map)
{
	struct position to = lower(maps, map->start);
	struct pfl_maps_block *block;
	int err;

	if (!to.at && to.block && !is_full(maps, to.block - 1))
		to = (struct position){ to.block - 1, maps->places[to.block - 1].block->count };
	else if (to.block == maps->count || (!to.at && is_full(maps, to.block)))
		return put_block(maps, to.block, pfl_maps_block_new(maps->room, 1, map, 1));
	if (is_full(maps, to.block)) {
		err = split(maps, to.block);
		return err ? err : insert(maps, map);
	}
	block = own_block(maps, to.block, 1);
	if (!block)
		return -ENOMEM;
	move_in(block, to.at + 1, to.at);
	block->list[to.at] = *map;
	note_end(maps, to.block);
	return 0;
}

/* Takes out those of one block, from @from on, that end at @end or below. Some are left. */
static int cut(struct pfl_maps *maps, struct position from, uint64_t end)
{
	struct pfl_maps_block *block = maps->places[from.block].block;
	uint32_t to = from.at;

	while (to < block->count && block->list[to].end <= end)
		to++;
	if (to == from.at)
		return 0;
	block = own_block(maps, from.block, 0);
	if (!block)
		return -ENOMEM;
	move_in(block, from.at, to);
	note_end(maps, from.block);
	return 0;
}

/* Takes out all, from @from on, that end at @end or below. */
static int take_out(struct pfl_maps *maps, struct position from, uint64_t end)
{
	uint32_t to;
	int err = 0;

	if (from.at) {
		err = cut(maps, from, end);
		from = (struct position){ from.block + 1, 0 };
	}
	for (to = from.block; to < maps->count && maps->places[to].end <= end; to++)
		pfl_maps_block_drop(maps->room, maps->places[to].block);
	move(maps, from.block, to);
	if (!err && from.block < maps->count)
		err = cut(maps, from, end);
	return err;
}

/* The mapping ends, or begins, at @address: inside of it. */
static int shorten(struct pfl_maps *maps, struct position position, uint64_t address, bool end)
{
	struct pfl_maps_block *block = own_block(maps, position.block, 0);
	struct pfl_map *map;

	if (!block)
		return -ENOMEM;
	map = &block->list[position.at];
	if (end) {
		map->end = address;
		note_end(maps, position.block);
		return 0;
	}
	map->offset += address - map->start;
	map->start = address;
	return 0;
}

/*
 * Frees [start, end). What sticks out on the left keeps its place; what sticks out
 * on the right begins later in its DSO.
 */
static int punch(struct pfl_maps *maps, uint64_t start, uint64_t end)
{
	struct position from = lower(maps, start);
	const struct pfl_map *map = map_at(maps, from);
	struct pfl_map rest;
	int err;

	if (!map || map->start >= end)
		return 0;
	if (map->start < start) {
		rest = *map;
		err = shorten(maps, from, start, true);
		if (err)
			return err;
		if (rest.end > end) {
			rest.offset += end - rest.start;
			rest.start = end;
			return insert(maps, &rest);
		}
		from = next(maps, from);
	}
	if (from.block < maps->count) {
		err = take_out(maps, from, end);
		if (err)
			return err;
	}
	from = lower(maps, end);
	map = map_at(maps, from);
	return map && map->start < end ? shorten(maps, from, end, false) : 0;
}

int pfl_maps_put(struct pfl_maps **maps, const struct pfl_map *map)
{
	int err;

	if (map->start >= map->end)
		return 0;
	if ((*maps)->room->used > (*maps)->room->limit)
		return -ENOSPC;
	err = own(maps);
	if (!err)
		err = punch(*maps, map->start, map->end);
	if (err)
		return err;
	(*maps)->version = next_version();
	return map->dso == PFL_NONE ? 0 : insert(*maps, map);
}

static inline const struct pfl_map *at_or_above(const struct pfl_maps *maps, uint64_t address)
{
	uint32_t number = blocks_below(maps, address);
	const struct pfl_maps_block *block;

	if (number == maps->count)
		return NULL;
	block = maps->places[number].block;
	return &block->list[maps_below(block, address)];
}

const struct pfl_map *pfl_maps_from(const struct pfl_maps *maps, uint64_t address)
{
	return at_or_above(maps, address);
}

const struct pfl_map *pfl_maps_below(const struct pfl_maps *maps, uint64_t address)
{
	struct position position = lower(maps, address);
	const struct pfl_maps_block *block;

	if (position.at)
		return map_at(maps, position) - 1;
	if (!position.block)
		return NULL;
	block = maps->places[position.block - 1].block;
	return &block->list[block->count - 1];
}

const struct pfl_map *pfl_maps_find(const struct pfl_maps *maps, uint64_t address)
{
	const struct pfl_map *map = at_or_above(maps, address);

	return map && map->start <= address ? map : NULL;
}
