/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a profile type records: a row for each type, and in it a row for each event.
 */
#ifndef PFL_RECORD_SPEC_H
#define PFL_RECORD_SPEC_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

#include <perflame/record.h>

/*
 * What is sampled so many times a second takes nearly all of every stack; where
 * each event is recorded, what libc needs to get to its caller has to do. The switches of a
 * few tasks are not those of the whole box: most that is built without frame pointers is in
 * so much, interpreters among it.
 */
#define PFL_DUMP_SAMPLED 16384
#define PFL_DUMP_EACH 1024
#define PFL_DUMP_EACH_OF_FEW 2048

struct pfl_event_spec {
	const char *name;	/* as perf names it; a tracepoint's says where to find it */
	uint32_t type;		/* PERF_TYPE_ … */
	uint64_t config;	/* PERF_COUNT_ …; a tracepoint's is looked up */
	bool sampled;		/* so many times a second; otherwise each single one */
	bool callchain;
	bool user_chain;	/* … but for the kernel's half, which always is the same */
	bool addr;		/* the address that it is about, and the size of the page there */
	/*
	 * Of all tasks, whatever the target: it happens in one task and is about
	 * another (sched_waking: while the other one sleeps, its events do too).
	 */
	bool everybody;
	/* What stands in for it where the machine does not have it; NULL: nothing. */
	const struct pfl_event_spec *cpu_wide, *per_task;
	/* What stands in for a tracepoint where rights do not reach; NULL: nothing. */
	const struct pfl_event_spec *unprivileged;
	/* Of a tracepoint: only those of which this is true, as tracefs takes it. */
	const char *filter;
	/*
	 * What is lost without it; NULL: without it nothing can be recorded. "": nothing,
	 * as where the kernel has not what it tells of.
	 */
	const char *brings;
	/* Whether it is recorded with these options; NULL: always. */
	bool (*wanted)(const struct pfl_record_opts *opts);
};

struct pfl_type_spec {
	const char *type;
	const struct pfl_event_spec *const *events;
	unsigned int nevents;
	unsigned int ring_kib;	/* of a CPU's ring, at least */
	unsigned int dump_bytes; /* of user stack with each event, unless told otherwise */
	unsigned int dump_bytes_of_few;	/* … where it is not the whole box; 0: the same */
	bool all_cpus;		/* every CPU: -C chooses on reading */
	bool whole_cpus;	/* also for tasks: who wakes them can be anybody */
	bool switches;		/* SWITCH records */
	bool marked;		/* the recorder says when it began and ended: perfdata/marker.h … */
	bool sleepers;		/* … and where threads slept already */
	bool data_mappings;	/* what is mapped as data, and memory of no file, too */
};

/* What @type records, or NULL where no recorder exists for it. Never freed. */
const struct pfl_type_spec *pfl_type_spec_find(const char *type);

#endif
