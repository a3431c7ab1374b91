/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Folding: records in, a profile out. The same way for a recording on disk or
 * in a pipe (pfl_fold_read) and for live rings (<perflame/record.h>).
 */
#ifndef PERFLAME_FOLD_H
#define PERFLAME_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include <perflame/input.h>
#include <perflame/profile.h>
#include <perflame/type.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The frame that a stack starts from. */
enum pfl_root {
	PFL_ROOT_COMM,		/* COMM */
	PFL_ROOT_PID,		/* COMM-PID */
	PFL_ROOT_TID,		/* COMM-PID/TID */
	PFL_ROOT_NONE,
};

enum pfl_demangle {
	PFL_DEMANGLE_SIMPLE,	/* without parameters and return types */
	PFL_DEMANGLE_FULL,
	PFL_DEMANGLE_NONE,
};

/* Whether functions that the compiler inlined become frames of their own. */
enum pfl_inlines {
	PFL_INLINES_AUTO,	/* where stacks were dumped in place of frame pointers */
	PFL_INLINES_OFF,
	PFL_INLINES_ON,
};

/* Zeroes are the defaults. */
struct pfl_fold_opts {
	const char *event;	/* the raw samples of this event, or NULL */
	const char *type;	/* the profile type, or NULL: what the events imply */
	enum pfl_root root;
	/*
	 * For pages (pfl_html_write()), whose reader may want threads and processes apart: which
	 * thread had how much of each stack. With PFL_ROOT_COMM and PFL_ROOT_PID.
	 */
	int keep_tasks;
	enum pfl_demangle demangle;
	enum pfl_inlines inlines;
	int srcline;		/* "name (file:line)" where the CPU stood, as far as DWARF tells */
	int debuginfod;		/* ask the servers of DEBUGINFOD_URLS for symbols that are not here */
	int user_only;		/* only the user half of each stack */
	int kernel_only;	/* only the kernel half */
	const int32_t *pids;	/* only samples of these processes … */
	unsigned int npids;
	const int32_t *tids;	/* … or of these threads */
	unsigned int ntids;
	const char *cpus;	/* only samples taken on these CPUs: "0-3,7" */
	struct pfl_type_opts of_type;
};

enum pfl_gap_kind {
	PFL_GAP_FILE,
	PFL_GAP_KERNEL,		/* the kernel or one of its modules */
	PFL_GAP_MEMORY,		/* code that processes made themselves: all of it */
};

/* A binary that costs stacks their names or their callers. */
struct pfl_fold_gap {
	const char *path;	/* as it was mapped; valid as long as the profile */
	char build_id[41];	/* hexadecimal; "": not known */
	enum pfl_gap_kind kind;
	int is_here;		/* the file of that path on this machine is the one recorded */
	uint64_t samples;	/* folded samples that lack something for it: */
	uint64_t unnamed;	/* … a frame in it has no name, */
	uint64_t broken;	/* … or its frame is the last one before the stack breaks off */
};

#define PFL_FOLD_GAPS 5

/*
 * An event each occurrence of which is recorded: how often it occurred, by the kernel's own
 * count, and what of that is there. Where less is there than occurred and no more was
 * lost than that, the rest was left out without a word: virtual machines do so with
 * what occurs on CPUs that were idle.
 */
struct pfl_event_count {
	char event[80];		/* "sched:sched_switch" */
	uint64_t count;		/* times that it occurred */
	uint64_t samples;	/* … that were recorded */
	uint64_t lost;		/* … that the kernel says it dropped; PFL_LOST_UNKNOWN: not told of each event */
};

#define PFL_EVENT_COUNTS 16
#define PFL_LOST_UNKNOWN UINT64_MAX

/*
 * What became of the input: every sample is counted in exactly one of
 * folded, filtered, other_event and bad_samples.
 */
struct pfl_fold_stats {
	uint64_t records;	/* of any kind */
	uint64_t samples;	/* sample records */
	uint64_t folded;	/* … that are in the profile */
	uint64_t filtered;	/* … left out by pids, tids, cpus */
	uint64_t other_event;	/* … of events that were not asked for */
	uint64_t bad_samples;	/* … too short for what their event says they hold */
	uint64_t no_stack;	/* of folded: without a call chain; one frame */
	uint64_t empty_half;	/* of folded: nothing left of the stack by user_only, kernel_only */
	uint64_t no_task;	/* of folded: the thread's name was never recorded */
	uint64_t lost;		/* events that the kernel says it dropped */
	uint64_t throttled;	/* times that the kernel paused an event */
	uint64_t unordered;	/* records older than what had been handled already */
	uint64_t unknown_records; /* of kinds that this version does not know */
	uint64_t bad_records;	/* that did not hold what their kind must */
	uint64_t maps_left_out;	/* mappings that were too many: their processes were left with none */
	uint64_t stacks;	/* samples in the profile that have a frame */
	uint64_t whole;		/* … up to where their thread began or the kernel was entered */
	uint64_t frames;	/* frames of all folded stacks */
	uint64_t unnamed;	/* … without a symbol */
	uint64_t unmapped;	/* … of addresses that no mapping covers (in unnamed too) */
	uint64_t unwound;	/* of folded: their user stack was walked from a dump of it … */
	uint64_t truncated;	/* … which was too small, … */
	uint64_t broken;	/* … or ended before the thread's root for another reason */
	uint64_t stack_needed;	/* bytes of dump that the largest of the truncated asked for, at least */
	uint64_t truncated_at;	/* offset at which the input breaks off, or 0 */
	/* Of types that pair events. A wait is charged, or counted in one of the others. */
	uint64_t waits;		/* charged … */
	uint64_t open_at_start;	/* … of which so many had begun before the recording … */
	uint64_t open_at_end;	/* … and so many were not over at its end: charged up to there */
	uint64_t left_out;	/* by states, min_ns, max_ns */
	uint64_t preempted;	/* no waits: the CPU was given to somebody else */
	uint64_t began_before;	/* the recording, with a stack that nobody knows: not charged */
	uint64_t asleep;	/* threads that slept when it began, and were not looked at */
	uint64_t unmatched;	/* beginnings and ends without each other */
	uint64_t unreliable;	/* across lost records: what they were is not known … */
	uint64_t unreliable_ns;	/* … nor whether they took so long */
	uint64_t negative;	/* ended before they began */
	uint64_t no_locks;	/* waits for what is no lock, which pfl_type_opts.waits brings … */
	uint64_t no_locks_ns;	/* … and how long they took */
	/* Of wall-clock time. */
	uint64_t on_ns;		/* that threads were on a CPU, by their switches … */
	uint64_t on_samples;	/* … and the samples that say what it was made of */
	uint64_t first_ns;	/* time of the first and … */
	uint64_t last_ns;	/* … of the last sample folded */
	/* By the recorder of the recording, where it says so; none of events that are sampled. */
	unsigned int ncounts;	/* of counts: */
	struct pfl_event_count counts[PFL_EVENT_COUNTS];
	unsigned int ngaps;	/* of gaps: */
	struct pfl_fold_gap gaps[PFL_FOLD_GAPS];	/* what costs most samples, the worst first */
};

/*
 * Folds the recording @input, from its beginning. What can be read of a
 * damaged one is kept and the damage logged: then *out is set and -EILSEQ
 * returned. 0; or without a profile -ENODATA (no samples), -EINVAL (not a
 * recording, no such event or type; the log says which), -ENOMEM, or what
 * read(2) said. @stats (may be NULL) is set whenever *out is.
 */
int pfl_fold_read(struct pfl_ctx *ctx, struct pfl_input *input, const struct pfl_fold_opts *opts,
		  struct pfl_profile **out, struct pfl_fold_stats *stats);

/*
 * The Debian package whose file @gap is, to @package, of @size bytes: as the
 * package database of this machine has it. 0; -ENOENT: no package's, or not known;
 * -ENOMEM.
 */
int pfl_fold_gap_package(const struct pfl_fold_gap *gap, char *package, size_t size);

#ifdef __cplusplus
}
#endif

#endif
