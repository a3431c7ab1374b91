/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/symtab.h"
#include "util/table.h"

#define PAGE UINT64_C(4096)

/* From ->start on, up to the next piece, @entry is the answer; PFL_NONE: no symbol. */
struct pfl_piece {
	uint64_t start;
	uint32_t entry;
};

void pfl_symtab_free(struct pfl_symtab *table)
{
	free(table->names);
	free(table->entries);
	free(table->pieces);
	*table = (struct pfl_symtab){ 0 };
}

int pfl_symtab_add(struct pfl_symtab *table, const struct pfl_entry *entry)
{
	if (entry->end <= entry->start || entry->name >= table->names_size)
		return 0;
	if (table->count == table->room) {
		uint32_t room = table->room ? table->room * 2 : 256;
		struct pfl_entry *entries;

		if (room < table->room)
			return -ENOMEM;
		entries = realloc(table->entries, room * sizeof(*entries));
		if (!entries)
			return -ENOMEM;
		table->entries = entries;
		table->room = room;
	}
	table->entries[table->count++] = *entry;
	return 0;
}

static bool is_sorted(const struct pfl_entry *entries, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++)
		if (entries[i].start < entries[i - 1].start)
			return false;
	return true;
}

/* One pass of a radix sort, by byte number @byte of ->start. False: all have the same byte. */
static bool sort_by_byte(const struct pfl_entry *from, struct pfl_entry *to, uint32_t count,
			 unsigned int byte)
{
	uint32_t at[256] = { 0 }, sum = 0;

	for (uint32_t i = 0; i < count; i++)
		at[from[i].start >> 8 * byte & 0xff]++;
	if (at[from[0].start >> 8 * byte & 0xff] == count)
		return false;
	for (unsigned int i = 0; i < 256; i++) {
		uint32_t n = at[i];

		at[i] = sum;
		sum += n;
	}
	for (uint32_t i = 0; i < count; i++)
		to[at[from[i].start >> 8 * byte & 0xff]++] = from[i];
	return true;
}

/* By start; equal ones stay in the order they were added in, which the choice of aliases needs. */
static int sort_entries(struct pfl_symtab *table)
{
	struct pfl_entry *from = table->entries, *to, *swap;

	if (is_sorted(from, table->count))
		return 0;
	to = malloc(table->count * sizeof(*to));
	if (!to)
		return -ENOMEM;
	for (unsigned int byte = 0; byte < 8; byte++) {
		if (!sort_by_byte(from, to, table->count, byte))
			continue;
		swap = from;
		from = to;
		to = swap;
	}
	table->entries = from;
	table->room = table->count;
	free(to);
	return 0;
}

static size_t underscores(const char *name)
{
	return strspn(name, "_");
}

/* Names that the kernel's system call macros once made beside the one that people know. */
static bool is_macro_alias(const char *name)
{
	return !strncmp(name, "SyS", 3) || !strncmp(name, "compat_SyS", 10);
}

static int prefer(bool a, bool b)
{
	return (int)a - (int)b;
}

/*
 * Which of two symbols at one address is shown; perf's order of preference, so
 * that both tools name a frame the same.
 */
static const struct pfl_entry *choose(const struct pfl_symtab *table, const struct pfl_entry *a,
				      const struct pfl_entry *b)
{
	const char *name_a = pfl_symtab_name(table, a), *name_b = pfl_symtab_name(table, b);
	size_t len_a, len_b;
	int better = prefer(!(a->flags & PFL_ENTRY_DATA), !(b->flags & PFL_ENTRY_DATA));

	if (!better)
		better = prefer(!(a->flags & PFL_ENTRY_UNSIZED), !(b->flags & PFL_ENTRY_UNSIZED));
	if (!better)
		better = prefer(a->bind != PFL_BIND_WEAK, b->bind != PFL_BIND_WEAK);
	if (!better)
		better = prefer(a->bind == PFL_BIND_GLOBAL, b->bind == PFL_BIND_GLOBAL);
	if (better)
		return better > 0 ? a : b;

	len_a = underscores(name_a);
	len_b = underscores(name_b);
	if (len_a != len_b)
		return len_a < len_b ? a : b;
	len_a = strlen(name_a);
	len_b = strlen(name_b);
	if (len_a != len_b)
		return len_a > len_b ? a : b;
	return is_macro_alias(name_a) ? b : a;
}

/*
 * Where an unsized symbol ends: before the next one, and before @outer, the end
 * of the sized symbol it lies in, if any. Between the kernel and a module, or
 * two modules, there is a gap of unknown size: a page on, and to that page's end.
 */
static void give_size(struct pfl_entry *entry, const struct pfl_entry *next, uint64_t outer)
{
	if (next && next->start < entry->end)
		entry->end = next->start;
	if (outer > entry->start && outer < entry->end)
		entry->end = outer;
	if (!next || next->group != entry->group) {
		uint64_t page = (entry->start + 2 * PAGE - 1) & ~(PAGE - 1);

		if (page > entry->start && page < entry->end)
			entry->end = page;
	}
	entry->flags &= ~PFL_ENTRY_UNSIZED;
}

/*
 * The winner among entries @first to @last, all at one address. Of several
 * without a size the last one is the one that gets it, and so wins, as in perf.
 */
static struct pfl_entry choose_alias(struct pfl_symtab *table, uint32_t first, uint32_t last,
				     uint64_t outer)
{
	const struct pfl_entry *next = last + 1 < table->count ? &table->entries[last + 1] : NULL;
	const struct pfl_entry *best = &table->entries[first];

	for (uint32_t i = last + 1; i-- > first;) {
		struct pfl_entry *entry = &table->entries[i];

		if (entry->flags & PFL_ENTRY_DATA)
			continue;
		if (entry->flags & PFL_ENTRY_UNSIZED)
			give_size(entry, next, outer);
		break;
	}
	for (uint32_t i = first + 1; i <= last; i++)
		best = choose(table, best, &table->entries[i]);
	return *best;
}

/* A local label inside a function is a mark in it; a global one is an entry with a name. */
static bool is_mark(const struct pfl_entry *entry, uint64_t outer)
{
	return entry->start < outer && entry->flags & PFL_ENTRY_UNSIZED &&
	       entry->bind == PFL_BIND_LOCAL;
}

static uint32_t last_alias(const struct pfl_symtab *table, uint32_t first)
{
	uint32_t last = first;

	while (last + 1 < table->count &&
	       table->entries[last + 1].start == table->entries[first].start)
		last++;
	return last;
}

static bool all_marks(const struct pfl_symtab *table, uint32_t first, uint32_t last,
		      uint64_t outer)
{
	while (first <= last && is_mark(&table->entries[first], outer))
		first++;
	return first > last;
}

/* Leaves one symbol with a size at each address, and no data. */
static void drop_aliases(struct pfl_symtab *table)
{
	uint64_t outer = 0;
	uint32_t kept = 0, last;

	for (uint32_t first = 0; first < table->count; first = last + 1) {
		struct pfl_entry best;

		last = last_alias(table, first);
		if (all_marks(table, first, last, outer))
			continue;
		best = choose_alias(table, first, last, outer);
		if (best.flags & PFL_ENTRY_DATA)
			continue;
		if (best.end > outer)
			outer = best.end;
		table->entries[kept++] = best;
	}
	table->count = kept;
}

/* Entries open at a place: a heap of priority << 32 | number, the first to be asked on top. */
struct heap {
	uint64_t *items;
	uint32_t count;
};

static void heap_push(struct heap *heap, uint64_t item)
{
	uint32_t i = heap->count++;

	for (; i && heap->items[(i - 1) / 2] < item; i = (i - 1) / 2)
		heap->items[i] = heap->items[(i - 1) / 2];
	heap->items[i] = item;
}

static void heap_pop(struct heap *heap)
{
	uint64_t item = heap->items[--heap->count];
	uint64_t i = 0, child;

	while ((child = 2 * i + 1) < heap->count) {
		if (child + 1 < heap->count && heap->items[child + 1] > heap->items[child])
			child++;
		if (heap->items[child] <= item)
			break;
		heap->items[i] = heap->items[child];
		i = child;
	}
	heap->items[i] = item;
}

static void add_piece(struct pfl_symtab *table, uint64_t start, uint32_t entry)
{
	if (table->npieces && table->pieces[table->npieces - 1].entry == entry)
		return;
	table->pieces[table->npieces++] = (struct pfl_piece){ start, entry };
}

/* Adds the pieces from @pos up to @until, in which no symbol starts. */
static void add_pieces(struct pfl_symtab *table, struct heap *open, uint64_t pos, uint64_t until)
{
	while (open->count && pos < until) {
		uint32_t entry = (uint32_t)open->items[0];
		uint64_t end = table->entries[entry].end;

		if (end > pos) {
			add_piece(table, pos, entry);
			pos = end;
		}
		if (end <= until)
			heap_pop(open);
	}
	if (pos < until)
		add_piece(table, pos, PFL_NONE);
}

/* Cuts symbols that may overlap into pieces that do not. */
static int cut(struct pfl_symtab *table, bool latest)
{
	const struct pfl_entry *entries = table->entries;
	size_t most = 3 * (size_t)table->count + 2;
	struct heap open = { 0 };
	struct pfl_piece *fitted;

	table->npieces = 0;
	table->pieces = malloc(most * sizeof(*table->pieces));
	open.items = malloc(((size_t)table->count + 1) * sizeof(*open.items));
	if (!table->pieces || !open.items) {
		free(open.items);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < table->count; i++) {
		uint64_t priority = latest ? entries[i].name : i;

		if (i)
			add_pieces(table, &open, entries[i - 1].start, entries[i].start);
		heap_push(&open, priority << 32 | i);
	}
	if (table->count)
		add_pieces(table, &open, entries[table->count - 1].start, UINT64_MAX);
	free(open.items);
	fitted = realloc(table->pieces, ((size_t)table->npieces + 1) * sizeof(*fitted));
	if (fitted)
		table->pieces = fitted;
	return 0;
}

int pfl_symtab_finish_linked(struct pfl_symtab *table)
{
	int err = table->count ? sort_entries(table) : 0;

	if (err)
		return err;
	drop_aliases(table);
	return cut(table, false);
}

int pfl_symtab_finish_latest(struct pfl_symtab *table)
{
	int err = table->count ? sort_entries(table) : 0;

	return err ? err : cut(table, true);
}

const struct pfl_entry *pfl_symtab_find(const struct pfl_symtab *table, uint64_t addr)
{
	uint32_t low = 0, high = table->npieces;

	/* The last piece that starts at or before @addr is the one before @low in the end. */
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (table->pieces[mid].start <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || table->pieces[low - 1].entry == PFL_NONE)
		return NULL;
	return &table->entries[table->pieces[low - 1].entry];
}
