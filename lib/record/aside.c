/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Work that takes long, while the kernel goes on filling the rings: the unwind data of a browser
 * takes some fifty milliseconds, and a ring of switches is full after twenty. So another thread
 * does it, and this one empties the rings until it is done. The fold is in the middle
 * of something else then: what comes out of the rings waits, and goes to it first of all the next
 * time.
 */
#include <pthread.h>
#include <time.h>

#include "record/session.h"

#define LOOK_NS 2000000	/* nobody wakes us: 2 ms are a tenth of a ring in the worst case known */

struct aside {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool done;
	void (*work)(void *arg);
	void *arg;
};

static void *run(void *data)
{
	struct aside *aside = data;

	aside->work(aside->arg);
	pthread_mutex_lock(&aside->lock);
	aside->done = true;
	pthread_cond_signal(&aside->ended);
	pthread_mutex_unlock(&aside->lock);
	return NULL;
}

static bool wait_for_it(struct aside *aside)
{
	struct timespec until;
	bool done;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LOOK_NS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_mutex_lock(&aside->lock);
	if (!aside->done)
		pthread_cond_timedwait(&aside->ended, &aside->lock, &until);
	done = aside->done;
	pthread_mutex_unlock(&aside->lock);
	return done;
}

void pfl_session_aside(void *data, void (*work)(void *arg), void *arg)
{
	struct pfl_record *record = data;
	struct aside aside = {
		.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER,
		.work = work, .arg = arg,
	};
	pthread_t thread;

	/* When all has ended, the rings are empty. */
	if (record->end || pthread_create(&thread, NULL, run, &aside)) {
		work(arg);
		return;
	}
	record->aside = true;
	/* what goes wrong here, the next pass says */
	while (!wait_for_it(&aside))
		pfl_session_empty(record);
	record->aside = false;
	pthread_join(thread, NULL);
	pthread_cond_destroy(&aside.ended);
	pthread_mutex_destroy(&aside.lock);
}
