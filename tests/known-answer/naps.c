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

#include "naps.h"

#define UNIT_MS 5
#define TURNS 10

WORK_ALWAYS_INLINE void nap(struct nap *nap, unsigned int units)
{
	sleep_ms(units * UNIT_MS);
	nap->asked += units * UNIT_MS * 1000000ULL;
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
	prctl(PR_SET_NAME, name);
	for (int i = 0; i < TURNS; i++) {
		measure(&naps[0], sleeps_long);
		measure(&naps[1], sleeps_short);
		measure(&naps[2], dozes);
	}
	for (int i = 0; i < 3; i++)
		tell_nap(&naps[i]);
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
