/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Dumped stacks: registers and the top of the stack that the kernel copied into
 * a sample become the addresses of all callers, by the CFI of what is mapped.
 */
#ifndef PFL_FOLD_UNWIND_H
#define PFL_FOLD_UNWIND_H

#include "fold/state.h"
#include "unwind/walk.h"

/* Beyond it a stack is a recursion out of hand: its root is marked. */
#define PFL_UNWIND_FRAMES_MAX 1024

/*
 * Walks the user stack of @sample, taken by @task, as far as its dump reaches, and
 * goes on along the frame pointers that the kernel followed, where they meet.
 * @walk's addresses are valid until the next call; a count of 0 says that there was
 * nothing to walk: no dump, or one of a machine that we cannot unwind. 0 or -ENOMEM.
 */
int pfl_unwind_sample(struct pfl_fold *fold, const struct pfl_task *task,
		      const struct pfl_sample *sample, struct pfl_walk *walk);

void pfl_unwinding_free(struct pfl_unwinding *unwinding);

#endif
