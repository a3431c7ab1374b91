/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the reader and the writer of folded stacks agree on.
 */
#ifndef PFL_FORMAT_FOLDED_H
#define PFL_FORMAT_FOLDED_H

#include <perflame/profile.h>

#define PFL_SUFFIX_LEN 4

/* FlameGraph's suffix for a frame of @kind ("_[k]"), or "". */
const char *pfl_folded_suffix(enum pfl_frame_kind kind);

#endif
