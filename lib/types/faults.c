/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page faults: memory that was touched and was not there. Below the stack that
 * touched it stands what memory it was, and whether a disk had to be waited for
 * (major) or not (minor): "[heap minor]"; as much of it as the recording tells.
 *
 * What a fault is worth in bytes is an estimate: the page that it brought, which is
 * large where the kernel chose so. Of a file it may have brought its neighbours too.
 */
#include <errno.h>
#include <stdio.h>

#include "types/type.h"

enum { ANY, MINOR, MAJOR };

static bool counts(const struct pfl_event *event, uint64_t config)
{
	return event->attr.type == PERF_TYPE_SOFTWARE && event->attr.config == config;
}

static bool takes_any(const struct pfl_event *event)
{
	return counts(event, PERF_COUNT_SW_PAGE_FAULTS);
}

static bool takes_minor(const struct pfl_event *event)
{
	return counts(event, PERF_COUNT_SW_PAGE_FAULTS_MIN);
}

static bool takes_major(const struct pfl_event *event)
{
	return counts(event, PERF_COUNT_SW_PAGE_FAULTS_MAJ);
}

static const struct pfl_role roles[] = {
	[ANY] = { .takes = takes_any },
	[MINOR] = { .takes = takes_minor },
	[MAJOR] = { .takes = takes_major },
};

/* The node of what was touched, below @node. */
static uint32_t mark_memory(struct pfl_books *books, const struct pfl_item *item, uint32_t node)
{
	static const char *const faults[] = { [ANY] = "", [MINOR] = "minor", [MAJOR] = "major" };
	const char *memory = books->memory(books, item);
	const char *fault = faults[item->role];
	char mark[32];

	if (!memory && !*fault)
		return node;
	snprintf(mark, sizeof(mark), "[%s%s%s]", memory ? memory : "", memory && *fault ? " " : "",
		 fault);
	return books->mark(books, node, mark);
}

static bool is_left_out(const struct pfl_books *books, unsigned int role)
{
	return (books->opts->major && role != MAJOR) || (books->opts->minor && role != MINOR);
}

static int take(struct pfl_books *books, const struct pfl_item *item)
{
	const struct pfl_sample *sample = item->sample;
	uint64_t page = sample->page_size ? sample->page_size : books->page_size;
	uint64_t values[PFL_VALUES] = { sample->period };
	uint32_t node;

	if (is_left_out(books, item->role) || !books->wants(books, item))
		return PFL_LEFT_OUT;
	if (__builtin_mul_overflow(sample->period, page, &values[1]))
		values[1] = UINT64_MAX;
	node = books->stack(books, item);
	if (node != PFL_NONE)
		node = mark_memory(books, item, node);
	if (node == PFL_NONE)
		return -ENOMEM;
	pfl_stacks_charge(books->stacks, node, values);
	return 0;
}

const struct pfl_type pfl_type_faults = {
	.info = {
		.type = "faults",
		.title = "Page faults",
		.palette = "green",
		.nvalues = 2,
		.values = {
			{ .name = "count", .unit = "faults", .folded_div = 1 },
			{ .name = "bytes", .unit = "bytes", .folded_div = 1 },
		},
	},
	.roles = roles,
	.nroles = 3,
	.leads = 3,
	.together = 1 << MINOR | 1 << MAJOR,
	.memory = true,
	.accountant = &(const struct pfl_accountant){ .item = take },
};
