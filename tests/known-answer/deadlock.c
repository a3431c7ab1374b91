/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -pthread */
/* Two threads, each of which waits for what the other one has. They say so, and never end. */
#define _GNU_SOURCE
#include <pthread.h>

#include "work.h"

static pthread_mutex_t apples = PTHREAD_MUTEX_INITIALIZER, pears = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;

static FUNCTION void wants_pears(void)
{
	pthread_mutex_lock(&pears);
	ENDS;
}

static FUNCTION void wants_apples(void)
{
	pthread_mutex_lock(&apples);
	ENDS;
}

static FUNCTION void *has_apples(void *data)
{
	pthread_mutex_lock(&apples);
	pthread_barrier_wait(&both);
	wants_pears();
	return data;
}

static FUNCTION void *has_pears(void *data)
{
	pthread_mutex_lock(&pears);
	pthread_barrier_wait(&both);
	wants_apples();
	return data;
}

int main(void)
{
	pthread_t one, other;

	pthread_barrier_init(&both, NULL, 2);
	if (pthread_create(&one, NULL, has_apples, NULL) ||
	    pthread_create(&other, NULL, has_pears, NULL))
		return 1;
	pthread_join(one, NULL);
	pthread_join(other, NULL);
	return 0;
}
