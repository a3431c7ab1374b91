/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options that concern one type of profile: of its recorder, and of the
 * readers, which have those of all.
 */
#ifndef TOOLS_TYPES_H
#define TOOLS_TYPES_H

#include <perflame/type.h>

#include "options.h"

/* Each fills a struct pfl_type_opts. */
extern const struct tool_option tool_faults_options[];
extern const struct tool_option tool_wakeup_options[], tool_wall_options[];
extern const struct tool_option tool_offcpu_options[];	/* the first one is for recording alone */
extern const struct tool_option tool_locks_options[];	/* the same */

/* What does not go together. 0, or -1: wrong usage, and told. */
int tool_types_check(const struct pfl_type_opts *opts);

#endif
