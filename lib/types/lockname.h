/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a lock is called, which nothing recorded says: a futex is a word in memory, of
 * whatever the C library makes with it; a kernel's lock is an address.
 */
#ifndef PFL_TYPES_LOCKNAME_H
#define PFL_TYPES_LOCKNAME_H

#include "types/type.h"

/* Bits of contention_begin's flags: include/trace/events/lock.h of the kernel. */
#define PFL_LCB_SPIN 1
#define PFL_LCB_READ 2
#define PFL_LCB_WRITE 4
#define PFL_LCB_RT 8
#define PFL_LCB_PERCPU 16
#define PFL_LCB_MUTEX 32

/* A way of waiting in user space. */
struct pfl_futex_kind {
	const char *name;	/* "mutex" */
	bool is_lock;		/* somebody holds what is waited for */
};

/*
 * What the stack that ends in @node waits for by futex(2) operation @op: after the innermost
 * public function of the C library in it. Never NULL; "futex" where none is there.
 */
const struct pfl_futex_kind *pfl_futex_kind(struct pfl_books *books, uint32_t node, uint32_t op);

/* The kind of a kernel's lock by its flags: "rwsem:W", as perf lock calls it. */
const char *pfl_lock_kind(uint32_t flags);

/*
 * What the kernel's lock at @address is called, where it is a variable of its own: "[kernel
 * mutex cgroup_mutex]". False: it is not, or the kernel does not tell.
 */
bool pfl_lock_name(struct pfl_books *books, uint64_t address, uint32_t flags, char *name,
		   size_t size);

/* Who took it: the innermost function of the kernel at @node that is not about locks. NULL: none. */
const char *pfl_lock_taker(struct pfl_books *books, uint32_t node);

#endif
