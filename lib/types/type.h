/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A profile type: one row of data and one small accountant. A new type is a new
 * file here and a line in type.c; see Documentation/howto-add-a-profile-type.md.
 *
 * Where each sample stands for itself, weigh() is all the accountant there is.
 * Where it takes several events to know what one was worth (a switch-out, and
 * the switch-in that ends the wait), the type has a struct pfl_accountant, which
 * keeps what it must remember in books that the fold opens for it.
 */
#ifndef PFL_TYPES_TYPE_H
#define PFL_TYPES_TYPE_H

#include <errno.h>
#include <perflame/fold.h>
#include <perflame/type.h>

#include "perfdata/sample.h"
#include "profile/stacks.h"

#define PFL_ROLE_FIELDS 4
#define PFL_ROLES_MAX 16

/* An event that a type is made of. */
struct pfl_role {
	/* A tracepoint by name, and the fields of it that an item brings; or … */
	const char *tracepoint;
	const char *fields[PFL_ROLE_FIELDS];
	/* … whatever this takes. */
	bool (*takes)(const struct pfl_event *event);
	/* A bit for each role without which an event of this one leads to nothing. */
	uint32_t needs;
};

/* A sample of one of the type's events. */
struct pfl_item {
	const struct pfl_sample *sample;
	unsigned int role;		/* number in the type's roles */
	uint64_t field[PFL_ROLE_FIELDS]; /* as the role names them; signed ones extended */
};

enum pfl_change_kind {
	PFL_SWITCHED_OUT,
	PFL_SWITCHED_IN,
	PFL_FORKED,	/* tid is the child's */
	PFL_EXITED,
	PFL_EXECED,	/* under the number of the process, whichever thread it was */
	PFL_LOST,	/* records, on cpu, before time */
};

/* What records that are not samples tell of tasks, and of the recording. */
struct pfl_change {
	enum pfl_change_kind kind;
	bool preempted;		/* SWITCHED_OUT */
	int32_t pid, tid;	/* -1: not known */
	uint32_t cpu;		/* UINT32_MAX: not known */
	uint64_t time;
};

/*
 * What the fold does for an accountant, and keeps for it. Items and changes come
 * in the order of their times (but for those counted as unordered).
 */
struct pfl_books {
	struct pfl_ctx *ctx;
	const struct pfl_type_opts *opts;
	struct pfl_stacks *stacks;	/* what is charged, at any time: pfl_stacks_charge() */
	struct pfl_fold_stats *stats;
	const struct pfl_event *events[PFL_ROLES_MAX];	/* by role; NULL: not recorded */
	uint32_t page_size;		/* of the machine that was recorded, as far as is known */
	uint64_t start;			/* when the recording began; 0: nobody said */
	bool switches;			/* there are SWITCH records of all whose switches there are */
	void *state;			/* the accountant's own */

	/* Whether the task and the CPU of @item are among those asked for. */
	bool (*wants)(struct pfl_books *books, const struct pfl_item *item);
	/* Whether @tid is a thread that is known, and that and @cpu are (UINT32_MAX: any). */
	bool (*wants_task)(struct pfl_books *books, int32_t tid, uint32_t cpu);
	/*
	 * The node of @item's stack, for which it is unwound: only now, while the
	 * mappings are those of its moment. PFL_NONE: out of memory.
	 */
	uint32_t (*stack)(struct pfl_books *books, const struct pfl_item *item);
	/*
	 * The node of @item's stack in the kernel alone, below PFL_INTERRUPT. What was interrupted
	 * in the kernel is part of it: only names tell where that ends (types/interrupt.h).
	 */
	uint32_t (*interrupt)(struct pfl_books *books, const struct pfl_item *item);
	/* The node of task @pid, @tid alone, to hang marks on. PFL_NONE: out of memory. */
	uint32_t (*task)(struct pfl_books *books, int32_t pid, int32_t tid);
	/* The node of what is not code, "[runqueue]", below @node. PFL_NONE: out of memory. */
	uint32_t (*mark)(struct pfl_books *books, uint32_t node, const char *name);
	/*
	 * The node, below @node, of what only names can tell: at the end the accountant is
	 * asked what it calls note @number, and the node becomes that mark. PFL_NONE: out of
	 * memory.
	 */
	uint32_t (*note)(struct pfl_books *books, uint32_t node, uint32_t number);
	/*
	 * When code has names, the function at @node, which what was inlined into it does not hide.
	 * NULL: out of memory, or @node is no code.
	 */
	const struct pfl_frame *(*function)(struct pfl_books *books, uint32_t node);
	/*
	 * And the function that @node called, which need not be one that is on the stack:
	 * it may have gone on to another. NULL: not known. Valid until the next call.
	 */
	const char *(*callee)(struct pfl_books *books, uint32_t node);
	/* And what variable of the kernel @address is in, and how far behind its start. NULL: none. */
	const char *(*variable)(struct pfl_books *books, uint64_t address, uint64_t *offset);
	/* And whether @node, which is code, is the kernel's to take a lock or to go to sleep. */
	bool (*in_lock_code)(struct pfl_books *books, uint32_t node);
	/* Whether @address may be one of a variable of the kernel itself, as far as numbers tell. */
	bool (*in_kernel)(struct pfl_books *books, uint64_t address);
	/*
	 * What memory @item's address is in: "anon", "file", "heap", "stack", "unknown";
	 * NULL where the recording tells no addresses or mappings. Only with pfl_type.memory.
	 */
	const char *(*memory)(struct pfl_books *books, const struct pfl_item *item);
	void *fold;
	void *naming;			/* at the end */
};

/* 0 or -ENOMEM each. What is NULL is not called. */
struct pfl_accountant {
	int (*open)(struct pfl_books *books);
	/* PFL_LEFT_OUT where nothing came of @item because of what books->wants() said. */
	int (*item)(struct pfl_books *books, const struct pfl_item *item);
	int (*change)(struct pfl_books *books, const struct pfl_change *change);
	/* The recording ended at @time. */
	int (*end)(struct pfl_books *books, uint64_t time);
	/* Code has names: for what of @books->stacks only they can tell. Before the notes. */
	int (*named)(struct pfl_books *books);
	/*
	 * What note @number is called, valid until the next call; NULL: what was charged
	 * to it is left out.
	 */
	const char *(*note)(struct pfl_books *books, uint32_t number);
	void (*close)(struct pfl_books *books);		/* also after a failed open */
};

#define PFL_LEFT_OUT 1

/* Charges @node so many waits, of @ns in all. 0; -ENOMEM: @node is PFL_NONE for want of memory. */
static inline int pfl_charge_waits(struct pfl_books *books, uint32_t node, uint64_t count,
				   uint64_t ns)
{
	const uint64_t values[PFL_VALUES] = { count, ns };

	if (node == PFL_NONE)
		return -ENOMEM;
	pfl_stacks_charge(books->stacks, node, values);
	return 0;
}

/* In the pfl_profile_info of a type that charges so: @waits is what it calls them. */
#define PFL_WAIT_VALUES(waits)							\
	.nvalues = 2,								\
	.main_value = 1,							\
	.values = {								\
		{ .name = "count", .unit = (waits), .folded_div = 1 },		\
		{ .name = "time", .unit = "ns", .folded_div = 1000 },		\
	}

struct pfl_type {
	struct pfl_profile_info info;

	/*
	 * The events that this type is made of. A recording with one of the first
	 * @leads, and all whose bit is in @needs, makes such a profile; the others
	 * add to it.
	 */
	const struct pfl_role *roles;
	unsigned int nroles, leads;
	uint32_t needs;
	uint32_t together;	/* of the leads, those that go with each other; otherwise one goes alone */
	bool memory;		/* it asks books->memory() */

	/* What one sample weighs, in the order of info.values; or else … */
	void (*weigh)(const struct pfl_sample *sample, uint64_t *values);
	/* … who finds it out. */
	const struct pfl_accountant *accountant;

	/* Corrects the units in @info (a copy) where they depend on the event. May be NULL. */
	void (*describe)(const struct pfl_event *event, struct pfl_profile_info *info);
};

extern const struct pfl_type pfl_type_oncpu, pfl_type_faults, pfl_type_offcpu, pfl_type_offwake, pfl_type_locks;
extern const struct pfl_type pfl_type_wakeup, pfl_type_wall;
extern const struct pfl_type pfl_type_raw;	/* any event, for --event; not in the list */

/* Whether @event samples code that runs. */
bool pfl_oncpu_takes(const struct pfl_event *event);

/* The number of the role that @event plays in @type, or -1. */
int pfl_type_role(const struct pfl_type *type, const struct pfl_event *event);

/* The first of @events that leads to @type, where the others that it needs are there; or NULL. */
const struct pfl_event *pfl_type_lead(const struct pfl_type *type, const struct pfl_events *events);

/* The type that @events make: the first in the list of the first event that leads to one; or NULL. */
const struct pfl_type *pfl_type_of(const struct pfl_events *events);

/* The type called @name, or NULL. */
const struct pfl_type *pfl_type_named(const char *name);

#endif
