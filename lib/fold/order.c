/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fold/order.h"

#define WINDOW_BYTES (256u << 20)
#define FIRST_ROOM 4096
#define FETCH_AHEAD 2	/* records */
#define FETCH_LINES 6	/* of the cache: what is read of most */

void pfl_order_init(struct pfl_order *order, struct pfl_chunks *chunks,
		    int (*emit)(void *data, const struct pfl_order_entry *entry),
		    void *data)
{
	*order = (struct pfl_order){ .chunks = chunks, .emit = emit, .data = data };
}

void pfl_order_free(struct pfl_order *order)
{
	for (size_t i = 0; i < order->count; i++)
		pfl_chunk_drop(order->chunks, order->entries[i].chunk);
	free(order->entries);
	free(order->spare);
	free(order->runs);
	*order = (struct pfl_order){ 0 };
}

static int grow_entries(struct pfl_order *order)
{
	size_t room = order->room ? order->room * 2 : FIRST_ROOM;
	struct pfl_order_entry *entries, *spare;

	entries = realloc(order->entries, room * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	order->entries = entries;
	spare = realloc(order->spare, room * sizeof(*spare));
	if (!spare)
		return -ENOMEM;
	order->spare = spare;
	order->room = room;
	return 0;
}

static int begin_run(struct pfl_order *order)
{
	if (order->nruns == order->runs_room) {
		size_t room = order->runs_room ? order->runs_room * 2 : 64;
		uint32_t *runs = realloc(order->runs, room * sizeof(*runs));

		if (!runs)
			return -ENOMEM;
		order->runs = runs;
		order->runs_room = room;
	}
	order->runs[order->nruns++] = order->count;
	return 0;
}

/* Merges two neighbouring runs, [a, b) and [b, end), to @to. */
static void merge(const struct pfl_order_entry *from, struct pfl_order_entry *to,
		  size_t a, size_t b, size_t end)
{
	size_t split = b;
	size_t out = a;

	while (a < split && b < end)
		to[out++] = from[b].time < from[a].time ? from[b++] : from[a++];
	memcpy(&to[out], &from[a], (split - a) * sizeof(*to));
	out += split - a;
	memcpy(&to[out], &from[b], (end - b) * sizeof(*to));
}

/* Halves the number of runs until one is left: as many steps as the log of the number of CPUs. */
static void sort(struct pfl_order *order)
{
	while (order->nruns > 1) {
		struct pfl_order_entry *sorted = order->spare;
		size_t kept = 0;

		for (size_t i = 0; i < order->nruns; i += 2) {
			size_t a = order->runs[i];
			size_t b = i + 1 < order->nruns ? order->runs[i + 1] : order->count;
			size_t end = i + 2 < order->nruns ? order->runs[i + 2] : order->count;

			merge(order->entries, sorted, a, b, end);
			order->runs[kept++] = a;
		}
		order->nruns = kept;
		order->spare = order->entries;
		order->entries = sorted;
	}
}

/*
 * The record was copied a window ago: bring back where its header, its chain and its registers
 * are before they are asked for, one after the other.
 */
static void fetch(const struct perf_event_header *record)
{
	for (unsigned int line = 0; line < FETCH_LINES; line++)
		__builtin_prefetch((const char *)record + (size_t)64 * line);
}

/* Hands on the first @n of the sorted entries and moves the others up. */
static int hand_on(struct pfl_order *order, size_t n)
{
	int err = 0;

	if (!n)
		return 0;
	for (size_t i = 0; i < n; i++) {
		struct pfl_order_entry *entry = &order->entries[i];

		if (i + FETCH_AHEAD < n)
			fetch(entry[FETCH_AHEAD].record);
		if (entry->time < order->emitted && entry->time)
			order->late++;
		else if (entry->time)
			order->emitted = entry->time;
		if (!err)
			err = order->emit(order->data, entry);
		pfl_chunk_drop(order->chunks, entry->chunk);
	}
	order->count -= n;
	memmove(order->entries, order->entries + n, order->count * sizeof(*order->entries));
	order->nruns = order->count ? 1 : 0;
	return err;
}

/* A record that waits keeps its whole chunk, and small ones cost more here than there. */
static size_t cost(const struct pfl_order *order)
{
	return order->chunks->used + order->count * 2 * sizeof(*order->entries);
}

static int relieve(struct pfl_order *order)
{
	sort(order);
	return hand_on(order, order->count / 2);
}

int pfl_order_add(struct pfl_order *order, uint64_t time, const struct perf_event_header *record,
		  struct pfl_chunk *chunk)
{
	int err = 0;

	if (order->count == order->room)
		err = grow_entries(order);
	if (!err && (!order->count || time < order->entries[order->count - 1].time))
		err = begin_run(order);
	if (err)
		return err;
	order->entries[order->count++] = (struct pfl_order_entry){ time, record, chunk };
	pfl_chunk_hold(chunk);
	if (time > order->newest)
		order->newest = time;
	return cost(order) > WINDOW_BYTES ? relieve(order) : 0;
}

int pfl_order_round(struct pfl_order *order)
{
	uint64_t final = order->final;
	size_t n = 0;

	order->final = order->newest;
	sort(order);
	while (n < order->count && order->entries[n].time <= final)
		n++;
	return hand_on(order, n);
}

int pfl_order_end(struct pfl_order *order)
{
	sort(order);
	return hand_on(order, order->count);
}
