/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/sort.h"
#include "symbol/symtab.h"
#include "util/array.h"
#include "util/table.h"

#define PAGE UINT64_C(4096)

void pfl_symtab_free(struct pfl_symtab *table)
{
	free(table->names);
	free(table->entries);
	pfl_pieces_free(&table->pieces);
	*table = (struct pfl_symtab){ 0 };
}

size_t pfl_symtab_size(const struct pfl_symtab *table)
{
	return table->names_size + (size_t)table->room * sizeof(*table->entries) +
	       pfl_pieces_size(&table->pieces);
}

int pfl_symtab_add(struct pfl_symtab *table, const struct pfl_entry *entry)
{
	struct pfl_entry *entries;

	if (entry->end <= entry->start || entry->name >= table->names_size)
		return 0;
	entries = pfl_array_grow(table->entries, table->count, &table->room, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	table->entries = entries;
	entries[table->count++] = *entry;
	return 0;
}

/* By start; equal ones stay in the order they were added in, which the choice of aliases needs. */
static int sort_entries(struct pfl_symtab *table)
{
	void *entries = table->entries;
	int err = pfl_sort(&entries, table->count, sizeof(*table->entries));

	if (entries != table->entries)
		table->room = table->count;
	table->entries = entries;
	return err;
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

/* What it takes is bounded by the length of @b: @a may have won over thousands. */
static int compare_lengths(const char *a, const char *b)
{
	size_t len_b = strlen(b), len_a = strnlen(a, len_b + 1);

	return (len_a > len_b) - (len_a < len_b);
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
	better = compare_lengths(name_a, name_b);
	if (better)
		return better > 0 ? a : b;
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

/* Where symbols overlap, the later one wins: by its place in the names or by its start. */
static int cut(struct pfl_symtab *table, bool latest)
{
	const struct pfl_entry *entries = table->entries;
	struct pfl_interval *intervals;
	int err;

	intervals = malloc(((size_t)table->count + 1) * sizeof(*intervals));
	if (!intervals)
		return -ENOMEM;
	for (uint32_t i = 0; i < table->count; i++)
		intervals[i] = (struct pfl_interval){
			.start = entries[i].start, .end = entries[i].end,
			.priority = (uint64_t)(latest ? entries[i].name : i) << 32 | i,
			.owner = i,
		};
	err = pfl_pieces_cut(&table->pieces, intervals, table->count);
	free(intervals);
	return err;
}

int pfl_symtab_finish_linked(struct pfl_symtab *table)
{
	int err = sort_entries(table);

	if (err)
		return err;
	drop_aliases(table);
	return cut(table, false);
}

int pfl_symtab_finish_latest(struct pfl_symtab *table)
{
	int err = sort_entries(table);

	return err ? err : cut(table, true);
}

const struct pfl_entry *pfl_symtab_find(const struct pfl_symtab *table, uint64_t addr)
{
	uint32_t owner = pfl_pieces_find(&table->pieces, addr);

	return owner == PFL_NONE ? NULL : &table->entries[owner];
}

const struct pfl_entry *pfl_symtab_next(const struct pfl_symtab *table, uint64_t addr)
{
	uint32_t next = pfl_sorted_upto(table->entries, table->count, sizeof(*table->entries), addr);

	return next < table->count ? &table->entries[next] : NULL;
}
