/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf-flame: folded stacks or a recording in, a flame graph out.
 */
#include <limits.h>

#include "argument.h"
#include "reader.h"

/* Of a value: what was charged to a function itself, or to that and all it called. */
static const char *const parts[] = { "self", "total", NULL };

static const struct tool_option drawing_options[] = {
	{ .name = "title", .arg = "TEXT", .set = tool_set_text,
	  .offset = offsetof(struct tool_format_opts, title),
	  .help = "above the graph (default: what the type is called)" },
	{ .name = "subtitle", .arg = "TEXT", .set = tool_set_text,
	  .offset = offsetof(struct tool_format_opts, svg.subtitle),
	  .help = "svg, html: a second line below the title" },
	{ .name = "notes", .arg = "TEXT", .set = tool_set_text,
	  .offset = offsetof(struct tool_format_opts, svg.notes),
	  .help = "svg, html: small print, in an SVG its description" },
	{ .name = "colors", .arg = "PALETTE", .set = tool_set_name,
	  .offset = offsetof(struct tool_format_opts, svg.palette),
	  .help = "svg, html: the palette (default: the type's); perflame(7) lists them" },
	{ .name = "width", .arg = "N", .set = tool_set_number, .min = 20, .max = 100000,
	  .offset = offsetof(struct tool_format_opts, width),
	  .help = "svg: pixels (default 1200); txt: columns (default: the terminal's, or 80)" },
	{ .name = "height", .arg = "N", .set = tool_set_number, .min = 4, .max = 1000,
	  .offset = offsetof(struct tool_format_opts, svg.frame_height),
	  .help = "svg: pixels of one frame (default 16)" },
	{ .name = "minwidth", .arg = "PIXELS", .set = tool_set_decimal,
	  .offset = offsetof(struct tool_format_opts, svg.min_width),
	  .help = "svg: narrower frames are drawn only when zoomed into (default 0.1)" },
	{ .name = "inverted", .set = tool_set_flag,
	  .offset = offsetof(struct tool_format_opts, svg.inverted),
	  .help = "svg, html: the root at the top, an icicle graph" },
	{ .name = "top", .arg = "N", .set = tool_set_number, .min = 1, .max = INT_MAX,
	  .offset = offsetof(struct tool_format_opts, text.top),
	  .help = "txt: rows of the table (default 20)" },
	{ .name = "sort", .set = tool_set_choice, .choices = parts,
	  .offset = offsetof(struct tool_format_opts, text.by_total),
	  .help = "txt: what sorts the table (default self)" },
	{ .name = "depth", .arg = "N", .set = tool_set_number, .min = 1, .max = INT_MAX,
	  .offset = offsetof(struct tool_format_opts, text.depth),
	  .help = "txt: rows of the graph (default 40)" },
	{ .name = NULL }
};

struct flame_args {
	struct tool_diff_args diff;
	struct tool_format_opts format;
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
		{ "Drawing", drawing_options, &args.format },
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
		.takes_folded = true,
		.own = own,
		.format_opts = &args.format,
		.diff = &args.diff,
	};

	(void)argc;
	return tool_reader_main(&flame, argv);
}
