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

#define DEFAULT_FONT_SIZE 12

#define PICTURE_MAX 32000	/* pixels of rows: image libraries refuse 32,768 and more */
#define WIDTH_MIN 200
#define WIDTH_MAX 100000
#define FRAME_HEIGHT_MIN 4
#define FRAME_HEIGHT_MAX 1000
#define FONT_SIZE_MIN 4
#define FONT_SIZE_MAX 100

static const struct pfl_background backgrounds[] = {
	{ "yellow", 0xf8f8f8, 0xf4f2c0 },
	{ "blue", 0xf8f8f8, 0xdfe4fb },
	{ "green", 0xf6f8f6, 0xdcf4dc },
	{ "grey", 0xfafafa, 0xe6e6e6 },
};

/* Places on the page follow from the size of its text. */

/* The title's line of writing, from the top. */
static unsigned int title_base(const struct pfl_svg *svg)
{
	return svg->opts->font_size * 2;
}

/* That of the subtitle and the legend. */
static unsigned int second_base(const struct pfl_svg *svg)
{
	return svg->opts->font_size * 11 / 3;
}

/* The line of details below the graph. */
static unsigned int foot_height(const struct pfl_svg *svg)
{
	return svg->opts->font_size * 5 / 2;
}

/* Each line of small print below that. */
static unsigned int note_height(const struct pfl_svg *svg)
{
	return svg->opts->font_size * 4 / 3;
}

static unsigned int small_size(const struct pfl_svg *svg)
{
	return svg->opts->font_size - 1;
}

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

/* A fluid page has the window's width; what shows it without a script scales the picture. */
static void put_root(struct pfl_svg *svg)
{
	const struct pfl_svg_opts *opts = svg->opts;
	struct pfl_out *out = &svg->out;

	pfl_out_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		     "<svg xmlns=\"http://www.w3.org/2000/svg\" "
		     "xmlns:fg=\"http://github.com/jonhoo/inferno\" ");
	if (opts->fluid)
		pfl_out_text(out, "width=\"100%\" ");
	else
		pfl_out_format(out, "width=\"%u\" height=\"%u\" ", opts->width, svg->height);
	pfl_out_format(out, "viewBox=\"0 0 %u %u\" font-family=\"", opts->width, svg->height);
	pfl_out_xml(out, opts->font ? opts->font : PFL_SVG_TEXT_FONT,
		    strlen(opts->font ? opts->font : PFL_SVG_TEXT_FONT));
	pfl_out_format(out, "\" font-size=\"%u\" fill=\"#222\">\n<title>", opts->font_size);
	pfl_out_xml(out, opts->title, strlen(opts->title));
	pfl_out_text(out, "</title>\n");
	if (opts->notes) {
		pfl_out_text(out, "<desc>");
		pfl_out_xml(out, opts->notes, strlen(opts->notes));
		pfl_out_text(out, "</desc>\n");
	}
}

static void put_background(struct pfl_svg *svg)
{
	const struct pfl_background *background = svg->background;
	struct pfl_out *out = &svg->out;

	if (background->name)
		pfl_out_format(out, "<linearGradient id=\"pfl-background\" x2=\"0\" y2=\"1\">"
			       "<stop stop-color=\"#%06x\"/>"
			       "<stop offset=\"1\" stop-color=\"#%06x\"/></linearGradient>\n",
			       background->top, background->bottom);
	pfl_out_format(out, "<rect class=\"pfl-page\" width=\"%u\" height=\"%u\" fill=\"",
		       svg->opts->width, svg->height);
	if (background->name)
		pfl_out_text(out, "url(#pfl-background)");
	else
		pfl_out_format(out, "#%06x", background->top);
	pfl_out_text(out, "\"/>\n");
}

/* How many letters of the text font, on average, fit into @pixels. */
static size_t letters(unsigned int pixels, unsigned int size)
{
	return pixels < 3 * size ? 5 : pixels / (size * 0.58);
}

/*
 * Text in the middle of the page, at whose right edge @taken pixels are not free; in the
 * middle of the rest where it would be too short. viewer/svg.js does the same.
 */
static void put_centred(struct pfl_svg *svg, const char *class, unsigned int y, unsigned int size,
			unsigned int taken, const char *text)
{
	unsigned int inner = svg->opts->width - 2 * PFL_SVG_PAD;
	unsigned int room = inner > 2 * taken ? inner - 2 * taken : 0;
	unsigned int middle = svg->opts->width / 2;

	if (room < 12 * size && taken < inner) {
		room = inner - taken;
		middle = PFL_SVG_PAD + room / 2;
	}
	pfl_out_format(&svg->out, "<text class=\"pfl-%s\" x=\"%u\" y=\"%u\" "
		       "text-anchor=\"middle\" font-size=\"%u\">", class, middle, y, size);
	pfl_svg_put_fitted(&svg->out, text, letters(room, size));
	pfl_out_text(&svg->out, "</text>\n");
}

static unsigned int swatch_width(const struct pfl_svg *svg, const struct pfl_swatch *swatch)
{
	return (26 + 7 * strlen(swatch->label)) * svg->opts->font_size / DEFAULT_FONT_SIZE;
}

/* Ends at the right edge of the graph. Returns how wide it is. */
static unsigned int put_legend(struct pfl_svg *svg)
{
	unsigned int right = PFL_SVG_PAD + svg->inner;
	unsigned int side = svg->opts->font_size * 5 / 6;
	unsigned int base = second_base(svg);
	unsigned int width = 0;
	unsigned int x;

	for (unsigned int i = 0; i < svg->nswatches; i++)
		width += swatch_width(svg, &svg->swatches[i]);
	x = right > width ? right - width : 0;
	pfl_out_text(&svg->out, "<g class=\"pfl-legend\">\n");
	for (unsigned int i = 0; i < svg->nswatches; i++) {
		pfl_out_format(&svg->out, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" "
			       "fill=\"#%06x\"/>"
			       "<text x=\"%u\" y=\"%u\" font-size=\"%u\">%s</text>\n",
			       x + side, base - side + 1, side, side, svg->swatches[i].color,
			       x + 2 * side + 4, base, small_size(svg), svg->swatches[i].label);
		x += swatch_width(svg, &svg->swatches[i]);
	}
	pfl_out_text(&svg->out, "</g>\n");
	return width;
}

/* What only a script can serve is hidden until one does. */
static void put_controls(struct pfl_svg *svg)
{
	unsigned int right = PFL_SVG_PAD + svg->inner;
	unsigned int size = svg->opts->font_size;
	unsigned int base = title_base(svg);

	pfl_out_format(&svg->out,
		       "<g class=\"pfl-controls\" visibility=\"hidden\">\n"
		       "<path class=\"pfl-patch\" d=\"M0 0h%uv%uh-%uz\" fill=\"#%06x\" fill-opacity=\".85\"/>\n"
		       "<text class=\"pfl-reset\" x=\"%u\" y=\"%u\">Reset Zoom</text>\n"
		       "<g class=\"pfl-right\">\n"
		       "<path class=\"pfl-patch\" d=\"M%u 0h%uv%uh-%uz\" fill=\"#%06x\" fill-opacity=\".85\"/>\n",
		       size * 8, size * 5 / 2, size * 8, svg->background->top, PFL_SVG_PAD, base,
		       svg->opts->width - size * 10, size * 10, size * 5 / 2, size * 10,
		       svg->background->top);
	pfl_out_format(&svg->out,
		       "<text class=\"pfl-search\" x=\"%u\" y=\"%u\" text-anchor=\"end\">"
		       "Search</text>\n"
		       "<text class=\"pfl-case\" x=\"%u\" y=\"%u\" text-anchor=\"end\">ic</text>\n"
		       "</g>\n</g>\n",
		       right - size * 7 / 3, base, right, base);
}

static void put_head(struct pfl_svg *svg)
{
	unsigned int size = svg->opts->font_size;
	unsigned int legend;

	put_centred(svg, "title", title_base(svg), size + 5, size * 11, svg->opts->title);
	legend = put_legend(svg);
	if (svg->opts->subtitle)
		put_centred(svg, "subtitle", second_base(svg), size, legend, svg->opts->subtitle);
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
		size_t len = wrap(text, letters(svg->inner, small_size(svg)));

		if (y) {
			pfl_out_format(&svg->out, "<text x=\"%u\" y=\"%u\" font-size=\"%u\" "
				       "fill=\"#555\">", PFL_SVG_PAD, y + lines * note_height(svg),
				       small_size(svg));
			pfl_out_xml(&svg->out, text, len);
			pfl_out_text(&svg->out, "</text>\n");
		}
		lines++;
		text += len;
		text += *text == ' ';
	}
	return lines;
}

/* The rows that an image library would not take. */
static void put_limit(struct pfl_svg *svg)
{
	pfl_out_format(&svg->out, "<text class=\"pfl-limit\" x=\"%u\" y=\"%u\" font-size=\"%u\" "
		       "fill=\"#a00\">Not in this picture: the %u rows beyond row %u. "
		       "A browser that runs its script draws them.</text>\n",
		       PFL_SVG_PAD, svg->height - note_height(svg) / 2, small_size(svg),
		       svg->layout.rows - svg->drawn, svg->drawn);
}

/* Below the graph: details of what is pointed at (at first of the root), and the small print. */
static void put_foot(struct pfl_svg *svg)
{
	unsigned int bottom = svg->top + svg->drawn * svg->opts->frame_height;
	unsigned int height = foot_height(svg);
	unsigned int base = bottom + svg->opts->font_size * 5 / 3;
	const char *name_type = svg->opts->name_type ? svg->opts->name_type : "";
	struct pfl_out *out = &svg->out;
	char text[96];

	pfl_out_text(out, "<g class=\"pfl-notes\">\n");
	put_notes(svg, bottom + height + note_height(svg) / 2);
	if (svg->drawn < svg->layout.rows)
		put_limit(svg);
	pfl_format_value(text, sizeof(text), svg->layout.total, svg->unit, svg->info->decimals);
	pfl_out_format(out, "</g>\n<g class=\"pfl-foot\"><rect y=\"%u\" width=\"%u\" height=\"%u\" "
		       "fill=\"#%06x\" fill-opacity=\".9\"/>\n"
		       "<text class=\"pfl-details\" x=\"%u\" y=\"%u\">",
		       bottom, svg->opts->width, height, svg->background->bottom, PFL_SVG_PAD, base);
	pfl_out_xml(out, name_type, strlen(name_type));
	pfl_out_text(out, *name_type ? " all (" : "all (");
	pfl_out_xml(out, text, strlen(text));
	pfl_out_format(out, ")</text>\n<text class=\"pfl-matched\" x=\"%u\" y=\"%u\" "
		       "text-anchor=\"end\"/></g>\n", PFL_SVG_PAD + svg->inner, base);
}

static int put_document(struct pfl_svg *svg)
{
	struct pfl_out *out = &svg->out;
	int err;

	put_root(svg);
	put_background(svg);
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
	svg->top = svg->nswatches || svg->opts->subtitle ?
		   second_base(svg) + svg->opts->font_size : svg->opts->font_size * 3;
	svg->drawn = PICTURE_MAX / svg->opts->frame_height;
	if (svg->drawn > svg->layout.rows)
		svg->drawn = svg->layout.rows;
	lines = put_notes(svg, 0) + (svg->drawn < svg->layout.rows);
	svg->height = svg->top + svg->drawn * svg->opts->frame_height + foot_height(svg) +
		      lines * note_height(svg);
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
	pfl_format_value(text, sizeof(text), undrawn, svg->unit, svg->info->decimals);
	pfl_strbuf_addf(notes, svg->opts->diff.negate ?
			"%sNot drawn, since nothing of it was there before: new stacks of %s." :
			"%sNot drawn, since nothing of it is left after: stacks that had %s before.",
			notes->len ? " " : "", text);
}

/* The texts from outside that the page shows, each an option of its own. */
#define TEXTS 6

static int clean_texts(struct pfl_svg *svg, struct pfl_svg_opts *opts,
		       struct pfl_strbuf texts[TEXTS])
{
	const char **options[TEXTS] = {
		&opts->title, &opts->subtitle, &opts->notes, &opts->count_name, &opts->name_type,
		&opts->font,
	};

	if (!opts->title)
		opts->title = svg->info->title ? svg->info->title : "Flame Graph";
	for (int i = 0; i < TEXTS; i++) {
		if (*options[i])
			clean_text(&texts[i], *options[i]);
		if (options[i] == &opts->notes && svg->info->differential && svg->layout.nodes)
			note_undrawn(&texts[i], svg);
		if (texts[i].error)
			return texts[i].error;
		*options[i] = texts[i].text;
	}
	if (!opts->title)
		opts->title = "";
	if (opts->count_name)
		svg->unit = opts->count_name;
	return 0;
}

/* Nothing was seen, which is an answer too. */
static int put_nothing(struct pfl_svg *svg)
{
	unsigned int size = svg->opts->font_size;

	svg->height = second_base(svg) + size + foot_height(svg);
	put_root(svg);
	put_background(svg);
	put_centred(svg, "title", title_base(svg), size + 5, 0, svg->opts->title);
	put_centred(svg, "subtitle", second_base(svg) + size, size, 0, PFL_NOTHING_SEEN);
	pfl_out_text(&svg->out, "</svg>\n");
	return pfl_out_finish(&svg->out);
}

static int draw(struct pfl_svg *svg, const struct pfl_profile *profile,
		struct pfl_svg_opts *opts, struct pfl_strbuf texts[TEXTS])
{
	const struct pfl_coloring coloring = {
		opts->palette, opts->shading, opts->map, opts->diff,
	};
	int err = pfl_layout_new(&svg->layout, profile, opts->value);
	bool nothing = err == -ENODATA && pfl_profile_size(profile) == 1;

	if (err && !nothing)
		return err;
	err = clean_texts(svg, opts, texts);
	if (!err && nothing)
		return put_nothing(svg);
	if (!err)
		err = pfl_palette_new(&svg->palette, &svg->layout, &coloring);
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
	if (!opts->font_size)
		opts->font_size = DEFAULT_FONT_SIZE;
	if (opts->min_percent > 0)
		opts->min_width = (opts->width - 2 * PFL_SVG_PAD) * opts->min_percent / 100;
	if (!(opts->min_width > 0))
		opts->min_width = DEFAULT_MIN_WIDTH;
	if (info->differential)
		opts->value = 1;
}

static int check_sizes(struct pfl_ctx *ctx, const struct pfl_svg_opts *opts)
{
	if (opts->width < WIDTH_MIN || opts->width > WIDTH_MAX ||
	    opts->frame_height < FRAME_HEIGHT_MIN || opts->frame_height > FRAME_HEIGHT_MAX)
		return pfl_fail(ctx, -EINVAL,
				"a graph is %d to %d pixels wide, its frames %d to %d high",
				WIDTH_MIN, WIDTH_MAX, FRAME_HEIGHT_MIN, FRAME_HEIGHT_MAX);
	if (opts->font_size < FONT_SIZE_MIN || opts->font_size > FONT_SIZE_MAX)
		return pfl_fail(ctx, -EINVAL, "text is %d to %d pixels high", FONT_SIZE_MIN,
				FONT_SIZE_MAX);
	return 0;
}

/* One of those with a name, or what "#rrggbb" says. */
static int find_background(struct pfl_svg *svg, struct pfl_background *own)
{
	const char *wanted = svg->opts->background ? svg->opts->background : "#ffffff";

	for (size_t i = 0; i < sizeof(backgrounds) / sizeof(*backgrounds); i++)
		if (!strcmp(backgrounds[i].name, wanted)) {
			svg->background = &backgrounds[i];
			return 0;
		}
	if (wanted[0] != '#' || strspn(wanted + 1, "0123456789abcdefABCDEF") != 6 || wanted[7])
		return -EINVAL;
	own->top = own->bottom = strtoul(wanted + 1, NULL, 16);
	svg->background = own;
	return 0;
}

int pfl_svg_write(struct pfl_ctx *ctx, const struct pfl_profile *profile,
		  const struct pfl_svg_opts *given, FILE *file)
{
	const struct pfl_profile_info *info = pfl_profile_info(profile);
	struct pfl_strbuf texts[TEXTS] = { 0 };
	struct pfl_background own = { 0 };
	struct pfl_svg_opts opts = *given;
	struct pfl_svg *svg;
	int err;

	set_defaults(&opts, info);
	if (opts.value >= info->nvalues)
		return -EINVAL;
	err = check_sizes(ctx, &opts);
	if (err)
		return err;
	svg = calloc(1, sizeof(*svg));
	if (!svg)
		return -ENOMEM;
	svg->info = info;
	svg->opts = &opts;
	svg->unit = info->values[opts.value].unit;
	svg->out.file = file;
	if (find_background(svg, &own)) {
		free(svg);
		return pfl_fail(ctx, -EINVAL, "a background is yellow, blue, green, grey or a "
				"colour such as #f8f8f8");
	}
	err = draw(svg, profile, &opts, texts);
	if (err == -ENODATA)
		pfl_log(ctx, PFL_ERROR, "nothing to draw: all values are 0");
	else if (err == -EINVAL)
		pfl_log(ctx, PFL_ERROR, "there is no palette %s", opts.palette);
	pfl_palette_free(&svg->palette);
	pfl_layout_free(&svg->layout);
	for (int i = 0; i < TEXTS; i++)
		pfl_strbuf_free(&texts[i]);
	free(svg);
	return err;
}
