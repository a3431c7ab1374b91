/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of functions: how much was charged to each one itself, and to it
 * and what it called.
 */
#ifndef PFL_RENDER_TOP_H
#define PFL_RENDER_TOP_H

#include "render/layout.h"
#include "render/out.h"

struct pfl_top_row {
	const char *name;
	uint64_t self, self_before;	/* before: of a differential profile */
	uint64_t total;			/* a function that calls itself counts once */
};

/*
 * A row for each name but the root's: the largest self value first, of a
 * differential profile the largest change. @rows is the caller's to free().
 * 0 or -ENOMEM.
 */
int pfl_top_new(const struct pfl_layout *layout, struct pfl_top_row **rows, uint32_t *count);

/* Writes the first @most of these rows, in @width columns (50 or more). 0 or -ENOMEM. */
int pfl_top_write(struct pfl_out *out, const struct pfl_layout *layout, uint32_t most,
		  unsigned int width);

#endif
