/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fno-omit-frame-pointer -fno-optimize-sibling-calls */
/*
 * What libc hides from those who follow frame pointers: three functions, built
 * with them, block in libc, which has none. Each is TURNS times off the CPU, below
 * a stack deeper than the kibibyte that is dumped of it:
 *
 *	main;deep;deep;deep;deep;deep;deep;sleeps | reads | locks
 *
 * The other thread only makes sure that they do block.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define FUNCTION __attribute__((noinline))
#define TURNS 100
#define MS 1000000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t asked, locked;
static int answers[2];
static volatile int sink;

static void nap(long ns)
{
	const struct timespec time = { .tv_nsec = ns };

	nanosleep(&time, NULL);
}

static FUNCTION void sleeps(void)
{
	const struct timespec time = { .tv_nsec = MS };

	nanosleep(&time, NULL);
	sink++;
}

static FUNCTION void reads(void)
{
	char c;

	sem_post(&asked);
	if (read(answers[0], &c, 1) != 1)
		abort();
	sink++;
}

static FUNCTION void locks(void)
{
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
	sink++;
}

static FUNCTION void deep(int depth, void (*function)(void))
{
	volatile char room[512];

	room[depth] = depth;
	if (depth)
		deep(depth - 1, function);
	else
		function();
	sink += room[depth];
}

static void *other(void *unused)
{
	for (int i = 0; i < TURNS; i++) {
		sem_wait(&asked);
		nap(3 * MS);
		if (write(answers[1], "", 1) != 1)
			abort();
		sem_wait(&asked);
		pthread_mutex_lock(&lock);
		sem_post(&locked);
		nap(3 * MS);
		pthread_mutex_unlock(&lock);
	}
	return unused;
}

int main(void)
{
	pthread_t thread;

	if (pipe(answers) || sem_init(&asked, 0, 0) || sem_init(&locked, 0, 0) ||
	    pthread_create(&thread, NULL, other, NULL))
		abort();
	for (int i = 0; i < TURNS; i++) {
		deep(5, sleeps);
		deep(5, reads);
		sem_post(&asked);
		sem_wait(&locked);
		deep(5, locks);
	}
	return pthread_join(thread, NULL);
}
