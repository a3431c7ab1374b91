/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -pthread */
/*
 * Waits that do not simply come back: what is told of each is how long it was off its CPU.
 *
 *	off NANOSECONDS ASKED_FOR COMM-PID/TID;STACK
 *	within LEAST MOST COMM-PID/TID;STACK	who waited has no clock any more
 *	lived LEAST MOST COMM-PID/TID		all that it did from its birth on; MOST 0: not known
 *
 * "blocked pipe": a reader whose writer is slow.
 * "blocked moves": the same, and each wait ends on another CPU than the one it began on.
 * "blocked ends": threads that are blocked when they are cancelled, or their process ends.
 * "blocked execs": threads that are blocked when another one becomes a program, this one;
 * which sleeps, becomes it once more, and sleeps.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "naps.h"

#define PACE_MS 50
#define TURNS 10
#define LONG_MS 300
#define FOR_EVER_MS 3600000

/* A thread that does not come back: who it is, and when it began to wait. */
struct waiter {
	pid_t pid, tid;
	uint64_t since, cpu;
	uint64_t ended;		/* it has not been woken before */
};

static void fail(const char *what)
{
	perror(what);
	_exit(1);
}

static pid_t own_tid(void)
{
	return syscall(SYS_gettid);
}

WORK_ALWAYS_INLINE void tell_within(const struct waiter *waiter, uint64_t gone, const char *stack)
{
	char line[256];

	snprintf(line, sizeof(line), "within %llu %llu blocked-%d/%d;%s\n",
		 (unsigned long long)(waiter->ended - waiter->since),
		 (unsigned long long)(gone - waiter->since), waiter->pid, waiter->tid, stack);
	tell(line);
}

static void tell_lived(uint64_t least, uint64_t most, pid_t tid)
{
	char line[128];

	snprintf(line, sizeof(line), "lived %llu %llu blocked-%d/%d\n", (unsigned long long)least,
		 (unsigned long long)most, getpid(), tid);
	tell(line);
}

/* Where it is told of is the function that calls it. */
WORK_ALWAYS_INLINE void wait_for_ever(struct waiter *waiter)
{
	uint64_t since;

	waiter->pid = getpid();
	waiter->tid = own_tid();
	read_clocks(&since, &waiter->cpu);
	__atomic_store_n(&waiter->since, since, __ATOMIC_RELEASE);
	sleep_ms(FOR_EVER_MS);
}

/* Until @waiter waits, and so long after that. */
static void let_wait(struct waiter *waiter, uint64_t ms)
{
	while (!__atomic_load_n(&waiter->since, __ATOMIC_ACQUIRE))
		sleep_ms(1);
	sleep_ms(ms);
}

/* The pipe */

static int ends[2];

static FUNCTION void reads_slow_pipe(struct nap *nap)
{
	char c;

	if (read(ends[0], &c, 1) != 1)
		fail("read");
	nap->asked += PACE_MS * 1000000ULL;
	ENDS;
}

/* The next CPU that we may run on after *cpu. */
static void next_cpu(const cpu_set_t *allowed, int *cpu)
{
	do
		*cpu = (*cpu + 1) % CPU_SETSIZE;
	while (!CPU_ISSET(*cpu, allowed));
}

static void move(pid_t tid, int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(tid, sizeof(one), &one))
		fail("sched_setaffinity");
}

static void write_slowly(pid_t reader, bool moves)
{
	cpu_set_t allowed;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		fail("sched_getaffinity");
	for (int i = 0; i < TURNS; i++) {
		sleep_ms(PACE_MS);
		next_cpu(&allowed, &cpu);
		if (moves)
			move(reader, cpu);
		if (write(ends[1], "", 1) != 1)
			fail("write");
	}
	_exit(0);
}

static FUNCTION void run_pipe(bool moves)
{
	struct nap nap = { .stack = "main;run_pipe;reads_slow_pipe" };
	pid_t reader = getpid();

	if (pipe(ends))
		fail("pipe");
	if (!fork())
		write_slowly(reader, moves);
	for (int i = 0; i < TURNS; i++)
		measure(&nap, reads_slow_pipe);
	tell_nap(&nap);
}

/* The ends */

static FUNCTION void *is_left(void *waiter)
{
	wait_for_ever(waiter);
	return NULL;
}

static FUNCTION void is_killed(struct waiter *waiter)
{
	wait_for_ever(waiter);
	ENDS;
}

static void note_cancelled(void *data)
{
	const struct waiter *waiter = data;
	struct nap nap = { .stack = "is_cancelled", .asked = LONG_MS * 1000000ULL };

	read_clocks(&nap.wall, &nap.cpu);
	nap.wall -= waiter->since;
	nap.cpu -= waiter->cpu;
	tell_nap(&nap);
}

static FUNCTION void *is_cancelled(void *waiter)
{
	pthread_cleanup_push(note_cancelled, waiter);
	wait_for_ever(waiter);
	pthread_cleanup_pop(0);
	return NULL;
}

static pthread_t start(void *(*function)(void *), void *data)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, function, data);

	if (err) {
		errno = err;
		fail("pthread_create");
	}
	return thread;
}

static void cancel_one(struct waiter *waiter)
{
	pthread_t thread = start(is_cancelled, waiter);

	let_wait(waiter, LONG_MS);
	pthread_cancel(thread);
	pthread_join(thread, NULL);
}

/* A process that ends by itself while a thread of it waits. */
static void leave(struct waiter *waiter)
{
	start(is_left, waiter);
	let_wait(waiter, LONG_MS);
	waiter->ended = cpu_ns(CLOCK_MONOTONIC);
	_exit(0);
}

static void reap(pid_t pid)
{
	if (waitpid(pid, NULL, 0) != pid)
		fail("waitpid");
}

static FUNCTION void run_ends(void)
{
	struct waiter *waiters = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				      -1, 0);
	pid_t pid;

	if (waiters == MAP_FAILED)
		fail("mmap");
	cancel_one(&waiters[0]);

	pid = fork();
	if (!pid)
		leave(&waiters[1]);
	reap(pid);
	tell_within(&waiters[1], cpu_ns(CLOCK_MONOTONIC), "is_left");

	pid = fork();
	if (!pid)
		is_killed(&waiters[2]);
	let_wait(&waiters[2], LONG_MS);
	waiters[2].ended = cpu_ns(CLOCK_MONOTONIC);
	kill(pid, SIGKILL);
	reap(pid);
	tell_within(&waiters[2], cpu_ns(CLOCK_MONOTONIC), "main;run_ends;is_killed");
}

/* The programs: what the next one is to tell comes in its arguments. */

static struct waiter leader, other;
static uint64_t begun, born;
static const char *self;

static void become(const struct waiter *first, const struct waiter *second, pid_t by, uint64_t by_since)
{
	char words[9][24];
	char *argv[] = { (char *)self, "became", words[0], words[1], words[2], words[3], words[4],
			 words[5], words[6], words[7], NULL };
	const unsigned long long numbers[] = {
		begun, cpu_ns(CLOCK_MONOTONIC), first->tid, first->since, second->tid, second->since,
		by, by_since,
	};

	for (unsigned int i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		snprintf(words[i], sizeof(words[i]), "%llu", numbers[i]);
	execv(self, argv);
	fail("execv");
}

static FUNCTION void sleeps_before(struct nap *nap)
{
	sleep_ms(LONG_MS);
	nap->asked += LONG_MS * 1000000ULL;
	ENDS;
}

static FUNCTION void sleeps_after(struct nap *nap)
{
	sleep_ms(LONG_MS);
	nap->asked += LONG_MS * 1000000ULL;
	ENDS;
}

static FUNCTION void sleeps_again(struct nap *nap)
{
	sleep_ms(LONG_MS);
	nap->asked += LONG_MS * 1000000ULL;
	ENDS;
}

static FUNCTION void *becomes_another(void *data)
{
	struct nap nap = { .stack = "becomes_another;sleeps_before" };
	uint64_t since = cpu_ns(CLOCK_MONOTONIC);

	(void)data;
	measure(&nap, sleeps_before);
	tell_nap(&nap);
	let_wait(&leader, 0);
	let_wait(&other, 0);
	become(&leader, &other, own_tid(), since);
	return NULL;
}

static FUNCTION void *sleeps_beside(void *data)
{
	wait_for_ever(data);
	return NULL;
}

static FUNCTION void leads(void)
{
	wait_for_ever(&leader);
	ENDS;
}

static FUNCTION void run_execs(void)
{
	begun = cpu_ns(CLOCK_MONOTONIC);
	start(sleeps_beside, &other);
	start(becomes_another, NULL);
	leads();
}

static struct waiter waiter_of(const char *tid, const char *since, uint64_t ended)
{
	return (struct waiter){
		.pid = getpid(), .tid = atoi(tid), .since = strtoull(since, NULL, 10), .ended = ended,
	};
}

/* A thread of what was here before became this. */
static void tell_of_before(char **words, uint64_t ended)
{
	const struct waiter first = waiter_of(words[2], words[3], ended);
	const struct waiter second = waiter_of(words[4], words[5], ended);
	const struct waiter by = waiter_of(words[6], words[7], ended);

	tell_within(&first, born, "main;run_execs;leads");
	tell_within(&second, born, "sleeps_beside");
	tell_lived(ended - by.since, born - begun, by.tid);
}

static FUNCTION void run_became(char **words)
{
	struct nap after = { .stack = "main;run_became;sleeps_after" };
	struct nap again = { .stack = "main;run_became;sleeps_again" };
	const struct waiter nobody = { 0 };

	begun = strtoull(words[0], NULL, 10);
	if (atoi(words[2])) {
		tell_of_before(words, strtoull(words[1], NULL, 10));
		measure(&after, sleeps_after);
		tell_nap(&after);
		become(&nobody, &nobody, 0, 0);
	}
	measure(&again, sleeps_again);
	tell_nap(&again);
	tell_lived(cpu_ns(CLOCK_MONOTONIC) - begun, 0, getpid());
	ENDS;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	born = cpu_ns(CLOCK_MONOTONIC);
	self = argv[0];
	if (!strcmp(how, "became") && argc == 10) {
		run_became(argv + 2);
		return 0;
	}
	wait_for_start();
	if (!strcmp(how, "pipe") || !strcmp(how, "moves"))
		run_pipe(!strcmp(how, "moves"));
	else if (!strcmp(how, "ends"))
		run_ends();
	else if (!strcmp(how, "execs"))
		run_execs();
	else
		return 2;
	return 0;
}
