/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From registers and the top of the stack to the addresses of all callers.
 */
#ifndef PFL_UNWIND_WALK_H
#define PFL_UNWIND_WALK_H

#include "unwind/rules.h"

/* What is mapped at an address. */
struct pfl_place {
	const struct pfl_rules *rules;	/* NULL: there are none for it */
	uint64_t offset;		/* in the file that they are of */
};

/*
 * Tells what code is mapped at @address. False: none is, so that it cannot be
 * the address of an instruction.
 */
typedef bool pfl_locate(void *data, uint64_t address, struct pfl_place *place);

/* What a walk begins with. */
struct pfl_walk_from {
	const struct pfl_arch *arch;
	struct pfl_regs regs;		/* pfl_regs_load() */
	const void *stack;		/* memory from SP on, at any alignment */
	size_t stack_size;
	pfl_locate *locate;
	void *data;			/* for ->locate */
	struct pfl_trail *trail;	/* takes down what decides (trail.h); or NULL */
};

enum pfl_walk_end {
	PFL_WALK_ROOT,		/* the frame that nobody called */
	PFL_WALK_EXHAUSTED,	/* the stack goes on behind what was dumped of it */
	PFL_WALK_NO_RULE,	/* no unwind data for the last frame, and no frame pointer */
	PFL_WALK_UNMAPPED,	/* no code is mapped where the last frame returns to */
	PFL_WALK_BROKEN,	/* the last frame's rule is wrong, or a register is lost */
	PFL_WALK_DEEP,		/* more frames than there is room for */
};

struct pfl_walk {
	uint64_t *pcs;		/* the caller's array: the innermost frame first … */
	uint32_t room;		/* … of so many */
	uint32_t count;
	uint32_t by_record;	/* frames that were left by frame pointer for want of a rule */
	uint32_t joined;	/* frames at the end that came from the kernel's callchain */
	enum pfl_walk_end end;
	/*
	 * EXHAUSTED: with this many bytes of stack the walk would have come at
	 * least one frame further. 0: it went to another stack (after a signal),
	 * which no size reaches.
	 */
	uint64_t needed;
	uint64_t stop;		/* UNMAPPED: the address that nothing is mapped at */
	uint64_t record;	/* address of the last frame's frame record; 0: not known */
};

/* What makes walking fast; one for each thread that walks. Outlives no rules that it was shown. */
struct pfl_unwinder;

int pfl_unwinder_new(struct pfl_unwinder **out);
/* NULL is fine. */
void pfl_unwinder_free(struct pfl_unwinder *unwinder);

/*
 * Walks. @walk->pcs and ->room are set by the caller, all else here. The
 * addresses are PCs as they stood: where the CPU was, then return addresses; a
 * frame that a signal interrupted stands with the address it was interrupted at.
 */
void pfl_unwinder_walk(struct pfl_unwinder *unwinder, const struct pfl_walk_from *from,
		       struct pfl_walk *walk);

/*
 * Where a walk was EXHAUSTED, or found NO_RULE, continues it with the kernel's
 * own callchain of the same sample: its user part, @count words at @chain at any
 * alignment, from the sampled PC on. ->joined says how many frames it added;
 * ->end becomes ROOT where the last of them is one. See join.c for when it does.
 */
void pfl_unwinder_join(struct pfl_unwinder *unwinder, const struct pfl_walk_from *from,
		       const void *chain, size_t count, struct pfl_walk *walk);

/*
 * Both, of a sample that was taken where @space is mapped: a number that no other mappings
 * have, for which ->locate says the same each time. Where the last walk from the same
 * place went by the same values, its result is given, and nothing is walked.
 */
void pfl_unwinder_recall(struct pfl_unwinder *unwinder, const struct pfl_walk_from *from,
			 uint64_t space, const void *chain, size_t count, struct pfl_walk *walk);

/* Only that: false where it would have to be walked. ->locate is not asked. */
bool pfl_unwinder_known(const struct pfl_unwinder *unwinder, const struct pfl_walk_from *from,
			uint64_t space, const void *chain, size_t count, struct pfl_walk *walk);

/* The rule for @address of what @place says is there, or NULL. */
const struct pfl_rule *pfl_unwinder_rule(struct pfl_unwinder *unwinder,
					 const struct pfl_place *place);

#endif
