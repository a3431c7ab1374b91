/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which input a reader reads where nobody named one.
 */
#ifndef TOOLS_INPUT_H
#define TOOLS_INPUT_H

#include <perflame/input.h>

/*
 * Opens @path; without one, standard input where that is a pipe or a file, and
 * otherwise perf.data, as perf does. 0, or -errno, and told.
 */
int tool_input_open(struct pfl_ctx *ctx, const char *path, struct pfl_input **out);

#endif
