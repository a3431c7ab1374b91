/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tracepoints: where tracefs is, what id a tracepoint has and what its records
 * hold, for the kernel and for the readers of a recording.
 */
#ifndef PFL_RECORD_TRACING_H
#define PFL_RECORD_TRACING_H

#include "record/sys.h"
#include "util/context.h"
#include "util/strbuf.h"

struct pfl_tracing {
	struct pfl_ctx *ctx;
	const struct pfl_sys *sys;
	int dir;	/* tracefs; -1: not looked for yet */
	struct tracepoint *points;
	unsigned int count;
};

void pfl_tracing_init(struct pfl_tracing *tracing, struct pfl_ctx *ctx, const struct pfl_sys *sys);
void pfl_tracing_free(struct pfl_tracing *tracing);

/*
 * Finds the tracepoint @name ("sched:sched_switch") and sets *id to what
 * perf_event_attr.config takes. 0; -ENOENT: this kernel has no such tracepoint;
 * -EACCES, -EPERM, -ENODEV: tracefs is out of reach. Nothing is logged:
 * there may be something that does instead.
 */
int pfl_tracing_add(struct pfl_tracing *tracing, const char *name, uint64_t *id);

/* Logs why pfl_tracing_add() said @err, and the remedy. Gives back @err. */
int pfl_tracing_explain(const struct pfl_tracing *tracing, const char *name, int err);

/* What root has to do for tracefs to be in reach, after -EACCES or -EPERM: a command, to @buf. */
const char *pfl_tracing_remedy(int err, char *buf, size_t size);

/*
 * Appends the body of a TRACING_DATA feature for all that was added. Source of
 * its layout: tools/perf/util/trace-event-read.c of the kernel.
 * 0 or -errno, logged.
 */
int pfl_tracing_data(const struct pfl_tracing *tracing, struct pfl_strbuf *out);

#endif
