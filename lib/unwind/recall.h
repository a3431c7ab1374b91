/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walks that were done before. A thread that waits does so in few places, and comes
 * back to each by the same way: then what decided the last walk from there
 * (unwind/trail.h) is the same again, and so is all that came of it.
 */
#ifndef PFL_UNWIND_RECALL_H
#define PFL_UNWIND_RECALL_H

#include "unwind/walk.h"

struct pfl_recall;

/* Where a walk begins. */
struct pfl_outset {
	const struct pfl_walk_from *from;
	uint64_t space;		/* what is mapped: a number that nothing else has */
	const void *chain;	/* the kernel's own, as pfl_unwinder_join() takes it */
	size_t count;		/* of its words */
	/* What pfl_recall_find() finds out for the two behind it: */
	uint64_t hash;
	bool again;		/* a walk began here lately, so that it pays to keep what comes of it */
};

/* NULL: out of memory. */
struct pfl_recall *pfl_recall_new(void);
/* NULL is fine. */
void pfl_recall_free(struct pfl_recall *recall);

/* True: @walk is as the walk from @outset would be. False: it has to be walked. */
bool pfl_recall_find(struct pfl_recall *recall, struct pfl_outset *outset, struct pfl_walk *walk);

/* A walk begins there for the first time. */
void pfl_recall_begin(struct pfl_recall *recall, const struct pfl_outset *outset);

/* Keeps @walk and the trail that @outset->from has of it. */
void pfl_recall_keep(struct pfl_recall *recall, const struct pfl_outset *outset,
		     const struct pfl_walk *walk);

#endif
