/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Off-CPU time: from the switch-out to the switch-in, charged to the stack that
 * blocked.
 */
#include "types/timeline.h"

/* What follows the wake-up is not waiting for whatever it was, but for a CPU. */
static int take_span(struct pfl_books *books, const struct pfl_span *span)
{
	uint64_t ready = span->kind == PFL_SPAN_READY ? span->begin :
			 span->woken ? span->woken : span->end;
	int err;

	if (!books->opts->runqueue || ready == span->end)
		return pfl_charge_waits(books, span->node, 1, span->end - span->begin);
	if (span->kind == PFL_SPAN_READY)
		return pfl_charge_waits(books, books->mark(books, span->node, "[runqueue]"), 1,
					span->end - span->begin);
	err = pfl_charge_waits(books, span->node, 1, ready - span->begin);
	return err ? err : pfl_charge_waits(books, books->mark(books, span->node, "[runqueue]"), 0,
					    span->end - ready);
}

static int open_books(struct pfl_books *books)
{
	static const struct pfl_timeline_opts opts = { .stacks = true, .span = take_span };

	return pfl_timeline_open(books, &opts);
}

const struct pfl_type pfl_type_offcpu = {
	.info = {
		.type = "offcpu",
		.title = "Off-CPU time",
		.palette = "blue",
		PFL_WAIT_VALUES("waits"),
	},
	PFL_TIMELINE_ROLES(PFL_SCHED_CLOCK),
	.accountant = PFL_TIMELINE_ACCOUNTANT(open_books),
};
