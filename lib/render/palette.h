/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Colours: a table of them, and for each frame or node its number there. The
 * browser gets the table and the numbers, not the rules.
 */
#ifndef PFL_RENDER_PALETTE_H
#define PFL_RENDER_PALETTE_H

#include <stdbool.h>
#include <stdint.h>

#include <perflame/render.h>

#include "render/layout.h"

struct pfl_palette {
	uint32_t *color;		/* 0xrrggbb */
	uint32_t count, room;
	bool by_node;			/* the same frame may have several colours */
	uint16_t *of;			/* by frame, or by node: number of its colour */
	const struct pfl_palette_row *row;
};

/* How a graph is coloured; zeroes are the defaults. */
struct pfl_coloring {
	const char *palette;		/* its name: "hot" */
	enum pfl_shading shading;
	struct pfl_color_map *map;	/* colours that names have already, or NULL */
	struct pfl_diff_opts diff;
};

/* What a colour stands for; for legends. */
struct pfl_swatch {
	const char *label;
	uint32_t color;
};

/*
 * The colours of @layout. A differential profile has its own, red where a frame
 * grew, blue where it shrank and others where it is new or gone, whatever the
 * palette. 0, -EINVAL for an unknown palette, or -ENOMEM.
 */
int pfl_palette_new(struct pfl_palette *palette, const struct pfl_layout *layout,
		    const struct pfl_coloring *coloring);

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
#define PFL_SWATCHES 6
unsigned int pfl_palette_legend(const struct pfl_palette *palette, const struct pfl_layout *layout,
				const struct pfl_diff_opts *diff, struct pfl_swatch *swatches);

/* The change of @profile that @opts has count at least, in its units; 0: any change counts. */
uint64_t pfl_diff_threshold(const struct pfl_profile *profile, const struct pfl_diff_opts *opts);

/* For the parts of the palette: palette-diff.c, colormap.c. */

/* Degrees, and per cents of saturation and lightness, as 0xrrggbb: CSS Color 3, 4.2.4. */
uint32_t pfl_color_hsl(unsigned int hue, unsigned int saturation, unsigned int light);

/* Adds a colour as the last one. 0 or -ENOMEM, also where there are 65,535. */
int pfl_palette_add(struct pfl_palette *palette, uint32_t color);

int pfl_palette_diff(struct pfl_palette *palette, const struct pfl_profile *profile,
		     const struct pfl_diff_opts *opts);
unsigned int pfl_palette_diff_legend(const struct pfl_palette *palette,
				     const struct pfl_layout *layout,
				     const struct pfl_diff_opts *diff, struct pfl_swatch *swatches);

/* Gives the frames that @map has colours for those, and @map the colours of all others. */
int pfl_color_map_apply(struct pfl_color_map *map, struct pfl_palette *palette,
			const struct pfl_profile *profile);

#endif
