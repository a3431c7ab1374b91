/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls */
/*
 * Recursion of known depth: a function that calls itself, twice as deep as not,
 * and two that call each other. The kernel walks 127 frames at most
 * (kernel.perf_event_max_stack), and none of these stacks is that deep.
 */
#include "work.h"

static struct place shallow, deep, mutual;

static FUNCTION void self(struct place *place, unsigned int depth, unsigned int ms)
{
	if (depth > 1)
		self(place, depth - 1, ms);
	else
		work(place, ms);
}

static FUNCTION void odd(unsigned int depth);

static FUNCTION void even(unsigned int depth)
{
	if (depth > 1)
		odd(depth - 1);
	else
		work(&mutual, 30);
}

static FUNCTION void odd(unsigned int depth)
{
	if (depth > 1)
		even(depth - 1);
	else
		work(&mutual, 30);
}

/* main and then @count of the names in turn. */
static char *stack(const char *first, const char *second, unsigned int count)
{
	char *text = malloc(16 * (count + 1)), *end = text;

	if (!text)
		exit(1);
	end += sprintf(end, "main");
	for (unsigned int i = 0; i < count; i++)
		end += sprintf(end, ";%s", i % 2 ? second : first);
	return text;
}

int main(void)
{
	shallow.stack = stack("self", "self", 50);
	deep.stack = stack("self", "self", 100);
	mutual.stack = stack("even", "odd", 41);
	wait_for_start();
	for (int i = 0; i < ROUNDS; i++) {
		self(&shallow, 50, 20);
		self(&deep, 100, 50);
		even(41);
	}
	expect(&shallow);
	expect(&deep);
	expect(&mutual);
	spent();
	return 0;
}
