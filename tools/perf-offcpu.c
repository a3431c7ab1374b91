/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf-offcpu: time blocked, charged to the stack that blocked.
 */
#include "recorder.h"
#include "types.h"

int main(int argc, char **argv)
{
	static const struct tool_recorder offcpu = {
		.tool = "perf-offcpu",
		.type = "offcpu",
		.usage =
"Usage: perf-offcpu -p PID -d 10                where a process waits\n"
"       perf-offcpu -d 10 -o off.svg            the whole box, a flame graph\n"
"       perf-offcpu [OPTION...] -- COMMAND...   a command, until it ends\n"
"Records the time that threads are blocked, and the stacks they block in.\n",
		.own = tool_offcpu_options,
	};

	(void)argc;
	return tool_recorder_main(&offcpu, argv);
}
