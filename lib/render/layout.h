/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where each frame of a flame graph lies, in units of the profile: pixels and
 * columns are the renderers' own. All sums are of integers, so that a child
 * never sticks out of its parent, however many there are.
 */
#ifndef PFL_RENDER_LAYOUT_H
#define PFL_RENDER_LAYOUT_H

#include <perflame/profile.h>

/* What stands in the place of a graph of no stack at all. */
#define PFL_NOTHING_SEEN "Nothing to show: none of what is counted happened meanwhile."

struct pfl_layout {
	const struct pfl_profile *profile;
	const struct pfl_node *nodes;	/* the profile's */
	unsigned int value;	/* which of the profile's values */
	uint64_t total;		/* of the root; never 0 */
	uint64_t *start;	/* by node */
	uint32_t *depth;	/* by node; the root's is 0 */
	uint32_t *order;	/* the nodes with a total, depth first, from the left */
	uint32_t count;		/* of order */
	uint32_t rows;		/* of the deepest node in order, and 1 */
};

/* 0, -EINVAL for a value that the profile has not, -ENODATA for a total of 0, or -ENOMEM. */
int pfl_layout_new(struct pfl_layout *layout, const struct pfl_profile *profile,
		   unsigned int value);

void pfl_layout_free(struct pfl_layout *layout);

static inline uint64_t pfl_layout_total(const struct pfl_layout *layout, uint32_t node)
{
	return layout->nodes[node].total[layout->value];
}

/* Where @at lies on a line of @size steps, to the next step. */
static inline uint64_t pfl_layout_scale(const struct pfl_layout *layout, uint64_t at,
					uint64_t size)
{
	return ((unsigned __int128)at * size + layout->total / 2) / layout->total;
}

#endif
