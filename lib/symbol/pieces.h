/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Intervals that may overlap, cut into pieces that do not: each piece belongs to
 * the interval that goes first there. Then one bisection answers for an address.
 */
#ifndef PFL_SYMBOL_PIECES_H
#define PFL_SYMBOL_PIECES_H

#include <stddef.h>
#include <stdint.h>

struct pfl_interval {
	uint64_t start;
	uint64_t end;		/* first address behind, > start */
	uint64_t priority;	/* the highest goes first; no two have the same */
};

struct pfl_pieces {
	struct pfl_piece *list;
	uint32_t count;
};

void pfl_pieces_free(struct pfl_pieces *pieces);

/* Makes the pieces of @count @intervals, which are sorted by their start. 0 or -ENOMEM. */
int pfl_pieces_cut(struct pfl_pieces *pieces, const struct pfl_interval *intervals,
		   uint32_t count);

/* The number of the interval that @addr belongs to, or PFL_NONE. */
uint32_t pfl_pieces_find(const struct pfl_pieces *pieces, uint64_t addr);

#endif
