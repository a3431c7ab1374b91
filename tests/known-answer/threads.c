/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -pthread */
/*
 * Threads with names and functions of their own; two are there before anybody
 * watches, the others are born while recorded. One changes its name
 * all the time.
 */
#define _GNU_SOURCE
#include <pthread.h>

#include "work.h"

struct thread {
	const char *name;
	void (*function)(struct place *);
	struct place place;
	pthread_t id;
};

static pthread_barrier_t start;

static FUNCTION void red(struct place *place)
{
	work(place, 40);
}

static FUNCTION void green(struct place *place)
{
	work(place, 30);
}

static FUNCTION void blue(struct place *place)
{
	work(place, 20);
}

static FUNCTION void chameleon(struct place *place)
{
	work(place, 5);
}

static void set_name(const char *name)
{
	if (pthread_setname_np(pthread_self(), name))
		exit(1);
}

static FUNCTION void run(struct thread *thread)
{
	for (int i = 0; i < ROUNDS; i++)
		thread->function(&thread->place);
	expect(&thread->place);
}

static FUNCTION void *early_thread(void *data)
{
	struct thread *thread = data;

	set_name(thread->name);
	pthread_barrier_wait(&start);
	run(thread);
	return NULL;
}

static FUNCTION void *late_thread(void *data)
{
	struct thread *thread = data;

	set_name(thread->name);
	run(thread);
	return NULL;
}

static FUNCTION void *changing_thread(void *data)
{
	struct thread *forms = data;

	for (int i = 0; i < 2 * ROUNDS; i++) {
		set_name(forms[i % 2].name);
		forms[i % 2].function(&forms[i % 2].place);
	}
	for (int i = 0; i < 2; i++) {
		set_name(forms[i].name);
		expect(&forms[i].place);
	}
	return NULL;
}

int main(void)
{
	struct thread threads[] = {
		{ "early bird", red, { "early_thread;run;red", 0 }, 0 },
		{ "early worm", green, { "early_thread;run;green", 0 }, 0 },
		{ "late", blue, { "late_thread;run;blue", 0 }, 0 },
		{ "leaf", chameleon, { "changing_thread;chameleon", 0 }, 0 },
		{ "branch", chameleon, { "changing_thread;chameleon", 0 }, 0 },
	};
	void *(*const functions[])(void *) = { early_thread, early_thread, late_thread,
					       changing_thread };

	pthread_barrier_init(&start, NULL, 3);
	for (int i = 0; i < 4; i++) {
		if (i == 2) {
			wait_for_start();
			pthread_barrier_wait(&start);
		}
		if (pthread_create(&threads[i].id, NULL, functions[i], &threads[i]))
			return 1;
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i].id, NULL);
	spent();
	return 0;
}
