/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "perfdata/event.h"
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

/* The header of the record at @at; false: no record can end where it says. */
static bool header_at(const struct pfl_ring *ring, uint64_t at, uint64_t head,
		      struct perf_event_header *header)
{
	uint64_t word = word_at(ring, at);

	memcpy(header, &word, sizeof(*header));
	return header->size >= sizeof(*header) && !(header->size % 8) && header->size <= head - at;
}

/* Brings the next records up to @head where they can be read soon; returns up to where they are. */
static uint64_t fetch_next(const struct pfl_ring *ring, uint64_t at, uint64_t fetched, uint64_t head)
{
	while (fetched < at + FETCH_AHEAD && fetched < head) {
		fetch(ring, fetched, fetched + FETCH_AHEAD);
		fetched += FETCH_AHEAD;
	}
	return fetched;
}

/* Where the whole records end. */
static uint64_t walk_records(struct walk *walk, uint64_t head)
{
	struct perf_event_header header;
	uint64_t at = walk->from, looked = walk->ring->looked, fetched = looked > at ? looked : at;

	for (; at < head; at += header.size) {
		fetched = fetch_next(walk->ring, at, fetched, head);
		if (!header_at(walk->ring, at, head, &header)) {
			walk->tally->bad++;
			break;
		}
		see_record(walk, &header, at);
	}
	return at;
}

uint64_t pfl_ring_head(const struct pfl_ring *ring)
{
	/* Pairs with the kernel's barrier between writing records and moving the head. */
	return __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
}

int pfl_ring_look(struct pfl_ring *ring, struct pfl_table *pids)
{
	struct perf_event_header header;
	uint64_t head = pfl_ring_head(ring), at = ring->page->data_tail, fetched = at, word;
	uint32_t *seen;
	int32_t pid;

	for (; at < head && header_at(ring, at, head, &header); at += header.size) {
		fetched = fetch_next(ring, at, fetched, head);
		if (header.type == PERF_RECORD_SAMPLE || header.size < sizeof(header) + 8)
			continue;
		word = word_at(ring, at + sizeof(header));
		if (!pfl_changes_mappings(&header, &word, &pid))
			continue;
		seen = pfl_table_put(pids, (uint32_t)pid);
		if (!seen)
			return -ENOMEM;
		*seen = 1;
	}
	ring->looked = head;
	return 0;
}

static int drain(struct pfl_ring *ring, struct walk *walk, uint64_t until)
{
	uint64_t tail = walk->from;

	take(walk, walk_records(walk, until));
	flush(walk);
	walk->tally->bytes += until - tail;
	/* Pairs with the kernel's check for room: all reading is done. */
	__atomic_store_n(&ring->page->data_tail, until, __ATOMIC_RELEASE);
	return walk->err;
}

int pfl_ring_drain(struct pfl_ring *ring, uint64_t until, pid_t self, pfl_ring_sink *sink,
		   void *data, struct pfl_ring_tally *tally)
{
	struct walk walk = {
		.ring = ring,
		.tally = tally,
		.sink = sink,
		.data = data,
		.self = self,
		.from = ring->page->data_tail,
	};
	int err;

	/* Another pass, while this one was held up, may have been here. */
	if (walk.from >= until || ring->in_hand)
		return 0;
	ring->in_hand = true;
	err = drain(ring, &walk, until);
	ring->in_hand = false;
	return err;
}
