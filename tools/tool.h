/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every tool does first: the options that all have, a sane start, and a
 * context whose messages reach the user.
 */
#ifndef TOOLS_TOOL_H
#define TOOLS_TOOL_H

#include <perflame/context.h>

#include "options.h"

struct tool_general_args {
	int quiet;
	int verbose;
	int help;
	int version;
};

extern const struct tool_option tool_general_options[];

/*
 * Parses @argv for @tool. @general is the base of tool_general_options in
 * @options. 0: go on, *@ctx is the caller's to free; otherwise the tool is
 * done (after --help, or wrong usage) and *@status is what it exits with.
 */
int tool_start(const char *tool, const struct tool_options *options,
	       const struct tool_general_args *general, char **argv, struct pfl_ctx **ctx,
	       int *status);

#endif
