/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this process may record, and what would have to change for it to see more.
 * The kernel decides; this only explains it.
 */
#ifndef PFL_RECORD_RIGHTS_H
#define PFL_RECORD_RIGHTS_H

#include "record/sys.h"
#include "util/context.h"

struct pfl_rights {
	int paranoid;		/* kernel.perf_event_paranoid; 2 where it cannot be read */
	int kptr_restrict;	/* kernel.kptr_restrict */
	int mlock_kb;		/* kernel.perf_event_mlock_kb */
	bool perfmon;		/* CAP_PERFMON, or CAP_SYS_ADMIN, which includes it */
	bool syslog;		/* CAP_SYSLOG */
	bool ipc_lock;		/* CAP_IPC_LOCK */
};

void pfl_rights_read(struct pfl_rights *rights, const struct pfl_sys *sys);

/* What was refused. */
enum pfl_refused {
	PFL_REFUSED_CPUS,	/* whole CPUs, or a cgroup on them */
	PFL_REFUSED_TASK,	/* a process, even its user side alone */
	PFL_REFUSED_KERNEL,	/* the kernel's side of a process */
	PFL_REFUSED_TRACEPOINT,
};

/*
 * Logs why perf_event_open(2) said @err, and the remedy; @pid is the task that
 * was asked for, or -1. Gives back @err.
 */
int pfl_rights_explain(struct pfl_ctx *ctx, const struct pfl_sys *sys,
		       const struct pfl_rights *rights, enum pfl_refused what, int32_t pid, int err);

/* Tells that only the user side is recorded, and what would bring the kernel's; @waits: of waits, too. */
void pfl_rights_note_user_only(struct pfl_ctx *ctx, const struct pfl_rights *rights, bool waits);

/*
 * Tells that context-switches stands in for sched:sched_switch. @tracefs: the command that
 * brings tracefs into reach, or NULL where it is.
 */
void pfl_rights_note_stand_in(struct pfl_ctx *ctx, const struct pfl_rights *rights, const char *tracefs);

/* Tells that the memory of threads that sleep may not be read; @ptrace: CAP_SYS_PTRACE was there. */
void pfl_rights_warn_memory(struct pfl_ctx *ctx, bool ptrace);

/* Tells that kernel frames stay without names, and what would bring them. */
void pfl_rights_warn_kptr(struct pfl_ctx *ctx, const struct pfl_rights *rights);

/* Tells that the mappings of @count processes may not be read. */
void pfl_rights_warn_hidden(struct pfl_ctx *ctx, unsigned int count);

/* Where we are inside a PID namespace: tells what a recording of whole CPUs then lacks. */
void pfl_rights_warn_namespace(struct pfl_ctx *ctx, const struct pfl_sys *sys);

/*
 * Raises the soft limit of open files towards the hard one, so that @need fit.
 * Whether they do.
 */
bool pfl_rights_raise_files(struct pfl_ctx *ctx, const struct pfl_sys *sys, uint64_t need);

/*
 * Keeps of this thread's capabilities those that are needed once the events are
 * open; @command: one was started, and may have to be stopped. 0 or -errno, logged.
 */
int pfl_rights_drop(struct pfl_ctx *ctx, const struct pfl_sys *sys, bool command);

#endif
