/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A node is looked for where the hash of its whole path says, and not where its parent's
 * number would: so the places of all frames of a stack are known before the first of them is
 * looked up, and come out of memory at once, not one after the other.
 */
#include <stdlib.h>

#include "profile/stacks.h"

#define FIRST_SLOTS 1024u
#define MAX_SLOTS (1u << 31)
#define AT_ONCE 32u	/* places that are fetched together */

void pfl_stacks_free(struct pfl_stacks *stacks)
{
	free(stacks->nodes);
	free(stacks->slots);
	*stacks = (struct pfl_stacks){ 0 };
}

static uint32_t path_of(uint32_t above, uint32_t frame)
{
	return pfl_mix64((uint64_t)above << 32 | frame);
}

static uint32_t path_to(const struct pfl_stacks *stacks, uint32_t node)
{
	return node == PFL_NONE ? 0 : stacks->nodes[node].path;
}

/* Where it is, or would be. */
static struct pfl_stack_slot *find(const struct pfl_stacks *stacks, uint32_t path, uint32_t parent,
				   uint32_t frame)
{
	uint32_t i = path & stacks->mask;
	struct pfl_stack_slot *slot;

	for (;; i = (i + 1) & stacks->mask) {
		slot = &stacks->slots[i];
		if (slot->node == PFL_NONE || (slot->frame == frame && slot->parent == parent))
			return slot;
	}
}

/* Room in the table for one more. */
static int make_room(struct pfl_stacks *stacks)
{
	uint32_t old = stacks->slots ? stacks->mask + 1 : 0;
	uint32_t size = old ? old * 2 : FIRST_SLOTS;
	struct pfl_stacks bigger = { .mask = size - 1 };

	if (stacks->count < old / 2)
		return 0;
	if (old >= MAX_SLOTS)
		return -1;
	bigger.slots = malloc((size_t)size * sizeof(*bigger.slots));
	if (!bigger.slots)
		return -1;
	for (uint32_t i = 0; i < size; i++)
		bigger.slots[i].node = PFL_NONE;
	for (uint32_t i = 0; i < old; i++) {
		const struct pfl_stack_slot *slot = &stacks->slots[i];

		if (slot->node != PFL_NONE)
			*find(&bigger, slot->path, slot->parent, slot->frame) = *slot;
	}
	free(stacks->slots);
	stacks->slots = bigger.slots;
	stacks->mask = bigger.mask;
	return 0;
}

static int new_node(struct pfl_stacks *stacks, const struct pfl_stack_slot *what)
{
	if (stacks->count == stacks->room) {
		uint32_t room = stacks->room ? stacks->room * 2 : 4096;
		struct pfl_stack_node *nodes;

		if (room < stacks->room)
			return -1;
		nodes = realloc(stacks->nodes, room * sizeof(*nodes));
		if (!nodes)
			return -1;
		stacks->nodes = nodes;
		stacks->room = room;
	}
	stacks->nodes[stacks->count++] = (struct pfl_stack_node){
		.parent = what->parent, .frame = what->frame, .path = what->path,
	};
	return 0;
}

static uint32_t child(struct pfl_stacks *stacks, uint32_t path, uint32_t parent, uint32_t frame)
{
	struct pfl_stack_slot *slot;

	if (make_room(stacks))
		return PFL_NONE;
	slot = find(stacks, path, parent, frame);
	if (slot->node == PFL_NONE) {
		struct pfl_stack_slot made = { path, parent, frame, stacks->count };

		if (new_node(stacks, &made))
			return PFL_NONE;
		*slot = made;
	}
	return slot->node;
}

uint32_t pfl_stacks_child(struct pfl_stacks *stacks, uint32_t parent, uint32_t frame)
{
	return child(stacks, path_of(path_to(stacks, parent), frame), parent, frame);
}

uint32_t pfl_stacks_path(struct pfl_stacks *stacks, uint32_t parent, const uint32_t *frames,
			 uint32_t count)
{
	uint32_t paths[AT_ONCE], path = path_to(stacks, parent), node = parent, now;

	for (; count; count -= now) {
		now = count < AT_ONCE ? count : AT_ONCE;
		for (uint32_t i = 0; i < now; i++) {
			paths[i] = path = path_of(path, frames[count - 1 - i]);
			if (stacks->slots)
				__builtin_prefetch(&stacks->slots[path & stacks->mask]);
		}
		for (uint32_t i = 0; i < now; i++) {
			node = child(stacks, paths[i], node, frames[count - 1 - i]);
			if (node == PFL_NONE)
				return PFL_NONE;
		}
	}
	return node;
}
