/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that sleep when recording begins: where they do, as /proc tells it. One
 * that never wakes up makes no event at all, and a deadlock is exactly that.
 *
 * Nobody is stopped for it: ptrace(2) would make system calls return.
 */
#ifndef PFL_RECORD_SLEEPERS_H
#define PFL_RECORD_SLEEPERS_H

#include "record/kernelstack.h"
#include "record/markers.h"
#include "record/sys.h"
#include "util/context.h"

struct pfl_sleepers {
	struct pfl_ctx *ctx;
	const struct pfl_sys *sys;
	struct pfl_markers *markers;
	bool count_only;	/* nobody asked for them: how many there are is enough */
	/* Called after each thread, if not NULL: the rings fill meanwhile. */
	int (*between)(void *data);
	void *data;
	uint64_t found;		/* that sleep */
	struct pfl_kernel_names names;
	bool have_names, no_kernel, no_user;
	struct pfl_strbuf path, text;
	uint64_t kernel[PFL_KERNEL_STACK_MAX];
	unsigned char *stack;
};

/* Reads what is needed of the kernel, which takes a moment, unless @count_only. 0 or -ENOMEM. */
int pfl_sleepers_init(struct pfl_sleepers *sleepers, struct pfl_ctx *ctx, const struct pfl_sys *sys,
		      struct pfl_markers *markers, bool count_only);
void pfl_sleepers_free(struct pfl_sleepers *sleepers);

/* Each hands markers on. One that ends meanwhile is fine. 0, -ENOMEM, or what the sink said. */
int pfl_sleepers_thread(struct pfl_sleepers *sleepers, int32_t pid, int32_t tid);
int pfl_sleepers_process(struct pfl_sleepers *sleepers, int32_t pid);
int pfl_sleepers_all(struct pfl_sleepers *sleepers);

/* Those of the cgroup whose directory is @dir, and of those below it. */
int pfl_sleepers_cgroup(struct pfl_sleepers *sleepers, int dir);

/* Says which half of their stacks was out of reach, and what would bring it. */
void pfl_sleepers_explain(const struct pfl_sleepers *sleepers);

#endif
