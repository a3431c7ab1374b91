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

	return pfl_timeline_open(books, &opts);
}

static const struct pfl_accountant accountant = {
	.open = open_books,
	.item = pfl_timeline_item,
	.change = pfl_timeline_change,
	.end = pfl_timeline_end,
	.close = pfl_timeline_close,
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
	.nroles = PFL_SCHED_CLOCK,
	.leads = PFL_SCHED_LEADS,
	.together = PFL_SCHED_TOGETHER,
	.accountant = &accountant,
};
