/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the kernel's callchain may take over from CFI.
 *
 * Following frame pointers, the kernel begins at the value F(0) that the frame
 * pointer had when the sample was taken. At F(i) it finds a frame record: F(i+1),
 * and the return address C(i+1), which it notes; C(0) is the sampled PC. CFI needs
 * the stack for that: the F(i) are not in the chain. So where the dumped stack
 * ends, the two can only be joined by what CFI found last: the frame k, its PC and
 * the value FP(k) that the frame pointer has in it.
 *
 * 1. They meet if frame k keeps a frame record (its rule says so) and FP(k) is one
 *    of the F(i). Then the return address in that record is frame k's own, and
 *    the kernel noted it as C(i+1). F(0) is a register, and F(i+1) can be read
 *    in the dump as long as F(i) lies in it; each step is held against the
 *    C(i+1) that the kernel has noted. If frame k keeps no record but FP(k) is an
 *    F(i) all the same, then the record there belongs to one of its callers, and
 *    going on with C(i+1) would leave out everything between: that is no join.
 *
 * 2. From there on the stack is not at hand, but the rules are. That C(j) is the
 *    PC of a caller is known. If the rule for it says that this function, too,
 *    keeps a frame record, then the frame pointer that the kernel followed to get
 *    C(j+1) was this function's own, and C(j+1) is its return address. If the
 *    rule says anything else, the frame pointer may have been used for any other
 *    purpose, C(j+1) may be garbage, and the stack ends with C(j).
 *
 * Code that there is no rule for at all (a JIT's) is taken to keep frame records,
 * here as in the walk: as the last resort, and only as long as what comes out of
 * it is mapped code.
 */
#include "unwind/trail.h"
#include "unwind/walk.h"

static uint64_t word_at(const void *chain, size_t index)
{
	return pfl_load64((const char *)chain + 8 * index);
}

/*
 * How many words of the chain lie before the return address that stands in the
 * record at @record; 0: the chain did not come by there.
 */
static size_t find_record(const struct pfl_walk_from *from, const void *chain, size_t count,
			  uint64_t record)
{
	const struct pfl_arch *arch = from->arch;
	struct pfl_memory memory = { .base = from->regs.value[arch->sp], .bytes = from->stack,
				     .size = from->stack_size };
	uint64_t at = from->regs.value[arch->fp], next, pc;

	if (!pfl_regs_has(&from->regs, arch->fp))
		return 0;
	pfl_trail_add(from->trail, arch->fp, at);
	for (size_t index = 1; index < count; index++, at = next) {
		if (at == record)
			return index;
		if (!pfl_trail_read(from->trail, &memory, at, &next) ||
		    !pfl_trail_read(from->trail, &memory, at + 8, &pc) ||
		    (pc & arch->pc_mask) != (word_at(chain, index) & arch->pc_mask))
			return 0;
	}
	return 0;
}

/* Adds a return address; false: it was the last that is sure, or is none at all. */
static bool add_caller(struct pfl_unwinder *unwinder, const struct pfl_walk_from *from,
		       uint64_t pc, struct pfl_walk *walk)
{
	const struct pfl_rule *rule = NULL;
	struct pfl_place place;

	if (walk->count == walk->room) {
		walk->end = PFL_WALK_DEEP;
		return false;
	}
	if (!pc || !from->locate(from->data, pc - 1, &place))
		return false;
	walk->pcs[walk->count++] = pc;
	walk->joined++;
	if (place.rules && place.rules->arch == from->arch)
		rule = pfl_unwinder_rule(unwinder, &place);
	if (!rule) {
		walk->by_record++;
		return true;
	}
	if (rule->flags & PFL_RULE_OUTERMOST)
		walk->end = PFL_WALK_ROOT;
	return rule->flags & PFL_RULE_RECORD;
}

void pfl_unwinder_join(struct pfl_unwinder *unwinder, const struct pfl_walk_from *from,
		       const void *chain, size_t count, struct pfl_walk *walk)
{
	uint64_t mask = from->arch->pc_mask;
	size_t index;

	if (!walk->record || !walk->count || !count || (word_at(chain, 0) & mask) != walk->pcs[0] ||
	    (walk->end != PFL_WALK_EXHAUSTED && walk->end != PFL_WALK_NO_RULE))
		return;
	index = find_record(from, chain, count, walk->record);
	if (!index)
		return;
	while (index < count && add_caller(unwinder, from, word_at(chain, index) & mask, walk))
		index++;
}
