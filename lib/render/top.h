/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of functions: how much was charged to each one itself, and to it
 * and what it called.
 */
#ifndef PFL_RENDER_TOP_H
#define PFL_RENDER_TOP_H

#include <perflame/render.h>

#include "render/layout.h"
#include "util/out.h"

struct pfl_top_row {
	const char *name;
	uint64_t self[PFL_VALUES];
	uint64_t total[PFL_VALUES];	/* a function that calls itself counts once */
};

/*
 * A row for each name but the root's: the largest self or total value first, or
 * of a differential profile the largest change, as @opts has it. @rows is the
 * caller's to free(). 0 or -ENOMEM.
 */
int pfl_top_new(const struct pfl_layout *layout, const struct pfl_text_opts *opts,
		struct pfl_top_row **rows, uint32_t *count);

/* Writes the first of these rows, so many and so wide (40 or more) as @opts has it. 0 or -ENOMEM. */
int pfl_top_write(struct pfl_out *out, const struct pfl_layout *layout,
		  const struct pfl_text_opts *opts);

#endif
