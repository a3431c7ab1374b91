/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <byteswap.h>
#include <errno.h>
#include <string.h>

#include "perfdata/feed.h"
#include "perfdata/format.h"
#include "perfdata/swap.h"

#define RECORD_MAX (UINT16_MAX + 1)

void pfl_feed_free(struct pfl_feed *feed)
{
	pfl_chunk_drop(feed->chunks, feed->chunk);
	feed->chunk = NULL;
	feed->at = feed->filled = 0;
}

/* Goes on in a new chunk, which begins with what waits. */
static int new_chunk(struct pfl_feed *feed)
{
	struct pfl_chunk *old = feed->chunk;
	struct pfl_chunk *chunk = pfl_chunk_new(feed->chunks, PFL_CHUNK_SIZE);

	if (!chunk)
		return -ENOMEM;
	feed->filled -= feed->at;
	if (old)
		memcpy(chunk->bytes, old->bytes + feed->at, feed->filled);
	feed->at = 0;
	feed->chunk = chunk;
	pfl_chunk_use(feed->chunks, chunk, feed->filled);
	pfl_chunk_drop(feed->chunks, old);
	return 0;
}

void *pfl_feed_space(struct pfl_feed *feed, size_t *size)
{
	if ((!feed->chunk || feed->chunk->size - feed->filled < RECORD_MAX) && new_chunk(feed))
		return NULL;
	*size = feed->chunk->size - feed->filled;
	return feed->chunk->bytes + feed->filled;
}

int pfl_feed_next(struct pfl_feed *feed, struct perf_event_header *header,
		  struct perf_event_header **record)
{
	bool kernels;

	*record = NULL;
	if (pfl_feed_left(feed) < sizeof(*header))
		return 0;
	memcpy(header, feed->chunk->bytes + feed->at, sizeof(*header));
	if (feed->swap)
		pfl_swap_header(header);
	kernels = header->type < PFL_RECORD_USER;
	if (header->type > PFL_RECORD_MAX || header->size < sizeof(*header) ||
	    (kernels && header->size % 8))
		return -EILSEQ;
	if (pfl_feed_left(feed) < header->size)
		return 0;
	if (feed->at % 8 && kernels && new_chunk(feed))
		return -ENOMEM;
	*record = (struct perf_event_header *)(feed->chunk->bytes + feed->at);
	if (feed->swap)
		memcpy(*record, header, sizeof(*header));
	feed->at += header->size;
	return 0;
}

size_t pfl_feed_take(struct pfl_feed *feed, size_t size, const void **bytes)
{
	if (size > pfl_feed_left(feed))
		size = pfl_feed_left(feed);
	*bytes = feed->chunk ? feed->chunk->bytes + feed->at : NULL;
	feed->at += size;
	return size;
}
