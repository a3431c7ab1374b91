/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "unwind/memory.h"
#include "unwind/recall.h"
#include "unwind/trail.h"
#include "util/table.h"

/* One place may be come to by several ways: read() has more than one caller. */
#define SETS 512u
#define WAYS 4u
#define WORDS (1u << 16)	/* 512 KiB; when they are full, all is forgotten */
#define FRAMES_MAX 256u

struct slot {
	uint64_t space, pc, sp;
	uint32_t size;		/* of the dump */
	uint32_t place;		/* of the entry, in words; 0: begun here, and nothing kept */
};

/*
 * Followed by the values of ->regs, the trail's words, each behind the place that it
 * stood at, the chain and the addresses.
 */
struct entry {
	uint64_t known;		/* registers that the walk began with … */
	uint64_t regs;		/* … and those whose values decided */
	uint32_t nregs, nwords, nchain;
	struct pfl_walk walk;
};

#define ENTRY_WORDS (sizeof(struct entry) / 8)

struct pfl_recall {
	struct slot slots[SETS][WAYS];
	uint32_t next;		/* way that is given up next */
	uint32_t used;		/* words; the first stays free */
	uint64_t words[WORDS];
};

static void forget(struct pfl_recall *recall)
{
	memset(recall->slots, 0, sizeof(recall->slots));
	recall->next = 0;
	recall->used = 1;
}

struct pfl_recall *pfl_recall_new(void)
{
	struct pfl_recall *recall = malloc(sizeof(*recall));

	if (recall)
		forget(recall);
	return recall;
}

void pfl_recall_free(struct pfl_recall *recall)
{
	free(recall);
}

static struct slot slot_of(const struct pfl_outset *outset)
{
	const struct pfl_walk_from *from = outset->from;

	return (struct slot){
		.space = outset->space,
		.pc = from->regs.value[from->arch->pc],
		.sp = from->regs.value[from->arch->sp],
		.size = from->stack_size,
	};
}

/* The chain is among it: who called in a program with frame pointers. */
static uint64_t hash_of(const struct slot *slot, const struct pfl_outset *outset)
{
	uint64_t hash = slot->pc ^ slot->space << 40 ^ slot->sp << 16;

	for (size_t i = 0; i < outset->count; i++)
		hash = hash * 0x9e3779b97f4a7c15ULL +
		       pfl_load64((const unsigned char *)outset->chain + 8 * i);
	return pfl_mix64(hash);
}

static bool same_regs(const uint64_t *values, uint64_t which, const struct pfl_regs *regs)
{
	for (; which; which &= which - 1)
		if (*values++ != regs->value[__builtin_ctzll(which)])
			return false;
	return true;
}

/* Each of them was read in a dump of the same size. */
static bool same_words(const uint64_t *words, uint32_t count, const unsigned char *stack)
{
	for (; count--; words += 2)
		if (pfl_load64(stack + words[0]) != words[1])
			return false;
	return true;
}

static bool is_same(const struct entry *entry, const struct pfl_outset *outset)
{
	const uint64_t *values = (const uint64_t *)(entry + 1);
	const uint64_t *words = values + entry->nregs;
	const uint64_t *chain = words + (size_t)2 * entry->nwords;

	return entry->nchain == outset->count && entry->known == outset->from->regs.known &&
	       same_regs(values, entry->regs, &outset->from->regs) &&
	       same_words(words, entry->nwords, outset->from->stack) &&
	       (!entry->nchain || !memcmp(chain, outset->chain, (size_t)8 * entry->nchain));
}

static void give(const struct entry *entry, struct pfl_walk *walk)
{
	const uint64_t *values = (const uint64_t *)(entry + 1);
	const uint64_t *pcs = values + entry->nregs + (size_t)2 * entry->nwords + entry->nchain;
	struct pfl_walk to = *walk;

	*walk = entry->walk;
	walk->pcs = to.pcs;
	walk->room = to.room;
	memcpy(walk->pcs, pcs, walk->count * sizeof(*pcs));
}

static bool is_there(const struct slot *slot, const struct slot *key)
{
	return slot->space == key->space && slot->pc == key->pc && slot->sp == key->sp &&
	       slot->size == key->size;
}

bool pfl_recall_find(struct pfl_recall *recall, struct pfl_outset *outset, struct pfl_walk *walk)
{
	const struct slot key = slot_of(outset), *slots;

	outset->hash = hash_of(&key, outset);
	outset->again = false;
	slots = recall->slots[outset->hash % SETS];
	for (unsigned int way = 0; way < WAYS; way++) {
		const struct slot *slot = &slots[way];
		const struct entry *entry = (const struct entry *)&recall->words[slot->place];

		if (!is_there(slot, &key))
			continue;
		outset->again = true;
		if (slot->place && entry->walk.count <= walk->room && is_same(entry, outset)) {
			give(entry, walk);
			return true;
		}
	}
	return false;
}

/* Where to put it: where nothing was kept of it yet, or in place of another. */
static struct slot *slot_for(struct pfl_recall *recall, const struct pfl_outset *outset)
{
	struct slot *slots = recall->slots[outset->hash % SETS];
	const struct slot key = slot_of(outset);

	for (unsigned int way = 0; way < WAYS; way++)
		if (!slots[way].place && is_there(&slots[way], &key))
			return &slots[way];
	return &slots[recall->next++ % WAYS];
}

void pfl_recall_begin(struct pfl_recall *recall, const struct pfl_outset *outset)
{
	*slot_for(recall, outset) = slot_of(outset);
}

static uint64_t *put_trail(const struct pfl_walk_from *from, uint64_t *to)
{
	const struct pfl_trail *trail = from->trail;

	for (uint64_t left = trail->regs; left; left &= left - 1)
		*to++ = from->regs.value[__builtin_ctzll(left)];
	for (uint32_t i = 0; i < trail->count; i++) {
		*to++ = trail->at[i];
		*to++ = trail->word[i];
	}
	return to;
}

void pfl_recall_keep(struct pfl_recall *recall, const struct pfl_outset *outset,
		     const struct pfl_walk *walk)
{
	const struct pfl_walk_from *from = outset->from;
	const struct pfl_trail *trail = from->trail;
	struct entry entry = {
		.known = from->regs.known, .regs = trail->regs, .walk = *walk,
		.nregs = __builtin_popcountll(trail->regs),
		.nwords = trail->count, .nchain = outset->count,
	};
	struct slot *slot;
	size_t words = ENTRY_WORDS + entry.nregs + (size_t)2 * entry.nwords + outset->count +
		       walk->count;
	uint64_t *to;

	/* that there was no room is not for those who have more */
	if (trail->lost || walk->end == PFL_WALK_DEEP || walk->count > FRAMES_MAX ||
	    outset->count > FRAMES_MAX)
		return;
	if (WORDS - recall->used < words)
		forget(recall);
	slot = slot_for(recall, outset);
	*slot = slot_of(outset);
	slot->place = recall->used;
	to = &recall->words[recall->used];
	recall->used += words;
	memcpy(to, &entry, sizeof(entry));
	to = put_trail(from, to + ENTRY_WORDS);
	if (outset->count)
		memcpy(to, outset->chain, 8 * outset->count);
	memcpy(to + outset->count, walk->pcs, walk->count * sizeof(*to));
}
