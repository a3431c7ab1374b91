/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recorder, from its command line to its exit status. What tells one from
 * another is its profile type.
 */
#ifndef TOOLS_RECORDER_H
#define TOOLS_RECORDER_H

#include <stdbool.h>

#include "options.h"

struct tool_recorder {
	const char *tool;	/* "perf-oncpu" */
	const char *type;	/* the profile type it records */
	bool samples;		/* so many times a second; otherwise each event */
	const char *usage;	/* the first lines of its help */
	/* Options of its type, which fill a struct pfl_type_opts; NULL: none. */
	const struct tool_option *own;
};

/* Returns what main() returns. */
int tool_recorder_main(const struct tool_recorder *recorder, char **argv);

#endif
