/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tool that reads a recording (or, where it may, folded stacks) and writes a
 * profile: from its command line to its exit status.
 */
#ifndef TOOLS_READER_H
#define TOOLS_READER_H

#include <stdbool.h>

#include "format.h"
#include "options.h"

struct tool_reader {
	const char *tool;	/* "perf-fold" */
	const char *usage;	/* the first lines of its help */
	const char *format;	/* what it writes where nothing says otherwise */
	bool takes_folded;	/* folded stacks are an input too */
	/* Options of its own about drawing, and what they fill. */
	struct tool_option_group drawing;
	struct tool_format_opts *format_opts;
};

/* Returns what main() returns. */
int tool_reader_main(const struct tool_reader *reader, char **argv);

#endif
