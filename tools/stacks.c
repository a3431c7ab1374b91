/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "argument.h"
#include "messages.h"
#include "stacks.h"

static const char *const roots[] = {
	[PFL_ROOT_COMM] = "comm", [PFL_ROOT_PID] = "pid", [PFL_ROOT_TID] = "tid",
	[PFL_ROOT_NONE] = "none", NULL
};

static const char *const demanglings[] = {
	[PFL_DEMANGLE_SIMPLE] = "simple", [PFL_DEMANGLE_FULL] = "full",
	[PFL_DEMANGLE_NONE] = "none", NULL
};

const struct tool_option tool_stack_options[] = {
	{ .name = "value", .arg = "count|time|period|bytes", .set = tool_set_name,
	  .offset = offsetof(struct tool_stack_args, value), .formats = TOOL_FOLDED_FORMATS,
	  .help = "what weighs a stack, of what the type has" },
	{ .name = "root", .set = tool_set_choice, .choices = roots,
	  .offset = offsetof(struct tool_stack_args, root), .formats = TOOL_FOLDED_FORMATS,
	  .help = "the frame each stack starts from (default comm)" },
	{ .name = "user", .set = tool_set_flag,
	  .offset = offsetof(struct tool_stack_args, user_only),
	  .help = "only the user half of each stack" },
	{ .name = "kernel", .set = tool_set_flag,
	  .offset = offsetof(struct tool_stack_args, kernel_only),
	  .help = "only the kernel half of each stack" },
	{ .name = "demangle", .set = tool_set_choice, .choices = demanglings,
	  .offset = offsetof(struct tool_stack_args, demangle), .formats = TOOL_FOLDED_FORMATS,
	  .help = "C++, Rust and D names (default simple: no parameters)" },
	{ .name = "inline", .set = tool_set_flag,
	  .offset = offsetof(struct tool_stack_args, inlines), .formats = TOOL_FOLDED_FORMATS,
	  .help = "inlined functions are frames (default if dumped)" },
	{ .name = "no-inline", .set = tool_set_flag,
	  .offset = offsetof(struct tool_stack_args, no_inlines), .formats = TOOL_FOLDED_FORMATS,
	  .help = "they are not" },
	{ .name = "srcline", .set = tool_set_flag,
	  .offset = offsetof(struct tool_stack_args, srcline), .formats = TOOL_FOLDED_FORMATS,
	  .help = "source file and line where the CPU stood" },
	{ .name = "debuginfod", .set = tool_set_flag,
	  .offset = offsetof(struct tool_stack_args, debuginfod), .formats = TOOL_FOLDED_FORMATS,
	  .help = "fetch missing symbols of what matters from DEBUGINFOD_URLS" },
	{ .name = "annotate", .set = tool_set_flag,
	  .offset = offsetof(struct tool_stack_args, annotate), .formats = "folded",
	  .help = "folded: add _[k] kernel, _[i] inlined, _[j] JIT to the names" },
	{ .name = NULL }
};

int tool_stacks_to_fold(const struct tool_stack_args *args, struct pfl_fold_opts *fold)
{
	if (args->user_only && args->kernel_only)
		return tool_usage_error("--user and --kernel leave nothing of a stack: choose one");
	if (args->inlines && args->no_inlines)
		return tool_usage_error("--inline and --no-inline: choose one");
	if (args->inlines || args->no_inlines)
		fold->inlines = args->inlines ? PFL_INLINES_ON : PFL_INLINES_OFF;
	fold->srcline = args->srcline;
	fold->debuginfod = args->debuginfod;
	fold->root = args->root;
	fold->demangle = args->demangle;
	fold->user_only = args->user_only;
	fold->kernel_only = args->kernel_only;
	return 0;
}

int tool_stacks_value(const struct tool_stack_args *args, const struct pfl_profile_info *info,
		      unsigned int *value)
{
	unsigned int i;

	*value = info->main_value;
	if (!args->value)
		return 0;
	for (i = 0; i < info->nvalues; i++) {
		if (strcmp(info->values[i].name, args->value) == 0) {
			*value = i;
			return 0;
		}
	}
	return tool_usage_error("--value: \"%s\" must be %s%s%s here", args->value,
				info->values[0].name, info->nvalues > 1 ? " or " : "",
				info->nvalues > 1 ? info->values[1].name : "");
}
