/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Wall-clock time: of each thread, what it was on a CPU, blocked, and waiting for a
 * CPU, which add up to its life in the recording. All three come from its
 * switches. What the time on a CPU was made of, samples say: it is divided by
 * them when all is known, thread by thread.
 */
#include <errno.h>
#include <stdlib.h>

#include "profile/profile.h"
#include "types/timeline.h"
#include "util/array.h"

/* What one thread was seen to do on a CPU, of the stack @node. */
struct share {
	uint32_t thread, node;
	uint64_t samples, weight;
};

struct thread {
	int32_t pid, tid;
	uint64_t on_ns;
	uint64_t weight;	/* of all its samples */
	uint64_t charged;	/* of on_ns, so far */
	uint64_t weighed;	/* of weight, so far */
};

struct wall {
	struct thread *threads;
	uint32_t nthreads, threads_room;
	struct pfl_table by_tid;
	struct share *shares;
	uint32_t nshares, shares_room;
	struct pfl_table by_thread_and_node;
};

/* NULL: out of memory. */
static struct thread *thread_of(struct wall *wall, int32_t pid, int32_t tid)
{
	uint32_t *number = pfl_table_put(&wall->by_tid, (uint32_t)tid);
	struct thread *threads;

	if (!number)
		return NULL;
	if (*number == PFL_NONE) {
		threads = pfl_array_grow(wall->threads, wall->nthreads, &wall->threads_room,
					 sizeof(*threads));
		if (!threads)
			return NULL;
		wall->threads = threads;
		threads[wall->nthreads] = (struct thread){ .pid = pid, .tid = tid };
		*number = wall->nthreads++;
	}
	if (pid > 0)
		wall->threads[*number].pid = pid;
	return &wall->threads[*number];
}

static int add_sample(struct wall *wall, struct thread *thread, uint32_t node, uint64_t weight)
{
	uint32_t place = thread - wall->threads;
	uint32_t *number = pfl_table_put(&wall->by_thread_and_node, (uint64_t)place << 32 | node);
	struct share *shares;

	if (!number)
		return -ENOMEM;
	if (*number == PFL_NONE) {
		shares = pfl_array_grow(wall->shares, wall->nshares, &wall->shares_room,
					sizeof(*shares));
		if (!shares)
			return -ENOMEM;
		wall->shares = shares;
		shares[wall->nshares] = (struct share){ .thread = place, .node = node };
		*number = wall->nshares++;
	}
	wall->shares[*number].samples++;
	wall->shares[*number].weight = pfl_add_saturated(wall->shares[*number].weight, weight);
	thread->weight = pfl_add_saturated(thread->weight, weight);
	return 0;
}

static int take_clock(struct pfl_books *books, const struct pfl_item *item)
{
	const struct pfl_sample *sample = item->sample;
	struct wall *wall = pfl_timeline_data(books);
	struct thread *thread;
	uint32_t node;

	if (sample->tid <= 0 || !books->wants(books, item))
		return PFL_LEFT_OUT;
	thread = thread_of(wall, sample->pid, sample->tid);
	node = thread ? books->stack(books, item) : PFL_NONE;
	if (node == PFL_NONE)
		return -ENOMEM;
	books->stats->on_samples++;
	return add_sample(wall, thread, node, sample->period);
}

static int take_item(struct pfl_books *books, const struct pfl_item *item)
{
	return item->role == PFL_SCHED_CLOCK ? take_clock(books, item) :
					       pfl_timeline_item(books, item);
}

static int take_on(struct pfl_books *books, const struct pfl_span *span)
{
	struct thread *thread = thread_of(pfl_timeline_data(books), span->pid, span->tid);

	if (!thread)
		return -ENOMEM;
	thread->on_ns += span->end - span->begin;
	books->stats->on_ns += span->end - span->begin;
	return 0;
}

static int take_span(struct pfl_books *books, const struct pfl_span *span)
{
	uint64_t ready = pfl_span_ready(span);
	uint32_t node = span->node;
	int err = 0;

	if (span->tid <= 0)
		return 0;
	if (span->kind == PFL_SPAN_ON)
		return take_on(books, span);
	if (node == PFL_NONE)	/* it was born just now */
		node = books->task(books, span->pid, span->tid);
	if (node == PFL_NONE)
		return -ENOMEM;
	if (ready > span->begin)
		err = pfl_charge_waits(books, books->mark(books, node, "[blocked]"), 1,
				       ready - span->begin);
	if (!err && span->end > ready)
		err = pfl_charge_waits(books, books->mark(books, node, "[runqueue]"), 1,
				       span->end - ready);
	return err;
}

/* What of @thread's time on a CPU belongs to @share; all of it in the end, whatever is rounded. */
static uint64_t divide(struct thread *thread, const struct share *share)
{
	unsigned __int128 upto;
	uint64_t ns;

	thread->weighed = pfl_add_saturated(thread->weighed, share->weight);
	upto = (unsigned __int128)thread->on_ns * thread->weighed / thread->weight;
	ns = (uint64_t)upto - thread->charged;
	thread->charged += ns;
	return ns;
}

/* It ran, and no sample fell into that. */
static int charge_unsampled(struct pfl_books *books, const struct thread *thread)
{
	uint32_t node = books->task(books, thread->pid, thread->tid);

	if (node != PFL_NONE)
		node = books->mark(books, node, "[not sampled]");
	return pfl_charge_waits(books, node, 0, thread->on_ns);
}

static int end(struct pfl_books *books, uint64_t time)
{
	struct wall *wall = pfl_timeline_data(books);
	int err = pfl_timeline_end(books, time);

	for (uint32_t i = 0; i < wall->nshares && !err; i++) {
		const struct share *share = &wall->shares[i];
		struct thread *thread = &wall->threads[share->thread];

		if (thread->weight)
			err = pfl_charge_waits(books, share->node, share->samples,
					       divide(thread, share));
	}
	for (uint32_t i = 0; i < wall->nthreads && !err; i++)
		if (!wall->threads[i].weight && wall->threads[i].on_ns)
			err = charge_unsampled(books, &wall->threads[i]);
	return err;
}

static int open_books(struct pfl_books *books)
{
	struct wall *wall = calloc(1, sizeof(*wall));
	const struct pfl_timeline_opts opts = {
		.stacks = true, .on = true, .all = true, .span = take_span, .data = wall,
	};
	int err = wall ? pfl_timeline_open(books, &opts) : -ENOMEM;

	if (err)
		free(wall);
	return err;
}

static void close_books(struct pfl_books *books)
{
	struct wall *wall = pfl_timeline_data(books);

	if (!wall)
		return;
	pfl_timeline_close(books);
	free(wall->threads);
	free(wall->shares);
	pfl_table_free(&wall->by_tid);
	pfl_table_free(&wall->by_thread_and_node);
	free(wall);
}

const struct pfl_type pfl_type_wall = {
	.info = {
		.type = "wall",
		.title = "Wall-clock time",
		.palette = "wall",
		PFL_WAIT_VALUES("samples and waits"),
	},
	PFL_TIMELINE_ROLES(PFL_SCHED_ROLES),
	.needs = 1 << PFL_SCHED_CLOCK,
	.accountant = &(const struct pfl_accountant){
		.open = open_books,
		.item = take_item,
		.change = pfl_timeline_change,
		.end = end,
		.close = close_books,
	},
};
