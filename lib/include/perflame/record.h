/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Live recording: perf_event_open(2), one mmap ring per CPU.
 */
#ifndef PERFLAME_RECORD_H
#define PERFLAME_RECORD_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include <perflame/fold.h>
#include <perflame/profile.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pfl_record;

#define PFL_DUMP_MAX 65528u	/* the kernel's limit */

/* How user stacks are walked. */
enum pfl_call_graph {
	/*
	 * Along frame pointers by the kernel, and by CFI as far as the top of the
	 * stack reaches, which is taken too: either knows what the other does not.
	 */
	PFL_CALL_GRAPH_AUTO,
	PFL_CALL_GRAPH_FP,	/* along frame pointers alone */
	PFL_CALL_GRAPH_DWARF,	/* by CFI alone, from a copy of the stack */
};

/*
 * Zeroes are the defaults: the whole box, until stopped. What it points to must stay
 * until pfl_record_free().
 */
struct pfl_record_opts {
	const char *type;	/* profile type; must be set */
	const int32_t *pids;	/* these processes, all their threads, and what they fork */
	unsigned int npids;
	const int32_t *tids;	/* these threads */
	unsigned int ntids;
	const char *cgroup;	/* this cgroup: a path below the cgroup file system, or absolute */
	const char *cpus;	/* these CPUs: "0-3,7" */
	int all_cpus;		/* the whole box, even where there is a command */
	char *const *command;	/* start this, NULL at its end, and record it */
	unsigned int freq;	/* samples per second: 99 */
	enum pfl_call_graph call_graph;
	/*
	 * Bytes of user stack to take with each sample, but for FP: a multiple of 8,
	 * at most PFL_DUMP_MAX. 0: 16384, or with AUTO as the type has it.
	 */
	unsigned int dump_bytes;
	unsigned int mmap_pages; /* data pages per ring, a power of two: by type and rights */
	int user_only;
	int kernel_only;
	uint64_t duration_ns;	/* stop after this long; 0: until told */
	struct pfl_type_opts of_type; /* decides which events are recorded */
};

/* What the recording saw; a snapshot at any time, final after pfl_record_finish(). */
struct pfl_record_stats {
	uint64_t elapsed_ns;
	uint64_t samples;	/* sample records taken out of the rings */
	uint64_t lost;		/* events the kernel says it dropped */
	uint64_t bytes;		/* taken out of the rings */
	uint64_t cpu_ns;	/* CPU time that this process has used */
	uint64_t throttled;	/* times that the kernel paused an event */
	/* Of a recording whose stacks became whole chains: as in struct pfl_fold_stats, at its end. */
	uint64_t unwound, truncated, broken, stack_needed;
	/* After pfl_record_finish(); none of events that are sampled. */
	unsigned int ncounts;	/* of counts: */
	struct pfl_event_count counts[PFL_EVENT_COUNTS];
	int not_first;		/* it had no right to go before others, who may have kept it from the rings */
	unsigned int ncpus;	/* rings */
	unsigned int nevents;	/* file descriptors of events */
	uint64_t ring_bytes;	/* the size of each ring */
	/* What is sampled: "cycles", "cpu-clock", "task-clock:u" …; valid as long as the record. */
	const char *event;
	unsigned int kinds;	/* of events: if more than one, @event is the first of them */
};

/*
 * Checks rights and targets, opens events and rings, starts the command (which
 * waits before its exec) and drops capabilities; types that look into those who
 * sleep already drop them in pfl_record_run(), when they have. Nothing is recorded yet.
 * 0, or -errno with a message that names the sysctl or capability that would
 * help: -EACCES, -EPERM (rights), -ESRCH (no such process), -EMFILE, -ENOMEM,
 * -EINVAL; -ENOENT and -ENOEXEC when the command cannot be found or run.
 */
int pfl_record_open(struct pfl_ctx *ctx, const struct pfl_record_opts *opts,
		    struct pfl_record **out);

/*
 * Either: what is recorded is folded as it comes. Call once before
 * pfl_record_run(); pfl_record_profile() hands out the result. @opts is copied.
 * 0; -EINVAL for what is not to be had, logged; -ENOMEM.
 */
int pfl_record_to_profile(struct pfl_record *record, const struct pfl_fold_opts *opts);

/*
 * Or: it is written to @fd as a perf.data file (seekable) or stream (pipe).
 * @fd stays the caller's; @argv, with NULL at its end, stands in the file as the command
 * line (NULL: none) and is copied. 0, or -errno: -ENOMEM, or what write(2) said.
 */
int pfl_record_to_file(struct pfl_record *record, int fd, char *const *argv);

/*
 * Records until the duration is over, the command or the last target ends, or
 * *@stop is not 0 (set from a signal handler, which must not restart poll(2)).
 * @tick, where not NULL, is called a few times a second with @data, and with @stats
 * that are valid during the call only.
 * 0; -ENOSPC and the like when the output could not be written any more: what
 * was written until then is a complete file after pfl_record_finish(); -ENOENT
 * and -ENOEXEC when only exec(2) could tell that the command cannot be run.
 */
int pfl_record_run(struct pfl_record *record, const volatile sig_atomic_t *stop,
		   void (*tick)(void *data, const struct pfl_record_stats *stats), void *data);

/*
 * After pfl_record_run(): stops the events, empties the rings, completes the file.
 * 0, or -errno: -ENOMEM, or what write(2) said.
 */
int pfl_record_finish(struct pfl_record *record);

/*
 * The folded result (the caller's to free) and how it came about; after
 * pfl_record_finish(). Errors as pfl_fold_read().
 */
int pfl_record_profile(struct pfl_record *record, struct pfl_profile **out,
		       struct pfl_fold_stats *stats);

void pfl_record_get_stats(const struct pfl_record *record, struct pfl_record_stats *stats);

/*
 * The command's wait status (as waitpid gives it) after pfl_record_finish(), or
 * -1 if there was none, or if it still runs ten seconds after SIGTERM.
 */
int pfl_record_command_status(const struct pfl_record *record);

/* Closes everything. NULL is fine. A command that still runs gets SIGTERM. */
void pfl_record_free(struct pfl_record *record);

#ifdef __cplusplus
}
#endif

#endif
