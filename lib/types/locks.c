/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waits for locks: the kernel's, between contention_begin and contention_end, and
 * those of programs, between the entry and the exit of futex(2).
 *
 * A wait is the task's, with two exceptions: a spinning lock's is its CPU's, which
 * an interrupt may have that spins for another one; and everything that stands still
 * in a task has an order, so that what begins later is inside of what began earlier
 * and ends before it. A kernel's mutex begins twice or more, first spinning and then
 * sleeping, and ends once.
 *
 * Tasks go by the numbers of the raw data, those of the first PID namespace: a
 * waking knows no others.
 *
 * What a futex is made for only names tell, and what to do with it too; so what a
 * wait is charged to is a note, which is named at the end.
 */
#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>

#include "perfdata/marker.h"
#include "types/interrupt.h"
#include "types/lockname.h"
#include "util/array.h"
#include "util/bytes.h"
#include "util/context.h"

enum {
	LOCK_BEGIN,
	FUTEX_ENTER,
	FUTEX_WAIT_ENTER,
	FUTEX_WAITV_ENTER,
	LEADS,
	LOCK_END = LEADS,
	FUTEX_LEAVE,
	FUTEX_WAIT_LEAVE,
	FUTEX_WAITV_LEAVE,
	WAKING,
	SLEEPER,
	ROLES,
};

static const struct pfl_role roles[ROLES] = {
	[LOCK_BEGIN] = {
		.tracepoint = "lock:contention_begin",
		.fields = { "common_pid", "lock_addr", "flags" },
		.needs = 1 << LOCK_END,
	},
	[LOCK_END] = {
		.tracepoint = "lock:contention_end",
		.fields = { "common_pid", "lock_addr" },
	},
	[FUTEX_ENTER] = {
		.tracepoint = "syscalls:sys_enter_futex",
		.fields = { "common_pid", "op" },
		.needs = 1 << FUTEX_LEAVE,
	},
	[FUTEX_WAIT_ENTER] = {
		.tracepoint = "syscalls:sys_enter_futex_wait",
		.fields = { "common_pid" },
		.needs = 1 << FUTEX_WAIT_LEAVE,
	},
	[FUTEX_WAITV_ENTER] = {
		.tracepoint = "syscalls:sys_enter_futex_waitv",
		.fields = { "common_pid" },
		.needs = 1 << FUTEX_WAITV_LEAVE,
	},
	[FUTEX_LEAVE] = {
		.tracepoint = "syscalls:sys_exit_futex",
		.fields = { "common_pid", "ret" },
	},
	[FUTEX_WAIT_LEAVE] = {
		.tracepoint = "syscalls:sys_exit_futex_wait",
		.fields = { "common_pid", "ret" },
	},
	[FUTEX_WAITV_LEAVE] = {
		.tracepoint = "syscalls:sys_exit_futex_waitv",
		.fields = { "common_pid", "ret" },
	},
	[WAKING] = {
		.tracepoint = "sched:sched_waking",
		.fields = { "pid", "common_flags" },
	},
	[SLEEPER] = { .takes = pfl_marker_event },
};

/* Fields of these roles. */
enum { RAW_PID, LOCK, FLAGS };		/* begin and end of a lock's */
enum { OP = 1 };			/* FUTEX_ENTER */
enum { RESULT = 1 };			/* of a futex */
enum { WOKEN, COMMON_FLAGS };		/* WAKING */

/* What is waited for, as far as numbers tell. */
#define FUTEX 0x10000		/* with its operation; otherwise a kernel's lock, with its flags */
#define TIMED_OUT 0x20000
#define FLAGS_OR_OP 0xffff
#define STATIC_SHIFT 18		/* above it, which of locks->statics; 0: none */
#define STATICS_MAX (1u << (32 - STATIC_SHIFT))

struct wait {
	uint64_t since;
	uint64_t lock;		/* the kernel's; of a futex 0 */
	int32_t pid, tid;	/* as samples have them */
	uint32_t what;
	bool at_start;		/* since before recording began */
	uint32_t node;		/* of the stack that waits */
	uint32_t waker;		/* node of the last one to end it; PFL_NONE: nobody did */
	uint32_t outer;		/* the wait that this one is inside of, or PFL_NONE; free: the next */
};

struct note {
	uint32_t what;
	uint32_t node;
};

struct locks {
	struct wait *waits;
	uint32_t nwaits, waits_room, free;	/* free: the first of those that are over */
	uint32_t *innermost;		/* by owner; PFL_NONE: it does not wait */
	uint32_t nowners, owners_room;
	struct pfl_table owners;	/* raw pids; CPUs with a bit of their own */
	struct pfl_table by_tid;	/* tids as records have them, to owners */
	struct note *notes;
	uint32_t nnotes, notes_room;
	struct pfl_table note_of;	/* node and what, to notes */
	uint64_t *statics;		/* addresses of locks that may have a name; [0] is of none */
	uint32_t nstatics, statics_room;
	struct pfl_table static_of;	/* address to statics */
	uint64_t lost;			/* time of the last loss; 0: none */
	char name[256];
};

#define CPU_OWNER (1ULL << 32)

static int open_books(struct pfl_books *books)
{
	struct locks *locks;

	if (books->opts->blame && !books->events[WAKING])
		return pfl_fail(books->ctx, -EINVAL, "--blame needs sched:sched_waking, which tells who "
				"let go: record with --blame, or perf record -e sched:sched_waking "
				"too");
	books->state = locks = calloc(1, sizeof(*locks));
	if (!locks)
		return -ENOMEM;
	locks->free = PFL_NONE;
	return 0;
}

static void close_books(struct pfl_books *books)
{
	struct locks *locks = books->state;

	if (!locks)
		return;
	free(locks->waits);
	free(locks->innermost);
	free(locks->notes);
	pfl_table_free(&locks->owners);
	pfl_table_free(&locks->by_tid);
	pfl_table_free(&locks->note_of);
	free(locks->statics);
	pfl_table_free(&locks->static_of);
	free(locks);
}

/* The number of owner @key, or PFL_NONE: out of memory. */
static uint32_t owner_of(struct locks *locks, uint64_t key)
{
	uint32_t *number = pfl_table_put(&locks->owners, key), *list;

	if (!number || *number != PFL_NONE)
		return number ? *number : PFL_NONE;
	list = pfl_array_grow(locks->innermost, locks->nowners, &locks->owners_room, sizeof(*list));
	if (!list)
		return PFL_NONE;
	locks->innermost = list;
	list[locks->nowners] = PFL_NONE;
	return *number = locks->nowners++;
}

static struct wait *new_wait(struct locks *locks)
{
	struct wait *list;

	if (locks->free != PFL_NONE) {
		struct wait *wait = &locks->waits[locks->free];

		locks->free = wait->outer;
		return wait;
	}
	list = pfl_array_grow(locks->waits, locks->nwaits, &locks->waits_room, sizeof(*list));
	if (!list)
		return NULL;
	locks->waits = list;
	return &locks->waits[locks->nwaits++];
}

/* Ends the innermost wait of @owner: a copy of it. */
static struct wait pop(struct locks *locks, uint32_t owner)
{
	uint32_t number = locks->innermost[owner];
	struct wait wait = locks->waits[number];

	locks->innermost[owner] = wait.outer;
	locks->waits[number].outer = locks->free;
	locks->free = number;
	return wait;
}

static bool is_futex(const struct wait *wait)
{
	return wait->what & FUTEX;
}

/* The one of @owner for @lock (0: a futex), or NULL. */
static const struct wait *find_wait(const struct locks *locks, uint32_t owner, uint64_t lock)
{
	for (uint32_t at = locks->innermost[owner]; at != PFL_NONE; at = locks->waits[at].outer)
		if (lock ? locks->waits[at].lock == lock : is_futex(&locks->waits[at]))
			return &locks->waits[at];
	return NULL;
}

/* The waits of @owner inside of @wait (NULL: all), whose ends were never seen. */
static void drop_inside(struct pfl_books *books, uint32_t owner, const struct wait *wait)
{
	struct locks *locks = books->state;

	while (locks->innermost[owner] != PFL_NONE &&
	       &locks->waits[locks->innermost[owner]] != wait) {
		pop(locks, owner);
		books->stats->unmatched++;
	}
}

static uint64_t owner_key(const struct pfl_item *item, bool spins)
{
	if (spins && item->sample->cpu != UINT32_MAX)
		return CPU_OWNER | item->sample->cpu;
	return (uint32_t)item->field[RAW_PID];
}

/* Where user space stood: how it got into the system call is no part of the wait. */
static struct pfl_sample without_kernel(const struct pfl_sample *sample)
{
	struct pfl_sample user = *sample;

	while (user.nchain && pfl_load64(user.chain) != (uint64_t)PERF_CONTEXT_USER) {
		user.chain += 8;
		user.nchain--;
	}
	return user.nchain ? user : *sample;
}

static uint32_t stack_of(struct pfl_books *books, const struct pfl_item *item)
{
	struct pfl_item user = *item;
	struct pfl_sample sample;

	if (item->role == LOCK_BEGIN)
		return books->stack(books, item);
	sample = without_kernel(item->sample);
	user.sample = &sample;
	return books->stack(books, &user);
}

/*
 * Records that are no samples know no other number of a task. Of one that slept when
 * recording began the other number was not known: what it waited for then is over.
 */
static int remember_tid(struct pfl_books *books, const struct pfl_item *item, uint32_t owner)
{
	struct locks *locks = books->state;
	uint32_t *by_tid = pfl_table_put(&locks->by_tid, (uint32_t)item->sample->tid);

	if (!by_tid)
		return -ENOMEM;
	if (*by_tid != PFL_NONE && *by_tid != owner)
		drop_inside(books, *by_tid, NULL);
	*by_tid = owner;
	return 0;
}

static int begin(struct pfl_books *books, const struct pfl_item *item, uint64_t key,
		 const struct wait *of)
{
	struct locks *locks = books->state;
	uint32_t owner = owner_of(locks, key);
	struct wait *wait;

	if (owner == PFL_NONE || (!(key & CPU_OWNER) && remember_tid(books, item, owner)))
		return -ENOMEM;
	if (of->lock && find_wait(locks, owner, of->lock))
		return 0;
	if (is_futex(of))
		drop_inside(books, owner, NULL);
	wait = new_wait(locks);
	if (!wait)
		return -ENOMEM;
	*wait = *of;
	wait->since = item->sample->time;
	wait->pid = item->sample->pid;
	wait->tid = item->sample->tid;
	wait->waker = PFL_NONE;
	wait->outer = locks->innermost[owner];
	locks->innermost[owner] = wait - locks->waits;
	wait->node = stack_of(books, item);
	return wait->node == PFL_NONE ? -ENOMEM : 0;
}

/*
 * The number of @lock among those that are variables of the kernel. Only these can have a
 * name; apart, the others would be as many as there are files. 0: none of them, or one too
 * many. PFL_NONE: out of memory.
 */
static uint32_t number_static(struct pfl_books *books, uint64_t lock)
{
	struct locks *locks = books->state;
	uint64_t *list;
	uint32_t *number;

	if (!books->in_kernel(books, lock) ||
	    (locks->nstatics == STATICS_MAX && pfl_table_get(&locks->static_of, lock) == PFL_NONE))
		return 0;
	number = pfl_table_put(&locks->static_of, lock);
	if (!number || *number != PFL_NONE)
		return number ? *number : PFL_NONE;
	if (!locks->nstatics)
		locks->nstatics = 1;
	list = pfl_array_grow(locks->statics, locks->nstatics, &locks->statics_room, sizeof(*list));
	if (!list)
		return PFL_NONE;
	locks->statics = list;
	list[locks->nstatics] = lock;
	return *number = locks->nstatics++;
}

static int begin_lock(struct pfl_books *books, const struct pfl_item *item)
{
	uint32_t flags = item->field[FLAGS] & FLAGS_OR_OP, number;
	bool spins = (flags & (PFL_LCB_SPIN | PFL_LCB_MUTEX)) == PFL_LCB_SPIN;
	struct wait wait = { .lock = item->field[LOCK] };

	if (books->opts->user_locks || !books->wants(books, item))
		return PFL_LEFT_OUT;
	number = number_static(books, wait.lock);
	if (number == PFL_NONE)
		return -ENOMEM;
	wait.what = number << STATIC_SHIFT | flags;
	return wait.lock ? begin(books, item, owner_key(item, spins), &wait) : 0;
}

static bool waits(uint32_t op)
{
	switch (op & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT_REQUEUE_PI:
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
		return true;
	default:
		return false;
	}
}

static int begin_futex(struct pfl_books *books, const struct pfl_item *item)
{
	uint32_t op = item->role == FUTEX_ENTER ? item->field[OP] : FUTEX_WAIT_BITSET;
	const struct wait wait = { .what = FUTEX | (op & FLAGS_OR_OP) };

	if (books->opts->kernel_locks || !waits(op) || !books->wants(books, item))
		return PFL_LEFT_OUT;
	return begin(books, item, owner_key(item, false), &wait);
}

/* A thread that waited already: from the start of the recording on. */
static int take_sleeper(struct pfl_books *books, const struct pfl_item *item)
{
	struct locks *locks = books->state;
	const struct pfl_sample *sample = item->sample;
	uint32_t op = pfl_marker_number(sample, "futex"), owner;
	size_t len;
	int err;

	if (pfl_marker_kind(sample) != PFL_MARKER_SLEEPER || !waits(op) ||
	    !pfl_marker_value(sample, "futex", &len))
		return PFL_LEFT_OUT;
	if (books->opts->kernel_locks || !books->wants(books, item))
		return PFL_LEFT_OUT;
	/* Where it began to wait meanwhile, its event tells more. */
	owner = pfl_table_get(&locks->by_tid, (uint32_t)sample->tid);
	if (owner != PFL_NONE && find_wait(locks, owner, 0))
		return PFL_LEFT_OUT;
	err = begin(books, item, (uint32_t)sample->tid,
		    &(struct wait){ .what = FUTEX | (op & FLAGS_OR_OP), .at_start = true });
	if (err)
		return err;
	owner = pfl_table_get(&locks->by_tid, (uint32_t)sample->tid);
	if (books->start)
		locks->waits[locks->innermost[owner]].since = books->start;
	return 0;
}

/* The note of @wait: one for all that wait so, there. PFL_NONE: out of memory. */
static uint32_t note_of(struct locks *locks, const struct wait *wait)
{
	uint32_t *number = pfl_table_put(&locks->note_of, (uint64_t)wait->node << 32 | wait->what);
	struct note *list;

	if (!number || *number != PFL_NONE)
		return number ? *number : PFL_NONE;
	list = pfl_array_grow(locks->notes, locks->nnotes, &locks->notes_room, sizeof(*list));
	if (!list)
		return PFL_NONE;
	locks->notes = list;
	locks->notes[locks->nnotes] = (struct note){ .what = wait->what, .node = wait->node };
	return *number = locks->nnotes++;
}

/* The stack that is charged. PFL_NONE: out of memory. */
static uint32_t charged_to(struct pfl_books *books, const struct wait *wait)
{
	uint32_t node;

	if (!books->opts->blame)
		return wait->node;
	if (wait->waker != PFL_NONE)
		return wait->waker;
	node = books->task(books, wait->pid, wait->tid);
	return node == PFL_NONE ? node : books->mark(books, node, "[nobody woke it]");
}

static int charge(struct pfl_books *books, const struct wait *wait, uint64_t ns)
{
	uint32_t number = note_of(books->state, wait);
	uint32_t node = charged_to(books, wait);

	if (number == PFL_NONE || node == PFL_NONE)
		return -ENOMEM;
	books->stats->waits++;
	books->stats->open_at_start += wait->at_start;
	return pfl_charge_waits(books, books->note(books, node, number), 1, ns);
}

/* @wait was over at @time. */
static int settle(struct pfl_books *books, const struct wait *wait, uint64_t time)
{
	const struct locks *locks = books->state;
	struct pfl_fold_stats *stats = books->stats;

	if (time < wait->since) {
		stats->negative++;
		return 0;
	}
	if (wait->since <= locks->lost) {
		stats->unreliable++;
		stats->unreliable_ns += time - wait->since;
		return 0;
	}
	return charge(books, wait, time - wait->since);
}

static int end_wait(struct pfl_books *books, uint32_t owner, const struct wait *wait, uint64_t time)
{
	struct wait over;

	drop_inside(books, owner, wait);
	over = pop(books->state, owner);
	return settle(books, &over, time);
}

/* The end does not tell whether it was spun for. */
static int end_lock(struct pfl_books *books, const struct pfl_item *item)
{
	struct locks *locks = books->state;
	uint64_t lock = item->field[LOCK];

	if (books->opts->user_locks || !lock)
		return PFL_LEFT_OUT;
	for (int spins = 1; spins >= 0; spins--) {
		uint32_t owner = pfl_table_get(&locks->owners, owner_key(item, spins));
		const struct wait *wait = owner == PFL_NONE ? NULL : find_wait(locks, owner, lock);

		if (wait)
			return end_wait(books, owner, wait, item->sample->time);
	}
	if (!books->wants(books, item))
		return PFL_LEFT_OUT;
	books->stats->unmatched++;
	return 0;
}

/* Whose wait in futex(2) is over; PFL_NONE: nobody's. */
static uint32_t futex_owner(const struct locks *locks, const struct pfl_item *item)
{
	uint32_t owner = pfl_table_get(&locks->owners, owner_key(item, false));

	if (owner != PFL_NONE && find_wait(locks, owner, 0))
		return owner;
	return pfl_table_get(&locks->by_tid, (uint32_t)item->sample->tid);
}

/* The end of a wait, or of another call of futex(2), whose begin nobody looked at. */
static int end_futex(struct pfl_books *books, const struct pfl_item *item)
{
	struct locks *locks = books->state;
	uint32_t owner = futex_owner(locks, item);
	const struct wait *wait = owner == PFL_NONE ? NULL : find_wait(locks, owner, 0);
	int64_t result = item->field[RESULT];
	uint64_t time = item->sample->time;

	if (!wait)
		return PFL_LEFT_OUT;
	if (result == -ETIMEDOUT)
		locks->waits[wait - locks->waits].what |= TIMED_OUT;
	/* The word had changed: it went on at once. */
	if (result == -EAGAIN && time > wait->since)
		time = wait->since;
	return end_wait(books, owner, wait, time);
}

/* Who ends a wait: the last one to do so is the one that let go. */
static int take_waking(struct pfl_books *books, const struct pfl_item *item)
{
	struct locks *locks = books->state;
	uint32_t owner = pfl_table_get(&locks->owners, (uint32_t)item->field[WOKEN]);
	struct wait *wait;

	if (!books->opts->blame || owner == PFL_NONE || locks->innermost[owner] == PFL_NONE)
		return PFL_LEFT_OUT;
	wait = &locks->waits[locks->innermost[owner]];
	if (item->field[COMMON_FLAGS] & PFL_IN_INTERRUPT)
		wait->waker = books->mark(books, PFL_NONE, PFL_INTERRUPT);
	else
		wait->waker = books->stack(books, item);
	return wait->waker == PFL_NONE ? -ENOMEM : 0;
}

static int take_item(struct pfl_books *books, const struct pfl_item *item)
{
	switch (item->role) {
	case LOCK_BEGIN:
		return begin_lock(books, item);
	case LOCK_END:
		return end_lock(books, item);
	case FUTEX_ENTER:
	case FUTEX_WAIT_ENTER:
	case FUTEX_WAITV_ENTER:
		return begin_futex(books, item);
	case WAKING:
		return take_waking(books, item);
	case SLEEPER:
		return take_sleeper(books, item);
	default:
		return end_futex(books, item);
	}
}

/* All that @owner waits for is over at @time. */
static int end_all(struct pfl_books *books, uint32_t owner, uint64_t time)
{
	struct locks *locks = books->state;
	int err = 0;

	while (locks->innermost[owner] != PFL_NONE && !err) {
		const struct wait wait = pop(locks, owner);

		err = settle(books, &wait, time);
	}
	return err;
}

static int take_change(struct pfl_books *books, const struct pfl_change *change)
{
	struct locks *locks = books->state;
	uint32_t owner;

	if (change->kind == PFL_LOST) {
		locks->lost = change->time;
		return 0;
	}
	if (change->kind != PFL_EXITED)
		return 0;
	owner = pfl_table_get(&locks->by_tid, (uint32_t)change->tid);
	return owner == PFL_NONE ? 0 : end_all(books, owner, change->time);
}

static int end(struct pfl_books *books, uint64_t time)
{
	struct locks *locks = books->state;
	uint64_t before = books->stats->waits;
	int err = 0;

	for (uint32_t owner = 0; owner < locks->nowners && !err; owner++)
		err = end_all(books, owner, time);
	books->stats->open_at_end = books->stats->waits - before;
	return err;
}

static const char *name_futex(struct pfl_books *books, const struct note *note)
{
	struct locks *locks = books->state;
	const struct pfl_futex_kind *kind = pfl_futex_kind(books, note->node,
							   note->what & FLAGS_OR_OP);

	if (!kind->is_lock && !books->opts->waits)
		return NULL;
	snprintf(locks->name, sizeof(locks->name), "[%s%s]", kind->name,
		 note->what & TIMED_OUT ? " timed out" : "");
	return locks->name;
}

static const char *name_lock(struct pfl_books *books, const struct note *note)
{
	struct locks *locks = books->state;
	uint32_t number = note->what >> STATIC_SHIFT;
	const char *taker;

	if (number && pfl_lock_name(books, locks->statics[number], note->what, locks->name,
				    sizeof(locks->name)))
		return locks->name;
	taker = pfl_lock_taker(books, note->node);
	snprintf(locks->name, sizeof(locks->name), "[kernel %s%s%s]", pfl_lock_kind(note->what),
		 taker ? " in " : "", taker ? taker : "");
	return locks->name;
}

static const char *name_note(struct pfl_books *books, uint32_t number)
{
	const struct locks *locks = books->state;
	const struct note *note = &locks->notes[number];

	return note->what & FUTEX ? name_futex(books, note) : name_lock(books, note);
}

const struct pfl_type pfl_type_locks = {
	.info = {
		.type = "locks",
		.title = "Waits for locks",
		.palette = "purple",
		PFL_WAIT_VALUES("waits"),
	},
	.roles = roles,
	.nroles = ROLES,
	.leads = LEADS,
	.together = (1 << LEADS) - 1,
	.accountant = &(const struct pfl_accountant){
		.open = open_books,
		.item = take_item,
		.change = take_change,
		.end = end,
		.note = name_note,
		.close = close_books,
	},
};
