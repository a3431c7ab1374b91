/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Dumps are most of what the kernel hands over where every switch is recorded, and most of
 * them lead to a walk that was just done. Such a sample gets its whole chain when it comes
 * in, out of the ring, and its dump is not even copied. But the moment it was taken at has
 * its turn later, when the mappings are what they were then: repair.c holds
 * them against those that were known when the sample came in.
 *
 * A program may map one library after another at the same place, and stand in them with the
 * same stack. The record of that may be in a ring that is read after this one. So only
 * processes are considered that have mapped nothing for a while.
 */
#ifndef PFL_FOLD_SHORTEN_H
#define PFL_FOLD_SHORTEN_H

#include "fold/state.h"

/* What stands in the sample then: the words behind PFL_ABI_WALKED. */
struct pfl_walked {
	uint64_t space;		/* version of the mappings that the walk was of … */
	uint64_t places;	/* … and what they say of its addresses: pfl_unwinding_places() */
	uint64_t count;		/* addresses at the end of the chain that it found */
	uint64_t end, needed;	/* as in struct pfl_walk */
};

/* A sample with so much in it that it may have a dump to lose. */
static inline bool pfl_is_long(const struct perf_event_header *record)
{
	return record->type == PERF_RECORD_SAMPLE && record->size > 512;
}

/*
 * Takes note of a record that is no sample: of processes that have just mapped something, nothing
 * is shortened. 0 or -ENOMEM.
 */
int pfl_shorten_note(struct pfl_fold *fold, const struct perf_event_header *record);

/*
 * Writes @record, which comes straight from a ring and is as long as it says, to @to without
 * its dump, if its walk is known. Returns the bytes written; 0: it has to be taken as it is.
 * There is room for a record at @to, at a multiple of 8.
 */
size_t pfl_shorten(struct pfl_fold *fold, const struct perf_event_header *record, void *to);

#endif
