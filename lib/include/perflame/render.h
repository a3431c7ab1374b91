/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drawing a finished profile.
 */
#ifndef PERFLAME_RENDER_H
#define PERFLAME_RENDER_H

#include <stdio.h>

#include <perflame/profile.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a differential profile is shown. Zeroes are the defaults. */
struct pfl_diff_opts {
	unsigned int by_total;	/* the colour is that of the total; else of what was charged itself */
	int negate;		/* values[0] is "after": grown is what is more there than in values[1] */
	double threshold;	/* changes below so many per cent of the whole count for none */
};

/* 0 or NULL in a field: the default that stands beside it. */
struct pfl_svg_opts {
	unsigned int value;	/* which of the profile's values is drawn */
	const char *title;	/* the profile's */
	const char *subtitle;	/* none */
	const char *notes;	/* none; kept as a <desc> and shown in small print */
	const char *palette;	/* the profile's */
	unsigned int width;	/* pixels: 1200 */
	unsigned int frame_height; /* pixels: 16 */
	double min_width;	/* pixels below which a frame is drawn only when zoomed into: 0.1 */
	int inverted;		/* an icicle, the root at the top */
	struct pfl_diff_opts diff;
};

/*
 * Writes @profile as one self-contained interactive SVG to @out.
 * A profile without any stack becomes a page that says so. 0, -EINVAL for a
 * palette that does not exist, -ENODATA where all stacks are of value 0, -ENOMEM,
 * or -errno of what the stream said.
 */
int pfl_svg_write(struct pfl_ctx *ctx, const struct pfl_profile *profile,
		  const struct pfl_svg_opts *opts, FILE *out);

/* NULL or 0: what stands beside it. */
struct pfl_html_opts {
	const char *title;	/* the only graph's, or how many there are */
	const char *subtitle;	/* none */
	const char *notes;	/* none */
	const char *palette;	/* each profile's own */
	int inverted;		/* opens as an icicle, the root at the top */
	struct pfl_diff_opts diff; /* how differences open */
};

/*
 * Writes the @count profiles of @graphs as one self-contained HTML file to @out, a
 * tab for each: flame graph, table and call tree, with search, focus, filters and
 * export. It needs no network and no other file; its Content-Security-Policy
 * allows nothing but its own script and style. All values of a profile are in it;
 * that of its graph is drawn at first. 0, -EINVAL for no profile, a value that a
 * profile has not or a palette that does not exist, -ENOMEM, or -errno of what the
 * stream said.
 */
int pfl_html_write(struct pfl_ctx *ctx, const struct pfl_graph *graphs, unsigned int count,
		   const struct pfl_html_opts *opts, FILE *out);

struct pfl_text_opts {
	unsigned int value;	/* which of the profile's values is drawn */
	unsigned int width;	/* columns: 80 */
	unsigned int top;	/* rows of the table: 20 */
	unsigned int by_total;	/* the table is sorted by total values; else by self values */
	unsigned int depth;	/* rows of the flame graph: 40 */
	int color;		/* use the 256 colours of a terminal */
	int ascii;		/* write '?' for what is not ASCII: the reader has no UTF-8 */
	struct pfl_diff_opts diff;
	const char *title;	/* the profile's */
};

/*
 * Writes @profile as a flame graph (an icicle) and a table of the functions
 * with the largest values, or of a differential profile the largest changes, as
 * UTF-8 text. Returns as pfl_svg_write().
 */
int pfl_text_write(struct pfl_ctx *ctx, const struct pfl_profile *profile,
		   const struct pfl_text_opts *opts, FILE *out);

/* The name of palette number @n, or NULL behind the last; never freed. */
const char *pfl_palette_name(unsigned int n);

#ifdef __cplusplus
}
#endif

#endif
