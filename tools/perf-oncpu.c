/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf-oncpu: samples what runs on the CPUs.
 */
#include "recorder.h"

int main(int argc, char **argv)
{
	static const struct tool_recorder oncpu = {
		.tool = "perf-oncpu",
		.type = "oncpu",
		.samples = true,
		.usage =
"Usage: perf-oncpu -d 10 -o on.svg             the whole box, a flame graph\n"
"       perf-oncpu -p PID -d 10                a process, shown on the terminal\n"
"       perf-oncpu [OPTION...] -- COMMAND...   a command, until it ends\n"
"Samples what runs on the CPUs.\n",
	};

	(void)argc;
	return tool_recorder_main(&oncpu, argv);
}
