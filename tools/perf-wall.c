/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf-wall: all the time of each thread: on a CPU, blocked, waiting for a CPU.
 */
#include "recorder.h"
#include "types.h"

int main(int argc, char **argv)
{
	static const struct tool_recorder wall = {
		.tool = "perf-wall",
		.type = "wall",
		.samples = true,
		.usage =
"Usage: perf-wall -p PID -d 10                where the time of a process goes\n"
"       perf-wall -d 10 -o wall.svg           the whole box, a flame graph\n"
"       perf-wall [OPTION...] -- COMMAND...   a command, until it ends\n"
"Records all time of threads: on a CPU, blocked, and waiting for a CPU.\n",
		.own = tool_wall_options,
	};

	(void)argc;
	return tool_recorder_main(&wall, argv);
}
