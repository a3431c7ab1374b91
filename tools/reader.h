/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tool that reads a recording, folded stacks or pprof and writes a profile: from
 * its command line to its exit status.
 */
#ifndef TOOLS_READER_H
#define TOOLS_READER_H

#include <stdbool.h>

#include "argument.h"
#include "format.h"
#include "options.h"

struct tool_diff_args {
	int diff;		/* the two inputs are before and after */
	int normalize;
};

/* Of what shape stacks are drawn. */
struct tool_shape_args {
	struct tool_name_list bases;
	struct tool_name_list skip_after;
	struct pfl_reshape reshape;	/* all else */
	int flamechart;
};

struct tool_reader {
	const char *tool;	/* "perf-fold" */
	const char *usage;	/* the first lines of its help */
	const char *format;	/* what it writes where nothing says otherwise */
	/* Options of its own, up to a NULL title. */
	const struct tool_option_group *own;
	struct tool_format_opts *format_opts;
	/* What is said about differences; NULL: it takes one input. */
	const struct tool_diff_args *diff;
	const struct tool_shape_args *shape;	/* may be NULL */
};

/* Returns what main() returns. */
int tool_reader_main(const struct tool_reader *reader, char **argv);

#endif
