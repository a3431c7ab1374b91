/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is told by names alone, in folded stacks and in other formats of names.
 */
#ifndef PFL_FORMAT_FOLDED_H
#define PFL_FORMAT_FOLDED_H

#include <stdbool.h>
#include <stddef.h>

#include <perflame/profile.h>

#define PFL_SUFFIX_LEN 4

/* FlameGraph's suffix for a frame of @kind ("_[k]"), or "". */
const char *pfl_folded_suffix(enum pfl_frame_kind kind);

/*
 * The kind of the frame of *@len bytes at @name, which loses its suffix. What
 * stands first in a stack is the process by convention (stackcollapse-perf.pl).
 * Collapsers without it start with a function: that is why palettes draw tasks
 * as a paler tone of user code, and not as something else.
 */
enum pfl_frame_kind pfl_folded_kind(const char *name, size_t *len, bool first);

#endif
