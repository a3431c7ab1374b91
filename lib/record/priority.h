/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose turn it is. On a box that has hundreds of tasks for each CPU, one that waits for its
 * turn as all others do finds full rings: 400 tasks of 3 ms each are a second. So the thread
 * that empties them goes before others, where it may (CAP_SYS_NICE, RLIMIT_RTPRIO), at the
 * lowest of the real-time priorities. It takes no more CPU for that than it would; and should
 * it ever, the kernel leaves the others their part (kernel.sched_rt_runtime_us).
 *
 * Whoever gave the process another policy or niceness meant it: then it stays so.
 */
#ifndef PFL_RECORD_PRIORITY_H
#define PFL_RECORD_PRIORITY_H

#include "record/sys.h"
#include "util/context.h"

/*
 * Lets the calling thread, but none that it starts, go before others. 0; 1: it was chosen
 * when its turn is, and stays so; -EPERM.
 */
int pfl_priority_raise(struct pfl_ctx *ctx, const struct pfl_sys *sys);

/* Takes that back. */
void pfl_priority_restore(const struct pfl_sys *sys);

#endif
