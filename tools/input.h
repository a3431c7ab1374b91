/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The input of a reader: which it is where nobody named one, and whether it is
 * a recording.
 */
#ifndef TOOLS_INPUT_H
#define TOOLS_INPUT_H

#include <stdbool.h>

struct tool_input {
	const char *path;	/* "-" is standard input */
	int fd;			/* -1: not open; nothing has been read from it */
	bool is_recording;
};

/*
 * Opens @path; without one, standard input where that is a pipe or a file, and
 * otherwise perf.data, as perf does. What comes out of a pipe is looked at, but
 * left in it. 0, or -errno, and told.
 */
int tool_input_open(struct tool_input *input, const char *path);

void tool_input_close(struct tool_input *input);

#endif
