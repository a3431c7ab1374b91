/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "fold/ahead.h"
#include "fold/unwind.h"
#include "util/cpus.h"

#define RECORDS_MAX 4096u	/* a power of two, as all of these */
#define WALKS_MAX 512u		/* at a time; the addresses that they find are 4 MiB */
#define BYTES_MAX (16u << 20)	/* of records */
#define LOT 16u			/* walks that a thread takes at once */
#define THREADS_MAX 15u		/* and this one */

/* One sample's, from when it comes in to when it goes on. */
struct work {
	struct pfl_maps *maps;		/* what was mapped then */
	struct pfl_sample sample;
	bool wanted;			/* as far as can be told ahead */
	atomic_bool done;		/* nobody but the fold's thread touches it any more */
	struct pfl_walk walk;
	int err;
};

struct waiting {
	struct pfl_order_entry entry;
	struct work *work;		/* NULL: there is no stack to be unwound */
};

struct pfl_ahead {
	struct pfl_fold *fold;
	struct pfl_machine scout;
	struct waiting *waiting;	/* a ring: record number n is at n % RECORDS_MAX */
	uint64_t in, out;		/* numbers of the next to come and to go */
	size_t bytes;			/* of those between */
	struct work *works;		/* a ring, too */
	uint64_t works_in, works_out;
	uint64_t (*pcs)[PFL_UNWIND_FRAMES_MAX];	/* for each of the ring */
	struct work *handled;		/* of the record that the fold handles now */
	struct pfl_unwinder *unwinder;

	pthread_mutex_t lock;		/* of all below */
	pthread_cond_t given_more;	/* or it is over */
	pthread_cond_t done_more;
	uint64_t given, taken;		/* works below are everybody's, and somebody's */
	bool over;
	pthread_t threads[THREADS_MAX];
	unsigned int nthreads;
	bool started;
};

static struct work *work_at(const struct pfl_ahead *ahead, uint64_t number)
{
	return &ahead->works[number % WALKS_MAX];
}

static void walk(struct pfl_ahead *ahead, struct pfl_unwinder *unwinder, struct work *work)
{
	work->walk.pcs = ahead->pcs[work - ahead->works];
	work->err = pfl_unwinding_walk(ahead->fold->unwinding, unwinder, work->maps, &work->sample,
				       &work->walk);
}

/* The next lot that is nobody's yet: [*from, *to). Under the lock. */
static bool take_lot(struct pfl_ahead *ahead, uint64_t *from, uint64_t *to)
{
	*from = ahead->taken;
	*to = ahead->given - *from < LOT ? ahead->given : *from + LOT;
	ahead->taken = *to;
	return *from < *to;
}

static void do_lot(struct pfl_ahead *ahead, struct pfl_unwinder *unwinder, uint64_t from,
		   uint64_t to)
{
	for (; from < to; from++) {
		struct work *work = work_at(ahead, from);

		if (work->wanted)
			walk(ahead, unwinder, work);
		atomic_store_explicit(&work->done, true, memory_order_release);
	}
}

static void *run(void *data)
{
	struct pfl_ahead *ahead = data;
	struct pfl_unwinder *unwinder;
	uint64_t from, to;

	if (pfl_unwinder_new(&unwinder))
		return NULL;
	pthread_mutex_lock(&ahead->lock);
	while (!ahead->over) {
		if (!take_lot(ahead, &from, &to)) {
			pthread_cond_wait(&ahead->given_more, &ahead->lock);
			continue;
		}
		pthread_mutex_unlock(&ahead->lock);
		do_lot(ahead, unwinder, from, to);
		pthread_mutex_lock(&ahead->lock);
		pthread_cond_signal(&ahead->done_more);
	}
	pthread_mutex_unlock(&ahead->lock);
	pfl_unwinder_free(unwinder);
	return NULL;
}

/* What no thread could be started for is done by this one. */
static void start(struct pfl_ahead *ahead)
{
	unsigned int wanted = pfl_cpus_ours() - 1;

	ahead->started = true;
	if (wanted > THREADS_MAX)
		wanted = THREADS_MAX;
	while (ahead->nthreads < wanted &&
	       !pthread_create(&ahead->threads[ahead->nthreads], NULL, run, ahead))
		ahead->nthreads++;
}

static void stop(struct pfl_ahead *ahead)
{
	pthread_mutex_lock(&ahead->lock);
	ahead->over = true;
	pthread_cond_broadcast(&ahead->given_more);
	pthread_mutex_unlock(&ahead->lock);
	while (ahead->nthreads)
		pthread_join(ahead->threads[--ahead->nthreads], NULL);
}

/* All that came in so far may be taken. */
static void give(struct pfl_ahead *ahead)
{
	if (!ahead->started)
		start(ahead);
	pthread_mutex_lock(&ahead->lock);
	ahead->given = ahead->works_in;
	pthread_cond_broadcast(&ahead->given_more);
	pthread_mutex_unlock(&ahead->lock);
}

static bool is_done(const struct work *work)
{
	return atomic_load_explicit(&work->done, memory_order_acquire);
}

/* Until the oldest work is done, this thread does what nobody has taken yet. */
static void finish(struct pfl_ahead *ahead, const struct work *work)
{
	uint64_t from, to;

	if (is_done(work))
		return;
	if (ahead->given < ahead->works_in)
		give(ahead);
	pthread_mutex_lock(&ahead->lock);
	while (!is_done(work)) {
		if (!take_lot(ahead, &from, &to)) {
			pthread_cond_wait(&ahead->done_more, &ahead->lock);
			continue;
		}
		pthread_mutex_unlock(&ahead->lock);
		do_lot(ahead, ahead->unwinder, from, to);
		pthread_mutex_lock(&ahead->lock);
	}
	pthread_mutex_unlock(&ahead->lock);
}

/* The oldest goes. */
static int hand_on(struct pfl_ahead *ahead, bool handle)
{
	struct waiting *waiting = &ahead->waiting[ahead->out++ % RECORDS_MAX];
	const struct perf_event_header *record = waiting->entry.record;
	int err = 0;

	if (waiting->work && handle)
		finish(ahead, waiting->work);
	ahead->handled = waiting->work;
	if (handle)
		err = pfl_fold_handle(ahead->fold, record, waiting->entry.time);
	ahead->handled = NULL;
	if (waiting->work) {
		pfl_maps_drop(waiting->work->maps);
		ahead->works_out++;
	}
	ahead->bytes -= record->size;
	pfl_chunk_drop(&ahead->fold->chunks, waiting->entry.chunk);
	return err;
}

static bool is_full(const struct pfl_ahead *ahead, size_t more)
{
	return ahead->in - ahead->out == RECORDS_MAX || ahead->bytes + more > BYTES_MAX ||
	       ahead->works_in - ahead->works_out == WALKS_MAX;
}

/* The work that @record, a sample, makes: in *@work, if any. Tasks are as the fold will see them. */
static int look_at_sample(struct pfl_ahead *ahead, const struct perf_event_header *record,
			  struct work **work)
{
	struct pfl_fold *fold = ahead->fold;
	struct work *next = work_at(ahead, ahead->works_in);
	struct pfl_sample *sample = &next->sample;
	struct pfl_unwinding *unwinding;
	struct pfl_task *task;

	if (!pfl_fold_takes(fold, record, sample))
		return 0;
	task = pfl_machine_task(&ahead->scout, sample->pid, sample->tid);
	if (!task)
		return -ENOMEM;
	if (!sample->user_stack || !task->process)
		return 0;
	unwinding = pfl_unwinding_of(fold);
	if (!unwinding || pfl_unwinding_note(unwinding, &ahead->scout))
		return -ENOMEM;
	next->maps = pfl_maps_hold(task->process->maps);
	next->wanted = pfl_fold_wants(fold, task, sample->cpu);
	next->walk = (struct pfl_walk){ 0 };
	atomic_store_explicit(&next->done, false, memory_order_relaxed);
	ahead->works_in++;
	*work = next;
	return 0;
}

static int look(struct pfl_ahead *ahead, const struct perf_event_header *record, struct work **work)
{
	int err;

	if (record->type != PERF_RECORD_SAMPLE)
		return pfl_fold_apply(ahead->fold, &ahead->scout, record);
	err = pfl_select(ahead->fold);
	return err ? err : look_at_sample(ahead, record, work);
}

int pfl_ahead_add(struct pfl_ahead *ahead, const struct pfl_order_entry *entry)
{
	struct work *work = NULL;
	int err = 0;

	while (!err && ahead->in != ahead->out && is_full(ahead, entry->record->size))
		err = hand_on(ahead, true);
	if (!err)
		err = look(ahead, entry->record, &work);
	if (err)
		return err;
	ahead->waiting[ahead->in++ % RECORDS_MAX] = (struct waiting){ *entry, work };
	ahead->bytes += entry->record->size;
	pfl_chunk_hold(entry->chunk);
	if (ahead->works_in - ahead->given >= LOT)
		give(ahead);
	return 0;
}

int pfl_ahead_flush(struct pfl_ahead *ahead)
{
	int err = 0;

	while (!err && ahead->in != ahead->out)
		err = hand_on(ahead, true);
	return err;
}

struct pfl_machine *pfl_ahead_scout(struct pfl_ahead *ahead)
{
	return &ahead->scout;
}

bool pfl_ahead_has(const struct pfl_ahead *ahead)
{
	return ahead->handled;
}

int pfl_ahead_walk(struct pfl_ahead *ahead, struct pfl_walk *out)
{
	struct work *work = ahead->handled;

	if (!work->wanted) {
		walk(ahead, ahead->unwinder, work);
		work->wanted = true;
	}
	*out = work->walk;
	return work->err;
}

int pfl_ahead_new(struct pfl_fold *fold, struct pfl_ahead **out)
{
	struct pfl_ahead *ahead = calloc(1, sizeof(*ahead));

	if (!ahead)
		return -ENOMEM;
	ahead->fold = fold;
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->given_more, NULL);
	pthread_cond_init(&ahead->done_more, NULL);
	ahead->waiting = calloc(RECORDS_MAX, sizeof(*ahead->waiting));
	ahead->works = calloc(WALKS_MAX, sizeof(*ahead->works));
	ahead->pcs = malloc(WALKS_MAX * sizeof(*ahead->pcs));
	if (!ahead->waiting || !ahead->works || !ahead->pcs ||
	    pfl_unwinder_new(&ahead->unwinder) || pfl_machine_init(&ahead->scout, fold->ctx)) {
		pfl_ahead_free(ahead);
		return -ENOMEM;
	}
	*out = ahead;
	return 0;
}

void pfl_ahead_free(struct pfl_ahead *ahead)
{
	if (!ahead)
		return;
	stop(ahead);
	while (ahead->in != ahead->out)
		hand_on(ahead, false);
	pfl_machine_free(&ahead->scout);
	pfl_unwinder_free(ahead->unwinder);
	free(ahead->pcs);
	free(ahead->works);
	free(ahead->waiting);
	pthread_cond_destroy(&ahead->done_more);
	pthread_cond_destroy(&ahead->given_more);
	pthread_mutex_destroy(&ahead->lock);
	free(ahead);
}
