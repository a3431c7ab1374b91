/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The raw samples of any event: where it happened, not what it means.
 */
#include "perfdata/marker.h"
#include "types/type.h"

static bool takes(const struct pfl_event *event)
{
	/* the dummy event only carries mappings; markers are the recorder's own */
	return event->attr.type != PERF_TYPE_SOFTWARE ||
	       (event->attr.config != PERF_COUNT_SW_DUMMY && !pfl_marker_event(event));
}

static void weigh(const struct pfl_sample *sample, uint64_t *values)
{
	values[0] = 1;
	values[1] = sample->period;
}

static void describe(const struct pfl_event *event, struct pfl_profile_info *info)
{
	info->title = event->name;
}

const struct pfl_type pfl_type_raw = {
	.info = {
		.title = "Samples",
		.palette = "hot",
		.nvalues = 2,
		.values = {
			{ .name = "count", .unit = "samples", .folded_div = 1 },
			{ .name = "period", .unit = "events", .folded_div = 1 },
		},
	},
	.roles = &(const struct pfl_role){ .takes = takes },
	.nroles = 1,
	.leads = 1,
	.weigh = weigh,
	.describe = describe,
};
