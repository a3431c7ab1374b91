/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -pthread */
/*
 * Two threads and a pipe: one waits for the ball, the other throws it, when it
 * sees in /proc that the first one does sleep. What that was off its CPU for:
 *
 *	off NANOSECONDS SURELY catcher-PID/TID;catches;waits_for_ball
 *	woke NANOSECONDS SURELY thrower-PID/TID;throws;hits_back
 *
 * SURELY leaves out the balls at which somebody else took the CPU from it: then
 * not all of the time was waiting for the ball.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "work.h"

#define BALLS 25
#define HOLD_MS 20

static int ball[2];
static pthread_barrier_t start;
static pid_t catcher, thrower;
static uint64_t off_ns, surely_ns;

static FUNCTION void waits_for_ball(void)
{
	char c;

	if (read(ball[0], &c, 1) != 1)
		_exit(1);
	ENDS;
}

static FUNCTION void hits_back(void)
{
	if (write(ball[1], "", 1) != 1)
		_exit(1);
	ENDS;
}

static long times_preempted(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nivcsw;
}

static FUNCTION void *catches(void *data)
{
	prctl(PR_SET_NAME, "catcher");
	catcher = syscall(SYS_gettid);
	pthread_barrier_wait(&start);
	for (int i = 0; i < BALLS; i++) {
		long preempted = times_preempted();
		uint64_t cpu = cpu_ns(CLOCK_THREAD_CPUTIME_ID), wall = cpu_ns(CLOCK_MONOTONIC), ns;

		waits_for_ball();
		ns = cpu_ns(CLOCK_MONOTONIC) - wall;
		ns -= cpu_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
		off_ns += ns;
		if (times_preempted() == preempted)
			surely_ns += ns;
	}
	return data;
}

static int is_asleep(pid_t tid)
{
	char path[64], text[256];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = 0;
	return strstr(text, ") S ") != NULL;
}

static FUNCTION void *throws(void *data)
{
	const struct timespec hold = { 0, HOLD_MS * 1000000 }, look = { 0, 200000 };

	prctl(PR_SET_NAME, "thrower");
	thrower = syscall(SYS_gettid);
	pthread_barrier_wait(&start);
	for (int i = 0; i < BALLS; i++) {
		nanosleep(&hold, NULL);
		while (!is_asleep(catcher))
			nanosleep(&look, NULL);
		hits_back();
	}
	return data;
}

int main(void)
{
	pthread_t one, other;
	char line[256];

	wait_for_start();
	pthread_barrier_init(&start, NULL, 2);
	if (pipe(ball) || pthread_create(&one, NULL, catches, NULL) ||
	    pthread_create(&other, NULL, throws, NULL))
		return 1;
	pthread_join(one, NULL);
	pthread_join(other, NULL);
	snprintf(line, sizeof(line), "off %llu %llu catcher-%d/%d;catches;waits_for_ball\n"
		 "woke %llu %llu thrower-%d/%d;throws;hits_back\n", (unsigned long long)off_ns,
		 (unsigned long long)surely_ns, getpid(), catcher, (unsigned long long)off_ns,
		 (unsigned long long)surely_ns, getpid(), thrower);
	tell(line);
	return 0;
}
