/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of the SVG writer share: svg.c makes the page, svg-picture.c
 * draws the frames, svg-data.c packs the whole tree for the script.
 */
#ifndef PFL_RENDER_SVG_H
#define PFL_RENDER_SVG_H

#include <perflame/render.h>

#include "render/layout.h"
#include "util/out.h"
#include "render/palette.h"

struct pfl_svg {
	const struct pfl_profile_info *info;
	const struct pfl_svg_opts *opts;	/* cleaned, and with the defaults in place */
	const char *unit;	/* of all values that are shown */
	const struct pfl_background *background;
	struct pfl_layout layout;
	struct pfl_palette palette;
	struct pfl_out out;
	unsigned int inner;	/* pixels that the root is wide */
	unsigned int top;	/* of the graph, in pixels */
	uint32_t drawn;		/* rows of the graph in the picture */
	unsigned int height;	/* of the picture, in pixels */
	struct pfl_swatch swatches[PFL_SWATCHES];
	unsigned int nswatches;
};

/* Colours at the top and at the foot of the page. */
struct pfl_background {
	const char *name;	/* NULL: a colour of its own */
	uint32_t top, bottom;
};

#define PFL_SVG_PAD 10		/* left and right of the graph, in pixels */

/* Writes the first @columns of @text, the last of them an ellipsis if that is not all. */
void pfl_svg_put_fitted(struct pfl_out *out, const char *text, size_t columns);

/* The fonts that are used unless others are asked for. */
#define PFL_SVG_TEXT_FONT "'DejaVu Sans','Segoe UI',Helvetica,Arial,sans-serif"
#define PFL_SVG_NAME_FONT "'DejaVu Sans Mono',Menlo,Consolas,'Liberation Mono',monospace"

/* How high the names in frames are. */
unsigned int pfl_svg_name_size(const struct pfl_svg *svg);

/* Writes the frames as shapes. 0 or -ENOMEM. */
int pfl_svg_write_picture(struct pfl_svg *svg);

/*
 * Writes the tree as text elements that viewer/svg.js reads: what the numbers
 * mean, the names, the nodes. 0 or -ENOMEM.
 */
int pfl_svg_write_data(struct pfl_svg *svg);

#endif
