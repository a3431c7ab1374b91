/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a walk went by: the registers that it began with, and the words of the dumped
 * stack, as far as their values decided anything. A value that is only handed
 * on to a caller decides nothing until it leads somewhere: most registers that functions
 * save are loop counters and the like, which never do.
 */
#ifndef PFL_UNWIND_TRAIL_H
#define PFL_UNWIND_TRAIL_H

#include "unwind/memory.h"

#define PFL_TRAIL_MAX 96

/*
 * Where a value came from: the number of a register that the walk began with, or
 * how many bytes behind SP it stood, or what the trail has already.
 */
#define PFL_ORIGIN_STACK 64u
#define PFL_ORIGIN_TRAIL UINT32_MAX

struct pfl_trail {
	uint64_t regs;		/* a bit for each that counted */
	bool lost;		/* more than can be told here decided */
	uint32_t count;		/* of words */
	uint32_t at[PFL_TRAIL_MAX];	/* bytes behind SP … */
	uint64_t word[PFL_TRAIL_MAX];	/* … and what stood there */
};

/* @value, which came from @origin, decides. Without a trail, nobody asks. */
static inline void pfl_trail_add(struct pfl_trail *trail, uint32_t origin, uint64_t value)
{
	if (!trail || origin == PFL_ORIGIN_TRAIL)
		return;
	if (origin < PFL_ORIGIN_STACK) {
		trail->regs |= 1ULL << origin;
	} else if (trail->count == PFL_TRAIL_MAX) {
		trail->lost = true;
	} else {
		trail->at[trail->count] = origin - PFL_ORIGIN_STACK;
		trail->word[trail->count++] = value;
	}
}

/* Reads a word that decides. */
static inline bool pfl_trail_read(struct pfl_trail *trail, struct pfl_memory *memory, uint64_t at,
				  uint64_t *word)
{
	if (!pfl_memory_read(memory, at, word))
		return false;
	pfl_trail_add(trail, PFL_ORIGIN_STACK + (at - memory->base), *word);
	return true;
}

static inline void pfl_trail_lose(struct pfl_trail *trail)
{
	if (trail)
		trail->lost = true;
}

#endif
