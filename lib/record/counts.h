/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What occurred, beside what was recorded of it. The kernel counts each occurrence of an
 * event, whether it gets to write a sample or not. What it lost it says; what a virtual
 * machine leaves out on CPUs that are idle, only this comparison shows.
 *
 * A recording is told the counts as the kernel would tell them, in READ records; but of
 * all tasks at once: pid and tid are -1. perf passes over them.
 */
#ifndef PFL_RECORD_COUNTS_H
#define PFL_RECORD_COUNTS_H

#include "record/session.h"

/* Before the first record: whose samples are counted, once the ids are known. 0 or -ENOMEM. */
int pfl_counts_prepare(struct pfl_record *record);

/*
 * At the end: what the kernel dropped beyond its LOST records, and how often each event
 * occurred, to where records go. 0 or what the sink said.
 */
int pfl_counts_tell(struct pfl_record *record);

/* The same to @stats; nothing before. */
void pfl_counts_list(const struct pfl_record *record, struct pfl_record_stats *stats);

#endif
