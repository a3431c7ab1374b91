/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stacks before their frames have names: a tree of numbers, so that a stack is
 * one number and equal stacks are one node. The names come last, once for each
 * frame (fold/naming.c).
 */
#ifndef PFL_PROFILE_STACKS_H
#define PFL_PROFILE_STACKS_H

#include <perflame/profile.h>

#include "util/table.h"

/* A frame is the number of a piece of code (struct pfl_code), or of a name with one of these. */
#define PFL_STACK_TASK 0x80000000u	/* the process or thread that the stack starts from */
#define PFL_STACK_NOTE 0xa0000000u	/* what becomes a mark when code has names (types/type.h) */
#define PFL_STACK_MARK 0xc0000000u	/* what is not code: "[deferred]" */
#define PFL_STACK_NUMBER 0x1fffffffu

struct pfl_stack_node {
	uint32_t parent;	/* PFL_NONE: the stack begins here */
	uint32_t frame;
	uint32_t path;		/* hash of all frames down to this one */
	uint64_t values[PFL_VALUES];
};

/* A place for a node in the table that they are found by. */
struct pfl_stack_slot {
	uint32_t path, parent, frame;
	uint32_t node;		/* PFL_NONE: free */
};

/* All zero is empty. A parent's number is smaller than its children's. */
struct pfl_stacks {
	struct pfl_stack_node *nodes;
	uint32_t count, room;
	struct pfl_stack_slot *slots;
	uint32_t mask;
};

void pfl_stacks_free(struct pfl_stacks *stacks);

/* The node of @frame called by @parent (PFL_NONE: by nobody). PFL_NONE: out of memory. */
uint32_t pfl_stacks_child(struct pfl_stacks *stacks, uint32_t parent, uint32_t frame);

/*
 * The node of all @count @frames, the innermost first, called by @parent. PFL_NONE: out of memory,
 * or @parent where there are none.
 */
uint32_t pfl_stacks_path(struct pfl_stacks *stacks, uint32_t parent, const uint32_t *frames,
			 uint32_t count);

static inline void pfl_stacks_charge(struct pfl_stacks *stacks, uint32_t node,
				     const uint64_t *values)
{
	for (int i = 0; i < PFL_VALUES; i++)
		if (__builtin_add_overflow(stacks->nodes[node].values[i], values[i],
					   &stacks->nodes[node].values[i]))
			stacks->nodes[node].values[i] = UINT64_MAX;
}

#endif
