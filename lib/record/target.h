/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is recorded: whole CPUs, tasks, or a cgroup.
 */
#ifndef PFL_RECORD_TARGET_H
#define PFL_RECORD_TARGET_H

#include <perf/cpumap.h>
#include <perf/threadmap.h>
#include <perflame/record.h>

#include "record/sys.h"

enum pfl_scope {
	PFL_SCOPE_CPUS,		/* pid -1, each CPU */
	PFL_SCOPE_TASKS,	/* each thread on each CPU */
	PFL_SCOPE_CGROUP,	/* the cgroup's descriptor, each CPU */
};

struct pfl_target {
	struct pfl_ctx *ctx;
	const struct pfl_sys *sys;
	enum pfl_scope scope;
	struct perf_cpu_map *cpus;
	struct perf_thread_map *threads;	/* TASKS; otherwise one, -1 */
	unsigned int nfollowed;		/* the first so many of threads: their children too */
	int cgroup;			/* descriptor, or -1 */
	bool widened;			/* whole CPUs stand in for tasks: filter on reading */
	char *chosen_cpus;		/* all CPUs stand in for these: filter on reading; or NULL */
	char *online;			/* CPUs, as the kernel last listed them; NULL: not yet */
	int32_t *pids, *tids;		/* as asked for; the command is a pid */
	unsigned int npids, ntids;
};

/*
 * Finds the target that @opts name; @command is the process that was started,
 * or 0. 0, -ESRCH, -ENOENT, -EINVAL or -ENOMEM, logged.
 */
int pfl_target_init(struct pfl_target *target, struct pfl_ctx *ctx, const struct pfl_sys *sys,
		    const struct pfl_record_opts *opts, pid_t command);
void pfl_target_free(struct pfl_target *target);

/*
 * Lists the threads anew. 1: there is one that was not there before; 0: there
 * is none; -errno. Threads that ended in between change nothing.
 */
int pfl_target_scan(struct pfl_target *target);

/* The process that thread number @i of ->tids belongs to, or -errno. */
int32_t pfl_target_process(const struct pfl_target *target, unsigned int i);

/* Goes from tasks to whole CPUs. 0 or -ENOMEM. */
int pfl_target_widen(struct pfl_target *target);

/* Goes to all CPUs that are online: which of them were asked for is then found on reading. 0 or -ENOMEM. */
int pfl_target_all_cpus(struct pfl_target *target);

/*
 * Has every process and thread asked for ended? For where poll(2) does not say so: events of
 * whole CPUs, or of everybody, go on.
 */
bool pfl_target_gone(const struct pfl_target *target);

/*
 * Tells of CPUs that went offline since the last call: their events are then
 * dead, though neither poll(2) nor read(2) says so, and stay it.
 */
void pfl_target_watch_cpus(struct pfl_target *target);

/* Was the cgroup removed? */
bool pfl_target_cgroup_gone(const struct pfl_target *target);

#endif
