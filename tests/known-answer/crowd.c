/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -pthread */
/*
 * Threads that share one CPU, so that each computes, sleeps and waits for its turn.
 * In its last moment each prints what its life was made of, by the clock and by the kernel's
 * books (/proc/PID/task/TID/schedstat):
 *
 *	lived WALL_NS ON_CPU_NS WAITING_NS COMM-PID/TID;its function
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include "work.h"

#define THREADS 3
#define TURNS 30
#define NAP_MS 5

static uint64_t cpu_ms(uint64_t ms)
{
	uint64_t end = cpu_ns(CLOCK_THREAD_CPUTIME_ID) + ms * 1000000;
	uint64_t turns = 0;

	while (cpu_ns(CLOCK_THREAD_CPUTIME_ID) < end)
		turns++;
	return turns;
}

static FUNCTION void computes(unsigned int ms)
{
	cpu_ms(ms);
	ENDS;
}

static FUNCTION void sleeps(void)
{
	const struct timespec nap = { 0, NAP_MS * 1000000 };

	nanosleep(&nap, NULL);
	ENDS;
}

static void read_books(unsigned long long *on, unsigned long long *waiting)
{
	char text[128];
	int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	ssize_t got = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[got > 0 ? got : 0] = 0;
	if (sscanf(text, "%llu %llu", on, waiting) != 2)
		_exit(1);
}

static FUNCTION void *lives(void *data)
{
	const uint64_t *born = data;
	unsigned long long on, waiting;
	char line[256];

	prctl(PR_SET_NAME, "crowd");
	for (int i = 0; i < TURNS; i++) {
		computes(8);
		sleeps();
	}
	read_books(&on, &waiting);
	snprintf(line, sizeof(line), "lived %llu %llu %llu crowd-%d/%ld;lives\n",
		 (unsigned long long)(cpu_ns(CLOCK_MONOTONIC) - *born), on, waiting, getpid(),
		 syscall(SYS_gettid));
	tell(line);
	return NULL;
}

static void stay_on_one_cpu(void)
{
	cpu_set_t all, one;
	int cpu = 0;

	sched_getaffinity(0, sizeof(all), &all);
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		_exit(1);
}

int main(void)
{
	uint64_t born[THREADS];
	pthread_t threads[THREADS];

	wait_for_start();
	stay_on_one_cpu();
	for (int i = 0; i < THREADS; i++) {
		born[i] = cpu_ns(CLOCK_MONOTONIC);
		if (pthread_create(&threads[i], NULL, lives, &born[i]))
			return 1;
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
