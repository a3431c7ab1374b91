/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the kernel's callchain takes over from CFI, and where it must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unwind-self.h"

static struct snapshot shot;
static struct pfl_unwinder *unwinder;
static uint64_t pcs[FRAMES];
static volatile int sink;

/* Calls @function, in whose callees the snapshot is taken. */
static void take(int (*function)(int))
{
	if (!CHOOSES_FRAMES)
		skip();
	sink = function(1);
}

static struct pfl_walk join_it(size_t stack_size)
{
	struct pfl_walk_from from = shot.from;
	struct pfl_walk walk = { .pcs = pcs, .room = FRAMES };

	from.stack_size = stack_size;
	pfl_unwinder_walk(unwinder, &from, &walk);
	pfl_unwinder_join(unwinder, &from, shot.chain, shot.nchain, &walk);
	for (uint32_t i = 1; i < walk.count; i++)
		assert_int_equal(pcs[i], (uintptr_t)shot.truth[i]);
	return walk;
}

/* The frame of the truth that is in @function: that which returns closest behind its beginning. */
static uint32_t frame_of(void *function)
{
	uintptr_t start = (uintptr_t)function;
	int found = 1;

	for (int i = 2; i < shot.ntruth; i++)
		if ((uintptr_t)shot.truth[i] - start < (uintptr_t)shot.truth[found] - start)
			found = i;
	assert_true((uintptr_t)shot.truth[found] - start < 1000);
	return found;
}

/* Holds the frames of take_snapshot() and like_libc(), but not second()'s. */
#define ENOUGH 2000

/* Without frame pointers, as libc has it: the chain never sees who called this. */
WITHOUT_FP static int like_libc(int x)
{
	volatile char room[200];

	room[x & 7] = x;
	take_snapshot(&shot);
	return room[x & 7];
}

WITH_FP static int third(int x)
{
	return like_libc(x) + 1;
}

WITH_FP static int second(int x)
{
	volatile char room[3000];

	room[x & 7] = x;
	return third(x) + room[x & 7];
}

WITH_FP static int first(int x)
{
	volatile char room[3000];

	room[x & 7] = x;
	return second(x) + room[x & 7];
}

WITHOUT_FP static int keeps_none(int x)
{
	return first(x) * 3;
}

/* With @size bytes of stack, the chain brings everything up to who called first(). */
static void what_libc_hides_comes_back(void **state)
{
	uint32_t hidden, last;
	struct pfl_walk walk;
	size_t size = 0;

	(void)state;
	take(keeps_none);
	hidden = frame_of(third);
	last = frame_of(keeps_none);
	assert_int_equal(last, hidden + 3);
	assert_int_not_equal(shot.chain[1], (uintptr_t)shot.truth[hidden]);
	/* As long as the dump does not reach third(), nothing meets. */
	do {
		walk = join_it(size);
		assert_int_equal(walk.end, PFL_WALK_EXHAUSTED);
		size += 8;
	} while (walk.count <= hidden && !walk.joined);
	assert_int_equal(walk.count, last + 1);
	assert_int_equal(walk.joined, 3);
	assert_int_equal(pcs[hidden], (uintptr_t)shot.truth[hidden]);
	assert_true(size < ENOUGH);
	for (; size < 6000; size += 8)
		assert_true(join_it(size).count >= last + 1);
}

/* Whatever is in the chain from where it is not sure any more, it is not looked at. */
static void garbage_behind_is_not_believed(void **state)
{
	uint32_t last;

	(void)state;
	take(keeps_none);
	last = frame_of(keeps_none);
	for (size_t i = 0; i < shot.nchain; i++) {
		if (shot.chain[i] != (uintptr_t)shot.truth[last])
			continue;
		for (shot.nchain = 100; ++i < 100;)
			shot.chain[i] = (uintptr_t)first + 30;
	}
	for (size_t size = 0; size < 6000; size += 8)
		join_it(size);
	assert_int_equal(join_it(ENOUGH).count, last + 1);
}

/* A chain of another moment, cut short, or with any word changed. */
static void a_chain_that_does_not_fit(void **state)
{
	uint64_t word;
	uint32_t whole;
	size_t nchain;

	(void)state;
	take(keeps_none);
	whole = join_it(ENOUGH).count;
	word = shot.chain[0];
	shot.chain[0] ^= 1;
	assert_int_equal(join_it(ENOUGH).joined, 0);
	shot.chain[0] = word;
	nchain = shot.nchain;
	for (shot.nchain = 0; shot.nchain < 3; shot.nchain++)
		assert_true(join_it(ENOUGH).count < whole);
	shot.nchain = nchain;
	word = shot.chain[1];
	shot.chain[1] = 16;	/* mapped nowhere */
	assert_true(join_it(ENOUGH).count < whole);
	shot.chain[1] = word;
	assert_int_equal(join_it(ENOUGH).count, whole);
}

/* Uses the frame pointer for what it likes: here, as if it led to a record. */
WITHOUT_FP static int misuses_it(int x)
{
	static uintptr_t fake[2];

	fake[0] = (uintptr_t)fake;
	fake[1] = (uintptr_t)second + 20;
#if defined(__x86_64__)
	__asm__ volatile("push %%rbp\n\tmov %1, %%rbp\n\t.cfi_remember_state\n\t"
			 ".cfi_adjust_cfa_offset 8\n\t.cfi_rel_offset %%rbp, 0\n\t"
			 "sub $8, %%rsp\n\t.cfi_adjust_cfa_offset 8\n\t"
			 "call *%2\n\tadd $8, %%rsp\n\tpop %%rbp\n\t.cfi_restore_state"
			 : "=a"(x) : "r"(fake), "r"(first), "D"(x)
			 : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
	return x;
#else
	return first(x) + fake[1] % 3;
#endif
}

static void a_frame_pointer_used_for_something_else(void **state)
{
	uint32_t last;

	(void)state;
	take(misuses_it);
	last = frame_of(misuses_it);
	shot.chain[shot.nchain++] = (uintptr_t)second + 20;
	for (size_t size = 0; size < 6000; size += 8)
		join_it(size);
	assert_int_equal(join_it(ENOUGH).count, last + 1);
}

/* A walk that came to its end has nothing to be joined. */
static void whole_stacks_stay(void **state)
{
	struct pfl_walk walk;

	(void)state;
	take(keeps_none);
	walk = join_it(shot.from.stack_size);
	assert_int_equal(walk.end, PFL_WALK_ROOT);
	assert_int_equal(walk.joined, 0);
	assert_int_equal(walk.count, shot.ntruth);
}

static int set_up(void **state)
{
	return read_code_maps(state) || pfl_unwinder_new(&unwinder);
}

static int tear_down(void **state)
{
	pfl_unwinder_free(unwinder);
	return free_code_maps(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_libc_hides_comes_back),
		cmocka_unit_test(garbage_behind_is_not_believed),
		cmocka_unit_test(a_chain_that_does_not_fit),
		cmocka_unit_test(a_frame_pointer_used_for_something_else),
		cmocka_unit_test(whole_stacks_stay),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
