/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -pthread */
/*
 * Two threads that sleep 7:2:1 in three functions. Each prints, a line for each
 * function, how long it was in there and not on a CPU:
 *
 *	off NANOSECONDS ASLEEP COMM-PID/TID;...;function
 *
 * ASLEEP is what it asked for in nanoseconds: less it was not, unless the
 * thread was late for its own sleep. What is more is waiting for a CPU.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/prctl.h>

#include "work.h"

#define UNIT_MS 5
#define TURNS 10

struct nap {
	const char *stack;
	uint64_t wall, cpu, asked;
};

/*
 * Both clocks of one moment: where the thread was taken off its CPU between
 * them, once more. That time is in no function then.
 */
WORK_ALWAYS_INLINE void read_clocks(uint64_t *wall, uint64_t *cpu)
{
	uint64_t before;

	do {
		before = cpu_ns(CLOCK_MONOTONIC);
		*cpu = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
		*wall = cpu_ns(CLOCK_MONOTONIC);
	} while (*wall - before > 20000);
}

WORK_ALWAYS_INLINE void nap(struct nap *nap, unsigned int units)
{
	const struct timespec time = { 0, units * UNIT_MS * 1000000L };

	nanosleep(&time, NULL);
	nap->asked += time.tv_nsec;
}

WORK_ALWAYS_INLINE void measure(struct nap *nap, void (*function)(struct nap *))
{
	uint64_t wall, cpu, wall_after, cpu_after;

	read_clocks(&wall, &cpu);
	function(nap);
	read_clocks(&wall_after, &cpu_after);
	nap->wall += wall_after - wall;
	nap->cpu += cpu_after - cpu;
}

static FUNCTION void sleeps_long(struct nap *into)
{
	nap(into, 7);
	ENDS;
}

static FUNCTION void sleeps_short(struct nap *into)
{
	nap(into, 2);
	ENDS;
}

static FUNCTION void dozes(struct nap *into)
{
	nap(into, 1);
	ENDS;
}

static FUNCTION void take_turns(const char *name, struct nap *naps)
{
	char line[256];

	prctl(PR_SET_NAME, name);
	for (int i = 0; i < TURNS; i++) {
		measure(&naps[0], sleeps_long);
		measure(&naps[1], sleeps_short);
		measure(&naps[2], dozes);
	}
	for (int i = 0; i < 3; i++) {
		snprintf(line, sizeof(line), "off %llu %llu %s-%d/%ld;%s\n",
			 (unsigned long long)(naps[i].wall - naps[i].cpu),
			 (unsigned long long)naps[i].asked, name, getpid(), syscall(SYS_gettid),
			 naps[i].stack);
		tell(line);
	}
}

static FUNCTION void *naps_too(void *data)
{
	struct nap naps[] = {
		{ .stack = "naps_too;take_turns;sleeps_long" },
		{ .stack = "naps_too;take_turns;sleeps_short" },
		{ .stack = "naps_too;take_turns;dozes" },
	};

	(void)data;
	take_turns("other", naps);
	return NULL;
}

int main(void)
{
	struct nap naps[] = {
		{ .stack = "main;take_turns;sleeps_long" },
		{ .stack = "main;take_turns;sleeps_short" },
		{ .stack = "main;take_turns;dozes" },
	};
	pthread_t thread;

	wait_for_start();
	if (pthread_create(&thread, NULL, naps_too, NULL))
		return 1;
	take_turns("naps", naps);
	pthread_join(thread, NULL);
	return 0;
}
