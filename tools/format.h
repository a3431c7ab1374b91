/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The formats that a profile is written in; the ending of a file's name and
 * --format name them alike.
 */
#ifndef TOOLS_FORMAT_H
#define TOOLS_FORMAT_H

#include <stdbool.h>
#include <stdio.h>

#include <perflame/profile.h>
#include <perflame/render.h>

/* What may be said about a format; each one takes what concerns it. */
struct tool_format_opts {
	int annotate;			/* folded */
	const char *title;		/* svg, html, text */
	unsigned int width;		/* svg: pixels; text: columns */
	struct pfl_diff_opts diff;	/* svg, text */
	struct pfl_svg_opts svg;
	int color_map;			/* svg: colours come from palette.map, and go there */
	struct pfl_text_opts text;
};

struct tool_format {
	const char *name;
	const char *ending;	/* of files: ".svg" */
	bool is_binary;
	bool holds_many;	/* graphs in one file; others are given one */
	bool tells_tasks;	/* apart, also those of one name */
	/* NULL: a recording, which only a recorder writes, and not from a profile. */
	int (*write)(struct pfl_ctx *ctx, const struct pfl_graph *graphs, unsigned int count,
		     const struct tool_format_opts *opts, FILE *out);
};

/* The names, "data" first, for options of recorders; from "folded" on for all others. */
extern const char *const tool_format_names[];
#define tool_format_names_read (&tool_format_names[1])

/* The format called @name, or NULL. */
const struct tool_format *tool_format_find(const char *name);

/* The format that the ending of @path names, or NULL. */
const struct tool_format *tool_format_of_path(const char *path);

/* Lists the formats that hold many graphs in @buf, and returns it; "" if there are none. */
const char *tool_format_list_many(char *buf, size_t size);

/*
 * Writes @graphs in @format to memory: *@bytes is the caller's to free.
 * 0, or -errno.
 */
int tool_format_render(struct pfl_ctx *ctx, const struct tool_format *format,
		       const struct pfl_graph *graphs, unsigned int count,
		       const struct tool_format_opts *opts, char **bytes, size_t *len);

#endif
