/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Recordings made on a machine of the other byte order: each record is turned
 * into ours in place, once, so that nothing behind this asks again. Raw
 * tracepoint data and dumped stacks stay as they were.
 */
#ifndef PFL_PERFDATA_SWAP_H
#define PFL_PERFDATA_SWAP_H

#include "perfdata/event.h"

void pfl_swap_header(struct perf_event_header *header);

/* @record's header is in our order already. -EILSEQ: it does not hold what it must. */
int pfl_swap_record(const struct pfl_events *events, struct perf_event_header *record);

/* An attr of @size bytes, as it stands in a recording of the other byte order. */
void pfl_swap_attr(struct perf_event_attr *attr);

#endif
