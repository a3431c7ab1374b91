/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A ring that the kernel writes records into, and we read out in bulk. Source of
 * the protocol: "struct perf_event_mmap_page" in <linux/perf_event.h>.
 *
 * Of a record only what accounting takes is looked at: its header, and who and
 * when of a sample, which stand at the same place in all our samples.
 */
#ifndef PFL_RECORD_RING_H
#define PFL_RECORD_RING_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "util/table.h"

/* In a sample of IDENTIFIER|IP|TID|TIME|…, which all our samples are. */
#define PFL_SAMPLE_ID_AT 8
#define PFL_SAMPLE_PID_AT 24
#define PFL_SAMPLE_TIME_AT 32

struct pfl_ring {
	struct perf_event_mmap_page *page;	/* NULL: this CPU has no ring */
	unsigned char *data;
	uint64_t size;		/* of data: a power of two */
	uint64_t until;		/* the kernel's head when a pass over all rings began */
	uint64_t looked;	/* and how far pfl_ring_look() came */
	bool in_hand;		/* pfl_ring_drain() is about it */
};

#define PFL_RING_EVENTS 16

/* What came out of the rings so far. */
struct pfl_ring_tally {
	uint64_t samples;	/* handed on */
	uint64_t own;		/* samples of this process, left out */
	uint64_t lost;		/* events dropped, as the kernel's LOST records say */
	uint64_t throttled;
	uint64_t mapped;	/* records that say how address spaces change: mapped.h */
	uint64_t bytes;
	uint64_t bad;		/* times that a record had a size that cannot be */
	uint64_t first, last;	/* time of the first and last sample; 0: none */
	struct pfl_table events; /* numbers of the events, by the ids that their samples carry */
	uint64_t last_id;	/* the one looked up last: most samples are of the event before */
	uint32_t last_event;
	uint64_t by_event[PFL_RING_EVENTS];	/* samples and own, by those numbers */
	uint64_t own_by_event[PFL_RING_EVENTS];
};

#define PFL_RING_NOBODY (-2)	/* no process: 0 is the idle task, -1 one that has just ended */

#define PFL_RING_PARTS 64

/* Takes whole records, in at most PFL_RING_PARTS pieces. 0 or -errno. */
typedef int pfl_ring_sink(void *data, const struct iovec *parts, int nparts);

/* How far the kernel has written by now. */
uint64_t pfl_ring_head(const struct pfl_ring *ring);

/*
 * Looks through all that is in the ring by now for processes whose mappings change, and adds
 * their numbers to @pids. 0 or -ENOMEM.
 */
int pfl_ring_look(struct pfl_ring *ring, struct pfl_table *pids);

/*
 * Hands what is in the ring up to @until to @sink and frees its place. Samples of process
 * @self (PFL_RING_NOBODY: none) are left out: recording the recorder says nothing of the box. What
 * @sink refuses is gone. 0, or what @sink said.
 */
int pfl_ring_drain(struct pfl_ring *ring, uint64_t until, pid_t self, pfl_ring_sink *sink,
		   void *data, struct pfl_ring_tally *tally);

#endif
