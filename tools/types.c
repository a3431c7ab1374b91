/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "argument.h"
#include "messages.h"
#include "types.h"

const struct tool_option tool_faults_options[] = {
	{ .name = "major", .set = tool_set_flag, .offset = offsetof(struct pfl_type_opts, major),
	  .types = "faults",
	  .help = "only faults that had to wait for a disk" },
	{ .name = "minor", .set = tool_set_flag, .offset = offsetof(struct pfl_type_opts, minor),
	  .types = "faults",
	  .help = "only faults that had not" },
	{ .name = NULL }
};

/* What of a recording becomes a wait is decided when that is read. */
#define OF_WAITS .types = "offcpu,wakeup,offwake", .formats = TOOL_FOLDED_FORMATS

#define SLEEPERS \
	{ .name = "sleepers", .set = tool_set_flag, .offset = offsetof(struct pfl_type_opts, sleepers), \
	  .help = "with -a: threads that sleep already, too" }
#define STATE \
	{ .name = "state", .arg = "S[,D...]", .set = tool_set_states, \
	  .offset = offsetof(struct pfl_type_opts, states), OF_WAITS, \
	  .help = "only waits in these states, as ps has them" }
#define MIN \
	{ .name = "min", .arg = "TIME", .set = tool_set_duration, \
	  .offset = offsetof(struct pfl_type_opts, min_ns), OF_WAITS, \
	  .help = "only waits of at least TIME: 10ms" }
#define MAX \
	{ .name = "max", .arg = "TIME", .set = tool_set_duration, \
	  .offset = offsetof(struct pfl_type_opts, max_ns), OF_WAITS, \
	  .help = "only waits of at most TIME" }

const struct tool_option tool_wakeup_options[] = { STATE, MIN, MAX, { .name = NULL } };
const struct tool_option tool_wall_options[] = { SLEEPERS, { .name = NULL } };

const struct tool_option tool_offcpu_options[] = {
	SLEEPERS,
	STATE,
	MIN,
	MAX,
	{ .name = "preempted", .set = tool_set_flag,
	  .offset = offsetof(struct pfl_type_opts, preempted), OF_WAITS,
	  .help = "threads that were taken off their CPU, too" },
	{ .name = "runq", .set = tool_set_flag, .offset = offsetof(struct pfl_type_opts, runqueue),
	  .types = "offcpu,offwake",
	  .help = "waiting for a CPU apart, below [runqueue]" },
	{ .name = "wakers", .arg = "N", .optional = true, .set = tool_set_wakers, .min = 1, .max = 8,
	  .offset = offsetof(struct pfl_type_opts, wakers),
	  .help = "above each stack that of its waker, and so on up to N of them" },
	{ .name = NULL }
};

const struct tool_option tool_locks_options[] = {
	{ .name = "sleepers", .set = tool_set_flag, .offset = offsetof(struct pfl_type_opts, sleepers),
	  .help = "with -a: threads that wait already, too" },
	{ .name = "waits", .set = tool_set_flag, .offset = offsetof(struct pfl_type_opts, waits),
	  .types = "locks", .formats = TOOL_FOLDED_FORMATS,
	  .help = "conditions, semaphores and joins, too" },
	{ .name = "blame", .set = tool_set_flag, .offset = offsetof(struct pfl_type_opts, blame),
	  .types = "locks",
	  .help = "charge who let go of the lock, not who waited" },
	{ .name = "kernel-locks", .set = tool_set_flag,
	  .offset = offsetof(struct pfl_type_opts, kernel_locks), .types = "locks",
	  .help = "only locks of the kernel" },
	{ .name = "user-locks", .set = tool_set_flag,
	  .offset = offsetof(struct pfl_type_opts, user_locks), .types = "locks",
	  .help = "only locks of programs" },
	{ .name = NULL }
};

int tool_types_check(const struct pfl_type_opts *opts)
{
	if (opts->major && opts->minor)
		return tool_usage_error("--major and --minor: choose one; without them both are shown");
	if (opts->max_ns && opts->min_ns > opts->max_ns)
		return tool_usage_error("--min is more than --max: no wait is so long");
	if (opts->kernel_locks && opts->user_locks)
		return tool_usage_error("--kernel-locks and --user-locks: choose one; without them both "
					"are shown");
	if (opts->kernel_locks && opts->waits)
		return tool_usage_error("--kernel-locks and --waits: choose one; what is waited for besides "
					"locks is of programs");
	return 0;
}
