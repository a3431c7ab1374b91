/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who ends waits: the same time as off-CPU time, charged to the stack that woke the
 * thread (wakeup), or to the one that it waited in, with the waker's on top of it,
 * from its leaf to its root (offwake).
 */
#include "types/interrupt.h"
#include "types/timeline.h"

/* One that never ended has no waker; of others the event may be missing. */
static int take_wakeup(struct pfl_books *books, const struct pfl_span *span)
{
	uint32_t node;

	if (span->kind != PFL_SPAN_OFF)
		return 0;
	node = span->wakers ? span->wakers[0] : books->mark(books, PFL_NONE, "[not seen]");
	return pfl_charge_waits(books, node, 1, span->end - span->begin);
}

/* @top, upside down, above @node. */
static uint32_t turn_over(struct pfl_books *books, uint32_t node, uint32_t top)
{
	node = books->mark(books, node, PFL_BETWEEN);
	for (; top != PFL_NONE && node != PFL_NONE; top = books->stacks->nodes[top].parent)
		node = pfl_stacks_child(books->stacks, node, books->stacks->nodes[top].frame);
	return node;
}

static int take_offwake(struct pfl_books *books, const struct pfl_span *span)
{
	uint32_t node = span->node;

	for (int i = 0; span->wakers && i < PFL_WAKERS_MAX && span->wakers[i] != PFL_NONE &&
	     node != PFL_NONE; i++)
		node = turn_over(books, node, span->wakers[i]);
	return pfl_charge_waits(books, node, 1, span->end - span->begin);
}

static int open_wakeup(struct pfl_books *books)
{
	static const struct pfl_timeline_opts opts = { .wakers = 1, .span = take_wakeup };

	return pfl_timeline_open(books, &opts);
}

static int open_offwake(struct pfl_books *books)
{
	const unsigned int wakers = books->opts->wakers ? books->opts->wakers : 1;
	const struct pfl_timeline_opts opts = {
		.stacks = true, .span = take_offwake,
		.wakers = wakers < PFL_WAKERS_MAX ? wakers : PFL_WAKERS_MAX,
	};

	return pfl_timeline_open(books, &opts);
}

const struct pfl_type pfl_type_wakeup = {
	.info = {
		.type = "wakeup",
		.title = "Wakeups",
		.palette = "aqua",
		PFL_WAIT_VALUES("wakeups"),
	},
	PFL_TIMELINE_ROLES(PFL_SCHED_CLOCK),
	.needs = 1 << PFL_SCHED_WAKING,
	.accountant = PFL_TIMELINE_ACCOUNTANT(open_wakeup),
};

const struct pfl_type pfl_type_offwake = {
	.info = {
		.type = "offwake",
		.title = "Off-CPU time and wakeups",
		.palette = "chain",
		PFL_WAIT_VALUES("waits"),
	},
	PFL_TIMELINE_ROLES(PFL_SCHED_CLOCK),
	.needs = 1 << PFL_SCHED_WAKING,
	.accountant = PFL_TIMELINE_ACCOUNTANT(open_offwake),
};
