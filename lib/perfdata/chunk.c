/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "perfdata/chunk.h"

#define POOL_MAX 32	/* a window of two passes over large rings; more was a burst: give it back */

struct pfl_chunk *pfl_chunk_new(struct pfl_chunks *chunks, size_t size)
{
	struct pfl_chunk *chunk = chunks->pool;

	if (size <= PFL_CHUNK_SIZE && chunk) {
		chunks->pool = chunk->next;
		chunks->pooled--;
	} else {
		if (size < PFL_CHUNK_SIZE)
			size = PFL_CHUNK_SIZE;
		chunk = malloc(sizeof(*chunk) + size);
		if (!chunk)
			return NULL;
		chunk->size = size;
	}
	chunk->refs = 1;
	chunk->used = 0;
	chunk->next = NULL;
	return chunk;
}

void pfl_chunk_drop(struct pfl_chunks *chunks, struct pfl_chunk *chunk)
{
	if (!chunk || --chunk->refs)
		return;
	chunks->used -= chunk->used;
	if (chunk->size != PFL_CHUNK_SIZE || chunks->pooled == POOL_MAX) {
		free(chunk);
		return;
	}
	chunk->next = chunks->pool;
	chunks->pool = chunk;
	chunks->pooled++;
}

void pfl_chunks_free(struct pfl_chunks *chunks)
{
	struct pfl_chunk *chunk, *next;

	for (chunk = chunks->pool; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	*chunks = (struct pfl_chunks){ 0 };
}
