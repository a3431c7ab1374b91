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

/* What all walks of a fold share; made when first asked for. NULL: out of memory. */
struct pfl_unwinding *pfl_unwinding_of(struct pfl_fold *fold);

/*
 * The walk itself, on any thread that has an @unwinder of its own: in @maps, whose
 * DSOs were noted. @walk's room is PFL_UNWIND_FRAMES_MAX. 0 or -ENOMEM.
 */
int pfl_unwinding_walk(const struct pfl_unwinding *unwinding, struct pfl_unwinder *unwinder,
		       const struct pfl_maps *maps, const struct pfl_sample *sample,
		       struct pfl_walk *walk);

/* Whether the walk is known without walking: then as pfl_unwind_sample() would give it. */
bool pfl_unwinding_known(struct pfl_unwinding *unwinding, const struct pfl_maps *maps,
			 const struct pfl_sample *sample, struct pfl_walk *walk);

/* Takes note of the DSOs that @machine has by now: see fold/dsorules.h. */
int pfl_unwinding_note(struct pfl_unwinding *unwinding, const struct pfl_machine *machine);

/* Says what had no unwind data. NULL is fine. */
void pfl_unwinding_tell(const struct pfl_unwinding *unwinding, struct pfl_ctx *ctx);

void pfl_unwinding_free(struct pfl_unwinding *unwinding);

#endif
