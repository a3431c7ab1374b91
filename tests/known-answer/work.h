/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the workloads are made of. Each burns CPU time in functions of its own and
 * then prints, a line for each place where it did, the stack that it must be seen
 * with and the CPU time that it took there:
 *
 *	expect NANOSECONDS COMM-PID/TID;main;...;function
 *	spent NANOSECONDS PID		what the process took in all
 *
 * COMM-PID/TID is how perflame writes a thread ("--root tid"). The stack leaves out
 * what libc has below main() and below a thread's function.
 *
 * Nobody starts before standard input ends, so that whoever wants to watch can
 * get ready. The places take turns many times: a recorder that comes late or
 * leaves early sees the same shares.
 */
#ifndef WORK_H
#define WORK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/syscall.h>

#ifdef __cplusplus
#define WORK_ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define WORK_ALWAYS_INLINE static inline __attribute__((always_inline))
#endif

/* A function that is really called, under its own name, whatever the optimizer thinks of it. */
#if defined(__has_attribute)
#if __has_attribute(noipa)
#define FUNCTION __attribute__((noipa))
#endif
#endif
#ifndef FUNCTION
#define FUNCTION __attribute__((noinline))
#endif

#define ENDS __asm__ volatile("")	/* so that no call is the last thing that a function does */

#define ROUNDS 20		/* of 100 ms of CPU time each, over all places */
#ifndef TURNS_PER_MS
#define TURNS_PER_MS 3300000
#endif

struct place {
	const char *stack;	/* without the thread */
	uint64_t ns;
};

WORK_ALWAYS_INLINE uint64_t cpu_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/*
 * Takes about @ms of CPU time in the function that this stands in, and notes how
 * much it was. Between the two looks at the clock nothing is called: libc has no
 * frame pointers, and a thread likes to be sent off the CPU at the end of a call of
 * the kernel, so that samples would gather there.
 */
WORK_ALWAYS_INLINE void work(struct place *place, unsigned int ms)
{
	uint64_t start = cpu_ns(CLOCK_THREAD_CPUTIME_ID);

	for (unsigned int i = ms * TURNS_PER_MS; i; i--)
		__asm__ volatile("" : "+r"(i));
	place->ns += cpu_ns(CLOCK_THREAD_CPUTIME_ID) - start;
}

/* One write for a line: lines of several processes must not mix. */
WORK_ALWAYS_INLINE void tell(const char *line)
{
	if (write(STDOUT_FILENO, line, strlen(line)) != (ssize_t)strlen(line))
		_exit(1);
}

/* Of the thread that calls it. */
WORK_ALWAYS_INLINE void expect(const struct place *place)
{
	static const size_t size = 16384;
	char *line = (char *)malloc(size), name[16];

	if (!line || prctl(PR_GET_NAME, name))
		_exit(1);
	for (char *space = name; (space = strchr(space, ' '));)
		*space = '_';
	snprintf(line, size, "expect %llu %s-%d/%ld;%s\n", (unsigned long long)place->ns, name,
		 getpid(), syscall(SYS_gettid), place->stack);
	tell(line);
	free(line);
}

/* The last line of a process. */
WORK_ALWAYS_INLINE void spent(void)
{
	char line[64];

	snprintf(line, sizeof(line), "spent %llu %d\n",
		 (unsigned long long)cpu_ns(CLOCK_PROCESS_CPUTIME_ID), getpid());
	tell(line);
}

WORK_ALWAYS_INLINE void wait_for_start(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) > 0)
		;
}

#endif
