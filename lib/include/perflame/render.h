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

/* What picks the shade of a frame, within the hues of its kind. */
enum pfl_shading {
	PFL_SHADE_NAME,		/* a hash of its name: neighbours differ */
	PFL_SHADE_ALPHABET,	/* its first letters: names that begin alike look alike */
	PFL_SHADE_RANDOM,	/* nothing: each box its own */
	PFL_SHADE_WIDTH,	/* its share, and the hue too: the wider, the redder */
};

/*
 * Colours that names keep from one graph to the next, as flamegraph.pl keeps
 * them in palette.map: lines "NAME->rgb(R,G,B)".
 */
struct pfl_color_map;

/*
 * Reads such lines, @len bytes at @text; others are left out, and the log says how
 * many. 0 or -ENOMEM.
 */
int pfl_color_map_new(struct pfl_ctx *ctx, const char *text, size_t len,
		      struct pfl_color_map **out);

/* Frees @map. NULL is fine. */
void pfl_color_map_free(struct pfl_color_map *map);

/* Writes what was read, and the names that were drawn since. 0 or -errno. */
int pfl_color_map_write(const struct pfl_color_map *map, FILE *out);

/* 0 or NULL in a field: the default that stands beside it. */
struct pfl_svg_opts {
	unsigned int value;	/* which of the profile's values is drawn */
	const char *title;	/* the profile's */
	const char *subtitle;	/* none */
	const char *notes;	/* none; kept as a <desc> and shown in small print */
	const char *count_name;	/* what values are counted in: the profile's unit */
	const char *name_type;	/* none; stands before the name in the line of details */
	const char *palette;	/* the profile's */
	enum pfl_shading shading;
	struct pfl_color_map *map; /* none; gets the colours of the names that it has not */
	const char *background;	/* "#ffffff"; or "yellow", "blue", "green", "grey": a gradient */
	const char *font;	/* fixed-width ones for names, sans-serif for all else; as in CSS */
	unsigned int font_size;	/* pixels: 12 */
	unsigned int width;	/* pixels: 1200 */
	unsigned int frame_height; /* pixels: 16 */
	double min_width;	/* pixels below which a frame is drawn only when zoomed into: 0.1 */
	double min_percent;	/* the same in per cent of the graph's width, instead of pixels */
	int fluid;		/* as wide as the window; without a script scaled, from width */
	int inverted;		/* an icicle, the root at the top */
	int cut_left;		/* of a name that has no room its end is shown, not its start */
	struct pfl_diff_opts diff;
};

/*
 * Writes @profile as one self-contained interactive SVG to @out.
 * A profile without any stack becomes a page that says so. 0, -EINVAL for a
 * palette, background or size that does not exist, -ENODATA where all stacks are of value 0, -ENOMEM,
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
