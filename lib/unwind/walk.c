/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A frame is a set of registers. The rule for its PC tells its CFA, the value
 * that SP had before the call, and where the registers of the caller are. The
 * CFA is the caller's SP, so that from frame to frame it must grow: whatever
 * does not is not followed. Only a signal handler may have run on another stack.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unwind/expression.h"
#include "unwind/memory.h"
#include "unwind/recall.h"
#include "unwind/trail.h"
#include "unwind/walk.h"
#include "util/table.h"

/*
 * Rules found lately: a program's hot places are few. The slots are 96 KiB, and
 * fit the second-level cache.
 */
#define SLOTS 4096

/* The largest dump that a sample can bring is less. */
#define MAX_DUMP (64u << 10)

/*
 * Operations of expressions in one walk. Known ones take a dozen. Whoever wrote the
 * CFI must not keep us busy with each frame of each sample.
 */
#define MAX_STEPS 16384

#define STACK_MAX (8u << 20)		/* ulimit -s of most systems: two frames are no farther apart */
#define LOST_RECORD_MAX 4096u		/* bytes of locals between SP and a frame record */

struct slot {
	uint64_t offset;
	uint32_t serial;	/* of the rules; 0: free */
	const struct pfl_rule *rule;
};

struct pfl_unwinder {
	struct slot slots[SLOTS];
	struct pfl_recall *recall;
	struct pfl_trail trail;
};

int pfl_unwinder_new(struct pfl_unwinder **out)
{
	struct pfl_unwinder *unwinder = calloc(1, sizeof(*unwinder));

	*out = unwinder;
	if (!unwinder)
		return -ENOMEM;
	unwinder->recall = pfl_recall_new();
	if (unwinder->recall)
		return 0;
	pfl_unwinder_free(unwinder);
	*out = NULL;
	return -ENOMEM;
}

void pfl_unwinder_free(struct pfl_unwinder *unwinder)
{
	if (!unwinder)
		return;
	pfl_recall_free(unwinder->recall);
	free(unwinder);
}

const struct pfl_rule *pfl_unwinder_rule(struct pfl_unwinder *unwinder,
					 const struct pfl_place *place)
{
	struct slot *slot;
	uint64_t hash;

	if (!place->rules)
		return NULL;
	hash = (place->offset + place->rules->serial * 0x9e3779b1ULL) * 0x9e3779b97f4a7c15ULL;
	slot = &unwinder->slots[hash >> 52];
	if (slot->offset != place->offset || slot->serial != place->rules->serial) {
		slot->offset = place->offset;
		slot->serial = place->rules->serial;
		slot->rule = pfl_rules_find(place->rules, place->offset);
	}
	return slot->rule;
}

struct walker {
	struct pfl_unwinder *unwinder;
	const struct pfl_walk_from *from;
	const struct pfl_arch *arch;
	struct pfl_walk *walk;
	struct pfl_memory memory;
	struct pfl_regs regs;		/* of the frame at hand */
	struct pfl_place place;		/* of its PC */
	const struct pfl_rule *rule;
	uint64_t cfa;
	uint32_t origin[PFL_REGS_MAX];	/* where the values of ->regs came from (trail.h) … */
	uint32_t fetched;		/* … and the value that was looked up last */
	unsigned int steps;	/* that expressions may still take */
	bool interrupted;	/* the frame did not call: its PC is where it stood */
};

static bool run_expression(struct walker *walker, int32_t value, const uint64_t *cfa,
			   uint64_t *result)
{
	size_t size;
	const unsigned char *code = pfl_rules_expression(walker->place.rules, value, &size);

	pfl_trail_lose(walker->from->trail);
	return pfl_expression_run(code, size, &walker->regs, &walker->memory, cfa,
				  &walker->steps, result);
}

/* The way goes on by what is in @reg. */
static void go_by(struct walker *walker, uint8_t reg)
{
	pfl_trail_add(walker->from->trail, walker->origin[reg], walker->regs.value[reg]);
}

static bool register_plus(struct walker *walker, uint8_t reg, int32_t offset, uint64_t *result)
{
	go_by(walker, reg);
	*result = walker->regs.value[reg] + offset;
	return pfl_regs_has(&walker->regs, reg);
}

static bool fetch_register(struct walker *walker, uint8_t reg, uint64_t *value)
{
	walker->fetched = walker->origin[reg];
	*value = walker->regs.value[reg];
	return pfl_regs_has(&walker->regs, reg);
}

static bool fetch_word(struct walker *walker, uint64_t at, uint64_t *value)
{
	if (!pfl_memory_read(&walker->memory, at, value))
		return false;
	walker->fetched = PFL_ORIGIN_STACK + (at - walker->memory.base);
	return true;
}

/* The way goes on by it. */
static bool read_next(struct walker *walker, uint64_t at, uint64_t *value)
{
	return pfl_trail_read(walker->from->trail, &walker->memory, at, value);
}

/* Whether @pc can be a return address: it is behind code that has a rule. */
static bool is_return(struct walker *walker, uint64_t pc)
{
	struct pfl_place place;

	pc &= walker->arch->pc_mask;
	return pc && walker->from->locate(walker->from->data, pc - 1, &place) && place.rules &&
	       place.rules->arch == walker->arch && pfl_unwinder_rule(walker->unwinder, &place);
}

/*
 * Whether a frame record stands at @at: a return address beside the address of a record
 * further out, which is one, too, or behind what is known of the stack, or none.
 */
static bool looks_like_record(struct walker *walker, uint64_t at)
{
	struct pfl_memory memory = walker->memory;
	uint64_t next, pc;

	if (!pfl_memory_read(&memory, at, &next) || !pfl_memory_read(&memory, at + 8, &pc) ||
	    !is_return(walker, pc))
		return false;
	if (!next)
		return true;
	if (next & 7 || next <= at || next - at > STACK_MAX)
		return false;
	return !pfl_memory_read(&memory, next + 8, &pc) || !pc || is_return(walker, pc);
}

/*
 * Of a thread that sleeps, nobody tells the frame pointer. A function that keeps a frame
 * record has it between its SP and its caller's frame: it is the first thing there that
 * looks like one.
 */
static bool find_lost_record(struct walker *walker)
{
	const struct pfl_arch *arch = walker->arch;
	uint64_t sp = walker->regs.value[arch->sp];

	if (pfl_regs_has(&walker->from->regs, arch->fp) || pfl_regs_has(&walker->regs, arch->fp) ||
	    walker->rule->cfa_reg != arch->fp || !(walker->rule->flags & PFL_RULE_RECORD))
		return false;
	pfl_trail_lose(walker->from->trail);
	for (uint64_t at = (sp + 7) & ~7ULL; at < sp + LOST_RECORD_MAX; at += 8)
		if (looks_like_record(walker, at)) {
			pfl_regs_set(&walker->regs, arch->fp, at);
			return true;
		}
	return false;
}

static bool find_cfa(struct walker *walker)
{
	const struct pfl_rule *rule = walker->rule;
	uint64_t at;

	switch (rule->cfa_how) {
	case PFL_CFA_REGISTER:
		find_lost_record(walker);
		return register_plus(walker, rule->cfa_reg, rule->cfa_value, &walker->cfa);
	case PFL_CFA_DEREF:
		return register_plus(walker, rule->cfa_reg, rule->cfa_value, &at) &&
		       read_next(walker, at, &walker->cfa);
	case PFL_CFA_EXPRESSION:
		return run_expression(walker, rule->cfa_value, NULL, &walker->cfa);
	default:
		return false;
	}
}

/*
 * In an epilogue, the rule may still name the place that a register was read back
 * from a moment ago. If it was popped, that place lies below SP by now; if it was the
 * frame pointer and the place counts from it (GCC does so where it has realigned
 * the stack), it seems to lie in the caller's frame.
 */
static bool is_given_back(const struct walker *walker, const struct pfl_save *save, uint64_t at)
{
	return walker->arch->preserved >> save->reg & 1 && !walker->rule->signal &&
	       save->how != PFL_SAVE_AT_EXPRESSION &&
	       (at < walker->regs.value[walker->arch->sp] || at >= walker->cfa);
}

/* The caller's value of a register. */
static bool recover(struct walker *walker, const struct pfl_save *save, uint64_t *value)
{
	uint64_t at;

	walker->fetched = PFL_ORIGIN_TRAIL;
	switch (save->how) {
	case PFL_SAVE_SAME:
		return fetch_register(walker, save->reg, value);
	case PFL_SAVE_IS_REGISTER:
		return fetch_register(walker, save->base, value);
	case PFL_SAVE_IS_CFA:
		*value = walker->cfa + save->value;
		return true;
	case PFL_SAVE_IS_EXPRESSION:
		return run_expression(walker, save->value, &walker->cfa, value);
	case PFL_SAVE_AT_CFA:
		at = walker->cfa + save->value;
		break;
	case PFL_SAVE_AT_REGISTER:
		if (!register_plus(walker, save->base, save->value, &at))
			return false;
		break;
	case PFL_SAVE_AT_EXPRESSION:
		if (!run_expression(walker, save->value, &walker->cfa, &at))
			return false;
		break;
	default:
		return false;
	}
	if (is_given_back(walker, save, at))
		return fetch_register(walker, save->reg, value);
	return fetch_word(walker, at, value);
}

/* Why the rule could not be followed: for want of stack, or because it makes no sense. */
static enum pfl_walk_end out_of_reach(struct walker *walker)
{
	if (!walker->memory.missing)
		return PFL_WALK_BROKEN;
	walker->walk->needed = walker->memory.missing - walker->memory.base;
	return PFL_WALK_EXHAUSTED;
}

/* All registers of the caller but its PC, and where they came from. */
static void recover_all(struct walker *walker, struct pfl_regs *caller, uint32_t *origin)
{
	const struct pfl_rule *rule = walker->rule;
	uint8_t sp = walker->arch->sp;
	uint64_t value;

	*caller = walker->regs;
	caller->known &= walker->arch->preserved;
	pfl_regs_set(caller, sp, walker->cfa);
	memcpy(origin, walker->origin, sizeof(walker->origin));
	origin[sp] = PFL_ORIGIN_TRAIL;
	for (unsigned int i = 0; i < rule->nsaves; i++) {
		const struct pfl_save *save = &rule->saves[i];

		if (recover(walker, save, &value))
			pfl_regs_set(caller, save->reg, value);
		else
			caller->known &= ~(1ULL << save->reg);
		origin[save->reg] = walker->fetched;
	}
	pfl_trail_add(walker->from->trail, origin[sp], caller->value[sp]);
}

static bool find_return(struct walker *walker, uint64_t *pc)
{
	const struct pfl_save *ra = pfl_rule_save(walker->rule, walker->rule->ra);

	/* Nothing said: it is still where a call leaves it, if that is a register. */
	if (ra ? !recover(walker, ra, pc) :
		 walker->rule->ra != walker->arch->link || walker->arch->link == walker->arch->pc ||
		 !fetch_register(walker, walker->arch->link, pc))
		return false;
	pfl_trail_add(walker->from->trail, walker->fetched, *pc);
	*pc &= walker->arch->pc_mask;
	return true;
}

/*
 * Whether @caller can be the frame's caller. A leaf function that keeps
 * nothing on the stack has its caller's SP, but it called nobody.
 */
static bool is_progress(const struct walker *walker, const struct pfl_regs *caller)
{
	uint64_t sp = walker->regs.value[walker->arch->sp];
	uint64_t next = caller->value[walker->arch->sp];

	return walker->rule->flags & PFL_RULE_SIGNAL || next > sp ||
	       (next == sp && walker->interrupted && walker->arch->link != walker->arch->pc);
}

/* One frame outwards. False: this was the last one, and ->end says why. */
static bool step_by_rule(struct walker *walker)
{
	const struct pfl_arch *arch = walker->arch;
	enum pfl_walk_end *end = &walker->walk->end;
	uint32_t origin[PFL_REGS_MAX];
	struct pfl_regs caller;
	uint64_t pc;

	*end = PFL_WALK_ROOT;
	if (walker->rule->flags & PFL_RULE_OUTERMOST)
		return false;
	walker->memory.missing = 0;
	if (!find_cfa(walker) || !find_return(walker, &pc)) {
		*end = out_of_reach(walker);
		return false;
	}
	recover_all(walker, &caller, origin);
	pfl_regs_set(&caller, arch->pc, pc);
	/* A return address is no value that a caller has in a register. */
	if (walker->rule->ra != arch->pc && !(walker->rule->flags & PFL_RULE_SIGNAL))
		caller.known &= ~(1ULL << walker->rule->ra);
	if (!pfl_regs_has(&caller, arch->sp) || !is_progress(walker, &caller)) {
		*end = PFL_WALK_BROKEN;
		return false;
	}
	walker->interrupted = walker->rule->flags & PFL_RULE_SIGNAL;
	walker->regs = caller;
	memcpy(walker->origin, origin, sizeof(origin));
	return pc != 0;
}

/* A frame pointer that may lead to a frame record: {the caller's, return address}. */
static bool is_record(struct walker *walker, uint64_t fp)
{
	go_by(walker, walker->arch->fp);
	return pfl_regs_has(&walker->regs, walker->arch->fp) && !(fp & 7) &&
	       fp >= walker->regs.value[walker->arch->sp];
}

static bool step_out_of_signal(struct walker *walker)
{
	const struct pfl_arch *arch = walker->arch;
	struct pfl_regs interrupted;

	if (!arch->leave_signal)
		return false;
	pfl_trail_lose(walker->from->trail);
	if (!arch->leave_signal(&walker->regs, &walker->memory, &interrupted))
		return false;
	walker->regs = interrupted;
	walker->regs.value[arch->pc] &= arch->pc_mask;
	walker->interrupted = true;
	return true;
}

/* The last resort where there is no rule: the code may keep frame pointers. */
static bool step_by_record(struct walker *walker)
{
	const struct pfl_arch *arch = walker->arch;
	uint64_t fp = walker->regs.value[arch->fp], next, pc;
	struct pfl_place place;

	walker->walk->end = PFL_WALK_ROOT;
	if (walker->place.rules && pfl_rules_is_entry(walker->place.rules, walker->place.offset))
		return false;
	if (step_out_of_signal(walker))
		return true;
	walker->walk->end = PFL_WALK_NO_RULE;
	walker->memory.missing = 0;
	if (!is_record(walker, fp))
		return false;
	if (!read_next(walker, fp + 8, &pc) || !fetch_word(walker, fp, &next)) {
		/* What is far away is rather no frame pointer than a large frame. */
		if (fp - walker->memory.base < MAX_DUMP)
			walker->walk->end = out_of_reach(walker);
		return false;
	}
	pc &= arch->pc_mask;
	if (!pc || !walker->from->locate(walker->from->data, pc - 1, &place))
		return false;
	walker->regs.known = 0;
	pfl_regs_set(&walker->regs, arch->fp, next);
	walker->origin[arch->fp] = walker->fetched;
	pfl_regs_set(&walker->regs, arch->sp, fp + 16);
	walker->origin[arch->sp] = PFL_ORIGIN_TRAIL;
	pfl_regs_set(&walker->regs, arch->pc, pc);
	walker->interrupted = false;
	walker->walk->by_record++;
	return true;
}

/*
 * A return address belongs to the call before it, which may be the last instruction
 * of its function. Where no code is before it, no call was: what a signal handler
 * returns to may be the beginning of a mapping.
 */
static bool locate(struct walker *walker, uint64_t pc)
{
	const struct pfl_walk_from *from = walker->from;

	return from->locate(from->data, pc - !walker->interrupted, &walker->place) ||
	       (!walker->interrupted && from->locate(from->data, pc, &walker->place));
}

/* Finds the rule of the frame at hand. */
static bool enter(struct walker *walker)
{
	uint64_t pc = walker->regs.value[walker->arch->pc];

	if (!locate(walker, pc)) {
		walker->walk->end = PFL_WALK_UNMAPPED;
		walker->walk->stop = pc;
		return false;
	}
	walker->rule = NULL;
	if (walker->place.rules && walker->place.rules->arch == walker->arch)
		walker->rule = pfl_unwinder_rule(walker->unwinder, &walker->place);
	return true;
}

static bool add_frame(struct walker *walker)
{
	struct pfl_walk *walk = walker->walk;

	if (walk->count == walk->room) {
		walk->end = PFL_WALK_DEEP;
		return false;
	}
	walk->pcs[walk->count++] = walker->regs.value[walker->arch->pc];
	return true;
}

/* Where the last frame's frame record is, so that a callchain may be joined there. */
static uint64_t find_record(struct walker *walker)
{
	uint64_t fp = walker->regs.value[walker->arch->fp];

	if (!is_record(walker, fp))
		return 0;
	if (!walker->rule)
		return fp;
	if (!(walker->rule->flags & PFL_RULE_RECORD))
		return 0;
	if (walker->rule->cfa_how == PFL_CFA_REGISTER && find_cfa(walker) &&
	    walker->cfa + pfl_rule_save(walker->rule, walker->arch->fp)->value != fp)
		return 0;
	return fp;
}

void pfl_unwinder_walk(struct pfl_unwinder *unwinder, const struct pfl_walk_from *from,
		       struct pfl_walk *walk)
{
	struct walker walker = {
		.unwinder = unwinder, .from = from, .arch = from->arch, .walk = walk,
		.memory = { .base = from->regs.value[from->arch->sp], .bytes = from->stack,
			    .size = from->stack_size },
		.regs = from->regs, .steps = MAX_STEPS, .interrupted = true,
	};

	*walk = (struct pfl_walk){ .pcs = walk->pcs, .room = walk->room };
	for (unsigned int i = 0; i < PFL_REGS_MAX; i++)
		walker.origin[i] = i;
	walker.regs.value[from->arch->pc] &= from->arch->pc_mask;
	add_frame(&walker);
	while (walk->count && enter(&walker))
		if (!(walker.rule ? step_by_rule(&walker) : step_by_record(&walker)) ||
		    !add_frame(&walker))
			break;
	/* A caller at an address where no code is: the frame before it was the last. */
	if (walk->end == PFL_WALK_UNMAPPED && walk->count > 1)
		walk->count--;
	if (walk->end == PFL_WALK_EXHAUSTED || walk->end == PFL_WALK_NO_RULE)
		walk->record = find_record(&walker);
}

bool pfl_unwinder_known(const struct pfl_unwinder *unwinder, const struct pfl_walk_from *from,
			uint64_t space, const void *chain, size_t count, struct pfl_walk *walk)
{
	struct pfl_outset outset = { .from = from, .space = space, .chain = chain, .count = count };

	return pfl_recall_find(unwinder->recall, &outset, walk);
}

/* Takes down by what it goes. */
static void walk_with_trail(struct pfl_unwinder *unwinder, struct pfl_outset outset,
			    struct pfl_walk *walk)
{
	struct pfl_walk_from from = *outset.from;

	from.trail = &unwinder->trail;
	from.trail->regs = 0;
	from.trail->count = 0;
	from.trail->lost = false;
	outset.from = &from;
	pfl_unwinder_walk(unwinder, &from, walk);
	pfl_unwinder_join(unwinder, &from, outset.chain, outset.count, walk);
	pfl_recall_keep(unwinder->recall, &outset, walk);
}

void pfl_unwinder_recall(struct pfl_unwinder *unwinder, const struct pfl_walk_from *from,
			 uint64_t space, const void *chain, size_t count, struct pfl_walk *walk)
{
	struct pfl_outset outset = { .from = from, .space = space, .chain = chain, .count = count };

	if (pfl_recall_find(unwinder->recall, &outset, walk))
		return;
	if (outset.again) {
		walk_with_trail(unwinder, outset, walk);
		return;
	}
	pfl_recall_begin(unwinder->recall, &outset);
	pfl_unwinder_walk(unwinder, from, walk);
	pfl_unwinder_join(unwinder, from, chain, count, walk);
}
