/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fold, for a source that has its records in chunks already: no copy.
 */
#ifndef PFL_FOLD_RECORD_H
#define PFL_FOLD_RECORD_H

#include "fold/fold.h"
#include "machine/dso.h"
#include "perfdata/chunk.h"
#include "perfdata/event.h"

/* Where the fold's chunks come from, and the events it was told. Valid as long as @fold. */
struct pfl_chunks *pfl_fold_chunks(struct pfl_fold *fold);
struct pfl_events *pfl_fold_events(struct pfl_fold *fold);

/*
 * Takes one whole record, in this machine's byte order, which stands in @chunk.
 * 0 or -ENOMEM.
 */
int pfl_fold_record(struct pfl_fold *fold, const struct perf_event_header *record,
		    struct pfl_chunk *chunk);

/* Counts a record (in our byte order as far as its header) that could not be read. */
void pfl_fold_count_bad(struct pfl_fold *fold, const struct perf_event_header *record);

/*
 * Handles what has left the ordering window and waits for its stack to be unwound.
 * Before anything is told that is no record of the kernel's. 0 or -ENOMEM.
 */
int pfl_fold_settle(struct pfl_fold *fold);

/* Tells the build-id of the file called @path, any time before the finish. 0 or -ENOMEM. */
int pfl_fold_build_id(struct pfl_fold *fold, const char *path, const struct pfl_build_id *id);

/* Replaces what is known of the machine the recording was made on. 0 or -ENOMEM. */
int pfl_fold_set_origin(struct pfl_fold *fold, const struct pfl_symbols_origin *origin);

#endif
