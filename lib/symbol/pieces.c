/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "symbol/pieces.h"
#include "symbol/sort.h"
#include "util/array.h"
#include "util/table.h"

/* From ->start on, up to the next piece, ->owner is the answer; PFL_NONE: nobody. */
struct pfl_piece {
	uint64_t start;
	uint32_t owner;
};

/* The intervals open at a place: a heap, the one that goes first on top. */
struct heap {
	const struct pfl_interval *intervals;
	uint32_t *items;
	uint32_t count;
};

void pfl_pieces_free(struct pfl_pieces *pieces)
{
	free(pieces->list);
	*pieces = (struct pfl_pieces){ 0 };
}

size_t pfl_pieces_size(const struct pfl_pieces *pieces)
{
	return (size_t)pieces->count * sizeof(*pieces->list);
}

static uint64_t priority(const struct heap *heap, uint32_t item)
{
	return heap->intervals[heap->items[item]].priority;
}

static void heap_push(struct heap *heap, uint32_t number)
{
	uint64_t own = heap->intervals[number].priority;
	uint32_t i = heap->count++;

	for (; i && priority(heap, (i - 1) / 2) < own; i = (i - 1) / 2)
		heap->items[i] = heap->items[(i - 1) / 2];
	heap->items[i] = number;
}

static void heap_pop(struct heap *heap)
{
	uint32_t number = heap->items[--heap->count];
	uint64_t own = heap->intervals[number].priority;
	uint64_t i = 0, child;

	while ((child = 2 * i + 1) < heap->count) {
		if (child + 1 < heap->count && priority(heap, child + 1) > priority(heap, child))
			child++;
		if (priority(heap, child) <= own)
			break;
		heap->items[i] = heap->items[child];
		i = child;
	}
	heap->items[i] = number;
}

static void add_piece(struct pfl_pieces *pieces, uint64_t start, uint32_t owner)
{
	if (pieces->count && pieces->list[pieces->count - 1].owner == owner)
		return;
	pieces->list[pieces->count++] = (struct pfl_piece){ start, owner };
}

/* Adds the pieces from @pos up to @until, in which no interval starts. */
static void add_pieces(struct pfl_pieces *pieces, struct heap *open, uint64_t pos, uint64_t until)
{
	while (open->count && pos < until) {
		const struct pfl_interval *first = &open->intervals[open->items[0]];

		if (first->end > pos) {
			add_piece(pieces, pos, first->owner);
			pos = first->end;
		}
		if (first->end <= until)
			heap_pop(open);
	}
	if (pos < until)
		add_piece(pieces, pos, PFL_NONE);
}

int pfl_intervals_sort(struct pfl_interval **intervals, uint32_t count)
{
	void *array = *intervals;
	int err = pfl_sort(&array, count, sizeof(**intervals));

	*intervals = array;
	return err;
}

int pfl_pieces_cut(struct pfl_pieces *pieces, const struct pfl_interval *intervals,
		   uint32_t count)
{
	struct heap open = { .intervals = intervals };

	*pieces = (struct pfl_pieces){ 0 };
	pieces->list = reallocarray(NULL, 3 * (size_t)count + 2, sizeof(*pieces->list));
	open.items = malloc(((size_t)count + 1) * sizeof(*open.items));
	if (!pieces->list || !open.items) {
		free(open.items);
		pfl_pieces_free(pieces);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			add_pieces(pieces, &open, intervals[i - 1].start, intervals[i].start);
		heap_push(&open, i);
	}
	if (count)
		add_pieces(pieces, &open, intervals[count - 1].start, UINT64_MAX);
	free(open.items);
	pieces->list = pfl_array_fit(pieces->list,
				     ((size_t)pieces->count + 1) * sizeof(*pieces->list));
	return 0;
}

uint32_t pfl_pieces_find(const struct pfl_pieces *pieces, uint64_t addr)
{
	uint32_t count = pfl_sorted_upto(pieces->list, pieces->count, sizeof(*pieces->list), addr);

	return count ? pieces->list[count - 1].owner : PFL_NONE;
}
