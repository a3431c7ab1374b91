/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "argument.h"
#include "messages.h"
#include "types.h"

const struct tool_option tool_faults_options[] = {
	{ .name = "major", .set = tool_set_flag, .offset = offsetof(struct pfl_type_opts, major),
	  .help = "only faults that had to wait for a disk" },
	{ .name = "minor", .set = tool_set_flag, .offset = offsetof(struct pfl_type_opts, minor),
	  .help = "only faults that had not" },
	{ .name = NULL }
};

int tool_types_check(const struct pfl_type_opts *opts)
{
	if (opts->major && opts->minor)
		return tool_usage_error("--major and --minor: choose one; without them both are shown");
	return 0;
}
