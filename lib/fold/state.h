/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of this folder share: the state of one fold. A record goes
 * fold.c (order) -> ahead.c (its dumped stack, unwound) -> fold.c (dispatch) ->
 * select.c (is its event wanted) -> account.c (what it is worth, where that takes
 * several) -> repair.c (its chain, made whole) -> chain.c (its stack) -> naming.c
 * (at the end, for all).
 */
#ifndef PFL_FOLD_STATE_H
#define PFL_FOLD_STATE_H

#include <perf/cpumap.h>

#include "fold/fold.h"
#include "fold/order.h"
#include "machine/machine.h"
#include "perfdata/event.h"
#include "perfdata/feed.h"
#include "perfdata/sample.h"
#include "perfdata/tracepoint.h"
#include "profile/stacks.h"
#include "types/type.h"

struct pfl_ahead;
struct pfl_memo;
struct pfl_repairs;
struct pfl_rewriting;
struct pfl_unwinding;

/* Where the fields that a role names stand in the samples of @of. */
struct pfl_fields {
	const struct pfl_event *of;
	unsigned int count;
	struct pfl_field list[PFL_ROLE_FIELDS];
};

/* Of an event: its samples here, and what the recorder says of it. */
struct pfl_counted {
	uint64_t samples, occurred, lost;
	bool told;	/* … which it does */
};

struct pfl_fold {
	struct pfl_ctx *ctx;
	struct pfl_fold_opts opts;	/* the strings and lists are ours */
	struct pfl_symbols_origin origin;
	struct perf_cpu_map *cpus;	/* of opts.cpus, or NULL */
	struct pfl_chunks chunks;
	struct pfl_feed feed;		/* of what is pushed */
	struct pfl_order order;
	struct pfl_events events;
	struct pfl_machine machine;
	struct pfl_stacks stacks;
	struct pfl_table shown;		/* with opts.keep_tasks: what a thread's root is called, by its own name */
	struct pfl_symbols *symbols;	/* asked when all has been folded */
	bool fetches;			/* … and may ask servers for what is not here */
	bool kernel_expected;		/* the symbols know that the kernel's will be asked for */
	struct pfl_memo *memo;
	const struct pfl_table *mapping;	/* processes whose mappings change by what has still to come; or NULL */
	struct pfl_table waiting;	/* by pid: how many such records came, and wait for their turn */
	struct pfl_repairs *repairs;		/* NULL: no chain was repaired so far */
	pfl_fold_aside *aside;		/* NULL: what takes long is done here and now */
	void *aside_data;
	struct pfl_unwinding *unwinding;	/* NULL: no stack was dumped so far */
	struct pfl_ahead *ahead;	/* NULL: live, or no event dumps stacks */
	bool begun;			/* the first record has come out of the window */
	uint32_t *frames;		/* of the stack in hand, the innermost first */
	struct pfl_rewriting *rewriting;	/* NULL: what comes out is a profile */
	const struct pfl_type *type;	/* NULL: no event was selected yet */
	const struct pfl_event *selected;	/* the event that leads to the type */
	int8_t *roles;			/* by number of event: its role in the type, or -1 */
	unsigned int nroles;
	struct pfl_books books;		/* of a type that has an accountant … */
	bool opened;			/* … which has been told so */
	int open_err;			/* … and what came of it */
	struct pfl_fields fields[PFL_ROLES_MAX];	/* by role */
	uint64_t newest;		/* time of all that was handled */
	/* What the recorder said of itself; 0: nothing. */
	uint64_t end;
	int32_t self;
	struct pfl_counted counted[PFL_EVENT_COUNTS];	/* by number of event */
	struct pfl_fold_stats stats;
};

/*
 * Decides the type from the options and the events known so far, and each
 * event's role in it. Again where events have come since. 0 or -ENOMEM.
 */
int pfl_select(struct pfl_fold *fold);

/* Says what else the recording holds, or why nothing could be selected: 0 or -EINVAL. */
int pfl_select_explain(const struct pfl_fold *fold);

/* The node that the stacks of @task start from; PFL_NONE: out of memory, or without a root. */
uint32_t pfl_chain_root(struct pfl_fold *fold, struct pfl_task *task);

/* The node of @mark, which is not code, below @node. PFL_NONE: out of memory. */
uint32_t pfl_chain_mark(struct pfl_fold *fold, uint32_t node, const char *mark);

int pfl_chain_init(struct pfl_fold *fold);
void pfl_chain_free(struct pfl_fold *fold);

/* The stack of @sample, taken by @task: its node in fold->stacks. PFL_NONE: out of memory. */
uint32_t pfl_chain_stack(struct pfl_fold *fold, struct pfl_task *task,
			 const struct pfl_sample *sample);

/* The kernel's part of it, below PFL_INTERRUPT. PFL_NONE: out of memory. */
uint32_t pfl_chain_interrupt(struct pfl_fold *fold, const struct pfl_sample *sample);

/* Counts a sample of @event, which may be NULL, whatever becomes of it. */
void pfl_counted_sample(struct pfl_fold *fold, const struct pfl_event *event);

/* Takes a READ record. */
void pfl_counted_read(struct pfl_fold *fold, const struct perf_event_header *record);

/* At the end: all of it to the stats. */
void pfl_counted_list(struct pfl_fold *fold);

/* Takes what the recorder itself has to say. 0 or -ENOMEM. */
int pfl_fold_marker(struct pfl_fold *fold, const struct pfl_sample *sample);

/* From now on only what fold->opts lists of processes and threads is wanted. */
void pfl_fold_choose(struct pfl_fold *fold);

/* The accountant of fold->type takes @sample, of the event that plays @role. 0 or -ENOMEM. */
int pfl_account_sample(struct pfl_fold *fold, const struct pfl_sample *sample, unsigned int role);

/* … and what the recorder said, which counts as no sample. 0 or -ENOMEM. */
int pfl_account_marker(struct pfl_fold *fold, const struct pfl_sample *sample, unsigned int role);

/* … and what @record, which is no sample, tells of tasks. 0 or -ENOMEM. */
int pfl_account_record(struct pfl_fold *fold, const struct perf_event_header *record);

/* … and the end of the recording. 0 or -ENOMEM. */
int pfl_account_end(struct pfl_fold *fold);

void pfl_account_free(struct pfl_fold *fold);

/* Whether what @task did on @cpu was asked for. */
bool pfl_fold_wants(const struct pfl_fold *fold, const struct pfl_task *task, uint32_t cpu);

/* The node of @sample's stack, which it counts as one that is looked at. PFL_NONE: out of memory. */
uint32_t pfl_fold_stack(struct pfl_fold *fold, struct pfl_task *task,
			const struct pfl_sample *sample);

/* … of its part in the kernel alone, below PFL_INTERRUPT. */
uint32_t pfl_fold_interrupt(struct pfl_fold *fold, const struct pfl_sample *sample);

/* Handles a record, which is next. 0 or -errno. */
int pfl_fold_handle(struct pfl_fold *fold, const struct perf_event_header *record, uint64_t time);

/* Whether @record, a sample, will be looked at: *@sample is what it holds. After pfl_select(). */
bool pfl_fold_takes(const struct pfl_fold *fold, const struct perf_event_header *record,
		    struct pfl_sample *sample);

/* Tells @machine what @record, which is no sample, says of tasks and mappings. 0 or -ENOMEM. */
int pfl_fold_apply(const struct pfl_fold *fold, struct pfl_machine *machine,
		   const struct perf_event_header *record);

/* Counts a sample that went into the profile. */
void pfl_fold_count(struct pfl_fold *fold, const struct pfl_sample *sample);

/* Gives every frame its name, once, and merges the stacks into a finished profile. */
int pfl_naming(struct pfl_fold *fold, struct pfl_profile **out);

#endif
