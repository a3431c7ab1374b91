/* SPDX-License-Identifier: GPL-2.0-or-later */
/* While the fold is busy with what takes long, the rings are emptied, and nothing of it is lost. */
#include "switches.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MORE 50		/* switches of a program that does little else than sleep */
#define PATIENCE_S 60	/* on however slow a machine */

static pid_t sleeper;
static volatile sig_atomic_t stop;
static bool came;
static uint64_t before, after;

static void nap(long ns)
{
	const struct timespec time = { .tv_nsec = ns };

	nanosleep(&time, NULL);
}

static int set_up(void **state)
{
	(void)state;
	sleeper = fork();
	while (!sleeper)
		nap(200000);
	return sleeper < 0 ? -1 : make_context();
}

static int tear_down(void **state)
{
	(void)state;
	kill(sleeper, SIGKILL);
	waitpid(sleeper, NULL, 0);
	pfl_ctx_free(ctx);
	return 0;
}

/* Takes as long as it takes the other thread to find more in the rings. */
static void long_work(void *data)
{
	const struct pfl_record *record = data;
	time_t end = time(NULL) + PATIENCE_S;

	do {
		nap(1000000);
		after = __atomic_load_n(&record->tally.samples, __ATOMIC_RELAXED);
		came = after >= before + MORE;
	} while (!came && time(NULL) < end);
}

static void tick(void *data, const struct pfl_record_stats *stats)
{
	struct pfl_record *record = data;

	if (stop)
		return;
	before = stats->samples;
	pfl_session_aside(record, long_work, record);
	assert_true(record->backlog.len > 0);
	stop = 1;
}

static void rings_are_emptied(void **state)
{
	int32_t pids[] = { sleeper };
	const struct pfl_record_opts opts = { .type = "switches", .pids = pids, .npids = 1 };
	const struct pfl_fold_opts fold_opts = { .event = "context-switches" };
	struct pfl_record_stats recorded;
	struct pfl_profile *profile;
	struct pfl_fold_stats folded;
	struct pfl_record *record = open_switches(&opts);

	(void)state;
	assert_int_equal(pfl_record_to_profile(record, &fold_opts), 0);
	assert_int_equal(pfl_record_run(record, &stop, tick, record), 0);
	assert_int_equal(pfl_record_finish(record), 0);
	assert_true(came);
	pfl_record_get_stats(record, &recorded);
	assert_int_equal(pfl_record_profile(record, &profile, &folded), 0);
	assert_int_equal(recorded.lost, 0);
	assert_true(recorded.samples >= before + MORE);
	assert_int_equal(folded.samples, recorded.samples);
	assert_int_equal(folded.folded, recorded.samples);
	pfl_profile_free(profile);
	pfl_record_free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rings_are_emptied, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
