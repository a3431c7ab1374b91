/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The other end of the way: not stacks, but records again, in time order, each
 * sample with a whole chain in place of registers and dump. Nothing else in them
 * is touched.
 */
#ifndef PFL_FOLD_REWRITE_H
#define PFL_FOLD_REWRITE_H

#include "fold/state.h"

/* Whether samples of an event like @attr are rewritten: they have frame pointers and a dump. */
bool pfl_rewrites(const struct perf_event_attr *attr);

/* What @attr becomes for those who read the rewritten samples. */
void pfl_rewrite_attr(struct perf_event_attr *attr);

int pfl_rewriting_new(pfl_fold_sink *sink, void *data, struct pfl_rewriting **out);
void pfl_rewriting_free(struct pfl_rewriting *rewriting);

/* Hands @record on as it is. 0 or what the sink said. */
int pfl_rewrite_pass(struct pfl_fold *fold, const struct perf_event_header *record);

/* Hands a sample on; one that is not what its event says is counted and left out. */
int pfl_rewrite_sample(struct pfl_fold *fold, const struct perf_event_header *record);

/* Hands on what is still gathered. */
int pfl_rewrite_flush(struct pfl_fold *fold);

#endif
