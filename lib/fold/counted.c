/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many samples of each event there are, beside how often it occurred, which the
 * recorder of the recording says in READ records: record/counts.h.
 */
#include <stdio.h>

#include "fold/state.h"
#include "profile/profile.h"
#include "util/bytes.h"

void pfl_counted_sample(struct pfl_fold *fold, const struct pfl_event *event)
{
	if (event && event->number < PFL_EVENT_COUNTS)
		fold->counted[event->number].samples++;
}

/* perf record -s has such records, too, of each thread that ended: they are not of all. */
void pfl_counted_read(struct pfl_fold *fold, const struct perf_event_header *record)
{
	const struct pfl_event *event = pfl_events_of(&fold->events, record);
	size_t beside = sizeof(*record) + pfl_event_trailer_size(event);
	struct pfl_bytes bytes = pfl_bytes(record + 1, record->size > beside ? record->size - beside : 0,
					   false);
	uint64_t format = event ? event->attr.read_format : 0, value, lost = 0;
	struct pfl_counted *counted;

	if (!event || event->number >= PFL_EVENT_COUNTS || format & PERF_FORMAT_GROUP ||
	    pfl_bytes_u32(&bytes) != UINT32_MAX)
		return;
	pfl_bytes_u32(&bytes);
	value = pfl_bytes_u64(&bytes);
	for (uint64_t bit = PERF_FORMAT_TOTAL_TIME_ENABLED; bit <= PERF_FORMAT_ID; bit <<= 1)
		if (format & bit)
			pfl_bytes_u64(&bytes);
	if (format & PERF_FORMAT_LOST)
		lost = pfl_bytes_u64(&bytes);
	if (bytes.bad) {
		fold->stats.bad_records++;
		return;
	}
	counted = &fold->counted[event->number];
	counted->told = true;
	counted->occurred = pfl_add_saturated(counted->occurred, value);
	counted->lost = pfl_add_saturated(counted->lost, lost);
}

/* What a child's event lost is not in the count of its parent's. */
static uint64_t lost_of(const struct pfl_fold *fold, const struct pfl_event *event)
{
	if (!fold->stats.lost)
		return 0;
	return event->attr.read_format & PERF_FORMAT_LOST && !event->attr.inherit ?
	       fold->counted[event->number].lost : PFL_LOST_UNKNOWN;
}

void pfl_counted_list(struct pfl_fold *fold)
{
	struct pfl_fold_stats *stats = &fold->stats;

	for (unsigned int i = 0; i < fold->events.count && i < PFL_EVENT_COUNTS; i++) {
		const struct pfl_event *event = fold->events.list[i];
		struct pfl_event_count *count = &stats->counts[stats->ncounts];

		if (!fold->counted[i].told)
			continue;
		snprintf(count->event, sizeof(count->event), "%s", event->name);
		count->count = fold->counted[i].occurred;
		count->samples = fold->counted[i].samples;
		count->lost = lost_of(fold, event);
		stats->ncounts++;
	}
}
