/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * On-CPU time: samples of a clock that runs while code runs.
 */
#include "types/type.h"

bool pfl_oncpu_takes(const struct pfl_event *event)
{
	uint32_t config = event->attr.config;	/* hybrid machines keep the PMU in the upper half */

	if (event->attr.type == PERF_TYPE_HARDWARE)
		return config == PERF_COUNT_HW_CPU_CYCLES || config == PERF_COUNT_HW_REF_CPU_CYCLES;
	return event->attr.type == PERF_TYPE_SOFTWARE &&
	       (config == PERF_COUNT_SW_CPU_CLOCK || config == PERF_COUNT_SW_TASK_CLOCK);
}

static void weigh(const struct pfl_sample *sample, uint64_t *values)
{
	values[0] = 1;
	values[1] = sample->period;
}

static void describe(const struct pfl_event *event, struct pfl_profile_info *info)
{
	if (event->attr.type == PERF_TYPE_HARDWARE)
		info->values[1].unit = "cycles";
}

const struct pfl_type pfl_type_oncpu = {
	.info = {
		.type = "oncpu",
		.title = "On-CPU time",
		.palette = "hot",
		.nvalues = 2,
		.values = {
			{ .name = "count", .unit = "samples", .folded_div = 1 },
			{ .name = "period", .unit = "ns", .folded_div = 1 },
		},
	},
	.roles = &(const struct pfl_role){ .takes = pfl_oncpu_takes },
	.nroles = 1,
	.leads = 1,
	.weigh = weigh,
	.describe = describe,
};
