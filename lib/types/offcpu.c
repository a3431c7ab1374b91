/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Off-CPU time: from the switch-out to the switch-in, charged to the stack that
 * blocked.
 */
#include <errno.h>

#include "types/timeline.h"

static int charge(struct pfl_books *books, uint32_t node, uint64_t count, uint64_t ns)
{
	const uint64_t values[PFL_VALUES] = { count, ns };

	if (node == PFL_NONE)
		return -ENOMEM;
	pfl_stacks_charge(books->stacks, node, values);
	return 0;
}

/* What follows the wake-up is not waiting for whatever it was, but for a CPU. */
static int take_span(struct pfl_books *books, const struct pfl_span *span)
{
	uint64_t ready = span->kind == PFL_SPAN_READY ? span->begin :
			 span->woken ? span->woken : span->end;
	int err;

	if (!books->opts->runqueue || ready == span->end)
		return charge(books, span->node, 1, span->end - span->begin);
	if (span->kind == PFL_SPAN_READY)
		return charge(books, books->mark(books, span->node, "[runqueue]"), 1,
			      span->end - span->begin);
	err = charge(books, span->node, 1, ready - span->begin);
	return err ? err : charge(books, books->mark(books, span->node, "[runqueue]"), 0,
				  span->end - ready);
}

static int open_books(struct pfl_books *books)
{
	static const struct pfl_timeline_opts opts = { .stacks = true, .span = take_span };
	struct pfl_timeline *timeline = NULL;
	int err = pfl_timeline_new(books, &opts, &timeline);

	books->state = timeline;
	return err;
}

static void close_books(struct pfl_books *books)
{
	pfl_timeline_free(books->state);
}

static int take_item(struct pfl_books *books, const struct pfl_item *item)
{
	return pfl_timeline_item(books->state, item);
}

static int take_change(struct pfl_books *books, const struct pfl_change *change)
{
	return pfl_timeline_change(books->state, change);
}

static int end(struct pfl_books *books, uint64_t time)
{
	return pfl_timeline_end(books->state, time);
}

static const struct pfl_accountant accountant = {
	.open = open_books,
	.item = take_item,
	.change = take_change,
	.end = end,
	.close = close_books,
};

const struct pfl_type pfl_type_offcpu = {
	.info = {
		.type = "offcpu",
		.title = "Off-CPU time",
		.palette = "blue",
		.nvalues = 2,
		.main_value = 1,
		.values = {
			{ .name = "count", .unit = "blocks", .folded_div = 1 },
			{ .name = "time", .unit = "ns", .folded_div = 1000 },
		},
	},
	.roles = pfl_sched_roles,
	.nroles = PFL_SCHED_ROLES,
	.leads = 3,
	.together = 1 << PFL_SCHED_SWITCH | 1 << PFL_SCHED_CONTEXT | 1 << PFL_SCHED_SLEEPER,
	.accountant = &accountant,
};
