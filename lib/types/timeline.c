/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "perfdata/marker.h"
#include "perfdata/tracepoint.h"
#include "types/timeline.h"
#include "util/array.h"
#include "util/context.h"
#include "util/strbuf.h"

enum { PREV_PID, PREV_STATE, NEXT_PID };	/* fields of sched_switch */
enum { WOKEN_PID, FLAGS };			/* … and of sched_waking */

static bool is_context_switches(const struct pfl_event *event)
{
	return event->attr.type == PERF_TYPE_SOFTWARE &&
	       event->attr.config == PERF_COUNT_SW_CONTEXT_SWITCHES;
}

const struct pfl_role pfl_sched_roles[PFL_SCHED_ROLES] = {
	[PFL_SCHED_SWITCH] = {
		.tracepoint = "sched:sched_switch",
		.fields = { "prev_pid", "prev_state", "next_pid" },
	},
	[PFL_SCHED_CONTEXT] = { .takes = is_context_switches },
	[PFL_SCHED_SLEEPER] = { .takes = pfl_marker_event },
	[PFL_SCHED_WAKING] = {
		.tracepoint = "sched:sched_waking",
		.fields = { "pid", "common_flags" },
	},
	[PFL_SCHED_CLOCK] = { .takes = pfl_oncpu_takes },
};

enum where {
	UNKNOWN,	/* nothing was seen of it yet */
	ON,
	OFF,		/* blocked */
	READY,		/* preempted, or newly born */
	AWAY,		/* off its CPU, and not asked for */
	GONE,
};

struct wake {
	uint64_t time;		/* 0: none */
	uint32_t wakers[PFL_WAKERS_MAX];
};

struct task {
	enum where where;
	int32_t pid, tid;	/* as samples have them; -1: not known yet */
	uint32_t cpu;		/* that it came to last */
	bool at_start;		/* it was there when recording began */
	bool wanted;		/* ON: and so is what it does there */
	uint64_t since;
	uint64_t exited;	/* its EXIT came; some more of it runs in the kernel; 0: it did not */
	uint32_t node;
	struct wake wake;	/* the first one since it is off, or the last one before that */
	struct wake early;	/* while it was on its CPU still */
};

struct pfl_timeline {
	struct pfl_books *books;
	struct pfl_timeline_opts opts;
	struct task *tasks;
	uint32_t ntasks, room;
	struct pfl_table by_raw, by_tid;
	struct pfl_table on_cpu;	/* who came to each CPU last */
	bool namespaced;	/* the two numbers differ */
	/* Of prev_state: the bits that have a name, those asked for, those of a task that ends. */
	uint64_t known, asked, ending;
	bool preempted;		/* tasks that were preempted are asked for */
	uint64_t lost;		/* time of the last loss; 0: none */
};

/*
 * A sched_waking may come just before the switch-out that it is about: the waker
 * sees the sleeper's new state while the sleeper is on its way. So much before.
 */
#define EARLY_NS 50000

static bool wants_state(const struct pfl_type_opts *opts, const char *name)
{
	return !opts->states || strchr(opts->states, *name);
}

static bool is_state(const struct pfl_tracepoint *tracepoint, char letter)
{
	if (letter == 'R')
		return true;
	for (unsigned int i = 0; i < tracepoint->nflags; i++)
		if (!strcmp(tracepoint->flags[i].field, "prev_state") &&
		    *tracepoint->flags[i].name == letter)
			return true;
	return false;
}

static int fail_state(const struct pfl_books *books, char letter)
{
	const struct pfl_tracepoint *tracepoint = books->events[PFL_SCHED_SWITCH]->tracepoint;
	struct pfl_strbuf has = { 0 };
	int err;

	pfl_strbuf_adds(&has, "R");
	for (unsigned int i = 0; i < tracepoint->nflags; i++)
		if (!strcmp(tracepoint->flags[i].field, "prev_state"))
			pfl_strbuf_addf(&has, ", %s", tracepoint->flags[i].name);
	err = pfl_fail(books->ctx, -EINVAL, "--state: the kernel that was recorded has no state '%c', "
		       "but %s", letter, has.error ? "others" : has.text);
	pfl_strbuf_free(&has);
	return err;
}

static int check_states(const struct pfl_books *books)
{
	const struct pfl_event *event = books->events[PFL_SCHED_SWITCH];
	const char *states = books->opts->states;

	if (states && !event)
		return pfl_fail(books->ctx, -EINVAL, "--state needs sched:sched_switch, which root may "
				"record: what stands in for it does not tell states");
	for (; states && *states; states++)
		if (*states != ',' && !is_state(event->tracepoint, *states))
			return fail_state(books, *states);
	return 0;
}

/* The letters of prev_state are the recorded kernel's: they changed more than once. */
static void learn_states(struct pfl_timeline *timeline)
{
	const struct pfl_books *books = timeline->books;
	const struct pfl_event *event = books->events[PFL_SCHED_SWITCH];

	if (books->opts->runqueue && !books->events[PFL_SCHED_WAKING])
		pfl_warn(books->ctx, "waits cannot be split at the wake-up: that takes "
			 "sched:sched_waking, which perf-offcpu --runq records where it may record "
			 "tracepoints");
	timeline->preempted = timeline->opts.all || books->opts->preempted ||
			      (books->opts->states && strchr(books->opts->states, 'R'));
	for (unsigned int i = 0; event && i < event->tracepoint->nflags; i++) {
		const struct pfl_tracepoint_flag *flag = &event->tracepoint->flags[i];

		if (strcmp(flag->field, "prev_state"))
			continue;
		timeline->known |= flag->value;
		if (timeline->opts.all || wants_state(books->opts, flag->name))
			timeline->asked |= flag->value;
		if (strchr("XZx", *flag->name))
			timeline->ending |= flag->value;
	}
	/* Without names: everything but 0 is blocked. */
	if (!timeline->known)
		timeline->known = timeline->asked = ~0ULL;
}

int pfl_timeline_open(struct pfl_books *books, const struct pfl_timeline_opts *opts)
{
	struct pfl_timeline *timeline;
	int err = opts->all ? 0 : check_states(books);

	if (err)
		return err;
	timeline = calloc(1, sizeof(*timeline));
	if (!timeline)
		return -ENOMEM;
	timeline->books = books;
	timeline->opts = *opts;
	learn_states(timeline);
	books->state = timeline;
	return 0;
}

void *pfl_timeline_data(const struct pfl_books *books)
{
	const struct pfl_timeline *timeline = books->state;

	return timeline ? timeline->opts.data : NULL;
}

void pfl_timeline_close(struct pfl_books *books)
{
	struct pfl_timeline *timeline = books->state;

	if (!timeline)
		return;
	free(timeline->tasks);
	pfl_table_free(&timeline->by_raw);
	pfl_table_free(&timeline->by_tid);
	pfl_table_free(&timeline->on_cpu);
	free(timeline);
}

static uint32_t new_task(struct pfl_timeline *timeline)
{
	struct task *tasks = pfl_array_grow(timeline->tasks, timeline->ntasks, &timeline->room,
					    sizeof(*tasks));

	if (!tasks)
		return PFL_NONE;
	timeline->tasks = tasks;
	tasks[timeline->ntasks] = (struct task){ .pid = -1, .tid = -1, .node = PFL_NONE };
	return timeline->ntasks++;
}

static struct task *task_in(struct pfl_timeline *timeline, struct pfl_table *table, int32_t id)
{
	uint32_t *number = pfl_table_put(table, (uint32_t)id);

	if (number && *number == PFL_NONE)
		*number = new_task(timeline);
	return number && *number != PFL_NONE ? &timeline->tasks[*number] : NULL;
}

static struct task *find_in(const struct pfl_timeline *timeline, const struct pfl_table *table, int32_t id)
{
	uint32_t number = pfl_table_get(table, (uint32_t)id);

	return number == PFL_NONE ? NULL : &timeline->tasks[number];
}

/*
 * The task that samples call @tid. Outside of PID namespaces raw data does so,
 * too. NULL: out of memory.
 */
static struct task *task_of_tid(struct pfl_timeline *timeline, int32_t pid, int32_t tid)
{
	struct task *task = task_in(timeline, timeline->namespaced ? &timeline->by_tid :
				    &timeline->by_raw, tid);

	if (task) {
		task->pid = pid;
		task->tid = tid;
	}
	return task;
}

/* From now on raw numbers are others: what is known went by those of samples. */
static void part_numbers(struct pfl_timeline *timeline)
{
	timeline->namespaced = true;
	timeline->by_tid = timeline->by_raw;
	timeline->by_raw = (struct pfl_table){ 0 };
}

/* The task that leaves its CPU, which its sample and the raw data name. NULL: out of memory. */
static struct task *task_of_switch(struct pfl_timeline *timeline, const struct pfl_sample *sample,
				   int32_t raw)
{
	uint32_t *number;
	struct task *task;

	if (sample->tid != raw && sample->tid > 0 && !timeline->namespaced)
		part_numbers(timeline);
	if (!timeline->namespaced || sample->tid <= 0) {
		task = task_in(timeline, &timeline->by_raw, raw);
		if (task && sample->tid >= 0) {
			task->pid = sample->pid;
			task->tid = sample->tid;
		}
		return task;
	}
	task = task_of_tid(timeline, sample->pid, sample->tid);
	number = task ? pfl_table_put(&timeline->by_raw, (uint32_t)raw) : NULL;
	if (!number)
		return NULL;
	*number = task - timeline->tasks;
	return task;
}

/* The task that comes to a CPU, of which there is nothing but this number. NULL: out of memory. */
static struct task *task_of_raw(struct pfl_timeline *timeline, int32_t raw)
{
	struct task *task = task_in(timeline, &timeline->by_raw, raw);

	if (task && task->tid < 0 && !timeline->namespaced)
		task->tid = raw;
	return task;
}

static bool within(const struct pfl_timeline *timeline, const struct task *task, uint64_t time)
{
	const struct pfl_type_opts *opts = timeline->books->opts;
	uint64_t ns = time - task->since;

	if (timeline->opts.all)
		return true;
	return ns >= opts->min_ns && (!opts->max_ns || ns <= opts->max_ns);
}

/* Whether records were lost since @task is where it is: it may have been elsewhere meanwhile. */
static bool is_unreliable(struct pfl_timeline *timeline, const struct task *task, uint64_t time)
{
	struct pfl_fold_stats *stats = timeline->books->stats;

	if (task->since > timeline->lost)
		return false;
	stats->unreliable++;
	stats->unreliable_ns += time - task->since;
	return true;
}

/* The task was blocked or ready from ->since to @time: what that was worth. */
static int close_wait(struct pfl_timeline *timeline, struct task *task, uint64_t time, bool at_end)
{
	struct pfl_fold_stats *stats = timeline->books->stats;
	struct pfl_span span = {
		.kind = task->where == OFF ? PFL_SPAN_OFF : PFL_SPAN_READY,
		.pid = task->pid, .tid = task->tid, .begin = task->since, .end = time,
		.node = task->node, .woken = task->wake.time, .wakers = task->wake.wakers,
	};

	if (time < task->since) {
		stats->negative++;
		return 0;
	}
	if (is_unreliable(timeline, task, time))
		return 0;
	if (!within(timeline, task, time)) {
		stats->left_out++;
		return 0;
	}
	if (!span.woken && task->early.time && !at_end) {
		span.woken = task->since;
		span.wakers = task->early.wakers;
		task->wake = task->early;
	}
	if (!span.woken)
		span.wakers = NULL;
	stats->waits++;
	stats->open_at_start += task->at_start;
	stats->open_at_end += at_end;
	return timeline->opts.span(timeline->books, &span);
}

static int close_on(struct pfl_timeline *timeline, const struct task *task, uint64_t time)
{
	struct pfl_fold_stats *stats = timeline->books->stats;
	const struct pfl_span span = {
		.kind = PFL_SPAN_ON, .pid = task->pid, .tid = task->tid, .begin = task->since,
		.end = time, .node = PFL_NONE,
	};

	if (!timeline->opts.on || !task->wanted)
		return 0;
	if (time < task->since) {
		stats->negative++;
		return 0;
	}
	if (is_unreliable(timeline, task, time))
		return 0;
	return timeline->opts.span(timeline->books, &span);
}

static int remember_cpu(struct pfl_timeline *timeline, struct task *task, uint32_t cpu)
{
	uint32_t *number = pfl_table_put(&timeline->on_cpu, cpu);

	if (!number)
		return -ENOMEM;
	*number = task - timeline->tasks;
	task->cpu = cpu;
	return 0;
}

/* When recording began it did not run after all, but waited for a CPU: where, nobody knows. */
static int ready_at_start(struct pfl_timeline *timeline, struct task *task)
{
	struct pfl_books *books = timeline->books;

	task->where = timeline->preempted ? READY : AWAY;
	books->stats->preempted += task->where == AWAY;
	if (task->where == AWAY || !timeline->opts.stacks)
		return 0;
	task->node = books->task(books, task->pid, task->tid);
	return task->node == PFL_NONE ? -ENOMEM : 0;
}

/* How a task leaves its CPU. */
struct leave {
	uint64_t time;
	enum where where;	/* OFF, READY, AWAY or GONE */
	uint32_t node;
};

static int switch_out(struct pfl_timeline *timeline, struct task *task, const struct leave *leave)
{
	int err = 0;

	if (task->where == ON)
		err = close_on(timeline, task, leave->time);
	else if ((task->where == OFF || task->where == READY) && !task->at_start)
		timeline->books->stats->unmatched++;
	if (task->early.time + EARLY_NS < leave->time)
		task->early.time = 0;
	task->wake.time = 0;
	task->where = task->exited ? GONE : leave->where;
	task->since = leave->time;
	task->node = leave->node;
	task->at_start = false;
	return err;
}

/*
 * @next (NULL: the idle task) comes to @cpu. Two cannot be there: who still is in the books
 * has left it unseen. (Some virtual machines lose what leaves, and all of some tasks.)
 */
static int make_way(struct pfl_timeline *timeline, const struct task *next, uint64_t time, uint32_t cpu)
{
	struct leave leave = { .time = time, .where = AWAY, .node = PFL_NONE };
	uint32_t number = pfl_table_get(&timeline->on_cpu, cpu);
	struct task *task = number == PFL_NONE ? NULL : &timeline->tasks[number];
	struct pfl_books *books = timeline->books;

	if (!task || task == next || task->where != ON || task->cpu != cpu)
		return 0;
	/* of single tasks nobody tells who came after the end of one */
	if (task->exited)
		leave.time = task->exited;
	else if (task->tid > 0 && books->wants_task(books, task->tid, cpu))
		books->stats->unmatched++;
	return switch_out(timeline, task, &leave);
}

static int switch_in(struct pfl_timeline *timeline, struct task *task, uint64_t time, uint32_t cpu)
{
	struct pfl_books *books = timeline->books;
	int err = make_way(timeline, task, time, cpu);

	if (!err)
		err = remember_cpu(timeline, task, cpu);
	if (err)
		return err;
	/* Its own events have ended; who leaves the CPU to its last moments still tells of them. */
	if (task->exited)
		return 0;
	if (task->where == ON && task->at_start)
		err = ready_at_start(timeline, task);
	if (err)
		return err;
	if (task->where == OFF || task->where == READY)
		err = close_wait(timeline, task, time, false);
	else if (task->tid > 0 && books->wants_task(books, task->tid, UINT32_MAX)) {
		books->stats->began_before += task->where == UNKNOWN;
		books->stats->unmatched += task->where == ON;
	}
	task->where = ON;
	task->since = time;
	task->wanted = timeline->opts.on && task->tid > 0 &&
		       books->wants_task(books, task->tid, cpu);
	task->at_start = false;
	task->early.time = 0;
	return err;
}

/* Blocked, preempted, ended, or nothing that was asked for. */
static enum where where_to(const struct pfl_timeline *timeline, uint64_t state)
{
	if (state & timeline->ending)
		return GONE;
	if (!(state & timeline->known))
		return timeline->preempted ? READY : AWAY;
	return state & timeline->asked ? OFF : AWAY;
}

static int leave_cpu(struct pfl_timeline *timeline, struct task *task, const struct pfl_item *item,
		     enum where where)
{
	struct pfl_books *books = timeline->books;
	struct leave leave = { .time = item->sample->time, .where = where, .node = PFL_NONE };

	if (where != GONE && !books->wants(books, item))
		leave.where = AWAY;
	else if (where == AWAY && !(item->field[PREV_STATE] & timeline->known))
		books->stats->preempted++;
	else if (where == AWAY)
		books->stats->left_out++;
	if ((leave.where == OFF || leave.where == READY) && timeline->opts.stacks) {
		leave.node = books->stack(books, item);
		if (leave.node == PFL_NONE)
			return -ENOMEM;
	}
	return switch_out(timeline, task, &leave);
}

/*
 * prev leaves the CPU to next, which of a cgroup's need not be one of it: of one that was
 * not seen before a record tells, if it is.
 */
static int take_switch(struct pfl_timeline *timeline, const struct pfl_item *item)
{
	const struct pfl_sample *sample = item->sample;
	int32_t prev = item->field[PREV_PID], next = item->field[NEXT_PID];
	bool used = false;
	struct task *task;
	int err = 0;

	if (prev) {
		task = task_of_switch(timeline, sample, prev);
		if (!task)
			return -ENOMEM;
		err = leave_cpu(timeline, task, item, where_to(timeline, item->field[PREV_STATE]));
		used = task->where != AWAY;
	}
	if (next && !err) {
		task = task_of_raw(timeline, next);
		if (!task)
			return -ENOMEM;
		used |= task->where == OFF || task->where == READY;
		err = task->where == UNKNOWN && timeline->books->switches ?
		      make_way(timeline, NULL, sample->time, sample->cpu) :
		      switch_in(timeline, task, sample->time, sample->cpu);
	} else if (!err) {
		err = make_way(timeline, NULL, sample->time, sample->cpu);
	}
	if (err)
		return err;
	return used ? 0 : PFL_LEFT_OUT;
}

/* The software event: prev alone. Whether it was preempted comes with the record behind it. */
static int take_context(struct pfl_timeline *timeline, const struct pfl_item *item)
{
	struct task *task;

	if (item->sample->tid <= 0 || timeline->books->events[PFL_SCHED_SWITCH])
		return PFL_LEFT_OUT;
	task = task_of_tid(timeline, item->sample->pid, item->sample->tid);
	return task ? leave_cpu(timeline, task, item, OFF) : -ENOMEM;
}

/* The task that runs where an interrupt comes has nothing to do with whom that wakes. */
static bool is_interrupt(const struct pfl_item *item)
{
	return item->field[FLAGS] & PFL_IN_INTERRUPT || !item->sample->tid;
}

/* The one who wakes, if it is a task, as far as it is known. */
static const struct task *waker_of(const struct pfl_timeline *timeline, const struct pfl_item *item)
{
	if (is_interrupt(item))
		return NULL;
	return find_in(timeline, timeline->namespaced ? &timeline->by_tid : &timeline->by_raw,
		       item->sample->tid);
}

/* The stack of the one who wakes, and those who woke it before. */
static int wake(struct pfl_timeline *timeline, struct wake *wake, const struct pfl_item *item)
{
	struct pfl_books *books = timeline->books;
	const struct task *waker;
	unsigned int n = 0;

	wake->time = item->sample->time;
	if (timeline->opts.wakers) {
		wake->wakers[n] = is_interrupt(item) ? books->interrupt(books, item) :
				  books->stack(books, item);
		if (wake->wakers[n++] == PFL_NONE)
			return -ENOMEM;
		waker = waker_of(timeline, item);
		while (waker && waker->wake.time && n < timeline->opts.wakers &&
		       waker->wake.wakers[n - 1] != PFL_NONE) {
			wake->wakers[n] = waker->wake.wakers[n - 1];
			n++;
		}
	}
	if (n < PFL_WAKERS_MAX)
		wake->wakers[n] = PFL_NONE;
	return 0;
}

static int take_waking(struct pfl_timeline *timeline, const struct pfl_item *item)
{
	struct task *task = find_in(timeline, &timeline->by_raw, item->field[WOKEN_PID]);

	if (task && task->where == OFF && !task->wake.time)
		return wake(timeline, &task->wake, item);
	if (task && task->where == ON)
		return wake(timeline, &task->early, item);
	return PFL_LEFT_OUT;
}

/* Where the kernel does not tell the stack, it tells a function. */
static uint32_t sleepers_node(struct pfl_books *books, const struct pfl_item *item)
{
	uint32_t node = books->stack(books, item);
	char name[64];
	size_t len;
	const char *wchan = pfl_marker_value(item->sample, "wchan", &len);

	if (!wchan || !len || node == PFL_NONE)
		return node;
	snprintf(name, sizeof(name), "[%.*s]", (int)(len < 60 ? len : 60), wchan);
	return books->mark(books, node, name);
}

/* A thread that slept already: from the start of the recording on. */
static int take_sleeper(struct pfl_timeline *timeline, const struct pfl_item *item)
{
	struct pfl_books *books = timeline->books;
	const struct pfl_sample *sample = item->sample;
	size_t len;
	const char *state = pfl_marker_value(sample, "state", &len);
	struct task *task;

	if (pfl_marker_kind(sample) != PFL_MARKER_SLEEPER || !state || !len || sample->tid <= 0)
		return PFL_LEFT_OUT;
	task = task_of_tid(timeline, sample->pid, sample->tid);
	if (!task)
		return -ENOMEM;
	/* It was seen meanwhile: then its events tell more. */
	if (task->where != UNKNOWN)
		return PFL_LEFT_OUT;
	task->at_start = true;
	task->since = books->start ? books->start : sample->time;
	task->where = AWAY;
	if (!books->wants(books, item))
		return PFL_LEFT_OUT;
	task->wanted = true;
	if (*state == 'R')
		task->where = ON;
	else if (timeline->opts.all || wants_state(books->opts, state))
		task->where = OFF;
	if (task->where == OFF && timeline->opts.stacks)
		task->node = sleepers_node(books, item);
	return task->where == OFF && timeline->opts.stacks && task->node == PFL_NONE ? -ENOMEM : 0;
}

int pfl_timeline_item(struct pfl_books *books, const struct pfl_item *item)
{
	struct pfl_timeline *timeline = books->state;

	switch (item->role) {
	case PFL_SCHED_SWITCH:
		return take_switch(timeline, item);
	case PFL_SCHED_CONTEXT:
		return take_context(timeline, item);
	case PFL_SCHED_SLEEPER:
		return take_sleeper(timeline, item);
	case PFL_SCHED_WAKING:
		return take_waking(timeline, item);
	default:
		return PFL_LEFT_OUT;
	}
}

/* Without rights to the kernel's side the event is there, and its samples are not. */
static bool has_samples(const struct pfl_books *books)
{
	const struct pfl_event *event = books->events[PFL_SCHED_CONTEXT];

	return event && !event->attr.exclude_kernel;
}

/* Only the record says that it was preemption; without any sample it is all there is. */
static int record_out(struct pfl_timeline *timeline, const struct pfl_change *change)
{
	struct pfl_books *books = timeline->books;
	struct leave leave = { .time = change->time, .where = OFF, .node = PFL_NONE };
	bool wanted = books->wants_task(books, change->tid, change->cpu);
	struct task *task;

	task = task_of_tid(timeline, change->pid, change->tid);
	if (!task)
		return -ENOMEM;
	/* The tracepoint has told it already, if its sample came. */
	if (books->events[PFL_SCHED_SWITCH] && task->where != ON)
		return 0;
	if (change->preempted)
		leave.where = timeline->preempted ? READY : AWAY;
	if (!wanted)
		leave.where = AWAY;
	if (has_samples(books)) {
		if (task->where == OFF && change->preempted) {
			task->where = leave.where;
			books->stats->preempted += wanted && leave.where == AWAY;
		}
		return 0;
	}
	books->stats->preempted += wanted && leave.where == AWAY;
	if (timeline->opts.stacks && leave.where != AWAY) {
		leave.node = books->task(books, change->pid, change->tid);
		if (leave.node == PFL_NONE)
			return -ENOMEM;
	}
	return switch_out(timeline, task, &leave);
}

static int record_in(struct pfl_timeline *timeline, const struct pfl_change *change)
{
	struct task *task = task_of_tid(timeline, change->pid, change->tid);

	if (!task)
		return -ENOMEM;
	/* the tracepoint has told it already; or it did not run when recording began */
	if (task->where == ON && !task->at_start && timeline->books->events[PFL_SCHED_SWITCH])
		return 0;
	return switch_in(timeline, task, change->time, change->cpu);
}

/* It has no past, whoever had its number before. */
static int born(struct pfl_timeline *timeline, const struct pfl_change *change)
{
	struct task *task = task_of_tid(timeline, change->pid, change->tid);
	int err = 0;

	if (!task)
		return -ENOMEM;
	if (!change->time)	/* as things stood when recording began */
		return 0;
	if (task->where == ON && task->exited)
		err = close_on(timeline, task, task->exited);
	else if (task->where == OFF || task->where == READY)
		timeline->books->stats->unmatched++;
	task->where = timeline->opts.all &&
		      timeline->books->wants_task(timeline->books, change->tid, change->cpu) ?
		      READY : AWAY;
	task->since = change->time;
	task->exited = 0;
	task->wake.time = 0;
	task->early.time = 0;
	task->node = PFL_NONE;
	return err;
}

static void exited(struct pfl_timeline *timeline, const struct pfl_change *change)
{
	struct task *task = find_in(timeline, timeline->namespaced ? &timeline->by_tid :
				    &timeline->by_raw, change->tid);

	if (!task)
		return;
	if (task->where == ON)
		task->exited = change->time;
	else if (task->where == OFF || task->where == READY)
		timeline->books->stats->unmatched++;
	if (task->where != ON)
		task->where = GONE;
}

/*
 * Another program, of which there is one thread. Whichever thread that was before, now it
 * has the number of the first one, which has ended before as all others have.
 */
static int execed(struct pfl_timeline *timeline, const struct pfl_change *change)
{
	struct task *task = task_of_tid(timeline, change->pid, change->tid), *before;
	uint32_t number = pfl_table_get(&timeline->on_cpu, change->cpu);
	int err = 0;

	if (!task)
		return -ENOMEM;
	before = number == PFL_NONE ? task : &timeline->tasks[number];
	if (before != task && before->where == ON && before->pid == change->pid) {
		err = close_on(timeline, before, before->exited ? before->exited : change->time);
		before->where = GONE;
	}
	if (task->where == ON && !task->exited)
		return err;
	if (task->where == ON && !err)
		err = close_on(timeline, task, task->exited);
	else if (task->where == OFF || task->where == READY)
		timeline->books->stats->unmatched++;
	task->where = ON;
	task->since = change->time;
	task->exited = 0;
	task->at_start = false;
	task->wanted = timeline->opts.on &&
		       timeline->books->wants_task(timeline->books, change->tid, change->cpu);
	task->wake.time = 0;
	task->early.time = 0;
	return err ? err : remember_cpu(timeline, task, change->cpu);
}

/* Our recorders have the kernel tell of tasks before anything is sampled: that is no part of it. */
static bool has_begun(const struct pfl_books *books)
{
	return books->start || !books->events[PFL_SCHED_SLEEPER];
}

int pfl_timeline_change(struct pfl_books *books, const struct pfl_change *change)
{
	struct pfl_timeline *timeline = books->state;

	if (change->kind == PFL_LOST) {
		timeline->lost = change->time;
		return 0;
	}
	if (change->tid <= 0)
		return change->kind == PFL_SWITCHED_IN ?
		       make_way(timeline, NULL, change->time, change->cpu) : 0;
	switch (change->kind) {
	case PFL_SWITCHED_OUT:
		return has_begun(books) ? record_out(timeline, change) : 0;
	case PFL_SWITCHED_IN:
		return has_begun(books) ? record_in(timeline, change) : 0;
	case PFL_FORKED:
		return born(timeline, change);
	case PFL_EXITED:
		exited(timeline, change);
		return 0;
	case PFL_EXECED:
		return change->time && has_begun(books) ? execed(timeline, change) : 0;
	default:
		return 0;
	}
}

int pfl_timeline_end(struct pfl_books *books, uint64_t time)
{
	struct pfl_timeline *timeline = books->state;
	int err = 0;

	for (uint32_t i = 0; i < timeline->ntasks && !err; i++) {
		struct task *task = &timeline->tasks[i];

		if (task->where == OFF || task->where == READY)
			err = close_wait(timeline, task, time, true);
		else if (task->where == ON)
			err = close_on(timeline, task, task->exited ? task->exited : time);
	}
	return err;
}
