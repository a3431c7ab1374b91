/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Samples that brought registers and the top of the user stack get a whole call
 * chain: an ordinary one, as if the kernel had been able to find it. Whatever
 * comes behind this knows chains only.
 */
#ifndef PFL_FOLD_REPAIR_H
#define PFL_FOLD_REPAIR_H

#include "fold/state.h"
#include "fold/unwind.h"

/* Words of a chain: what fits a record, or the kernel's part of it, an unwound stack and markers. */
#define PFL_REPAIR_WORDS_MAX (UINT16_MAX / 8 + PFL_UNWIND_FRAMES_MAX + 4)

/*
 * Puts what CFI and frame pointers tell in place of the user part of @sample's
 * chain, which is then valid until the next call; ->cut says whether the dump was
 * too small. Without a dump that can be walked, the chain stays as the kernel
 * recorded it. 0 or -ENOMEM.
 */
int pfl_repair(struct pfl_fold *fold, const struct pfl_task *task, struct pfl_sample *sample);

/*
 * Whether that was done to @record, a sample of @event, when it came in, and nothing stands
 * behind what shorten.h left there: then it is counted.
 */
bool pfl_repaired_before(struct pfl_fold *fold, const struct pfl_event *event,
			 const struct perf_event_header *record);

/* Writes the chain that @walk makes of @sample's to @to, which has room for it; returns its words. */
size_t pfl_repair_chain(const struct pfl_sample *sample, const struct pfl_walk *walk, void *to);

void pfl_repairs_free(struct pfl_repairs *repairs);

#endif
