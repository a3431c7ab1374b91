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

static const struct pfl_event_spec *const offcpu[] = { &sched_switch };

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
