/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "profile/stacks.h"

void pfl_stacks_free(struct pfl_stacks *stacks)
{
	free(stacks->nodes);
	pfl_table_free(&stacks->children);
	*stacks = (struct pfl_stacks){ 0 };
}

static uint32_t new_node(struct pfl_stacks *stacks, uint32_t parent, uint32_t frame)
{
	if (stacks->count == stacks->room) {
		uint32_t room = stacks->room ? stacks->room * 2 : 4096;
		struct pfl_stack_node *nodes;

		if (room < stacks->room)
			return PFL_NONE;
		nodes = realloc(stacks->nodes, room * sizeof(*nodes));
		if (!nodes)
			return PFL_NONE;
		stacks->nodes = nodes;
		stacks->room = room;
	}
	stacks->nodes[stacks->count] = (struct pfl_stack_node){ .parent = parent, .frame = frame };
	return stacks->count++;
}

uint32_t pfl_stacks_child(struct pfl_stacks *stacks, uint32_t parent, uint32_t frame)
{
	uint32_t *number = pfl_table_put(&stacks->children, (uint64_t)parent << 32 | frame);

	if (!number)
		return PFL_NONE;
	if (*number == PFL_NONE)
		*number = new_node(stacks, parent, frame);
	return *number;
}
