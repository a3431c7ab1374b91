/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records live in chunks from the moment they are read until they have been
 * handled in time order; nothing is copied in between. Each record that waits
 * holds its chunk; the last to go frees it, so that memory is what the window
 * needs, however large the recording.
 */
#ifndef PFL_PERFDATA_CHUNK_H
#define PFL_PERFDATA_CHUNK_H

#include <stddef.h>
#include <stdint.h>

struct pfl_chunk {
	uint32_t refs;
	size_t size;
	size_t used;
	struct pfl_chunk *next;	/* in the pool */
	unsigned char bytes[] __attribute__((aligned(16)));
};

/* Chunks of the usual size wait here for their next use, warm in the cache. */
struct pfl_chunks {
	struct pfl_chunk *pool;
	unsigned int pooled;
	size_t used;	/* of the chunks that are held: what the recording costs in memory now */
};

#define PFL_CHUNK_SIZE (256u << 10)	/* a few of them stay in the second-level cache */

/* A chunk of at least @size bytes with one reference, or NULL. */
struct pfl_chunk *pfl_chunk_new(struct pfl_chunks *chunks, size_t size);

static inline void pfl_chunk_hold(struct pfl_chunk *chunk)
{
	chunk->refs++;
}

/* @size bytes more of @chunk are in use. */
static inline void pfl_chunk_use(struct pfl_chunks *chunks, struct pfl_chunk *chunk, size_t size)
{
	chunk->used += size;
	chunks->used += size;
}

/* NULL is fine. */
void pfl_chunk_drop(struct pfl_chunks *chunks, struct pfl_chunk *chunk);

/* Frees the pool; chunks still held must be dropped before. */
void pfl_chunks_free(struct pfl_chunks *chunks);

#endif
