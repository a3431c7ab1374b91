/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes in, whole records out. What is read (or decompressed) goes straight to
 * the end of a chunk; a record that a chunk's end cuts moves to the next chunk.
 */
#ifndef PFL_PERFDATA_FEED_H
#define PFL_PERFDATA_FEED_H

#include <linux/perf_event.h>
#include <stdbool.h>

#include "perfdata/chunk.h"

struct pfl_feed {
	struct pfl_chunks *chunks;
	struct pfl_chunk *chunk;	/* that the last record handed out stands in */
	size_t at, filled;		/* of it: taken, and there */
	bool swap;
};

void pfl_feed_free(struct pfl_feed *feed);

/* Where to put more bytes, and how many fit (never none). NULL: out of memory. */
void *pfl_feed_space(struct pfl_feed *feed, size_t *size);

/* @size bytes were put there. */
static inline void pfl_feed_filled(struct pfl_feed *feed, size_t size)
{
	feed->filled += size;
	pfl_chunk_use(feed->chunks, feed->chunk, size);
}

/* A whole record of @size bytes was put there, where nothing waited: it is taken already. */
static inline void pfl_feed_whole(struct pfl_feed *feed, size_t size)
{
	pfl_feed_filled(feed, size);
	feed->at += size;
}

/* How many bytes wait. */
static inline size_t pfl_feed_left(const struct pfl_feed *feed)
{
	return feed->filled - feed->at;
}

/*
 * The next record: its header in our byte order to @header, and where it stands,
 * NULL where it is not whole yet. The kernel's records stand at multiples of
 * eight bytes; those of perf itself (from PFL_RECORD_USER on) may stand
 * anywhere, and their header must be read from @header only.
 * 0; -EILSEQ where no record can begin: of no type, too small, or one of the
 * kernel's whose size is no multiple of eight; -ENOMEM.
 */
int pfl_feed_next(struct pfl_feed *feed, struct perf_event_header *header,
		  struct perf_event_header **record);

/* Takes up to @size bytes that are no record; *@bytes is where they stand. Returns how many. */
size_t pfl_feed_take(struct pfl_feed *feed, size_t size, const void **bytes);

#endif
