/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The summary of a run: a few lines for people, and the same counts as JSON for
 * scripts. Its keys are listed in perflame(7), and stay as they are.
 */
#ifndef TOOLS_SUMMARY_H
#define TOOLS_SUMMARY_H

#include <stdbool.h>

#include <perflame/fold.h>
#include <perflame/folded.h>
#include <perflame/profile.h>
#include <perflame/record.h>

#include "output.h"

/* What is NULL did not take part in the run. */
struct tool_summary {
	const char *tool;
	const char *input;		/* its name, where there are several */
	const struct pfl_record_stats *record;
	const struct pfl_fold_stats *fold;
	const struct pfl_folded_read *folded;
	const struct pfl_profile *profile;
	unsigned int value;		/* which of the profile's */
	const struct tool_output *output;
	bool samples;			/* a recorder that has a rate */
	bool complete;			/* nothing failed, nothing was damaged */
};

/* Says what was seen, what is missing and what would bring it. */
void tool_summary_say(const struct tool_summary *summary);

/*
 * Writes the JSON of a run to @json and closes it; of a run with several inputs
 * there are @count summaries. 0, or -errno, and told.
 */
int tool_summary_put(const struct tool_summary *summaries, unsigned int count,
		     struct tool_output *json);

#endif
