/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The events of a recording: what their records hold, and which event a record
 * belongs to.
 */
#ifndef PFL_PERFDATA_EVENT_H
#define PFL_PERFDATA_EVENT_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/table.h"

struct pfl_tracepoint;

struct pfl_event {
	unsigned int number;		/* its place in pfl_events.list */
	struct perf_event_attr attr;	/* in our byte order; zero where the recording's is shorter */
	char *name;			/* "cpu-clock", "sched:sched_switch" */
	bool named;			/* the recording gave the name; otherwise it is made of the attr */
	/*
	 * Where time and id stand in a sample, counted from the start of the
	 * record, and in all other records (sample_id_all), counted back from
	 * the end; 0: not there.
	 */
	uint16_t time_at, id_at;
	uint16_t time_back, id_back;
	uint16_t trailer_size;		/* bytes at the end of all other records that sample_id_all makes */
	uint16_t user_regs;		/* how many sample_regs_user asks for */
	struct pfl_tracepoint *tracepoint;	/* NULL: none, or the recording does not tell its format */
};

/* The kernel gives ids in turn, one for each event on each CPU: of most boxes all fit. */
#define PFL_NEAR_IDS 64u

struct pfl_events {
	struct pfl_event **list;
	uint32_t count, room;
	struct pfl_table by_id;
	struct {
		uint64_t id;
		const struct pfl_event *event;	/* NULL: there is none yet, nor an id 0 */
	} near[PFL_NEAR_IDS];		/* of an id, by its remainder: asked for each record, again and again */
	bool build_ids;		/* one of them asked for build-ids of mappings */
	bool mmap_data;		/* one of them asked for mappings that are not code */
};

void pfl_events_free(struct pfl_events *events);

/*
 * Adds an event and the ids that its records carry. @name may be NULL: then one
 * is made of the attr. 0, -EINVAL where records of this event and of those added
 * before cannot be told apart by place, or -ENOMEM.
 */
int pfl_events_add(struct pfl_events *events, const struct perf_event_attr *attr,
		   const uint64_t *ids, unsigned int nids, const char *name);

/* Gives an event a better name. 0 or -ENOMEM. */
int pfl_event_rename(struct pfl_event *event, const char *name);

/* The same for the event @id. -ENOENT: no such id. */
int pfl_events_rename(struct pfl_events *events, uint64_t id, const char *name);

/* The event that this record (in our byte order, sized as it says) belongs to, or NULL. */
const struct pfl_event *pfl_events_of(const struct pfl_events *events,
				      const struct perf_event_header *record);

/* The same of a record of which only the header is in our byte order yet. */
const struct pfl_event *pfl_events_of_swapped(const struct pfl_events *events,
					      const struct perf_event_header *record);

/* Who, when and where of a record that is not a sample, as far as sample_id_all tells it. */
struct pfl_trailer {
	int32_t pid, tid;	/* -1: not told */
	uint64_t time;		/* 0: not told */
	uint32_t cpu;		/* UINT32_MAX: not told */
};

/*
 * How many bytes it has at the end of a record of @event, which is the one that tells of it:
 * that of perf record -D holds less than the one whose samples are wanted. NULL: none.
 */
unsigned int pfl_event_trailer_size(const struct pfl_event *event);

struct pfl_trailer pfl_event_trailer(const struct pfl_event *event,
				     const struct perf_event_header *record);

/*
 * Whether @record, of which the word behind the header is there, changes what a process has
 * mapped: *@pid is its number then. A new thread has what the others have.
 */
static inline bool pfl_changes_mappings(const struct perf_event_header *record, const void *word,
					int32_t *pid)
{
	int32_t ids[2];	/* of FORK: the process and its parent */

	memcpy(ids, word, sizeof(ids));
	*pid = ids[0];
	switch (record->type) {
	case PERF_RECORD_MMAP:
	case PERF_RECORD_MMAP2:
		return true;
	case PERF_RECORD_FORK:
		return ids[0] != ids[1];
	case PERF_RECORD_COMM:
		return record->misc & PERF_RECORD_MISC_COMM_EXEC;
	default:
		return false;
	}
}

/* When the record happened, in ns of the recording's clock; 0 where it does not say. */
uint64_t pfl_event_time(const struct pfl_event *event, const struct perf_event_header *record);

#endif
