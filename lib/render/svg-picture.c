/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The frames of the picture. What is a pixel wide or wider is a rectangle of its
 * own with its title; what is narrower cannot be pointed at, and is part of one
 * line per colour.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profile/value.h"
#include "render/columns.h"
#include "render/svg.h"

#define MARGIN 3		/* between the frame and its name */
#define NAME_COLUMNS 3		/* a name that has less room is not written */
#define NAME_HEIGHT_MIN 8	/* lower frames have no names */
#define TITLE_COLUMNS 90

/* A name is written in a fixed-width font, whose columns are 0.602 of its height. */
#define FONT_WIDTH(size) ((size) * 0.604)

/* Positions are in hundredths of a pixel, so that what lies side by side meets exactly. */
#define PRECISION 100ULL
#define PRECISION_DIGITS 2
#define GAP 50			/* to the right of a frame that is wider than GAP_FROM */
#define GAP_FROM 300

unsigned int pfl_svg_name_size(const struct pfl_svg *svg)
{
	unsigned int height = svg->opts->frame_height;
	unsigned int most = height > 9 ? height - 3 : 6;

	return svg->opts->font_size < most ? svg->opts->font_size : most;
}

static uint64_t left_of(const struct pfl_svg *svg, uint64_t at)
{
	return pfl_layout_scale(&svg->layout, at, svg->inner * PRECISION);
}

/* The top of row @depth. */
static uint64_t row_top(const struct pfl_svg *svg, uint32_t depth)
{
	uint64_t row = svg->opts->inverted ? depth : svg->drawn - 1 - depth;

	return svg->top + row * svg->opts->frame_height;
}

static void put_attribute(struct pfl_out *out, const char *name, uint64_t value,
			  unsigned int decimals)
{
	pfl_out_char(out, ' ');
	pfl_out_text(out, name);
	pfl_out_text(out, "=\"");
	pfl_out_number(out, value, decimals);
	pfl_out_char(out, '"');
}

static void put_share(struct pfl_out *out, uint64_t value, uint64_t total)
{
	uint64_t hundredths = ((unsigned __int128)value * 10000 + total / 2) / total;

	pfl_out_format(out, "%u.%02u%%", (unsigned int)(hundredths / 100),
		       (unsigned int)(hundredths % 100));
}

/* "name (1,234 samples, 12.34%)" */
static void put_title(struct pfl_svg *svg, const struct pfl_node *node, const char *name)
{
	struct pfl_out *out = &svg->out;
	unsigned int value = svg->layout.value;
	char text[96];

	pfl_format_value(text, sizeof(text), node->total[value], svg->unit,
			 svg->info->decimals);
	pfl_out_text(out, "<title>");
	pfl_svg_put_fitted(out, name, TITLE_COLUMNS);
	pfl_out_text(out, " (");
	pfl_out_xml(out, text, strlen(text));
	pfl_out_text(out, ", ");
	put_share(out, node->total[value], svg->layout.total);
	pfl_out_text(out, ")</title>");
}

struct box {
	uint64_t left, width;	/* in hundredths of a pixel, from the root's left */
	uint64_t top;		/* in pixels */
};

static struct box box_of(const struct pfl_svg *svg, uint32_t node)
{
	uint64_t start = svg->layout.start[node];
	uint64_t left = left_of(svg, start);

	return (struct box){
		.left = left,
		.width = left_of(svg, start + pfl_layout_total(&svg->layout, node)) - left,
		.top = row_top(svg, svg->layout.depth[node]),
	};
}

static void put_frame(struct pfl_svg *svg, uint32_t n, const struct box *box)
{
	const struct pfl_node *node = &svg->layout.nodes[n];
	unsigned int color = pfl_palette_of(&svg->palette, &svg->layout, n);
	struct pfl_out *out = &svg->out;

	pfl_out_text(out, "<rect");
	put_attribute(out, "x", PFL_SVG_PAD * PRECISION + box->left, PRECISION_DIGITS);
	put_attribute(out, "y", box->top, 0);
	put_attribute(out, "width", box->width > GAP_FROM ? box->width - GAP : box->width,
		      PRECISION_DIGITS);
	put_attribute(out, "height", svg->opts->frame_height - 1, 0);
	put_attribute(out, "fg:x", svg->layout.start[n], svg->info->decimals);
	put_attribute(out, "fg:w", pfl_layout_total(&svg->layout, n), svg->info->decimals);
	pfl_out_format(out, " fill=\"#%06x\">", svg->palette.color[color]);
	put_title(svg, node, pfl_profile_frame_at(svg->layout.profile, node->frame)->name);
	pfl_out_text(out, "</rect>\n");
}

/* As much of a name as its frame has room for: its start, or its end. */
static void put_cut(struct pfl_svg *svg, const char *name, size_t columns)
{
	size_t len = strlen(name);
	size_t skip;

	if (!svg->opts->cut_left || pfl_text_columns(name, len) <= columns) {
		pfl_svg_put_fitted(&svg->out, name, columns);
		return;
	}
	skip = pfl_text_skip(name, len, columns - 1);
	pfl_out_text(&svg->out, "…");
	pfl_out_xml(&svg->out, name + skip, len - skip);
}

static void put_name(struct pfl_svg *svg, uint32_t n, const struct box *box)
{
	const struct pfl_node *node = &svg->layout.nodes[n];
	double room = (double)box->width / PRECISION - 2 * MARGIN;
	double column = FONT_WIDTH(pfl_svg_name_size(svg));
	struct pfl_out *out = &svg->out;

	if (svg->opts->frame_height < NAME_HEIGHT_MIN || room < NAME_COLUMNS * column)
		return;
	pfl_out_text(out, "<text");
	put_attribute(out, "x", (PFL_SVG_PAD + MARGIN) * PRECISION + box->left, PRECISION_DIGITS);
	put_attribute(out, "y", box->top + svg->opts->frame_height / 2 + pfl_svg_name_size(svg) / 3, 0);
	pfl_out_char(out, '>');
	put_cut(svg, pfl_profile_frame_at(svg->layout.profile, node->frame)->name, room / column);
	pfl_out_text(out, "</text>\n");
}

/* A frame as a piece of a line that is as thick as the frame is high. */
static void put_sliver(struct pfl_svg *svg, uint32_t node)
{
	struct box box = box_of(svg, node);
	uint64_t height = svg->opts->frame_height - 1;

	pfl_out_char(&svg->out, 'M');
	pfl_out_number(&svg->out, PFL_SVG_PAD * PRECISION + box.left, PRECISION_DIGITS);
	pfl_out_char(&svg->out, ' ');
	pfl_out_number(&svg->out, box.top * 10 + height * 5, 1);
	pfl_out_char(&svg->out, 'h');
	pfl_out_number(&svg->out, box.width, PRECISION_DIGITS);
}

/* What is drawn of the layout: frames to point at, and slivers in the order of their colours. */
struct picture {
	uint32_t *frames, *slivers;
	uint32_t nframes;
	uint32_t *end;			/* of each colour among the slivers */
};

/* The value that is as wide as @pixels, rounded up. */
static uint64_t value_of_width(const struct pfl_svg *svg, double pixels)
{
	return ceill((long double)svg->layout.total * pixels / svg->inner);
}

static bool is_drawn(const struct pfl_svg *svg, uint32_t node, uint64_t least)
{
	return pfl_layout_total(&svg->layout, node) >= least &&
	       svg->layout.depth[node] < svg->drawn;
}

/* Counting sort by colour; within one, the order from the left stays. */
static void sort_slivers(struct pfl_svg *svg, struct picture *picture, uint32_t count,
			 const uint32_t *drawn)
{
	uint32_t *end = picture->end;
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		end[pfl_palette_of(&svg->palette, &svg->layout, drawn[i])]++;
	for (unsigned int c = 0; c < svg->palette.count; c++) {
		uint32_t own = end[c];

		end[c] = sum;	/* where it starts, for now */
		sum += own;
	}
	for (uint32_t i = 0; i < count; i++)
		picture->slivers[end[pfl_palette_of(&svg->palette, &svg->layout, drawn[i])]++] =
			drawn[i];
}

static int picture_new(struct picture *picture, struct pfl_svg *svg)
{
	uint64_t pointable = value_of_width(svg, 1);
	uint64_t least = value_of_width(svg, svg->opts->min_width);
	uint32_t count = svg->layout.count;
	uint32_t *narrow = calloc(count, sizeof(*narrow));
	uint32_t nnarrow = 0;

	*picture = (struct picture){
		.frames = calloc(count, sizeof(*picture->frames)),
		.slivers = calloc(count, sizeof(*picture->slivers)),
		.end = calloc(svg->palette.count, sizeof(*picture->end)),
	};
	if (!narrow || !picture->frames || !picture->slivers || !picture->end) {
		free(narrow);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t node = svg->layout.order[i];

		if (is_drawn(svg, node, pointable > least ? pointable : least))
			picture->frames[picture->nframes++] = node;
		else if (is_drawn(svg, node, least))
			narrow[nnarrow++] = node;
	}
	sort_slivers(svg, picture, nnarrow, narrow);
	free(narrow);
	return 0;
}

static void picture_free(struct picture *picture)
{
	free(picture->frames);
	free(picture->slivers);
	free(picture->end);
}

static void put_slivers(struct pfl_svg *svg, const struct picture *picture)
{
	uint32_t i = 0;

	for (unsigned int c = 0; c < svg->palette.count; c++) {
		if (i == picture->end[c])
			continue;
		pfl_out_format(&svg->out, "<path stroke=\"#%06x\" d=\"", svg->palette.color[c]);
		for (; i < picture->end[c]; i++)
			put_sliver(svg, picture->slivers[i]);
		pfl_out_text(&svg->out, "\"/>\n");
	}
}

int pfl_svg_write_picture(struct pfl_svg *svg)
{
	struct picture picture;
	struct pfl_out *out = &svg->out;
	int err = picture_new(&picture, svg);

	if (err)
		goto out;
	pfl_out_text(out, "<g class=\"pfl-frames\"");
	if (!svg->opts->font)
		pfl_out_text(out, " font-family=\"" PFL_SVG_NAME_FONT "\"");
	put_attribute(out, "font-size", pfl_svg_name_size(svg), 0);
	pfl_out_format(out, ">\n<g stroke-width=\"%u\">\n", svg->opts->frame_height - 1);
	put_slivers(svg, &picture);
	pfl_out_text(out, "</g>\n");
	for (uint32_t i = 0; i < picture.nframes; i++) {
		struct box box = box_of(svg, picture.frames[i]);

		put_frame(svg, picture.frames[i], &box);
	}
	pfl_out_text(out, "<g pointer-events=\"none\">\n");
	for (uint32_t i = 0; i < picture.nframes; i++) {
		struct box box = box_of(svg, picture.frames[i]);

		put_name(svg, picture.frames[i], &box);
	}
	pfl_out_text(out, "</g>\n</g>\n");
out:
	picture_free(&picture);
	return err;
}
