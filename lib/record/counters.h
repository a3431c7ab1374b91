/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The events of a session, opened on every CPU and task of its target.
 *
 * What is asked for is everything; what an older kernel, a machine without a
 * PMU or missing rights refuse is taken back step by step, and everything
 * opened again, so that in the end all descriptors of an event are alike.
 */
#ifndef PFL_RECORD_COUNTERS_H
#define PFL_RECORD_COUNTERS_H

#include <perf/evlist.h>
#include <perf/evsel.h>

#include "record/rights.h"
#include "record/spec.h"
#include "record/target.h"
#include "record/tracing.h"

#define PFL_COUNTERS_MAX 16

/* How much of a ring is filled when its reader is woken; of one less than twice as large, half. */
#define PFL_WAKE_BYTES (512u << 10)

struct pfl_counter {
	const struct pfl_event_spec *spec;	/* NULL: tells of mappings and tasks */
	struct perf_evsel *evsel;
	char name[80];		/* with what it leaves out: "task-clock:u" */
	int *fds;		/* by thread * number of CPUs + CPU; -1: not there */
	uint64_t *ids;		/* of those that are there */
	unsigned int nids;
	/* By pfl_counters_read(): how often it occurred, and how many records of it were dropped. */
	uint64_t occurred, lost;
};

struct pfl_counters {
	struct pfl_ctx *ctx;
	const struct pfl_sys *sys;
	const struct pfl_rights *rights;
	const struct pfl_target *target;
	const struct pfl_type_spec *type;
	const struct pfl_record_opts *opts;
	struct pfl_tracing tracing;
	struct perf_evlist *evlist;
	struct pfl_counter list[PFL_COUNTERS_MAX];	/* the first is the one without spec */
	unsigned int count;
	unsigned int ncpus, nthreads;
	bool *dead;		/* threads that had ended when they were to be opened */
	bool command;		/* starts with the exec of the command */
	unsigned int freq;
	enum pfl_call_graph call_graph;
	unsigned int dump_bytes;	/* of user stack with each event */
	/* What had to go. */
	bool no_lost, no_page_size, no_pmu, no_tracepoints, only_needed, user_only, no_dump;
	const char *out_of_reach;	/* one of the tracepoints that are left out, and why */
	int out_of_reach_err;
	int stand_in_err;		/* with no_tracepoints: what tracefs said; 0: it was perf_event_open */
	bool told;		/* what is left out from the start: once is enough */
	/* What failed last. */
	const struct pfl_counter *failed;
	int32_t failed_tid;
};

/*
 * Opens everything, disabled. @command: the target is one that has yet to be
 * exec'ed. 0; -EMFILE, not logged: too many; or -errno, logged. Whatever comes
 * back, pfl_counters_free() follows.
 */
int pfl_counters_open(struct pfl_counters *counters, struct pfl_ctx *ctx, const struct pfl_sys *sys,
		      const struct pfl_rights *rights, const struct pfl_target *target,
		      const struct pfl_type_spec *type, const struct pfl_record_opts *opts,
		      bool command);
void pfl_counters_free(struct pfl_counters *counters);

struct perf_event_attr *pfl_counter_attr(const struct pfl_counter *counter);

/* The descriptor of @counter on CPU and thread number @cpu and @thread, or -1. */
static inline int pfl_counter_fd(const struct pfl_counters *counters,
				 const struct pfl_counter *counter, unsigned int cpu,
				 unsigned int thread)
{
	return counter->fds[(size_t)thread * counters->ncpus + cpu];
}

/* Asks each for the id its records carry, once rings are attached. 0 or -errno, logged. */
int pfl_counters_ids(struct pfl_counters *counters);

/* Starts those that tell of mappings and tasks, or the others. */
void pfl_counters_enable(const struct pfl_counters *counters, bool mappings);
void pfl_counters_disable(const struct pfl_counters *counters);

/* Reads the kernel's own counts. Of those that dropped records it keeps none before 6.0. */
void pfl_counters_read(struct pfl_counters *counters);

/* Whether one of them records all tasks, whatever the target, and so never ends by itself. */
bool pfl_counters_of_everybody(const struct pfl_counters *counters);

/* How many descriptors there are. */
unsigned int pfl_counters_nfds(const struct pfl_counters *counters);

#endif
