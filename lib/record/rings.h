/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rings of a session: one for each CPU, which all events of that CPU write into.
 */
#ifndef PFL_RECORD_RINGS_H
#define PFL_RECORD_RINGS_H

#include "record/counters.h"
#include "record/ring.h"

struct pfl_rings {
	const struct pfl_counters *counters;
	struct pfl_ring *list;	/* by number of CPU */
	size_t *watched;	/* of each: which of its descriptors poll(2) gets */
	unsigned int count;
	unsigned int live;	/* CPUs that have a ring */
	uint64_t size;		/* bytes of each */
};

/*
 * Maps the rings, @pages each, a power of two; halves them as often as the kernel
 * refuses, and says so. 0 or -errno, logged. pfl_rings_free() follows in any case.
 */
int pfl_rings_open(struct pfl_rings *rings, const struct pfl_counters *counters,
		   unsigned int pages);
void pfl_rings_free(struct pfl_rings *rings);

/* A pass begins: it goes as far as the kernel has written by now. */
void pfl_rings_begin(const struct pfl_rings *rings);

/*
 * Adds the processes whose mappings change to @pids: by any record that was written before the
 * last one of the pass was. What a sample of another process stands in was known before it.
 * 0 or -ENOMEM.
 */
int pfl_rings_look(const struct pfl_rings *rings, struct pfl_table *pids);

/*
 * Empties every ring once, as far as the pass goes; but not one that is just being emptied.
 * 0, or what @sink said; all are emptied nevertheless.
 */
int pfl_rings_drain(const struct pfl_rings *rings, pid_t self, pfl_ring_sink *sink, void *data,
		    struct pfl_ring_tally *tally);

/*
 * Sets fds[0 … count-1], one for each ring, for poll(2). A ring whose events have
 * all ended (their tasks have, and all they forked) gets -1.
 */
void pfl_rings_watch(const struct pfl_rings *rings, struct pollfd *fds);

/* Looks at what poll(2) said of @fds; false: the events of all rings have ended. */
bool pfl_rings_alive(struct pfl_rings *rings, const struct pollfd *fds);

#endif
