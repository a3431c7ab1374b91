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
	uint64_t priority;	/* the highest goes first */
	uint32_t owner;		/* what it stands for; not PFL_NONE */
};

struct pfl_pieces {
	struct pfl_piece *list;
	uint32_t count;
};

void pfl_pieces_free(struct pfl_pieces *pieces);
size_t pfl_pieces_size(const struct pfl_pieces *pieces);

/*
 * Sorts *@intervals, from malloc(), by their start, as pfl_pieces_cut() wants
 * them. *@intervals may become another array, with room for @count. 0 or -ENOMEM.
 */
int pfl_intervals_sort(struct pfl_interval **intervals, uint32_t count);

/* Makes the pieces of @count sorted @intervals. 0 or -ENOMEM. */
int pfl_pieces_cut(struct pfl_pieces *pieces, const struct pfl_interval *intervals,
		   uint32_t count);

/* The owner of the interval that goes first at @addr, or PFL_NONE. */
uint32_t pfl_pieces_find(const struct pfl_pieces *pieces, uint64_t addr);

#endif
