/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a thread was off its CPU for while it was in a function: the wall-clock time that
 * passed there, less its own CPU time.
 */
#ifndef NAPS_H
#define NAPS_H

#include "work.h"

struct nap {
	const char *stack;		/* without the thread */
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

WORK_ALWAYS_INLINE void measure(struct nap *nap, void (*function)(struct nap *))
{
	uint64_t wall, cpu, wall_after, cpu_after;

	read_clocks(&wall, &cpu);
	function(nap);
	read_clocks(&wall_after, &cpu_after);
	nap->wall += wall_after - wall;
	nap->cpu += cpu_after - cpu;
}

WORK_ALWAYS_INLINE void sleep_ms(uint64_t ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&time, NULL);
}

/* "off NANOSECONDS ASKED_FOR COMM-PID/TID;STACK", of the thread that calls it. */
WORK_ALWAYS_INLINE void tell_nap(const struct nap *nap)
{
	char line[256], name[16];

	if (prctl(PR_GET_NAME, name))
		_exit(1);
	snprintf(line, sizeof(line), "off %llu %llu %s-%d/%ld;%s\n",
		 (unsigned long long)(nap->wall - nap->cpu), (unsigned long long)nap->asked, name,
		 getpid(), syscall(SYS_gettid), nap->stack);
	tell(line);
}

#endif
