/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>

#include "types/lockname.h"

static const struct pfl_futex_kind mutex = { "mutex", true };
static const struct pfl_futex_kind rwlock = { "rwlock", true };
static const struct pfl_futex_kind barrier = { "barrier", true };
static const struct pfl_futex_kind condvar = { "condvar", false };
static const struct pfl_futex_kind semaphore = { "semaphore", false };
static const struct pfl_futex_kind join = { "join", false };
static const struct pfl_futex_kind futex = { "futex", true };

/*
 * How the C library's functions begin that wait, without underscores and "GI_" in
 * front. Those of glibc's own locks (of streams, of malloc) are its mutexes.
 */
static const struct {
	const char *prefix;
	const struct pfl_futex_kind *kind;
} functions[] = {
	{ "pthread_mutex_", &mutex },	{ "mtx_", &mutex },
	{ "lll_lock_wait", &mutex },	{ "pthread_rwlock_", &rwlock },
	{ "pthread_cond_", &condvar },	{ "cnd_", &condvar },
	{ "sem_", &semaphore },		{ "new_sem_", &semaphore },
	{ "old_sem_", &semaphore },	{ "pthread_barrier_", &barrier },
	{ "pthread_join", &join },	{ "pthread_timedjoin", &join },
	{ "pthread_clockjoin", &join },	{ "thrd_join", &join },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool begins(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

/* Its own name of a function that it also calls itself: __GI___pthread_mutex_lock. */
static const char *public_name(const char *name)
{
	name += strspn(name, "_");
	if (begins(name, "GI_"))
		name += 3;
	return name + strspn(name, "_");
}

static const struct pfl_futex_kind *kind_of(const char *function)
{
	const char *name = public_name(function);

	for (size_t i = 0; i < COUNT(functions); i++)
		if (begins(name, functions[i].prefix))
			return functions[i].kind;
	return NULL;
}

/* Whether it is in a C library that has its threads in itself, as glibc since 2.34. */
static bool is_in_libc(const struct pfl_frame *frame)
{
	return frame && frame->dso && strstr(frame->dso, "/libc.so");
}

/* In glibc since 2.34. */
#define WAITS_FOR_MUTEX FUTEX_WAIT		/* a condition by FUTEX_WAIT_BITSET, then its mutex */
#define WAITS_FOR_THREAD (FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME)	/* the kernel wakes it */

/*
 * A public function that is at its end may jump to one that has no public name, and is
 * no frame then. Who called it still says so.
 */
static const struct pfl_futex_kind *kind_of_call(struct pfl_books *books, uint32_t node,
						 const struct pfl_frame *frame)
{
	uint32_t caller = books->stacks->nodes[node].parent;
	const char *name;

	if (*frame->name != '[' || !is_in_libc(frame) || caller == PFL_NONE)
		return NULL;
	name = books->callee(books, caller);
	return name ? kind_of(name) : NULL;
}

static const struct pfl_futex_kind *kind_at(struct pfl_books *books, uint32_t node, uint32_t op,
					    const struct pfl_frame *frame)
{
	const struct pfl_futex_kind *kind = kind_of(frame->name);

	if (!kind)
		kind = kind_of_call(books, node, frame);
	if (kind == &condvar && (op & FUTEX_CMD_MASK) == WAITS_FOR_MUTEX && is_in_libc(frame))
		return &mutex;
	return kind;
}

const struct pfl_futex_kind *pfl_futex_kind(struct pfl_books *books, uint32_t node, uint32_t op)
{
	const struct pfl_frame *innermost = NULL;

	for (; node != PFL_NONE; node = books->stacks->nodes[node].parent) {
		const struct pfl_frame *frame = books->function(books, node);
		const struct pfl_futex_kind *kind;

		if (!frame || frame->kind == PFL_FRAME_KERNEL)
			continue;
		if (!innermost)
			innermost = frame;
		kind = kind_at(books, node, op, frame);
		if (kind)
			return kind;
	}
	return op == WAITS_FOR_THREAD && is_in_libc(innermost) ? &join : &futex;
}

const char *pfl_lock_kind(uint32_t flags)
{
	bool read = flags & PFL_LCB_READ, write = flags & PFL_LCB_WRITE;

	if (flags & PFL_LCB_MUTEX)
		return "mutex";
	if (flags & PFL_LCB_PERCPU)
		return write ? "pcpu-sem:W" : "pcpu-sem:R";
	if (flags & PFL_LCB_RT && (read || write))
		return write ? "rwlock-rt:W" : "rwlock-rt:R";
	if (flags & PFL_LCB_RT)
		return "rt-mutex";
	if (flags & PFL_LCB_SPIN && (read || write))
		return write ? "rwlock:W" : "rwlock:R";
	if (flags & PFL_LCB_SPIN)
		return "spinlock";
	if (read || write)
		return write ? "rwsem:W" : "rwsem:R";
	return "semaphore";
}

bool pfl_lock_name(struct pfl_books *books, uint64_t address, uint32_t flags, char *name,
		   size_t size)
{
	const char *kind = pfl_lock_kind(flags), *variable;
	uint64_t offset;

	variable = books->variable(books, address, &offset);
	if (!variable)
		return false;
	if (offset)
		snprintf(name, size, "[kernel %s %s+%#" PRIx64 "]", kind, variable, offset);
	else
		snprintf(name, size, "[kernel %s %s]", kind, variable);
	return true;
}

/* How the names of the kernel's functions begin that take locks, or tell of them. */
static const char *const lock_code[] = {
	"__traceiter_", "trace_contention_", "perf_trace_", "mutex_", "__mutex_", "ww_mutex_",
	"__ww_mutex_", "osq_lock", "rwsem_", "down_", "__down", "percpu_down_",
	"__percpu_down_", "percpu_rwsem_", "rt_mutex_", "__rt_mutex_", "rtlock_", "__rtlock_",
	"rt_spin_", "rt_read_", "rt_write_", "rwbase_", "_raw_spin_", "_raw_read_", "_raw_write_",
	"__raw_", "queued_", "native_queued_", "__pv_queued_", "pv_queued_", "lockref_",
};

static bool is_lock_code(const char *name)
{
	/* the scheduler's own, which takes the lock of a run queue */
	if (begins(name, "_raw_spin_rq_"))
		return false;
	for (size_t i = 0; i < COUNT(lock_code); i++)
		if (begins(name, lock_code[i]))
			return true;
	return !strcmp(name, "down");
}

const char *pfl_lock_taker(struct pfl_books *books, uint32_t node)
{
	for (; node != PFL_NONE; node = books->stacks->nodes[node].parent) {
		const struct pfl_frame *frame = books->function(books, node);

		if (!frame || frame->kind != PFL_FRAME_KERNEL)
			return NULL;
		if (!is_lock_code(frame->name) && !books->in_lock_code(books, node))
			return *frame->name == '[' ? NULL : frame->name;
	}
	return NULL;
}
