/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf-fold: a recording in, folded stacks out.
 */
#include "reader.h"

int main(int argc, char **argv)
{
	struct tool_format_opts format_opts = { .annotate = 0 };
	const struct tool_reader fold = {
		.tool = "perf-fold",
		.usage =
"Usage: perf-fold > out.folded                 what perf record left in perf.data\n"
"       perf-fold -i x.data -o out.folded      a recording\n"
"       perf record -a -g -o - sleep 5 | perf-fold -i - > out.folded\n"
"       perf-fold -i x.data -o x.pb.gz         for go tool pprof\n"
"Folds the stacks of a recording: one line for each, with its weight.\n",
		.format = "folded",
		.format_opts = &format_opts,
	};

	(void)argc;
	return tool_reader_main(&fold, argv);
}
