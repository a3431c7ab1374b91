/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A source: one input of a reader, and the profile that was read from it.
 */
#ifndef TOOLS_SOURCE_H
#define TOOLS_SOURCE_H

#include <stdbool.h>

#include <perflame/fold.h>
#include <perflame/folded.h>
#include <perflame/input.h>

#include "argument.h"
#include "options.h"
#include "stacks.h"

/* What the options say about reading; the same for all inputs of a run. */
struct tool_source_args {
	const char *path;
	const char *type;
	const char *event;
	struct tool_id_list pids;
	struct tool_id_list tids;
	const char *cpus;
	struct pfl_type_opts of_type;
	int in_order;	/* of folded stacks: lines are in the order of time */
	int keep_tasks;	/* the output can tell threads apart */
};

enum tool_source_kind { TOOL_SOURCE_RECORDING, TOOL_SOURCE_FOLDED, TOOL_SOURCE_PPROF };

struct tool_source {
	const char *path;	/* NULL: the usual one */
	const char *name;	/* what it is called among others; points into the path */
	struct pfl_input *input;
	enum tool_source_kind kind;
	struct pfl_profile *profile;
	unsigned int value;	/* which of the profile's */
	struct pfl_fold_stats fold_stats;	/* of a recording */
	struct pfl_folded_read folded;		/* of folded stacks; of pprof, samples are lines */
};

extern const struct tool_option tool_source_options[];

/* Everything that can be wrong with @args and @stacks. 0, or -1: wrong usage, and told. */
int tool_source_check(const struct tool_source_args *args, const struct tool_stack_args *stacks);

/* Opens @source->path. 0, or -errno, and told. */
int tool_source_open(struct tool_source *source, struct pfl_ctx *ctx);

/*
 * Reads it all. 0; EXIT_FAILED, also with a profile, of what could be read; or
 * EXIT_USAGE. All are told.
 */
int tool_source_read(struct tool_source *source, struct pfl_ctx *ctx,
		     const struct tool_source_args *args, const struct tool_stack_args *stacks);

/* Closes the input and frees the profile. */
void tool_source_drop(struct tool_source *source);

#endif
