/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks that are recalled, against walks that are walked: whatever is different, the result is
 * the same as if nothing had been kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <alloca.h>

#include "unwind-self.h"

#define SPACE 7

static struct snapshot shot;
static struct pfl_unwinder *unwinder, *other;
static uint64_t pcs[FRAMES], wanted_pcs[FRAMES];
static volatile int sink;
static unsigned int recalled;	/* of what was changed */

WITHOUT_FP static int leaf(int x)
{
	take_snapshot(&shot);
	return x + 1;
}

/* Keeps counters in registers that are saved further in: they decide nothing. */
WITHOUT_FP static int counts(int x)
{
	int sum = 0;

	for (int i = 0; i < 2; i++)
		sum += leaf(x + i) * (sum + i);
	return sum;
}

WITH_FP static int keeps_record(int x)
{
	volatile char *room = alloca(x + 64);

	room[0] = x;
	return counts(x) + room[0];
}

WITHOUT_FP static int realigns(int x)
{
	volatile char room[64] __attribute__((aligned(64)));

	room[x & 7] = x;
	return keeps_record(x) + room[x & 7];
}

WITH_FP static int calls_all(int x)
{
	return realigns(x) + 1;
}

static struct pfl_walk recall(struct pfl_unwinder *by, const struct pfl_walk_from *from,
			      uint64_t space, uint64_t *to)
{
	struct pfl_walk walk = { .pcs = to, .room = FRAMES };

	pfl_unwinder_recall(by, from, space, shot.chain, shot.nchain, &walk);
	return walk;
}

static struct pfl_walk walk_it(const struct pfl_walk_from *from)
{
	struct pfl_walk walk = { .pcs = wanted_pcs, .room = FRAMES };

	pfl_unwinder_walk(other, from, &walk);
	pfl_unwinder_join(other, from, shot.chain, shot.nchain, &walk);
	return walk;
}

static bool is_known(const struct pfl_walk_from *from, uint64_t space)
{
	struct pfl_walk walk = { .pcs = pcs, .room = FRAMES };

	return pfl_unwinder_known(unwinder, from, space, shot.chain, shot.nchain, &walk);
}

static void check_same(const struct pfl_walk *walk, const struct pfl_walk *wanted)
{
	assert_int_equal(walk->end, wanted->end);
	assert_int_equal(walk->count, wanted->count);
	assert_memory_equal(walk->pcs, wanted->pcs, walk->count * sizeof(*pcs));
	assert_int_equal(walk->joined, wanted->joined);
	assert_int_equal(walk->by_record, wanted->by_record);
	assert_int_equal(walk->needed, wanted->needed);
	assert_int_equal(walk->stop, wanted->stop);
	assert_int_equal(walk->record, wanted->record);
}

/* Begun there twice: from then on it is known. */
static void get_to_know(const struct pfl_walk_from *from)
{
	struct pfl_walk wanted = walk_it(from), walk;

	for (int i = 0; i < 3; i++) {
		walk = recall(unwinder, from, SPACE, pcs);
		check_same(&walk, &wanted);
	}
	assert_true(is_known(from, SPACE));
}

/* Something differs from what is known, or has never been seen. */
static void check_changed(const struct pfl_walk_from *from)
{
	struct pfl_walk wanted = walk_it(from), walk = { .pcs = pcs, .room = FRAMES };

	if (!pfl_unwinder_known(unwinder, from, SPACE, shot.chain, shot.nchain, &walk))
		return;
	recalled++;
	check_same(&walk, &wanted);
}

static void change_each_word(struct pfl_walk_from *from, uint64_t change)
{
	size_t size = from->stack_size < 4096 ? from->stack_size : 4096;

	for (size_t at = 0; at + 8 <= size; at += 8) {
		uint64_t *word = (uint64_t *)(shot.stack + at), was = *word;

		*word += change;
		check_changed(from);
		*word = was;
	}
}

static void change_each_register(struct pfl_walk_from *from, uint64_t change)
{
	for (unsigned int reg = 0; reg < from->arch->nregs; reg++) {
		from->regs.value[reg] += change;
		check_changed(from);
		from->regs.value[reg] -= change;
		from->regs.known ^= 1ULL << reg;
		check_changed(from);
		from->regs.known ^= 1ULL << reg;
	}
}

/* As if a JIT had made this program: its code has no rules. */
static bool locate_unruled(void *data, uint64_t address, struct pfl_place *place)
{
	static const struct pfl_rules *own;
	struct pfl_place here;

	if (!own && locate(data, (uintptr_t)locate_unruled, &here))
		own = here.rules;
	if (!locate(data, address, place))
		return false;
	if (place->rules == own)
		place->rules = NULL;
	return true;
}

/* Of dumps that reach the root, and of those that end before it: there the chain goes on. */
static void change_everything(void)
{
	static const uint64_t changes[] = { 1, 8, 16, -8ULL, 1ULL << 20, 1ULL << 47 };
	static const size_t sizes[] = { 64, 256, 1024, 4096, SIZE_MAX };
	size_t whole = shot.from.stack_size;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		shot.from.stack_size = sizes[i] < whole ? sizes[i] : whole;
		get_to_know(&shot.from);
		recalled = 0;
		for (size_t j = 0; j < sizeof(changes) / sizeof(*changes); j++) {
			change_each_word(&shot.from, changes[j]);
			change_each_register(&shot.from, changes[j]);
		}
		/* what decides nothing does not make it another walk */
		assert_true(recalled > 0);
	}
}

static void whatever_changes(void **state)
{
	(void)state;
	sink = calls_all(3);
	change_everything();
}

WITH_FP static int keeps_record_too(int x)
{
	take_snapshot(&shot);
	return x + 1;
}

WITH_FP static int calls_it(int x)
{
	volatile char room[500];

	room[x & 7] = x;
	return keeps_record_too(x) + room[x & 7];
}

static void code_without_rules(void **state)
{
	(void)state;
	sink = calls_it(3);
	shot.from.locate = locate_unruled;
	change_everything();
}

static void what_is_mapped_and_how_much_was_taken(void **state)
{
	struct pfl_walk_from from;

	(void)state;
	sink = calls_all(3);
	get_to_know(&shot.from);
	assert_false(is_known(&shot.from, SPACE + 1));
	from = shot.from;
	from.stack_size -= 8;
	assert_false(is_known(&from, SPACE));
	shot.nchain--;
	assert_false(is_known(&shot.from, SPACE));
	shot.nchain++;
	shot.chain[shot.nchain - 1]++;
	assert_false(is_known(&shot.from, SPACE));
	shot.chain[shot.nchain - 1]--;
	assert_true(is_known(&shot.from, SPACE));
}

/* Two ways to one place, in turn: both are known. */
static void several_ways(void **state)
{
	uint64_t *returns = (uint64_t *)shot.stack, was;

	(void)state;
	sink = calls_all(3);
	get_to_know(&shot.from);
	/* the first return address on the stack, wherever it is */
	while (*returns != (uintptr_t)shot.truth[1])
		returns++;
	was = *returns;
	*returns = (uintptr_t)shot.truth[2];
	get_to_know(&shot.from);
	*returns = was;
	assert_true(is_known(&shot.from, SPACE));
	*returns = (uintptr_t)shot.truth[2];
	assert_true(is_known(&shot.from, SPACE));
}

/* More than it keeps: it forgets, and goes on. */
static void very_many(void **state)
{
	struct pfl_walk wanted, walk;

	(void)state;
	sink = calls_all(3);
	get_to_know(&shot.from);
	wanted = walk_it(&shot.from);
	for (uint64_t space = SPACE + 1; space < SPACE + 20000; space++)
		for (int i = 0; i < 3; i++) {
			walk = recall(unwinder, &shot.from, space, pcs);
			check_same(&walk, &wanted);
		}
	assert_false(is_known(&shot.from, SPACE));
	get_to_know(&shot.from);
}

/* More frames than the walk of now has room for. */
static void less_room(void **state)
{
	struct pfl_walk walk = { .pcs = pcs, .room = 2 };

	(void)state;
	sink = calls_all(3);
	get_to_know(&shot.from);
	pfl_unwinder_recall(unwinder, &shot.from, SPACE, shot.chain, shot.nchain, &walk);
	assert_int_equal(walk.count, 2);
	assert_int_equal(walk.end, PFL_WALK_DEEP);
	get_to_know(&shot.from);
}

static int set_up(void **state)
{
	return read_code_maps(state) || pfl_unwinder_new(&unwinder) || pfl_unwinder_new(&other);
}

static int tear_down(void **state)
{
	pfl_unwinder_free(unwinder);
	pfl_unwinder_free(other);
	return free_code_maps(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_changes),
		cmocka_unit_test(code_without_rules),
		cmocka_unit_test(what_is_mapped_and_how_much_was_taken),
		cmocka_unit_test(several_ways),
		cmocka_unit_test(very_many),
		cmocka_unit_test(less_room),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
