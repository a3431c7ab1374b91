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
};

const struct pfl_type_spec *pfl_type_spec_find(const char *type)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (!strcmp(types[i].type, type))
			return &types[i];
	return NULL;
}
