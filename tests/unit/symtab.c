/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "symbol/symtab.h"

#define FAR 0x100000

struct row {
	uint64_t start, end;	/* end 0: unsized, as far as FAR */
	const char *name;
	uint8_t bind;
	uint8_t flags;
	uint16_t group;
};

#define ROW(start, end, name, bind) { start, end, name, PFL_BIND_##bind, 0, 0 }
#define DATA(start, name) { start, 0, name, PFL_BIND_GLOBAL, PFL_ENTRY_DATA, 0 }
#define MODULE(start, name) { start, 0, name, PFL_BIND_GLOBAL, 0, 1 }

static void fill(struct pfl_symtab *table, const struct row *rows, size_t count)
{
	size_t used = 0;

	*table = (struct pfl_symtab){ .names_size = 4096 };
	table->names = calloc(1, table->names_size + 1);
	for (size_t i = 0; i < count; i++) {
		struct pfl_entry entry = {
			.start = rows[i].start,
			.end = rows[i].end ? rows[i].end : FAR,
			.name = used,
			.bind = rows[i].bind,
			.flags = rows[i].flags | (rows[i].end ? 0 : PFL_ENTRY_UNSIZED),
			.group = rows[i].group,
		};

		strcpy(table->names + used, rows[i].name);
		used += strlen(rows[i].name) + 1;
		assert_int_equal(pfl_symtab_add(table, &entry), 0);
	}
}

static const char *find(const struct pfl_symtab *table, uint64_t addr)
{
	const struct pfl_entry *entry = pfl_symtab_find(table, addr);

	return entry ? pfl_symtab_name(table, entry) : "-";
}

static const char *winner(const struct row *rows, size_t count)
{
	static char name[64];
	struct pfl_symtab table;

	fill(&table, rows, count);
	assert_int_equal(pfl_symtab_finish_linked(&table), 0);
	strcpy(name, find(&table, rows[0].start));
	pfl_symtab_free(&table);
	return name;
}

static void test_alias(void **state)
{
	static const struct {
		struct row rows[2];
		const char *winner;	/* in either order, or … */
		const char *swapped;	/* … this when the second was added first */
	} cases[] = {
		/* a size, whatever the rest says */
		{ { ROW(10, 20, "sized", WEAK), ROW(10, 15, "shorter", GLOBAL) },
		  "shorter", NULL },
		/* not weak before weak, even if local */
		{ { ROW(10, 20, "strong", LOCAL), ROW(10, 20, "weak_and_longer", WEAK) },
		  "strong", NULL },
		/* global before local */
		{ { ROW(10, 20, "__global", GLOBAL), ROW(10, 20, "local_longer", LOCAL) },
		  "__global", NULL },
		/* fewer underscores before length */
		{ { ROW(10, 20, "_short", GLOBAL), ROW(10, 20, "__longer_name", GLOBAL) },
		  "_short", NULL },
		{ { ROW(10, 20, "short", WEAK), ROW(10, 20, "longer_name", WEAK) },
		  "longer_name", NULL },
		/* the names of old system call macros lose a tie */
		{ { ROW(10, 20, "SyS_read", GLOBAL), ROW(10, 20, "sys_read", GLOBAL) },
		  "sys_read", NULL },
		{ { ROW(10, 20, "compat_SyS_x", GLOBAL), ROW(10, 20, "compat_sys_x", GLOBAL) },
		  "compat_sys_x", NULL },
		/* otherwise the first one */
		{ { ROW(10, 20, "one", GLOBAL), ROW(10, 20, "two", GLOBAL) },
		  "one", "two" },
		/* of those without a size the last */
		{ { ROW(10, 0, "first", GLOBAL), ROW(10, 0, "second", GLOBAL) },
		  "second", "first" },
		{ { ROW(10, 0, "code", LOCAL), DATA(10, "data") },
		  "code", "code" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct row swapped[2] = { cases[i].rows[1], cases[i].rows[0] };

		assert_string_equal(winner(cases[i].rows, 2), cases[i].winner);
		assert_string_equal(winner(swapped, 2),
				    cases[i].swapped ? cases[i].swapped : cases[i].winner);
	}
}

static void test_size_beats_rank(void **state)
{
	/* The unsized one is first, so that it stays without a size. */
	static const struct row rows[] = { ROW(10, 0, "none", GLOBAL), ROW(10, 20, "size", WEAK) };

	(void)state;
	assert_string_equal(winner(rows, 2), "size");
}

static void test_cover(void **state)
{
	static const struct row rows[] = {
		ROW(300, 0, "last", GLOBAL), ROW(100, 110, "sized", GLOBAL),
		ROW(120, 0, "open", GLOBAL),
		ROW(200, 290, "outer", GLOBAL), ROW(220, 230, "inner", LOCAL),
		ROW(240, 0, "mark", LOCAL),
		ROW(250, 0, "entry", GLOBAL),
	};
	static const struct {
		uint64_t addr;
		const char *name;
	} cases[] = {
		{ 0, "-" }, { 99, "-" }, { 100, "sized" }, { 109, "sized" }, { 110, "-" },
		{ 119, "-" }, { 120, "open" }, { 199, "open" }, { 200, "outer" }, { 219, "outer" },
		{ 220, "inner" }, { 229, "inner" }, { 230, "outer" }, { 245, "outer" },
		{ 250, "entry" }, { 289, "entry" }, { 290, "-" }, { 300, "last" }, { 4095, "last" },
		{ UINT64_MAX, "-" },
	};
	struct pfl_symtab table;

	(void)state;
	fill(&table, rows, sizeof(rows) / sizeof(*rows));
	assert_int_equal(pfl_symtab_finish_linked(&table), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(find(&table, cases[i].addr), cases[i].name);
	pfl_symtab_free(&table);
}

static void test_groups(void **state)
{
	static const struct row rows[] = {
		ROW(0x1000, 0, "kernel", GLOBAL), MODULE(0x20000, "mod"), MODULE(0x20100, "mod2"),
		DATA(0x90000, "rodata"), ROW(0xa0000, 0, "text", GLOBAL),
	};
	static const struct {
		uint64_t addr;
		const char *name;
	} cases[] = {
		/* a page and the rest of the next where a gap of unknown size follows */
		{ 0x1fff, "kernel" }, { 0x2fff, "-" }, { 0x200ff, "mod" }, { 0x20fff, "mod2" },
		{ 0x22000, "-" }, { 0x90000, "-" }, { 0xa0001, "text" },
	};
	struct pfl_symtab table;

	(void)state;
	fill(&table, rows, sizeof(rows) / sizeof(*rows));
	assert_int_equal(pfl_symtab_finish_linked(&table), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(find(&table, cases[i].addr), cases[i].name);
	pfl_symtab_free(&table);
}

static void test_latest(void **state)
{
	static const struct row rows[] = {
		ROW(100, 200, "old", GLOBAL), ROW(150, 160, "newer", GLOBAL),
		ROW(140, 170, "newest", GLOBAL),
		ROW(90, 110, "front", GLOBAL), ROW(300, 400, "same1", GLOBAL),
		ROW(300, 350, "same2", GLOBAL),
	};
	static const struct {
		uint64_t addr;
		const char *name;
	} cases[] = {
		{ 89, "-" }, { 90, "front" }, { 109, "front" }, { 110, "old" }, { 139, "old" },
		{ 140, "newest" }, { 155, "newest" }, { 169, "newest" }, { 170, "old" },
		{ 200, "-" }, { 300, "same2" }, { 349, "same2" }, { 350, "same1" }, { 400, "-" },
	};
	struct pfl_symtab table;

	(void)state;
	fill(&table, rows, sizeof(rows) / sizeof(*rows));
	assert_int_equal(pfl_symtab_finish_latest(&table), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(find(&table, cases[i].addr), cases[i].name);
	pfl_symtab_free(&table);
}

#define SPAN 200

/* What a table of sized symbols answers at each address, found the slow way. */
static void expect(const struct pfl_entry *entries, unsigned int count, bool latest,
		   const struct pfl_entry **at)
{
	for (uint64_t addr = 0; addr < SPAN; addr++) {
		at[addr] = NULL;
		for (unsigned int i = 0; i < count; i++)
			if (entries[i].start <= addr && addr < entries[i].end &&
			    (!at[addr] || latest || entries[i].start > at[addr]->start))
				at[addr] = &entries[i];
	}
}

static void random_table(unsigned int *seed, bool latest)
{
	struct pfl_symtab table = { .names = calloc(1, 65), .names_size = 64 };
	const struct pfl_entry *at[SPAN], *found;
	struct pfl_entry entries[40];
	bool used[SPAN] = { false };
	unsigned int count = 0;

	for (unsigned int i = 0; i < 40; i++) {
		uint64_t start = rand_r(seed) % (SPAN - 40);

		/* Which of several at one address wins is another test's. */
		if (!latest && used[start])
			continue;
		used[start] = true;
		entries[count] = (struct pfl_entry){ .start = start, .name = count,
						     .end = start + 1 + rand_r(seed) % 40 };
		assert_int_equal(pfl_symtab_add(&table, &entries[count++]), 0);
	}
	assert_int_equal(latest ? pfl_symtab_finish_latest(&table) :
				  pfl_symtab_finish_linked(&table), 0);
	expect(entries, count, latest, at);
	for (uint64_t addr = 0; addr < SPAN; addr++) {
		found = pfl_symtab_find(&table, addr);
		assert_int_equal(found ? found->name : 1000, at[addr] ? at[addr]->name : 1000);
	}
	pfl_symtab_free(&table);
}

static void test_random(void **state)
{
	unsigned int seed = 42;

	(void)state;
	for (int i = 0; i < 2000; i++)
		random_table(&seed, i & 1);
}

static void test_sort(void **state)
{
	struct pfl_symtab table = { .names = calloc(1, 2), .names_size = 1 };
	uint64_t start = 1;

	(void)state;
	/* All eight bytes differ, in an order that is not sorted. */
	for (int i = 0; i < 5000; i++, start = start * 6364136223846793005ULL + 1)
		assert_int_equal(pfl_symtab_add(&table, &(struct pfl_entry){
			.start = start & ~0xfULL, .end = start | 0xf }), 0);
	assert_int_equal(pfl_symtab_finish_linked(&table), 0);
	assert_int_equal(table.count, 5000);
	for (uint32_t i = 1; i < table.count; i++)
		assert_true(table.entries[i - 1].start < table.entries[i].start);
	pfl_symtab_free(&table);
}

static void test_empty(void **state)
{
	struct pfl_symtab table = { .names = calloc(1, 2), .names_size = 1 };

	(void)state;
	assert_int_equal(pfl_symtab_add(&table, &(struct pfl_entry){ .start = 5, .end = 5 }), 0);
	assert_int_equal(pfl_symtab_add(&table, &(struct pfl_entry){ .start = 5, .end = 4 }), 0);
	assert_int_equal(pfl_symtab_add(&table, &(struct pfl_entry){ .end = 4, .name = 1 }), 0);
	assert_int_equal(table.count, 0);
	assert_int_equal(pfl_symtab_finish_linked(&table), 0);
	assert_null(pfl_symtab_find(&table, 0));
	pfl_symtab_free(&table);
	pfl_symtab_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alias), cmocka_unit_test(test_size_beats_rank),
		cmocka_unit_test(test_cover), cmocka_unit_test(test_groups),
		cmocka_unit_test(test_latest), cmocka_unit_test(test_random),
		cmocka_unit_test(test_sort), cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
