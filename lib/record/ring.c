/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "record/ring.h"

#define FETCH_AHEAD 4096u	/* bytes */

/* A walk over the records between tail and head. */
struct walk {
	const struct pfl_ring *ring;
	struct pfl_ring_tally *tally;
	pfl_ring_sink *sink;
	void *data;
	pid_t self;
	uint64_t from;		/* start of the records that nothing was done with yet */
	struct iovec parts[PFL_RING_PARTS];
	int nparts;
	int err;
};

/* The 8 bytes at @at. Records are multiples of 8 long, so that a word never wraps. */
static uint64_t word_at(const struct pfl_ring *ring, uint64_t at)
{
	uint64_t word;

	memcpy(&word, ring->data + (at & (ring->size - 1)), sizeof(word));
	return word;
}

static pid_t pid_at(const struct pfl_ring *ring, uint64_t at)
{
	int32_t pid;

	memcpy(&pid, ring->data + (at & (ring->size - 1)), sizeof(pid));
	return pid;
}

static void flush(struct walk *walk)
{
	if (walk->nparts && !walk->err)
		walk->err = walk->sink(walk->data, walk->parts, walk->nparts);
	walk->nparts = 0;
}

/* Records up to @to are wanted: one piece, or two around the end of the ring. */
static void take(struct walk *walk, uint64_t to)
{
	const struct pfl_ring *ring = walk->ring;
	uint64_t at, len, fit;

	while (walk->from < to) {
		at = walk->from & (ring->size - 1);
		len = to - walk->from;
		fit = ring->size - at;
		if (len > fit)
			len = fit;
		walk->parts[walk->nparts++] = (struct iovec){ ring->data + at, len };
		walk->from += len;
	}
	/* A record must not be torn between two calls: keep room for two pieces. */
	if (walk->nparts > PFL_RING_PARTS - 2)
		flush(walk);
}

static void count_sample(struct pfl_ring_tally *tally, uint64_t time)
{
	tally->samples++;
	if (!tally->first || time < tally->first)
		tally->first = time;
	if (time > tally->last)
		tally->last = time;
}

/* Numbers beyond what is counted are those of events that nobody told. */
static void count_event(struct pfl_ring_tally *tally, uint64_t id, uint64_t *counts)
{
	if (id != tally->last_id) {
		tally->last_id = id;
		tally->last_event = pfl_table_get(&tally->events, id);
	}
	if (tally->last_event < PFL_RING_EVENTS)
		counts[tally->last_event]++;
}

static void see_record(struct walk *walk, const struct perf_event_header *header, uint64_t at)
{
	struct pfl_ring_tally *tally = walk->tally;
	uint64_t id;

	switch (header->type) {
	case PERF_RECORD_SAMPLE:
		id = word_at(walk->ring, at + PFL_SAMPLE_ID_AT);
		if (pid_at(walk->ring, at + PFL_SAMPLE_PID_AT) != walk->self) {
			count_sample(tally, word_at(walk->ring, at + PFL_SAMPLE_TIME_AT));
			count_event(tally, id, tally->by_event);
			break;
		}
		tally->own++;
		count_event(tally, id, tally->own_by_event);
		take(walk, at);
		walk->from = at + header->size;
		break;
	case PERF_RECORD_LOST:
		tally->lost += word_at(walk->ring, at + 16);
		break;
	case PERF_RECORD_THROTTLE:
		tally->throttled++;
		break;
	case PERF_RECORD_MMAP2:
	case PERF_RECORD_FORK:
		tally->mapped++;
		break;
	}
}

/*
 * Another CPU wrote all this. Its lines are asked for together, not one by one as the records
 * lead from each to the next.
 */
static void fetch(const struct pfl_ring *ring, uint64_t from, uint64_t to)
{
	for (; from < to; from += 64)
		__builtin_prefetch(ring->data + (from & (ring->size - 1)));
}

/* Where the whole records end. */
static uint64_t walk_records(struct walk *walk, uint64_t head)
{
	struct perf_event_header header;
	uint64_t at = walk->from, fetched = at, word;

	while (at < head) {
		while (fetched < at + FETCH_AHEAD && fetched < head) {
			fetch(walk->ring, fetched, fetched + FETCH_AHEAD);
			fetched += FETCH_AHEAD;
		}
		word = word_at(walk->ring, at);
		memcpy(&header, &word, sizeof(header));
		if (header.size < sizeof(header) || header.size % 8 || header.size > head - at) {
			walk->tally->bad++;
			break;
		}
		see_record(walk, &header, at);
		at += header.size;
	}
	return at;
}

int pfl_ring_drain(struct pfl_ring *ring, pid_t self, pfl_ring_sink *sink, void *data,
		   struct pfl_ring_tally *tally)
{
	/* Pairs with the kernel's barrier between writing records and moving the head. */
	uint64_t head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = ring->page->data_tail;
	struct walk walk = {
		.ring = ring,
		.tally = tally,
		.sink = sink,
		.data = data,
		.self = self,
		.from = tail,
	};

	if (head == tail)
		return 0;
	take(&walk, walk_records(&walk, head));
	flush(&walk);
	tally->bytes += head - tail;
	/* And this with the kernel's check for room: all reading is done. */
	__atomic_store_n(&ring->page->data_tail, head, __ATOMIC_RELEASE);
	return walk.err;
}
