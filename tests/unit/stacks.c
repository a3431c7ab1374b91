/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stacks as numbers: equal ones are one node, in whichever way they were looked up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "profile/stacks.h"

#define DEEPEST 100	/* more than are fetched at once */
#define STACKS 2000
#define FRAMES 3u	/* few, so that most stacks begin alike */

/* The innermost first, as chains are. */
static uint32_t make_stack(uint32_t *frames)
{
	uint32_t count = rand() % (DEEPEST + 1);

	for (uint32_t i = 0; i < count; i++)
		frames[i] = count - i < 8 ? rand() % FRAMES : i % 7 | PFL_STACK_MARK;
	return count;
}

static void check_path(const struct pfl_stacks *stacks, uint32_t node, uint32_t root,
		       const uint32_t *frames, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		assert_true(node < stacks->count);
		assert_int_equal(stacks->nodes[node].frame, frames[i]);
		assert_true(stacks->nodes[node].parent == PFL_NONE ||
			    stacks->nodes[node].parent < node);
		node = stacks->nodes[node].parent;
	}
	assert_int_equal(node, root);
}

/* No two nodes are the same frame of the same parent. */
static void check_all_differ(const struct pfl_stacks *stacks)
{
	struct pfl_table seen = { 0 };

	for (uint32_t i = 0; i < stacks->count; i++) {
		const struct pfl_stack_node *node = &stacks->nodes[i];
		uint32_t *number = pfl_table_put(&seen, (uint64_t)node->parent << 32 | node->frame);

		assert_non_null(number);
		assert_int_equal(*number, PFL_NONE);
		*number = i;
	}
	pfl_table_free(&seen);
}

static void test_random(void **state)
{
	struct pfl_stacks stacks = { 0 };
	uint32_t frames[DEEPEST];

	(void)state;
	srand(1);
	for (int i = 0; i < STACKS; i++) {
		uint32_t root = i % 3 ? pfl_stacks_child(&stacks, PFL_NONE, PFL_STACK_TASK | i % 5) :
					PFL_NONE;
		uint32_t count = make_stack(frames), before, node, one = root;

		node = pfl_stacks_path(&stacks, root, frames, count);
		check_path(&stacks, node, root, frames, count);
		before = stacks.count;
		for (uint32_t n = count; n-- > 0;)
			one = pfl_stacks_child(&stacks, one, frames[n]);
		assert_int_equal(one, node);
		assert_int_equal(pfl_stacks_path(&stacks, root, frames, count), node);
		assert_int_equal(stacks.count, before);
	}
	assert_true(stacks.count > 10000);
	check_all_differ(&stacks);
	pfl_stacks_free(&stacks);
}

static void test_nothing(void **state)
{
	struct pfl_stacks stacks = { 0 };

	(void)state;
	assert_int_equal(pfl_stacks_path(&stacks, PFL_NONE, NULL, 0), PFL_NONE);
	assert_int_equal(pfl_stacks_child(&stacks, PFL_NONE, 7), 0);
	assert_int_equal(pfl_stacks_path(&stacks, 0, NULL, 0), 0);
	assert_int_equal(stacks.count, 1);
	pfl_stacks_free(&stacks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
