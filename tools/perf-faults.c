/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf-faults: page faults, and which code took them on what memory.
 */
#include "recorder.h"
#include "types.h"

int main(int argc, char **argv)
{
	static const struct tool_recorder faults = {
		.tool = "perf-faults",
		.type = "faults",
		.usage =
"Usage: perf-faults -d 10 -o faults.svg         the whole box, a flame graph\n"
"       perf-faults -p PID -d 10                a process, shown on the terminal\n"
"       perf-faults [OPTION...] -- COMMAND...   a command, until it ends\n"
"Records page faults: who touched memory that was not there, and what memory.\n",
		.own = tool_faults_options,
	};

	(void)argc;
	return tool_recorder_main(&faults, argv);
}
