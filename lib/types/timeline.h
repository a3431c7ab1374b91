/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What each task did when, out of the scheduler's events: the types that are
 * about time off the CPU share it. It pairs, checks and filters; the type says
 * what a span is worth.
 *
 * Pairing goes by task, never by CPU: a task comes back on any. It is known by
 * two numbers. Raw data has the one of the first PID namespace, samples and
 * records that of the recorder's. Only a switch-out has both.
 */
#ifndef PFL_TYPES_TIMELINE_H
#define PFL_TYPES_TIMELINE_H

#include "types/interrupt.h"
#include "types/type.h"

/* The roles of these types; each type has as many of them as it wants. */
enum pfl_sched_role {
	PFL_SCHED_SWITCH,	/* sched:sched_switch */
	PFL_SCHED_CONTEXT,	/* context-switches: where there are no rights to tracepoints */
	PFL_SCHED_SLEEPER,	/* who slept when recording began (perfdata/marker.h) */
	PFL_SCHED_WAKING,	/* sched:sched_waking */
	PFL_SCHED_CLOCK,	/* what samples code that runs */
	PFL_SCHED_ROLES,
};

/* What records switches is each of these; one recording may have several. */
#define PFL_SCHED_LEADS 3
#define PFL_SCHED_TOGETHER (1u << PFL_SCHED_SWITCH | 1u << PFL_SCHED_CONTEXT | \
			    1u << PFL_SCHED_SLEEPER)

extern const struct pfl_role pfl_sched_roles[PFL_SCHED_ROLES];

#define PFL_WAKERS_MAX 8

enum pfl_span_kind {
	PFL_SPAN_ON,	/* on a CPU */
	PFL_SPAN_OFF,	/* blocked, and then waiting for a CPU from .woken on */
	PFL_SPAN_READY,	/* preempted, or newly born: waiting for a CPU */
};

struct pfl_span {
	enum pfl_span_kind kind;
	int32_t pid, tid;
	uint64_t begin, end;
	uint64_t woken;		/* OFF; 0: not seen */
	uint32_t node;		/* of the stack that it left its CPU with; PFL_NONE: not asked for */
	/* OFF: who woke it, who woke that one, and so on; PFL_NONE ends them. NULL: not seen. */
	const uint32_t *wakers;
};

/* From when on @span's task waited for nothing but a CPU; .end: nobody was seen to wake it. */
static inline uint64_t pfl_span_ready(const struct pfl_span *span)
{
	if (span->kind == PFL_SPAN_READY)
		return span->begin;
	return span->woken ? span->woken : span->end;
}

struct pfl_timeline_opts {
	bool stacks;		/* of the tasks that leave their CPU */
	bool on;		/* PFL_SPAN_ON is asked for, too */
	void *data;		/* the type's own: pfl_timeline_data() */
	bool all;		/* whatever --state, --min, --max and --preempted say */
	unsigned int wakers;	/* how many of them are asked for, at most PFL_WAKERS_MAX */
	/* What is to be done with a span. 0 or -ENOMEM. */
	int (*span)(struct pfl_books *books, const struct pfl_span *span);
};

/* Fills books->state. 0; -EINVAL: --state makes no sense for this recording, logged; -ENOMEM. */
int pfl_timeline_open(struct pfl_books *books, const struct pfl_timeline_opts *opts);

/* As those of struct pfl_accountant. */
void pfl_timeline_close(struct pfl_books *books);
int pfl_timeline_item(struct pfl_books *books, const struct pfl_item *item);
int pfl_timeline_change(struct pfl_books *books, const struct pfl_change *change);
int pfl_timeline_end(struct pfl_books *books, uint64_t time);

/* What was given as ->data; NULL before. */
void *pfl_timeline_data(const struct pfl_books *books);

/* In the struct pfl_type of one that has the first @roles_ of the roles above. */
#define PFL_TIMELINE_ROLES(roles_)		\
	.roles = pfl_sched_roles,		\
	.nroles = (roles_),			\
	.leads = PFL_SCHED_LEADS,		\
	.together = PFL_SCHED_TOGETHER

/* The accountant of one that adds nothing of its own to that but how it is opened. */
#define PFL_TIMELINE_ACCOUNTANT(open_)		\
	&(const struct pfl_accountant){		\
		.open = (open_),		\
		.item = pfl_timeline_item,	\
		.change = pfl_timeline_change,	\
		.end = pfl_timeline_end,	\
		.named = pfl_interrupts_trim,	\
		.close = pfl_timeline_close,	\
	}

#endif
