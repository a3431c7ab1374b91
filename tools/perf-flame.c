/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf-flame: folded stacks or a recording in, a flame graph out.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "argument.h"
#include "reader.h"

static const char *set_shading(const struct tool_option *option, void *target,
				    const char *text)
{
	(void)text;
	*(enum pfl_shading *)target = option->min;
	return NULL;
}

static const char *set_total(const struct tool_option *option, void *target, const char *text)
{
	char *end;

	(void)option;
	errno = 0;
	*(uint64_t *)target = strtoull(text, &end, 10);
	return errno || *end || *text < '0' || *text > '9' || !*(uint64_t *)target ?
	       "must be a whole number from 1 on" : NULL;
}

static const char *set_factor(const struct tool_option *option, void *target, const char *text)
{
	const char *wrong = tool_set_decimal(option, target, text);

	return wrong || *(double *)target > 0 ? wrong : "must be more than 0";
}

/* "0.5": pixels; "0.5%": of the width. */
static const char *set_min_width(const struct tool_option *option, void *target,
				      const char *text)
{
	struct pfl_svg_opts *svg = target;
	size_t len = strlen(text);
	bool percent = len && text[len - 1] == '%';
	char number[32];

	if (len >= sizeof(number))
		return "must be a number such as 0.1, or 0.1%";
	memcpy(number, text, len + 1);
	number[len - percent] = '\0';
	svg->min_width = svg->min_percent = 0;
	if (tool_set_decimal(option, percent ? &svg->min_percent : &svg->min_width, number))
		return "must be a number such as 0.1, or 0.1%";
	/* 0 would leave it to the library; this is as little as can be told to the script. */
	if (!(svg->min_width > 0) && !(svg->min_percent > 0))
		svg->min_width = 0.001;
	return NULL;
}

/* Of a value: what was charged to a function itself, or to that and all it called. */
static const char *const parts[] = { "self", "total", NULL };

#define OPT(member) offsetof(struct tool_format_opts, member)

static const struct tool_option drawing_options[] = {
	{ .name = "title", .arg = "TEXT", .set = tool_set_text, .offset = OPT(title),
	  .help = "above the graph (default: what the type is called)" },
	{ .name = "subtitle", .arg = "TEXT", .set = tool_set_text, .offset = OPT(svg.subtitle),
	  .formats = "svg,html",
	  .help = "svg, html: a second line below the title" },
	{ .name = "notes", .arg = "TEXT", .set = tool_set_text, .offset = OPT(svg.notes),
	  .formats = "svg,html",
	  .help = "svg, html: small print, in an SVG its description" },
	{ .name = "colors", .arg = "PALETTE", .set = tool_set_name, .offset = OPT(svg.palette),
	  .formats = "svg,html",
	  .help = "svg, html: the palette (the type's); perflame(7) lists them" },
	{ .name = "inverted", .set = tool_set_flag, .offset = OPT(svg.inverted),
	  .formats = "svg,html",
	  .help = "svg, html: the root at the top, an icicle graph" },
	{ .name = "width", .arg = "N", .set = tool_set_number, .min = 20, .max = 100000,
	  .offset = OPT(width), .formats = "svg,txt",
	  .help = "svg: pixels (1200); txt: columns (the terminal's, or 80)" },
	{ .name = "top", .arg = "N", .set = tool_set_number, .min = 1, .max = INT_MAX,
	  .offset = OPT(text.top), .formats = "txt", .help = "txt: rows of the table (20)" },
	{ .name = "sort", .set = tool_set_choice, .choices = parts, .offset = OPT(text.by_total),
	  .formats = "txt",
	  .help = "txt: what sorts the table (self)" },
	{ .name = "depth", .arg = "N", .set = tool_set_number, .min = 1, .max = INT_MAX,
	  .offset = OPT(text.depth), .formats = "txt", .help = "txt: rows of the graph (40)" },
	{ .name = NULL }
};

/* With the names and the meaning that flamegraph.pl and inferno gave them. */
static const struct tool_option svg_options[] = {
	{ .name = "countname", .arg = "TEXT", .set = tool_set_text, .offset = OPT(svg.count_name),
	  .formats = "svg",
	  .help = "what values are counted in (the type's unit)" },
	{ .name = "nametype", .arg = "TEXT", .set = tool_set_text, .offset = OPT(svg.name_type),
	  .formats = "svg",
	  .help = "what stands before names below the graph" },
	{ .name = "hash", .set = set_shading, .min = PFL_SHADE_ALPHABET,
	  .offset = OPT(svg.shading),
	  .formats = "svg", .help = "names that begin alike look alike" },
	{ .name = "random", .set = set_shading, .min = PFL_SHADE_RANDOM,
	  .offset = OPT(svg.shading), .formats = "svg", .help = "each box a shade of its own" },
	{ .name = "colordiffusion", .set = set_shading, .min = PFL_SHADE_WIDTH,
	  .offset = OPT(svg.shading), .formats = "svg", .help = "the wider, the redder" },
	{ .name = "cp", .set = tool_set_flag, .offset = OPT(color_map), .formats = "svg",
	  .help = "colours of names as in palette.map, which is extended" },
	{ .name = "bgcolors", .arg = "COLOR", .set = tool_set_name, .offset = OPT(svg.background),
	  .formats = "svg",
	  .help = "yellow, blue, green, grey, or one such as #f8f8f8" },
	{ .name = "fonttype", .arg = "FONT", .set = tool_set_name, .offset = OPT(svg.font),
	  .formats = "svg",
	  .help = "of all text" },
	{ .name = "fontsize", .arg = "N", .set = tool_set_number, .min = 4, .max = 100,
	  .offset = OPT(svg.font_size), .formats = "svg", .help = "pixels of text (12)" },
	{ .name = "height", .arg = "N", .set = tool_set_number, .min = 4, .max = 1000,
	  .offset = OPT(svg.frame_height), .formats = "svg", .help = "pixels of one frame (16)" },
	{ .name = "minwidth", .arg = "N[%]", .set = set_min_width, .offset = OPT(svg),
	  .formats = "svg",
	  .help = "pixels, or part of the width: narrower frames are drawn only when zoomed into "
		  "(0.1)" },
	{ .name = "fluid", .set = tool_set_flag, .offset = OPT(svg.fluid), .formats = "svg",
	  .help = "as wide as the browser's window" },
	{ .name = "truncate-left", .set = tool_set_flag, .offset = OPT(svg.cut_left),
	  .formats = "svg",
	  .help = "of names that have no room, show the end" },
	{ .name = NULL }
};

struct flame_args {
	struct tool_diff_args diff;
	struct tool_shape_args shape;
	struct tool_format_opts format;
};

#define SHAPE(member) offsetof(struct flame_args, shape.member)

static const struct tool_option shape_options[] = {
	{ .name = "reverse", .set = tool_set_flag, .offset = SHAPE(reshape.reverse),
	  .help = "stacks from the innermost frame: who called it" },
	{ .name = "base", .arg = "NAME", .set = tool_set_names, .offset = SHAPE(bases),
	  .help = "stacks start from this function, where they have it" },
	{ .name = "skip-after", .arg = "NAME", .set = tool_set_names, .offset = SHAPE(skip_after),
	  .help = "stacks end at this function" },
	{ .name = "flamechart", .set = tool_set_flag, .offset = SHAPE(flamechart),
	  .help = "folded stacks in the order of time: merge neighbours only" },
	{ .name = "total", .arg = "N", .set = set_total, .offset = SHAPE(reshape.total),
	  .help = "what all is a part of, if it is more" },
	{ .name = "factor", .arg = "N", .set = set_factor, .offset = SHAPE(reshape.factor),
	  .help = "multiply values by it" },
	{ .name = NULL }
};

static const struct tool_option diff_options[] = {
	{ .name = "diff", .set = tool_set_flag,
	  .offset = offsetof(struct flame_args, diff.diff),
	  .help = "compare two inputs: before and after" },
	{ .name = "normalize", .set = tool_set_flag,
	  .offset = offsetof(struct flame_args, diff.normalize),
	  .help = "scale before to the total of after" },
	{ .name = "diff-by", .set = tool_set_choice, .choices = parts,
	  .offset = offsetof(struct flame_args, format.diff.by_total),
	  .help = "whose change colours a frame (default self)" },
	{ .name = "threshold", .arg = "PERCENT", .set = tool_set_decimal,
	  .offset = offsetof(struct flame_args, format.diff.threshold),
	  .help = "smaller changes count for none (default 0)" },
	{ .name = "negate", .set = tool_set_flag,
	  .offset = offsetof(struct flame_args, format.diff.negate),
	  .help = "the first is after: widths are those of before" },
	{ .name = NULL }
};

int main(int argc, char **argv)
{
	struct flame_args args = { .diff.diff = 0 };
	const struct tool_option_group own[] = {
		{ "Differences", diff_options, &args },
		{ "Shape", shape_options, &args },
		{ "Drawing", drawing_options, &args.format },
		{ "SVG", svg_options, &args.format },
		{ .title = NULL }
	};
	const struct tool_reader flame = {
		.tool = "perf-flame",
		.usage =
"Usage: perf-flame x.folded > x.svg            folded stacks, a flame graph\n"
"       perf-flame x.data -o x.svg             a recording\n"
"       perf-flame x.data y.folded -o all.html a viewer, with a tab for each\n"
"       perf-flame x.data -o x.txt             a graph and a table as text\n"
"       perf-flame --diff old.data new.data -o diff.svg\n"
"Draws a flame graph of folded stacks or of a recording of perf.\n",
		.format = "svg",
		.own = own,
		.format_opts = &args.format,
		.diff = &args.diff,
		.shape = &args.shape,
	};

	int status = tool_reader_main(&flame, argv);

	(void)argc;
	free(args.shape.bases.names);
	free(args.shape.skip_after.names);
	return status;
}
