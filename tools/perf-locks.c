/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf-locks: how long locks were waited for, the kernel's and those of programs.
 */
#include "recorder.h"
#include "types.h"

int main(int argc, char **argv)
{
	static const struct tool_recorder locks = {
		.tool = "perf-locks",
		.type = "locks",
		.usage =
"Usage: perf-locks -d 10 -o locks.svg          the whole box, a flame graph\n"
"       perf-locks -p PID -d 10                a process, shown on the terminal\n"
"       perf-locks [OPTION...] -- COMMAND...   a command, until it ends\n"
"Records how long locks are waited for, the kernel's and those of programs.\n",
		.own = tool_locks_options,
	};

	(void)argc;
	return tool_recorder_main(&locks, argv);
}
