/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Colours. A graph has at most PFL_COLORS of them, and each node one by its
 * number: the browser gets the table and the numbers, not the rules.
 */
#ifndef PFL_RENDER_PALETTE_H
#define PFL_RENDER_PALETTE_H

#include <stdbool.h>
#include <stdint.h>

#include <perflame/render.h>

#include "render/layout.h"

#define PFL_COLORS 64

struct pfl_palette {
	uint32_t color[PFL_COLORS];	/* 0xrrggbb */
	unsigned int count;
	bool by_node;			/* the same frame may have several colours */
	uint8_t *of;			/* by frame, or by node: number of its colour */
};

/* What a colour stands for; for legends. */
struct pfl_swatch {
	const char *label;
	uint32_t color;
};

/*
 * The palette called @name for @layout (NULL: "hot"). A differential profile
 * has its own colours, red where a frame grew, blue where it shrank and others
 * where it is new or gone, whatever @name says; @diff tells what counts. 0, -EINVAL for an unknown name, or -ENOMEM.
 */
int pfl_palette_new(struct pfl_palette *palette, const char *name,
		    const struct pfl_layout *layout, const struct pfl_diff_opts *diff);

void pfl_palette_free(struct pfl_palette *palette);

static inline unsigned int pfl_palette_of(const struct pfl_palette *palette,
					  const struct pfl_layout *layout, uint32_t node)
{
	return palette->of[palette->by_node ? node : layout->nodes[node].frame];
}

/*
 * The swatches that tell the colours of @layout apart, into @swatches, which
 * has room for PFL_SWATCHES. How many; 0 where there is nothing to tell apart.
 */
#define PFL_SWATCHES 5
unsigned int pfl_palette_legend(const struct pfl_palette *palette, const struct pfl_layout *layout,
				const struct pfl_diff_opts *diff, struct pfl_swatch *swatches);

/* The change of @profile that @opts has count at least, in its units; 0: any change counts. */
uint64_t pfl_diff_threshold(const struct pfl_profile *profile, const struct pfl_diff_opts *opts);

#endif
