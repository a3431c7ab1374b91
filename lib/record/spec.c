/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>
#include <string.h>

#include "record/spec.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct pfl_event_spec cpu_clock = {
	.name = "cpu-clock",
	.type = PERF_TYPE_SOFTWARE,
	.config = PERF_COUNT_SW_CPU_CLOCK,
	.sampled = true,
	.callchain = true,
};

static const struct pfl_event_spec task_clock = {
	.name = "task-clock",
	.type = PERF_TYPE_SOFTWARE,
	.config = PERF_COUNT_SW_TASK_CLOCK,
	.sampled = true,
	.callchain = true,
};

static const struct pfl_event_spec cycles = {
	.name = "cycles",
	.type = PERF_TYPE_HARDWARE,
	.config = PERF_COUNT_HW_CPU_CYCLES,
	.sampled = true,
	.callchain = true,
	.cpu_wide = &cpu_clock,
	.per_task = &task_clock,
};

static const struct pfl_event_spec *const oncpu[] = { &cycles };

static bool wants_minor(const struct pfl_record_opts *opts)
{
	return !opts->of_type.major;
}

static bool wants_major(const struct pfl_record_opts *opts)
{
	return !opts->of_type.minor;
}

/* The event of both does not tell which it was. */
static const struct pfl_event_spec minor_faults = {
	.name = "minor-faults",
	.type = PERF_TYPE_SOFTWARE,
	.config = PERF_COUNT_SW_PAGE_FAULTS_MIN,
	.callchain = true,
	.addr = true,
	.wanted = wants_minor,
};

static const struct pfl_event_spec major_faults = {
	.name = "major-faults",
	.type = PERF_TYPE_SOFTWARE,
	.config = PERF_COUNT_SW_PAGE_FAULTS_MAJ,
	.callchain = true,
	.addr = true,
	.wanted = wants_major,
};

static const struct pfl_event_spec *const faults[] = { &minor_faults, &major_faults };

/* Per task and with rights to the kernel's side, a sample for each switch-out. */
static const struct pfl_event_spec context_switches = {
	.name = "context-switches",
	.type = PERF_TYPE_SOFTWARE,
	.config = PERF_COUNT_SW_CONTEXT_SWITCHES,
	.callchain = true,
};

static const struct pfl_event_spec sched_switch = {
	.name = "sched:sched_switch",
	.type = PERF_TYPE_TRACEPOINT,
	.callchain = true,
	.unprivileged = &context_switches,
};

static bool wants_wakeups(const struct pfl_record_opts *opts)
{
	return opts->of_type.runqueue;
}

/* When waits end, and no more. */
static const struct pfl_event_spec wakeups = {
	.name = "sched:sched_waking",
	.type = PERF_TYPE_TRACEPOINT,
	.everybody = true,
	.brings = "what of each wait was waiting for a CPU",
	.wanted = wants_wakeups,
};

static const struct pfl_event_spec every_wakeup = {
	.name = "sched:sched_waking",
	.type = PERF_TYPE_TRACEPOINT,
	.everybody = true,
	.brings = "what of each wait was waiting for a CPU",
};

/* … and who ends them. */
static const struct pfl_event_spec wakers = {
	.name = "sched:sched_waking",
	.type = PERF_TYPE_TRACEPOINT,
	.callchain = true,
	.everybody = true,
};

static const struct pfl_event_spec tracepoint_switch = {
	.name = "sched:sched_switch",
	.type = PERF_TYPE_TRACEPOINT,
	.callchain = true,
};

static const struct pfl_event_spec *const offcpu[] = { &sched_switch, &wakeups };
static const struct pfl_event_spec *const wakeup[] = { &tracepoint_switch, &wakers };
static const struct pfl_event_spec *const wall[] = { &sched_switch, &every_wakeup, &cycles };

static bool wants_kernel_locks(const struct pfl_record_opts *opts)
{
	return !opts->of_type.user_locks;
}

static bool wants_user_locks(const struct pfl_record_opts *opts)
{
	return !opts->of_type.kernel_locks && !opts->kernel_only;
}

static bool wants_wakings(const struct pfl_record_opts *opts)
{
	return opts->of_type.blame;
}

static const struct pfl_event_spec contention_begin = {
	.name = "lock:contention_begin",
	.type = PERF_TYPE_TRACEPOINT,
	.callchain = true,
	.brings = "waiting for locks of the kernel (Linux 5.19 tells of it)",
	.wanted = wants_kernel_locks,
};

static const struct pfl_event_spec contention_end = {
	.name = "lock:contention_end",
	.type = PERF_TYPE_TRACEPOINT,
	.brings = "",
	.wanted = wants_kernel_locks,
};

/* FUTEX_WAIT and its like, each private or not, by CLOCK_REALTIME or not. */
#define FUTEX_OP(op) "op == " #op
#define FUTEX_OPS(a, b, c, d) \
	FUTEX_OP(a) " || " FUTEX_OP(b) " || " FUTEX_OP(c) " || " FUTEX_OP(d)

static const struct pfl_event_spec enter_futex = {
	.name = "syscalls:sys_enter_futex",
	.type = PERF_TYPE_TRACEPOINT,
	.callchain = true,
	.user_chain = true,
	.filter = FUTEX_OPS(0, 128, 256, 384) " || "	/* FUTEX_WAIT */
		  FUTEX_OPS(6, 134, 262, 390) " || "	/* FUTEX_LOCK_PI */
		  FUTEX_OPS(9, 137, 265, 393) " || "	/* FUTEX_WAIT_BITSET */
		  FUTEX_OPS(11, 139, 267, 395) " || "	/* FUTEX_WAIT_REQUEUE_PI */
		  FUTEX_OPS(13, 141, 269, 397),		/* FUTEX_LOCK_PI2 */
	.wanted = wants_user_locks,
};

static const struct pfl_event_spec exit_futex = {
	.name = "syscalls:sys_exit_futex",
	.type = PERF_TYPE_TRACEPOINT,
	.wanted = wants_user_locks,
};

#define FUTEX_CALL(call, chain) (const struct pfl_event_spec){ \
	.name = "syscalls:sys_" #call, \
	.type = PERF_TYPE_TRACEPOINT, \
	.callchain = (chain), \
	.user_chain = (chain), \
	.brings = "", \
	.wanted = wants_user_locks, \
}

static const struct pfl_event_spec enter_futex_wait = FUTEX_CALL(enter_futex_wait, true);
static const struct pfl_event_spec exit_futex_wait = FUTEX_CALL(exit_futex_wait, false);
static const struct pfl_event_spec enter_futex_waitv = FUTEX_CALL(enter_futex_waitv, true);
static const struct pfl_event_spec exit_futex_waitv = FUTEX_CALL(exit_futex_waitv, false);

static const struct pfl_event_spec waking = {
	.name = "sched:sched_waking",
	.type = PERF_TYPE_TRACEPOINT,
	.callchain = true,
	.everybody = true,
	.wanted = wants_wakings,
};

static const struct pfl_event_spec *const locks[] = {
	&contention_begin, &contention_end, &enter_futex, &exit_futex, &enter_futex_wait,
	&exit_futex_wait, &enter_futex_waitv, &exit_futex_waitv, &waking,
};

static const struct pfl_type_spec types[] = {
	{
		.type = "oncpu",
		.events = oncpu,
		.nevents = COUNT(oncpu),
		/*
		 * 99 samples a second need a tenth of it. It is what the kernel lets
		 * every user lock (perf_event_mlock_kb is 516: this and a page), and
		 * takes the records of some thousand mappings at once.
		 */
		.ring_kib = 512,
		.dump_bytes = PFL_DUMP_SAMPLED,
	},
	{
		.type = "faults",
		.events = faults,
		.nevents = COUNT(faults),
		.ring_kib = 4096,	/* a process that starts takes thousands at once */
		.dump_bytes = PFL_DUMP_EACH,
		.data_mappings = true,
	},
	{
		.type = "offcpu",
		.events = offcpu,
		.nevents = COUNT(offcpu),
		.ring_kib = 4096,	/* a switch of one CPU each microsecond, for some milliseconds */
		.dump_bytes = PFL_DUMP_EACH,
		.dump_bytes_of_few = PFL_DUMP_EACH_OF_FEW,
		.all_cpus = true,
		.switches = true,
		.marked = true,
		.sleepers = true,
	},
	{
		.type = "locks",
		.events = locks,
		.nevents = COUNT(locks),
		.ring_kib = 4096,	/* a lock that all want is waited for a million times a second */
		.dump_bytes = PFL_DUMP_EACH,
		.all_cpus = true,
		.marked = true,
		.sleepers = true,
	},
	{
		.type = "wakeup",
		.events = wakeup,
		.nevents = COUNT(wakeup),
		.ring_kib = 4096,
		.dump_bytes = PFL_DUMP_EACH,
		.all_cpus = true,
		.switches = true,
		.marked = true,
		.whole_cpus = true,
	},
	{
		.type = "offwake",
		.events = wakeup,
		.nevents = COUNT(wakeup),
		.ring_kib = 4096,
		.dump_bytes = PFL_DUMP_EACH,
		.all_cpus = true,
		.switches = true,
		.marked = true,
		.sleepers = true,
		.whole_cpus = true,
	},
	{
		.type = "wall",
		.events = wall,
		.nevents = COUNT(wall),
		.ring_kib = 4096,
		.dump_bytes = PFL_DUMP_EACH,
		.dump_bytes_of_few = PFL_DUMP_EACH_OF_FEW,
		.all_cpus = true,
		.switches = true,
		.marked = true,
		.sleepers = true,
	},
};

const struct pfl_type_spec *pfl_type_spec_find(const char *type)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (!strcmp(types[i].type, type))
			return &types[i];
	return NULL;
}
