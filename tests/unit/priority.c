/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who goes before others, who may not, and who was told not to. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/priority.h"

static struct {
	int policy, priority, niceness;
	int error;	/* of setscheduler() */
	int calls;
} task;

static int get_policy(void)
{
	return task.policy;
}

static int set_policy(int policy, int priority)
{
	task.calls++;
	if (task.error) {
		errno = task.error;
		return -1;
	}
	task.policy = policy;
	task.priority = priority;
	return 0;
}

static int get_niceness(void)
{
	return task.niceness;
}

static const struct pfl_sys sys = {
	.getscheduler = get_policy,
	.setscheduler = set_policy,
	.getnice = get_niceness,
};

static int start(void **state)
{
	(void)state;
	task.policy = SCHED_OTHER;
	task.priority = task.niceness = task.error = task.calls = 0;
	return 0;
}

static int raise_it(void)
{
	struct pfl_ctx *ctx;
	int raised;

	assert_int_equal(pfl_ctx_new(&ctx), 0);
	raised = pfl_priority_raise(ctx, &sys);
	pfl_ctx_free(ctx);
	return raised;
}

static void it_goes_first_and_back(void **state)
{
	(void)state;
	assert_int_equal(raise_it(), 0);
	assert_int_equal(task.policy, SCHED_RR | SCHED_RESET_ON_FORK);
	assert_int_equal(task.priority, 1);
	pfl_priority_restore(&sys);
	assert_int_equal(task.policy, SCHED_OTHER | SCHED_RESET_ON_FORK);
	assert_int_equal(task.priority, 0);
}

static void without_the_right_it_waits(void **state)
{
	(void)state;
	task.error = EPERM;
	assert_int_equal(raise_it(), -EPERM);
	assert_int_equal(task.policy, SCHED_OTHER);
}

static void what_was_chosen_stays(void **state)
{
	(void)state;
	task.niceness = 5;
	assert_int_equal(raise_it(), 1);
	task.niceness = 0;
	task.policy = SCHED_FIFO;
	assert_int_equal(raise_it(), 1);
	assert_int_equal(task.policy, SCHED_FIFO);
	assert_int_equal(task.calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(it_goes_first_and_back, start),
		cmocka_unit_test_setup(without_the_right_it_waits, start),
		cmocka_unit_test_setup(what_was_chosen_stays, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
