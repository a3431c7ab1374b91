/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the summary that says how far the stacks are there: whether they
 * are whole and named, and what would bring the rest.
 */
#ifndef TOOLS_COVERAGE_H
#define TOOLS_COVERAGE_H

#include <stdint.h>
#include <stdio.h>

#include <perflame/fold.h>

/* Percent, with what is not all of it never shown as such. */
double tool_percent(uint64_t part, uint64_t all);

/* In a line, and one for each binary that costs a share worth saying. */
void tool_coverage_say(const struct pfl_fold_stats *stats);

/* As the member "coverage" of a JSON object, with a comma before it. */
void tool_coverage_put(const struct pfl_fold_stats *stats, FILE *out);

#endif
