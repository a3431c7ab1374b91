/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A flame graph as one SVG file.
 *
 * The file is a picture first: where no script runs (a mail, an image viewer, a
 * page of a forge) the frames stand in it as shapes. Behind them comes the whole
 * tree as data, and a script (viewer/svg.js) that draws from it whatever the
 * reader zooms into.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profile/name.h"
#include "profile/profile.h"
#include "render/columns.h"
#include "render/svg.h"
#include "render/viewer.h"
#include "util/context.h"

#define DEFAULT_WIDTH 1200
#define DEFAULT_FRAME_HEIGHT 16
#define DEFAULT_MIN_WIDTH 0.1

#define TITLE_BASE 24		/* the title's line of writing, from the top */
#define SECOND_BASE 44		/* subtitle and legend */
#define TOP 36			/* of the graph, without and */
#define TOP_BELOW_SECOND 56	/* with a second line */
#define FOOT 30			/* the line of details below the graph */
#define NOTE_HEIGHT 16		/* of each line of small print below that */
#define PICTURE_MAX 32000	/* pixels of rows: image libraries refuse 32,768 and more */
#define WIDTH_MIN 200
#define WIDTH_MAX 100000
#define FRAME_HEIGHT_MIN 4
#define FRAME_HEIGHT_MAX 1000

#define TEXT_FONT "'DejaVu Sans','Segoe UI',Helvetica,Arial,sans-serif"

void pfl_svg_put_fitted(struct pfl_out *out, const char *text, size_t columns)
{
	size_t len = strlen(text);
	size_t fit = pfl_text_fit(text, len, columns);

	if (fit == len) {
		pfl_out_xml(out, text, len);
		return;
	}
	pfl_out_xml(out, text, pfl_text_fit(text, len, columns - 1));
	pfl_out_text(out, "…");
}

static void put_root(struct pfl_svg *svg)
{
	const struct pfl_svg_opts *opts = svg->opts;
	struct pfl_out *out = &svg->out;

	pfl_out_format(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		       "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
		       "viewBox=\"0 0 %u %u\" font-family=\"" TEXT_FONT "\" font-size=\"12\" "
		       "fill=\"#222\">\n",
		       opts->width, svg->height, opts->width, svg->height);
	pfl_out_text(out, "<title>");
	pfl_out_xml(out, opts->title, strlen(opts->title));
	pfl_out_text(out, "</title>\n");
	if (opts->notes) {
		pfl_out_text(out, "<desc>");
		pfl_out_xml(out, opts->notes, strlen(opts->notes));
		pfl_out_text(out, "</desc>\n");
	}
	pfl_out_format(out, "<rect class=\"pfl-page\" width=\"%u\" height=\"%u\" "
		       "fill=\"#fff\"/>\n", opts->width, svg->height);
}

/* How many letters of the text font, on average, fit into @pixels. */
static size_t letters(unsigned int pixels, unsigned int size)
{
	return pixels < 12 * size ? 20 : pixels / (size * 0.58);
}

/* Text in the middle of the page, at most @room pixels of it. */
static void put_centred(struct pfl_svg *svg, unsigned int y, unsigned int size,
			unsigned int room, const char *text)
{
	pfl_out_format(&svg->out, "<text x=\"%u\" y=\"%u\" text-anchor=\"middle\" "
		       "font-size=\"%u\">", svg->opts->width / 2, y, size);
	pfl_svg_put_fitted(&svg->out, text, letters(room, size));
	pfl_out_text(&svg->out, "</text>\n");
}

static unsigned int swatch_width(const struct pfl_swatch *swatch)
{
	return 26 + 7 * strlen(swatch->label);
}

/* Ends at the right edge of the graph. Returns how wide it is. */
static unsigned int put_legend(struct pfl_svg *svg)
{
	unsigned int right = PFL_SVG_PAD + svg->inner;
	unsigned int width = 0;
	unsigned int x;

	for (unsigned int i = 0; i < svg->nswatches; i++)
		width += swatch_width(&svg->swatches[i]);
	x = right > width ? right - width : 0;
	for (unsigned int i = 0; i < svg->nswatches; i++) {
		pfl_out_format(&svg->out, "<rect x=\"%u\" y=\"%u\" width=\"10\" height=\"10\" "
			       "fill=\"#%06x\"/>"
			       "<text x=\"%u\" y=\"%u\" font-size=\"11\">%s</text>\n",
			       x + 10, SECOND_BASE - 9, svg->swatches[i].color, x + 24, SECOND_BASE,
			       svg->swatches[i].label);
		x += swatch_width(&svg->swatches[i]);
	}
	return width;
}

/* What only a script can serve is hidden until one does. */
static void put_controls(struct pfl_svg *svg)
{
	unsigned int right = PFL_SVG_PAD + svg->inner;

	pfl_out_format(&svg->out,
		       "<g class=\"pfl-controls\" visibility=\"hidden\">\n"
		       "<path d=\"M0 0h100v30h-100zM%u 0h120v30h-120z\" fill=\"#fff\" "
		       "fill-opacity=\".85\"/>\n"
		       "<text class=\"pfl-reset\" x=\"%u\" y=\"%u\">Reset Zoom</text>\n"
		       "<text class=\"pfl-search\" x=\"%u\" y=\"%u\" text-anchor=\"end\">"
		       "Search</text>\n"
		       "<text class=\"pfl-case\" x=\"%u\" y=\"%u\" text-anchor=\"end\">ic</text>\n"
		       "</g>\n",
		       svg->opts->width - 120, PFL_SVG_PAD, TITLE_BASE, right - 28, TITLE_BASE,
		       right, TITLE_BASE);
}

static void put_head(struct pfl_svg *svg)
{
	unsigned int legend;

	put_centred(svg, TITLE_BASE, 17, svg->inner > 260 ? svg->inner - 260 : 0,
		    svg->opts->title);
	legend = put_legend(svg);
	if (svg->opts->subtitle)
		put_centred(svg, SECOND_BASE, 12,
			    svg->inner > 2 * legend ? svg->inner - 2 * legend : 0,
			    svg->opts->subtitle);
	put_controls(svg);
}

/* How many bytes of @text make a line of @columns: to its last blank, if it has one. */
static size_t wrap(const char *text, size_t columns)
{
	size_t len = strlen(text);
	size_t fit = pfl_text_fit(text, len, columns);
	size_t end = fit;

	if (fit == len)
		return len;
	while (end && text[end] != ' ')
		end--;
	return end ? end : fit;
}

/* The small print from @y on; only counts its lines where @y is 0. */
static unsigned int put_notes(struct pfl_svg *svg, unsigned int y)
{
	const char *text = svg->opts->notes ? svg->opts->notes : "";
	unsigned int lines = 0;

	while (*text) {
		size_t len = wrap(text, letters(svg->inner, 11));

		if (y) {
			pfl_out_format(&svg->out, "<text x=\"%u\" y=\"%u\" font-size=\"11\" "
				       "fill=\"#666\">", PFL_SVG_PAD, y + lines * NOTE_HEIGHT);
			pfl_out_xml(&svg->out, text, len);
			pfl_out_text(&svg->out, "</text>\n");
		}
		lines++;
		text += len;
		text += *text == ' ';
	}
	return lines;
}

/* Below the graph: details of what is pointed at (at first of the root), and the small print. */
static void put_foot(struct pfl_svg *svg)
{
	unsigned int bottom = svg->top + svg->drawn * svg->opts->frame_height;
	unsigned int value = svg->layout.value;
	struct pfl_out *out = &svg->out;
	char text[96];

	pfl_out_text(out, "<g class=\"pfl-notes\">\n");
	put_notes(svg, bottom + FOOT + NOTE_HEIGHT / 2);
	if (svg->drawn < svg->layout.rows)
		pfl_out_format(out, "<text class=\"pfl-limit\" x=\"%u\" y=\"%u\" font-size=\"11\" "
			       "fill=\"#a00\">Not in this picture: the %u rows beyond row %u. "
			       "A browser that runs its script draws them.</text>\n",
			       PFL_SVG_PAD, svg->height - NOTE_HEIGHT / 2,
			       svg->layout.rows - svg->drawn, svg->drawn);
	pfl_format_value(text, sizeof(text), svg->layout.total, svg->info->values[value].unit,
			 svg->info->decimals);
	pfl_out_format(out, "</g>\n<g class=\"pfl-foot\"><rect y=\"%u\" width=\"%u\" height=\"%u\" "
		       "fill=\"#fff\" fill-opacity=\".9\"/>\n"
		       "<text class=\"pfl-details\" x=\"%u\" y=\"%u\">all (",
		       bottom, svg->opts->width, FOOT, PFL_SVG_PAD, bottom + 20);
	pfl_out_xml(out, text, strlen(text));
	pfl_out_format(out, ")</text>\n<text class=\"pfl-matched\" x=\"%u\" y=\"%u\" "
		       "text-anchor=\"end\"/></g>\n", PFL_SVG_PAD + svg->inner, bottom + 20);
}

static int put_document(struct pfl_svg *svg)
{
	struct pfl_out *out = &svg->out;
	int err;

	put_root(svg);
	put_head(svg);
	err = pfl_svg_write_picture(svg);
	if (err)
		return err;
	put_foot(svg);
	err = pfl_svg_write_data(svg);
	if (err)
		return err;
	pfl_out_text(out, "<script><![CDATA[\n");
	pfl_out_bytes(out, pfl_viewer_svg_js, pfl_viewer_svg_js_len);
	pfl_out_text(out, "]]></script>\n</svg>\n");
	return pfl_out_finish(out);
}

static void measure(struct pfl_svg *svg)
{
	unsigned int lines;

	svg->nswatches = pfl_palette_legend(&svg->palette, &svg->layout, &svg->opts->diff,
					    svg->swatches);
	svg->inner = svg->opts->width - 2 * PFL_SVG_PAD;
	svg->top = svg->nswatches || svg->opts->subtitle ? TOP_BELOW_SECOND : TOP;
	svg->drawn = PICTURE_MAX / svg->opts->frame_height;
	if (svg->drawn > svg->layout.rows)
		svg->drawn = svg->layout.rows;
	lines = put_notes(svg, 0) + (svg->drawn < svg->layout.rows);
	svg->height = svg->top + svg->drawn * svg->opts->frame_height + FOOT +
		      lines * NOTE_HEIGHT;
}

/* Notes are one paragraph. */
static void clean_text(struct pfl_strbuf *out, const char *text)
{
	for (size_t len; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (out->len)
			pfl_strbuf_addc(out, ' ');
		pfl_text_clean(out, text, len);
	}
}

/* What stands only in the side that is not drawn has no width: say how much that is. */
static void note_undrawn(struct pfl_strbuf *notes, const struct pfl_svg *svg)
{
	uint32_t size = pfl_profile_size(svg->layout.profile);
	uint64_t undrawn = 0;
	char text[96];

	for (uint32_t n = 0; n < size; n++) {
		const struct pfl_node *node = &svg->layout.nodes[n];

		if (!node->total[1])
			undrawn = pfl_add_saturated(undrawn, node->self[0]);
	}
	if (!undrawn)
		return;
	pfl_format_value(text, sizeof(text), undrawn, svg->info->values[0].unit,
			 svg->info->decimals);
	pfl_strbuf_addf(notes, svg->opts->diff.negate ?
			"%sNot drawn, since nothing of it was there before: new stacks of %s." :
			"%sNot drawn, since nothing of it is left after: stacks that had %s before.",
			notes->len ? " " : "", text);
}

static int clean_texts(struct pfl_svg *svg, struct pfl_svg_opts *opts, struct pfl_strbuf texts[3])
{
	const char *title = opts->title ? opts->title : svg->info->title;

	clean_text(&texts[0], title ? title : "Flame Graph");
	if (opts->subtitle)
		clean_text(&texts[1], opts->subtitle);
	if (opts->notes)
		clean_text(&texts[2], opts->notes);
	if (svg->info->differential && svg->layout.nodes)
		note_undrawn(&texts[2], svg);
	for (int i = 0; i < 3; i++)
		if (texts[i].error)
			return texts[i].error;
	opts->title = texts[0].text ? texts[0].text : "";
	opts->subtitle = texts[1].text;
	opts->notes = texts[2].text;
	return 0;
}

/* Nothing was seen, which is an answer too. */
static int put_nothing(struct pfl_svg *svg)
{
	svg->height = TOP_BELOW_SECOND + FOOT;
	put_root(svg);
	put_centred(svg, TITLE_BASE, 17, svg->opts->width, svg->opts->title);
	put_centred(svg, TOP_BELOW_SECOND, 12, svg->opts->width, PFL_NOTHING_SEEN);
	pfl_out_text(&svg->out, "</svg>\n");
	return pfl_out_finish(&svg->out);
}

static int draw(struct pfl_svg *svg, const struct pfl_profile *profile,
		struct pfl_svg_opts *opts, struct pfl_strbuf texts[3])
{
	int err = pfl_layout_new(&svg->layout, profile, opts->value);
	bool nothing = err == -ENODATA && pfl_profile_size(profile) == 1;

	if (err && !nothing)
		return err;
	err = clean_texts(svg, opts, texts);
	if (!err && nothing)
		return put_nothing(svg);
	if (!err)
		err = pfl_palette_new(&svg->palette, opts->palette, &svg->layout, &opts->diff);
	if (err)
		return err;
	measure(svg);
	return put_document(svg);
}

static void set_defaults(struct pfl_svg_opts *opts, const struct pfl_profile_info *info)
{
	if (!opts->palette)
		opts->palette = info->palette;
	if (!opts->width)
		opts->width = DEFAULT_WIDTH;
	if (!opts->frame_height)
		opts->frame_height = DEFAULT_FRAME_HEIGHT;
	if (!(opts->min_width > 0))
		opts->min_width = DEFAULT_MIN_WIDTH;
	if (info->differential)
		opts->value = 1;
}

int pfl_svg_write(struct pfl_ctx *ctx, const struct pfl_profile *profile,
		  const struct pfl_svg_opts *given, FILE *file)
{
	const struct pfl_profile_info *info = pfl_profile_info(profile);
	struct pfl_strbuf texts[3] = { 0 };
	struct pfl_svg_opts opts = *given;
	struct pfl_svg *svg;
	int err;

	set_defaults(&opts, info);
	if (opts.width < WIDTH_MIN || opts.width > WIDTH_MAX ||
	    opts.frame_height < FRAME_HEIGHT_MIN || opts.frame_height > FRAME_HEIGHT_MAX)
		return pfl_fail(ctx, -EINVAL,
				"a graph is %d to %d pixels wide, its frames %d to %d high",
				WIDTH_MIN, WIDTH_MAX, FRAME_HEIGHT_MIN, FRAME_HEIGHT_MAX);
	svg = calloc(1, sizeof(*svg));
	if (!svg)
		return -ENOMEM;
	svg->info = info;
	svg->opts = &opts;
	svg->out.file = file;
	err = draw(svg, profile, &opts, texts);
	if (err == -ENODATA)
		pfl_log(ctx, PFL_ERROR, "nothing to draw: all values are 0");
	else if (err == -EINVAL)
		pfl_log(ctx, PFL_ERROR, "there is no palette %s", opts.palette);
	pfl_palette_free(&svg->palette);
	pfl_layout_free(&svg->layout);
	for (int i = 0; i < 3; i++)
		pfl_strbuf_free(&texts[i]);
	free(svg);
	return err;
}
