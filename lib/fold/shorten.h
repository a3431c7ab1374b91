/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Dumps are most of what the kernel hands over where every switch is recorded, and most of
 * them lead to a walk that was just done. Such a sample gets its whole chain when it comes
 * in, out of the ring, and its dump is not even copied.
 *
 * But then its mappings must be those of its moment, and records have their turn later, in the
 * order of time. So nothing is shortened of a process that a record waits for which changes
 * them, or that one will come for, out of a ring that is read after this one.
 */
#ifndef PFL_FOLD_SHORTEN_H
#define PFL_FOLD_SHORTEN_H

#include "fold/state.h"

/* What stands there instead of registers and dump. */
struct pfl_walked {
	uint64_t before;	/* PFL_WALKED */
	uint64_t end, needed;	/* as in struct pfl_walk */
	uint64_t behind;	/* PFL_WALKED */
};

/*
 * The words between those two at the end of @record, a sample of @event that may bring a dump.
 * NULL: it was not shortened, or there was more behind its dump.
 */
const unsigned char *pfl_shortened_end(const struct pfl_event *event,
				       const struct perf_event_header *record);

/* A sample with so much in it that it may have a dump to lose. */
static inline bool pfl_is_long(const struct perf_event_header *record)
{
	return record->type == PERF_RECORD_SAMPLE && record->size > 512;
}

/* A record came in … 0 or -ENOMEM. */
int pfl_shorten_wait(struct pfl_fold *fold, const struct perf_event_header *record);

/* … and has its turn. */
void pfl_shorten_done(struct pfl_fold *fold, const struct perf_event_header *record);

/*
 * Writes @record, which comes straight from a ring and is as long as it says, to @to without
 * its dump, if its walk is known. Returns the bytes written; 0: it has to be taken as it is.
 * There is room for a record at @to, at a multiple of 8.
 */
size_t pfl_shorten(struct pfl_fold *fold, const struct perf_event_header *record, void *to);

#endif
