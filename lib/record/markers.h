/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the recorder itself says in a recording, in the midst of the kernel's
 * records: see perfdata/marker.h. Its event is never opened: nothing but these
 * records comes from it, live as well as in a file.
 */
#ifndef PFL_RECORD_MARKERS_H
#define PFL_RECORD_MARKERS_H

#include <linux/perf_event.h>
#include <stdbool.h>

#include "record/ring.h"
#include "record/target.h"
#include "unwind/arch/arch.h"
#include "util/strbuf.h"

struct pfl_markers {
	struct perf_event_attr attr;
	uint64_t id;
	char name[32];
	const struct pfl_arch *arch;	/* NULL: without stacks of the user side */
	pfl_ring_sink *sink;
	void *data;
	struct pfl_strbuf record;	/* the one being made */
	struct pfl_strbuf text;		/* and what it says */
};

/* A thread that sleeps, and the stack that it sleeps in. */
struct pfl_sleeper {
	int32_t pid, tid;
	uint64_t time;		/* before it was looked at */
	char state;
	const uint64_t *kernel;	/* addresses, the innermost first */
	unsigned int nkernel;
	const char *wchan;	/* where it sleeps, where ->kernel does not say it; or NULL */
	bool in_futex;		/* it sleeps in futex(2), … */
	uint32_t futex_op;	/* … by this operation */
	uint64_t sp, pc;	/* in user space; 0: not known */
	const void *stack;	/* what stands at ->sp */
	size_t stack_size;
};

/* @clock: the attr of an event that is recorded, whose clock and ids are the markers', too. */
void pfl_markers_init(struct pfl_markers *markers, const char *type,
		      const struct perf_event_attr *clock, pfl_ring_sink *sink, void *data);
void pfl_markers_free(struct pfl_markers *markers);

/*
 * What is recorded, and what of it was asked for. 0, -ENOMEM, -E2BIG where that are more tasks
 * than a record can list, or what the sink said.
 */
int pfl_markers_start(struct pfl_markers *markers, uint64_t time, const struct pfl_target *target);

/* @left_out: threads that slept when recording began, and were not looked at. */
int pfl_markers_end(struct pfl_markers *markers, uint64_t time, uint64_t left_out);

int pfl_markers_sleeper(struct pfl_markers *markers, const struct pfl_sleeper *sleeper);

#endif
