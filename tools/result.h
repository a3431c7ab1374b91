/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a tool leaves behind: the output, and the JSON summary beside it.
 */
#ifndef TOOLS_RESULT_H
#define TOOLS_RESULT_H

#include "output.h"

struct tool_result_args {
	struct tool_output_args output;
	const char *summary;	/* NULL: none */
};

struct tool_result {
	struct tool_output output;
	struct tool_output json;
	bool has_json;
};

/* Nothing is open yet: what tool_result_drop() may be given. */
void tool_result_init(struct tool_result *result);

/* As tool_output_choose(). 0, or -1: wrong usage, and told. */
int tool_result_choose(struct tool_result *result, const struct tool_result_args *args,
		       const char *const *names, const char *usual);

/* Opens both. 0, or -errno, and told. */
int tool_result_open(struct tool_result *result);

/* Writes @graphs as the output, as wide as the terminal it goes to. 0, or -errno, and told. */
int tool_result_draw(struct tool_result *result, struct pfl_ctx *ctx,
		     const struct pfl_graph *graphs, unsigned int count,
		     const struct tool_format_opts *opts);

/* Takes away what was opened and not completed. */
void tool_result_drop(struct tool_result *result);

#endif
