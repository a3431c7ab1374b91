/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much of what occurred was recorded: the part of the summary that looks at
 * events, where the one of coverage.h looks at stacks.
 */
#ifndef TOOLS_COUNTS_H
#define TOOLS_COUNTS_H

#include <stdio.h>

#include <perflame/fold.h>

/* Says for how much of each event there are samples, and what that means where it is not all. */
void tool_counts_say(const struct pfl_event_count *counts, unsigned int count);

/* The same as a member "counts" of a JSON object, and a comma. */
void tool_counts_put(const struct pfl_event_count *counts, unsigned int count, FILE *out);

#endif
