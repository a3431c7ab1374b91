/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf-wakeup: time blocked, charged to whoever ended it.
 */
#include "recorder.h"
#include "types.h"

int main(int argc, char **argv)
{
	static const struct tool_recorder wakeup = {
		.tool = "perf-wakeup",
		.type = "wakeup",
		.usage =
"Usage: perf-wakeup -p PID -d 10                who wakes its threads\n"
"       perf-wakeup -d 10 -o wakeup.svg         the whole box, a flame graph\n"
"       perf-wakeup [OPTION...] -- COMMAND...   a command, until it ends\n"
"Records the time that threads are blocked, and the stacks that wake them.\n",
		.own = tool_wakeup_options,
	};

	(void)argc;
	return tool_recorder_main(&wakeup, argv);
}
