/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of this folder share: the state of one fold. A record goes
 * fold.c (order, dispatch) -> select.c (is its event wanted) -> repair.c (its
 * chain, made whole) -> chain.c (its stack) -> naming.c (at the end, for all).
 */
#ifndef PFL_FOLD_STATE_H
#define PFL_FOLD_STATE_H

#include <perf/cpumap.h>

#include "fold/fold.h"
#include "fold/order.h"
#include "machine/machine.h"
#include "perfdata/event.h"
#include "perfdata/sample.h"
#include "profile/stacks.h"
#include "types/type.h"

struct pfl_memo;
struct pfl_repairs;
struct pfl_unwinding;

struct pfl_fold {
	struct pfl_ctx *ctx;
	struct pfl_fold_opts opts;	/* the strings and lists are ours */
	struct pfl_symbols_origin origin;
	struct perf_cpu_map *cpus;	/* of opts.cpus, or NULL */
	struct pfl_chunks chunks;
	struct pfl_order order;
	struct pfl_events events;
	struct pfl_machine machine;
	struct pfl_stacks stacks;
	struct pfl_symbols *symbols;	/* asked when all has been folded */
	bool kernel_expected;		/* the symbols know that the kernel's will be asked for */
	struct pfl_memo *memo;
	struct pfl_repairs *repairs;		/* NULL: no chain was repaired so far */
	struct pfl_unwinding *unwinding;	/* NULL: no stack was dumped so far */
	uint32_t *frames;		/* of the stack in hand, the innermost first */
	const struct pfl_type *type;	/* NULL: no event was selected yet */
	const struct pfl_event *selected;	/* the event that gave the type, and its like */
	struct pfl_fold_stats stats;
};

/* Decides the type from the options and the events known so far; then fold->type is set. */
void pfl_select(struct pfl_fold *fold);

/* Whether samples of @event go into the profile. */
bool pfl_select_takes(const struct pfl_fold *fold, const struct pfl_event *event);

/* Says what else the recording holds, or why nothing could be selected: 0 or -EINVAL. */
int pfl_select_explain(const struct pfl_fold *fold);

int pfl_chain_init(struct pfl_fold *fold);
void pfl_chain_free(struct pfl_fold *fold);

/* The stack of @sample, taken by @task: its node in fold->stacks. PFL_NONE: out of memory. */
uint32_t pfl_chain_stack(struct pfl_fold *fold, struct pfl_task *task,
			 const struct pfl_sample *sample);

/* Gives every frame its name, once, and merges the stacks into a finished profile. */
int pfl_naming(struct pfl_fold *fold, struct pfl_profile **out);

#endif
