/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Off-CPU time: from the switch-out to the switch-in, charged to the stack that
 * blocked.
 */
#include "types/timeline.h"

/* What follows the wake-up is not waiting for whatever it was, but for a CPU. */
static int take_span(struct pfl_books *books, const struct pfl_span *span)
{
	uint64_t ready = books->opts->runqueue ? pfl_span_ready(span) : span->end;
	bool blocked = span->kind == PFL_SPAN_OFF || ready == span->end;
	int err = 0;

	if (blocked)
		err = pfl_charge_waits(books, span->node, 1, ready - span->begin);
	if (!err && ready < span->end)	/* of one wait, two parts count once */
		err = pfl_charge_waits(books, books->mark(books, span->node, "[runqueue]"),
				       !blocked, span->end - ready);
	return err;
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
