/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Time order. Each CPU's ring is in order by itself; a source empties one ring
 * after the other and ends such a pass with a round. What pass N brings may be
 * older than the newest of pass N - 1, but not than what pass N - 1 found when
 * it began: after a round, everything up to the newest time that the round
 * before had seen is final. So a window of two passes is sorted, never the file.
 * Ties go by the order in which records were added.
 *
 * A recording without rounds, or with times that lie far in the future, would
 * fill memory: when what waits costs WINDOW_BYTES, the older half of it goes.
 * Whatever comes later than it should is handled late, and counted.
 */
#ifndef PFL_FOLD_ORDER_H
#define PFL_FOLD_ORDER_H

#include <linux/perf_event.h>

#include "perfdata/chunk.h"

struct pfl_order_entry {
	uint64_t time;
	const struct perf_event_header *record;
	struct pfl_chunk *chunk;
};

struct pfl_order {
	struct pfl_chunks *chunks;
	int (*emit)(void *data, const struct pfl_order_entry *entry);
	void *data;
	struct pfl_order_entry *entries, *spare;
	uint32_t *runs;		/* where each ascending run of entries begins */
	size_t count, room;
	size_t nruns, runs_room;
	uint64_t newest;	/* time seen so far */
	uint64_t final;		/* nothing this old will come any more */
	uint64_t emitted;	/* time of the newest record handed on */
	uint64_t late;		/* records handed on after newer ones */
};

void pfl_order_init(struct pfl_order *order, struct pfl_chunks *chunks,
		    int (*emit)(void *data, const struct pfl_order_entry *entry),
		    void *data);

/* Drops what still waits. */
void pfl_order_free(struct pfl_order *order);

/* Takes a record, which stands in @chunk. 0, -ENOMEM, or what emit returned. */
int pfl_order_add(struct pfl_order *order, uint64_t time, const struct perf_event_header *record,
		  struct pfl_chunk *chunk);

/* A pass has ended: hands on what is final. */
int pfl_order_round(struct pfl_order *order);

/* Nothing more comes: hands on all. */
int pfl_order_end(struct pfl_order *order);

#endif
