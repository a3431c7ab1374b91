/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options that say which stacks are made of what was sampled, and which
 * value weighs them: the same for recorders and readers.
 */
#ifndef TOOLS_STACKS_H
#define TOOLS_STACKS_H

#include <perflame/fold.h>
#include <perflame/profile.h>

#include "options.h"

struct tool_stack_args {
	const char *value;
	unsigned int root;	/* enum pfl_root */
	unsigned int demangle;	/* enum pfl_demangle */
	int user_only;
	int kernel_only;
	int inlines;
	int no_inlines;
	int srcline;
	int debuginfod;
	int annotate;
};

extern const struct tool_option tool_stack_options[];

/* Puts what concerns folding into @fold. 0, or -1: wrong usage, and told. */
int tool_stacks_to_fold(const struct tool_stack_args *args, struct pfl_fold_opts *fold);

/*
 * Which value of @info --value names; the main one without it.
 * 0, or -1: wrong usage, and told.
 */
int tool_stacks_value(const struct tool_stack_args *args, const struct pfl_profile_info *info,
		      unsigned int *value);

#endif
